#include "verdict/strata_delta.h"

#include "serin/jackknife.h"
#include "serin/stratified.h"
#include "verdict/counts.h"
#include "verdict/dependence.h"
#include "verdict/measure.h"
#include "verdict/one_pod_strata.h"

#include <math.h>
#include <string.h>

/* The largest share of an arm's events outside of slices that are strata by themselves. */
static double rest_share(const struct slice_result *results, size_t count,
                         const struct evidence *evidence)
{
    double largest = 0.0;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        uint64_t rest = evidence->arms[arm].events;
        for (size_t i = 0; i < count; i++) {
            if (results[i].is_stratum && results[i].slice != SLICE_REST) {
                rest -= results[i].evidence.arms[arm].events;
            }
        }
        largest = fmax(largest, (double)rest / (double)evidence->arms[arm].events);
    }
    return largest;
}

/* The arm's cells by stratum, one list. */
struct strata_cells {
    struct serin_block_cell *cells;
    struct serin_blocks *blocks; /* by stratum, within it */
    double *weights;
};

static void strata_cells_clear(struct strata_cells *cells)
{
    memory_free(cells->cells);
    memory_free(cells->blocks);
    memory_free(cells->weights);
}
#define strata_cells_scope __attribute__((cleanup(strata_cells_clear))) struct strata_cells

static enum serin_status strata_cells_take(const struct strata *strata, enum arm arm,
                                           const struct grouping *grouping,
                                           struct strata_cells *out)
{
    size_t all = 0;
    for (size_t i = 0; i < strata_count(strata); i++) {
        all += strata_at(strata, i)->arms[arm].count;
    }
    out->cells = memory_allocate(all, sizeof(*out->cells));
    out->blocks = memory_allocate(strata_count(strata), sizeof(*out->blocks));
    out->weights = memory_allocate(strata_count(strata), sizeof(*out->weights));
    if (!out->cells || !out->blocks || !out->weights) {
        return SERIN_NO_MEMORY;
    }
    struct serin_block_cell *next = out->cells;
    for (size_t i = 0; i < strata_count(strata); i++) {
        const struct slice_events *from = &strata_at(strata, i)->arms[arm];
        memcpy(next, from->cells, from->count * sizeof(*next));
        out->weights[i] = strata_share(strata, i);
        out->blocks[i] = (struct serin_blocks){.cells = next,
                                               .count = from->count,
                                               .rows = grouping->rows.count,
                                               .columns = grouping->columns.count};
        next += from->count;
    }
    return SERIN_OK;
}

/* Whether events that are compared lie in more than one block. */
static bool has_several_blocks(const struct serin_blocks *blocks)
{
    uint32_t first = UINT32_MAX;
    for (size_t k = 0; k < blocks->count; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        if (cell->row != SERIN_NO_REFERENCE) {
            first = first == UINT32_MAX ? cell->block : first;
            if (cell->block != first) {
                return true;
            }
        }
    }
    return false;
}

/* Takes pods for blocks and leaves out the strata of a single pod; returns how many stay. */
static size_t strata_cells_by_pod(struct strata_cells *cells, size_t strata, const uint32_t *pods)
{
    struct serin_block_cell *first = cells->cells;
    size_t kept = 0;
    for (size_t i = 0; i < strata; i++) {
        struct serin_blocks blocks = cells->blocks[i];
        size_t count = blocks.count;
        blocks.count = cells_take_pods(first, count, pods);
        first += count;
        if (has_several_blocks(&blocks)) {
            cells->weights[kept] = cells->weights[i];
            cells->blocks[kept++] = blocks;
        }
    }
    return kept;
}

static enum serin_status effect_of(const struct strata_cells *cells, size_t strata,
                                   const struct slice_question *question,
                                   struct serin_design_effect *out, bool *out_defined,
                                   struct serin_error *err)
{
    return measured(serin_stratified_effect(cells->blocks, cells->weights, strata,
                                            question->spec->judgement.normalizer, out),
                    "the design effect of the strata", out_defined, err);
}

/*
 * What the dependence within blocks, and within whole pods, does to an arm's mean over the strata;
 * see verdict/dependence.h. A stratum that has one pod tells nothing of the latter; the others do.
 */
static enum serin_status dependence_find(const struct strata *strata, enum arm arm,
                                         const struct slice_question *question,
                                         struct dependence *out, bool *out_defined,
                                         struct serin_error *err)
{
    strata_cells_scope cells = {0};
    owned_memory uint32_t *pods =
        memory_allocate(block_tables_block_count(question->tables, arm) + 1, sizeof(*pods));
    struct serin_design_effect inner = SERIN_INDEPENDENT;
    struct serin_design_effect outer = SERIN_INDEPENDENT;
    bool has_pods = false;
    *out_defined = true;
    if (!block_tables_blocks_known(question->tables)) {
        *out = dependence_nest(&inner, &outer);
        return SERIN_OK;
    }
    if (!pods || strata_cells_take(strata, arm, question->grouping, &cells) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the blocks of the strata");
    }
    TRY(effect_of(&cells, strata_count(strata), question, &inner, out_defined, err));
    block_tables_block_pods(question->tables, arm, pods);
    size_t of_pods = strata_cells_by_pod(&cells, strata_count(strata), pods);
    if (of_pods > 0) {
        TRY(effect_of(&cells, of_pods, question, &outer, &has_pods, err));
    }
    *out = dependence_nest(&inner, &outer);
    return SERIN_OK;
}

static enum serin_status strata_compare(const struct strata *strata,
                                        const struct slice_question *question,
                                        const struct dependence dependence[static ARM_COUNT],
                                        struct serin_stratified *out, bool *out_defined,
                                        struct serin_error *err)
{
    owned_memory struct serin_comparison *comparisons =
        memory_allocate(strata_count(strata), sizeof(*comparisons));
    if (!comparisons) {
        return serin_fail(err, SERIN_NO_MEMORY, "the strata");
    }
    for (size_t i = 0; i < strata_count(strata); i++) {
        comparisons[i] = strata_at(strata, i)->evidence.comparison;
    }
    struct serin_stratified_input input = {
        .strata = comparisons,
        .count = strata_count(strata),
        .canary_effect = dependence[ARM_CANARY].effect,
        .stable_effect = dependence[ARM_STABLE].effect,
        .confidence = judgement_confidence(&question->spec->judgement),
    };
    return measured(serin_stratified(&input, out), "the delta of the strata", out_defined, err);
}

static void take_arm(const struct serin_stratified_arm *arm, const struct dependence *dependence,
                     struct arm_evidence *out)
{
    out->gap = arm->gap;
    out->variance = arm->se * arm->se * (double)arm->samples / arm->deff;
    out->result.design_effect = arm->deff;
    out->effective = (double)out->result.samples / arm->deff;
    out->within_pods = dependence->within_pods;
    out->pods_differ = dependence->pods_differ;
}

static void take_stratified(const struct serin_stratified *stratified,
                            const struct dependence dependence[static ARM_COUNT],
                            struct evidence *evidence)
{
    evidence->is_stratified = true;
    evidence->delta = (struct estimate){.defined = true,
                                        .value = stratified->estimate,
                                        .lower = stratified->lower,
                                        .upper = stratified->upper};
    evidence->z = stratified->z;
    evidence->df = stratified->df;
    evidence->size = stratified->size;
    evidence->unseen = stratified->unseen;
    take_arm(&stratified->canary, &dependence[ARM_CANARY], &evidence->arms[ARM_CANARY]);
    take_arm(&stratified->stable, &dependence[ARM_STABLE], &evidence->arms[ARM_STABLE]);
}

/* A pooled change of the companions would fall for the mix as a pooled delta does. */
static void take_companions(const struct strata *strata, struct evidence *evidence)
{
    evidence->has_companions = true;
    evidence->information_delta = 0.0;
    evidence->ami_delta = 0.0;
    for (size_t i = 0; i < strata_count(strata); i++) {
        const struct evidence *of = &strata_at(strata, i)->evidence;
        double share = strata_share(strata, i);
        evidence->has_companions = evidence->has_companions && of->has_companions;
        evidence->information_delta += share * of->information_delta;
        evidence->ami_delta += share * of->ami_delta;
    }
}

enum serin_status strata_delta_measure(const struct slice_question *question,
                                       const struct strata *strata,
                                       const struct slice_result *results, size_t count,
                                       struct evidence *evidence, struct serin_error *err)
{
    if (strata_count(strata) < 2) {
        return SERIN_OK;
    }
    struct dependence dependence[ARM_COUNT];
    struct serin_stratified stratified;
    bool defined = true;
    for (size_t arm = 0; arm < ARM_COUNT && defined; arm++) {
        TRY(dependence_find(strata, (enum arm)arm, question, &dependence[arm], &defined, err));
    }
    if (defined) {
        TRY(strata_compare(strata, question, dependence, &stratified, &defined, err));
    }
    if (defined) {
        take_stratified(&stratified, dependence, evidence);
        take_companions(strata, evidence);
        evidence->rest_share = rest_share(results, count, evidence);
        TRY(one_pod_find_in_strata(question, strata, evidence, err));
    }
    return SERIN_OK;
}
