#include "verdict/effects_nmi.h"

#include "verdict/measure.h"

#include <math.h>

static void stratum_clear(struct stratum_parts *stratum)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        part_influence_destroy(stratum->influence[arm]);
        parts_destroy(stratum->whole[arm]);
        if (stratum->is_measured[arm]) {
            measured_clear(&stratum->arms[arm]);
        }
        memory_free(stratum->tables[arm]);
    }
}

void effects_nmi_destroy(struct effects_nmi *nmi)
{
    if (nmi) {
        for (size_t i = 0; i < nmi->count; i++) {
            stratum_clear(&nmi->strata[i]);
        }
        memory_free(nmi->strata);
        memory_free(nmi);
    }
}

/* ---- what the tables are --------------------------------------------------------------------- */

/* A stratum's cells, pooled over its blocks. */
static enum serin_status table_pool(const struct counts *counts, struct cell_view events,
                                    uint64_t **out)
{
    uint64_t *table = memory_allocate(counts->rows * counts->columns, sizeof(*table));
    if (!table) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < events.count; i++) {
        const struct serin_block_cell *cell = &events.cells[i];
        if (cell->row != SERIN_NO_REFERENCE) {
            table[cell->row * counts->columns + cell->column] += cell->count;
        }
    }
    *out = table;
    return SERIN_OK;
}

static enum serin_status arm_measure(const struct effects *effects, enum arm arm,
                                     struct stratum_parts *stratum)
{
    struct serin_table table = counts_table(effects->counts, arm);
    if (effects->strata) {
        TRY(table_pool(effects->counts, stratum->events[arm], &stratum->tables[arm]));
        table.counts = stratum->tables[arm];
    }
    stratum->is_measured[arm] = true;
    TRY(measured_init_defined(&stratum->arms[arm], &table,
                              effects->evidence->judgement->normalizer));
    return parts_create(&stratum->arms[arm], stratum->arms[arm].margins.total,
                        &stratum->whole[arm]);
}

static enum serin_status stratum_measure(const struct effects *effects,
                                         struct stratum_parts *stratum)
{
    TRY(arm_measure(effects, ARM_CANARY, stratum));
    TRY(arm_measure(effects, ARM_STABLE, stratum));
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        TRY(part_influence_create(&stratum->arms[arm], arm == ARM_CANARY ? WAY_FINISH : WAY_START,
                                  stratum->whole[ARM_STABLE], stratum->whole[ARM_CANARY],
                                  &stratum->influence[arm]));
    }
    return SERIN_OK;
}

/* All traffic at once. */
static void whole_take(const struct effects *effects, struct stratum_parts *out)
{
    out->evidence = effects->evidence;
    out->share = 1.0;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_counts *counts = &effects->counts->arms[arm];
        out->events[arm] = (struct cell_view){counts->cells, counts->cell_count};
    }
}

static void stratum_take(const struct strata *strata, size_t i, struct stratum_parts *out)
{
    const struct slice_result *from = strata_at(strata, i);
    out->evidence = &from->evidence;
    out->share = strata_share(strata, i);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        out->events[arm] = (struct cell_view){from->arms[arm].cells, from->arms[arm].count};
    }
}

static enum serin_status strata_take(struct effects *effects)
{
    struct effects_nmi *nmi = effects->nmi;
    nmi->count = effects->strata ? strata_count(effects->strata) : 1;
    nmi->strata = memory_allocate(nmi->count, sizeof(*nmi->strata));
    if (!nmi->strata) {
        nmi->count = 0;
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < nmi->count; i++) {
        if (effects->strata) {
            stratum_take(effects->strata, i, &nmi->strata[i]);
        } else {
            whole_take(effects, &nmi->strata[i]);
        }
        TRY(stratum_measure(effects, &nmi->strata[i]));
    }
    return SERIN_OK;
}

/* ---- the contributions ----------------------------------------------------------------------- */

/*
 * What an arm's labels contribute to its bias correction is added to `corrections`: the way from
 * half the size, taken as often as makes up the gap by which the estimate was corrected.
 */
static enum serin_status arm_correct(const struct stratum_parts *stratum, enum arm arm,
                                     const struct parts *at_size, uint64_t size,
                                     double *corrections)
{
    size_t labels = at_size->labels;
    double gap = stratum->share * stratum->evidence->arms[arm].gap;
    double whole = 0.0;
    owned(parts) at_half = NULL;
    owned_memory double *ways = memory_allocate(labels + 1, sizeof(*ways));
    if (!ways) {
        return SERIN_NO_MEMORY;
    }
    TRY(parts_create(&stratum->arms[arm], size / 2, &at_half));
    parts_attribute_sizes(at_half, at_size, 1.0, ways);
    for (size_t j = 0; j < labels; j++) {
        whole += ways[j];
    }
    double weight = whole != 0.0 ? gap / whole : 0.0;
    for (size_t j = 0; j < labels; j++) {
        corrections[j] += arm == ARM_CANARY ? -weight * ways[j] : weight * ways[j];
    }
    return SERIN_OK;
}

/* Adds a stratum's part of the contributions but for the corrections, which are kept apart. */
static enum serin_status stratum_attribute(const struct stratum_parts *stratum, double *values,
                                           double *corrections)
{
    uint64_t canary_size = stratum->arms[ARM_CANARY].margins.total;
    uint64_t stable_size = stratum->arms[ARM_STABLE].margins.total;
    uint64_t size = canary_size < stable_size ? canary_size : stable_size;
    owned(parts) canary = NULL;
    owned(parts) stable = NULL;
    TRY(parts_create(&stratum->arms[ARM_CANARY], size, &canary));
    TRY(parts_create(&stratum->arms[ARM_STABLE], size, &stable));
    TRY(arm_correct(stratum, ARM_CANARY, canary, size, corrections));
    TRY(arm_correct(stratum, ARM_STABLE, stable, size, corrections));
    parts_attribute(stable, canary, stratum->share, values);
    return SERIN_OK;
}

static enum serin_status contributions_fill(struct effects *effects)
{
    const struct effects_nmi *nmi = effects->nmi;
    for (size_t i = 0; i < nmi->count; i++) {
        TRY(stratum_attribute(&nmi->strata[i], effects->values, effects->doubts));
    }
    for (size_t j = 0; j < effects->counts->columns; j++) {
        effects->values[j] += effects->doubts[j];
        effects->doubts[j] = 0.5 * fabs(effects->doubts[j]);
    }
    return SERIN_OK;
}

enum serin_status effects_nmi_fill(struct effects *effects, struct serin_error *err)
{
    effects->nmi = memory_allocate(1, sizeof(*effects->nmi));
    if (!effects->nmi) {
        return serin_fail(err, SERIN_NO_MEMORY, "the labels' contributions");
    }
    bool defined = false;
    TRY(measured(strata_take(effects), "the parts of an arm", &defined, err));
    effects->defined = defined;
    return defined
               ? measured(contributions_fill(effects), "the labels' contributions", &defined, err)
               : SERIN_OK;
}
