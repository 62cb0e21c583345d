#include "verdict/evidence.h"

#include "agreement/normalizer.h"
#include "serin/nmi.h"
#include "verdict/columns.h"
#include "verdict/measure.h"

#include <math.h>

enum serin_status measured(enum serin_status status, const char *what, bool *out_defined,
                           struct serin_error *err)
{
    if (status == SERIN_OK || status == SERIN_UNDEFINED) {
        *out_defined = status == SERIN_OK;
        return SERIN_OK;
    }
    if (status == SERIN_NO_MEMORY) {
        return serin_fail(err, SERIN_NO_MEMORY, "%s", what);
    }
    return serin_fail(err, SERIN_BUG, "%s refused sealed counts: %s", what,
                      serin_status_name(status));
}

enum serin_status measure_arm(const struct serin_table *table, const struct judgement *judgement,
                              const struct serin_design_effect *effect, struct estimate *out,
                              struct serin_error *err)
{
    struct serin_confidence confidence = judgement_confidence(judgement);
    struct serin_arm_interval interval;
    bool defined = false;
    TRY(measured(serin_arm_interval(table, judgement->normalizer, &confidence, effect, &interval),
                 "the interval of an arm", &defined, err));
    if (defined) {
        *out = (struct estimate){.defined = true,
                                 .value = interval.arm.nmi,
                                 .lower = interval.lower,
                                 .upper = interval.upper};
    }
    return SERIN_OK;
}

/* Blocks that hold an event which is compared; their cells are contiguous. */
static size_t blocks_count(const struct arm_counts *arm, enum design design)
{
    size_t blocks = 0;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < arm->cell_count; i++) {
        bool counts = design == DESIGN_SHIFT || arm->cells[i].row != SERIN_NO_REFERENCE;
        if (counts && arm->cells[i].count > 0 && arm->cells[i].block != last) {
            last = arm->cells[i].block;
            blocks++;
        }
    }
    return blocks;
}

static size_t occupied(const uint64_t *counts, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += counts[i] > 0;
    }
    return found;
}

static enum serin_status arm_state(const struct counts *counts, enum arm arm, enum design design,
                                   enum serin_table_state *out, struct serin_error *err)
{
    if (design == DESIGN_SHIFT) {
        size_t labels = occupied(counts->arms[arm].totals, counts->columns);
        *out = labels == 0   ? SERIN_TABLE_EMPTY
               : labels == 1 ? SERIN_TABLE_SINGLE_LABEL
                             : SERIN_TABLE_OK;
        return SERIN_OK;
    }
    struct serin_table table = counts_table(counts, arm);
    struct serin_table_summary summary = {.state = SERIN_TABLE_EMPTY};
    bool defined = false;
    TRY(measured(serin_table_inspect(&table, &summary), "the table of an arm", &defined, err));
    *out = summary.state;
    return SERIN_OK;
}

static enum serin_status arm_describe(const struct counts *counts,
                                      const struct block_tables *tables, enum arm arm,
                                      struct evidence *evidence, struct serin_error *err)
{
    const struct arm_counts *from = &counts->arms[arm];
    const struct arm_coverage *coverage = block_tables_coverage(tables, arm);
    enum design design = evidence->judgement->design;
    struct arm_evidence *out = &evidence->arms[arm];
    out->events = from->events;
    out->merged = from->merged;
    out->merged_alone = from->merged_alone;
    out->first_ms = coverage->first_ms;
    out->last_ms = coverage->last_ms;
    out->has_uncovered_pods = coverage->uncovered_pods > 0;
    out->result.unreferenced = design == DESIGN_SHIFT ? 0 : from->unreferenced;
    out->result.samples = from->events - out->result.unreferenced;
    out->result.blocks = evidence->blocks_known ? blocks_count(from, design) : 0;
    out->result.pods = block_tables_pod_count(tables, arm);
    out->result.design_effect = 1.0;
    return arm_state(counts, arm, design, &out->state, err);
}

static enum serin_status measure_design(const struct counts *counts,
                                        const struct block_tables *tables,
                                        struct evidence *evidence, struct serin_error *err)
{
    switch (evidence->judgement->design) {
    case DESIGN_REFERENCE:
        return measure_reference(counts, tables, evidence, err);
    case DESIGN_PAIRED:
        return measure_paired(counts, tables, evidence, err);
    case DESIGN_SHIFT:
        return measure_shift(counts, tables, evidence, err);
    }
    return serin_fail(err, SERIN_BUG, "design %d", (int)evidence->judgement->design);
}

/* A table that has no NMI has no design effect of its own; the other arm's is the best guess. */
static void effective_sizes(struct evidence *evidence)
{
    struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    struct arm_evidence *stable = &evidence->arms[ARM_STABLE];
    double larger = fmax(canary->result.design_effect, stable->result.design_effect);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_evidence *out = &evidence->arms[arm];
        if (out->state != SERIN_TABLE_OK) {
            out->result.design_effect = larger;
        }
        out->effective = (double)out->result.samples / out->result.design_effect;
    }
}

/* The first column that an arm has events in; the number of columns when there is none. */
static size_t only_column(const struct counts *counts, enum design design, enum arm arm)
{
    size_t column = 0;
    while (column < counts->columns && column_describe(counts, design, arm, column).total == 0) {
        column++;
    }
    return column;
}

/* The group of rare labels is no label: an arm with nothing else has not one label but many. */
static void merged_wholly_find(const struct counts *counts, struct evidence *evidence)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_evidence *of = &evidence->arms[arm];
        size_t column = only_column(counts, evidence->judgement->design, (enum arm)arm);
        of->is_all_merged = of->state == SERIN_TABLE_SINGLE_LABEL &&
                            counts->grouping->columns.merged && column + 1 == counts->columns;
    }
}

static bool has_several_labels(enum serin_table_state state)
{
    return state == SERIN_TABLE_OK || state == SERIN_TABLE_SINGLE_REFERENCE;
}

/*
 * A canary with one label although the stable arm has several has collapsed, unless chance explains
 * it: with the stable arm's share s of that label, n events all carry it with probability sⁿ. It
 * must be below (1 − level)/2, what every other decision errs at most; one event more is put down
 * to the label in the stable arm, so that a share known badly counts as larger. Since the canary
 * must have had the one label from its first event on, looking again and again adds no error.
 */
static void collapse_find(const struct counts *counts, struct evidence *evidence)
{
    const struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    const struct arm_evidence *stable = &evidence->arms[ARM_STABLE];
    enum design design = evidence->judgement->design;
    if (canary->state != SERIN_TABLE_SINGLE_LABEL || canary->is_all_merged ||
        !has_several_labels(stable->state)) {
        return;
    }
    size_t column = only_column(counts, design, ARM_CANARY);
    double of_label = (double)column_describe(counts, design, ARM_STABLE, column).total;
    double share = (of_label + 1.0) / ((double)stable->result.samples + 1.0);
    evidence->collapse_log_p = canary->effective * log(share);
    evidence->canary_collapsed =
        evidence->collapse_log_p <= log((1.0 - evidence->judgement->level) / 2.0);
}

/* The reference arm of the normalizer is the stable one; below the floor nothing is promised. */
static enum serin_status stable_normalizer(const struct counts *counts,
                                           enum serin_normalizer normalizer, double *out,
                                           struct serin_error *err)
{
    struct serin_table table = counts_table(counts, ARM_STABLE);
    struct serin_entropies entropies = {0};
    bool defined = false;
    TRY(measured(serin_entropies(&table, &entropies), "entropies of the stable arm", &defined,
                 err));
    *out = fmax(normalizer_mean(normalizer, entropies.reference, entropies.label), 0.1);
    return SERIN_OK;
}

/* How much NMI the canary may have lost among the labels that are merged. */
static enum serin_status hidden_loss_bound(const struct counts *counts, struct evidence *evidence,
                                           struct serin_error *err)
{
    const struct tail *tail = &counts->tail;
    evidence->has_tail = counts->has_tail;
    if (!counts->has_tail || !evidence->delta.defined) {
        return SERIN_OK;
    }
    double normalizer = 0.0;
    TRY(stable_normalizer(counts, evidence->judgement->normalizer, &normalizer, err));
    const struct arm_result *canary = &evidence->arms[ARM_CANARY].result;
    const struct arm_result *stable = &evidence->arms[ARM_STABLE].result;
    struct tail_confidence confidence = {.z = evidence->z,
                                         .canary_effect = canary->design_effect,
                                         .stable_effect = stable->design_effect};
    double share = fmax((double)tail->canary.events / (double)canary->samples,
                        (double)tail->stable.events / (double)stable->samples);
    evidence->hidden_loss = tail_hidden_information(tail, share, &confidence) / normalizer;
    return SERIN_OK;
}

enum serin_status evidence_measure(const struct counts *counts, const struct block_tables *tables,
                                   const struct judgement *judgement, struct evidence *out,
                                   struct serin_error *err)
{
    struct evidence evidence = {
        .judgement = judgement,
        .margin = judgement_margin(judgement),
        .is_agreement = counts->grouping->is_agreement,
        .has_self_pairs = counts->has_self_pairs,
        .blocks_known = block_tables_blocks_known(tables),
        .shift_p_value = 1.0,
        .sample_ratio_p = 1.0,
    };
    TRY(arm_describe(counts, tables, ARM_CANARY, &evidence, err));
    TRY(arm_describe(counts, tables, ARM_STABLE, &evidence, err));
    evidence.rows = judgement->design == DESIGN_SHIFT ? 0 : counts_occupied_rows(counts);
    evidence.columns =
        judgement->design == DESIGN_SHIFT ? counts->columns : counts_occupied_columns(counts);
    TRY(measure_design(counts, tables, &evidence, err));
    effective_sizes(&evidence);
    merged_wholly_find(counts, &evidence);
    collapse_find(counts, &evidence);
    TRY(hidden_loss_bound(counts, &evidence, err));
    *out = evidence;
    return SERIN_OK;
}

/* Only the design `paired` needs keys that both arms saw. */
static void assess_pairs(const struct block_tables *tables, struct evidence *evidence)
{
    evidence->no_shared_keys =
        evidence->judgement->design == DESIGN_PAIRED && block_tables_pairs(tables) == 0 &&
        block_tables_events(tables, ARM_CANARY) > 0 && block_tables_events(tables, ARM_STABLE) > 0;
}

void evidence_assess(const struct block_tables *tables, const struct judge_context *context,
                     struct evidence *evidence)
{
    const struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    evidence->incomplete_reason = block_tables_incomplete_reason(tables);
    evidence->source_capped = block_tables_capped(tables);
    evidence->in_maintenance = context->in_maintenance;
    evidence->is_sampled = context->is_sampled;
    evidence->in_warm_up = evidence->judgement->warm_up_ms > 0 && canary->first_ms > 0 &&
                           context->now_ms - canary->first_ms < evidence->judgement->warm_up_ms;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_evidence *out = &evidence->arms[arm];
        if (out->events == 0) { /* pairs may be missing where the arms have events of their own */
            out->events = block_tables_events(tables, (enum arm)arm);
        }
        out->is_stale = context->stale_after_ms > 0 && out->last_ms > 0 &&
                        context->now_ms - out->last_ms > context->stale_after_ms;
    }
    assess_pairs(tables, evidence);
}

/*
 * Where events come in bursts a few hundred of them, counted after the design effect, are too few
 * bursts for the effect itself to be known: in simulations the interval then misses in up to 11 %,
 * whatever the number of blocks.
 */
static const double samples_of_bursts = 300.0;
static const double dependent_from = 1.5;

double evidence_samples_wanted(const struct evidence *evidence)
{
    size_t labels = evidence->rows > evidence->columns ? evidence->rows : evidence->columns;
    double least = fmax((double)evidence->judgement->min_samples, 10.0 * (double)labels);
    double deff = fmax(evidence->arms[ARM_CANARY].result.design_effect,
                       evidence->arms[ARM_STABLE].result.design_effect);
    return deff > dependent_from ? fmax(least, samples_of_bursts) : least;
}
