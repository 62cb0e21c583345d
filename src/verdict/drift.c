#include "verdict/drift.h"

#include "serin/arm.h"
#include "verdict/measure.h"
#include "verdict/time_buckets.h"
#include "verdict/timeline.h"

#include <math.h>

/* Where the rollout is cut into parts. */
struct cut {
    int64_t width_ms;               /* of the buckets that both arms' events are counted in */
    int64_t until_ms[DRIFT_STRATA]; /* start of each part's last bucket */
};

/* So that the canary has about as many events in each. */
static void parts_cut(const struct timeline *canary, struct cut *cut)
{
    uint64_t seen = 0;
    size_t part = 0;
    for (size_t i = 0; i < canary->count; i++) {
        seen += canary->buckets[i].events;
        while (part + 1 < DRIFT_STRATA &&
               (double)seen * (double)DRIFT_STRATA >= (double)canary->events * (double)(part + 1)) {
            cut->until_ms[part++] = canary->buckets[i].start_ms;
        }
    }
    while (part < DRIFT_STRATA) {
        cut->until_ms[part++] = INT64_MAX;
    }
}

static size_t part_of(const struct cut *cut, int64_t start_ms)
{
    size_t part = 0;
    while (part + 1 < DRIFT_STRATA && start_ms > cut->until_ms[part]) {
        part++;
    }
    return part;
}

static void shares_find(const struct timeline *timeline, const struct cut *cut,
                        double out[static DRIFT_STRATA])
{
    for (size_t i = 0; i < timeline->count; i++) {
        out[part_of(cut, timeline->buckets[i].start_ms)] +=
            (double)timeline->buckets[i].events / (double)timeline->events;
    }
}

/* How far the arms' times lie apart: half the sum of differences, in [0, 1]. */
static double distance(const double canary[static DRIFT_STRATA],
                       const double stable[static DRIFT_STRATA])
{
    double sum = 0.0;
    for (size_t t = 0; t < DRIFT_STRATA; t++) {
        sum += fabs(canary[t] - stable[t]);
    }
    return sum / 2.0;
}

/* The stable arm's tables of all parts, one after the other. */
static enum serin_status part_tables(const struct counts *counts, const struct block_tables *tables,
                                     const struct cut *cut, uint64_t **out,
                                     uint64_t events[static DRIFT_STRATA])
{
    const struct arm_counts *from = &counts->arms[ARM_STABLE];
    size_t cells = counts->rows * counts->columns;
    uint64_t *all = memory_allocate(DRIFT_STRATA * cells + 1, sizeof(*all));
    if (!all) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < from->cell_count; i++) {
        const struct serin_block_cell *cell = &from->cells[i];
        if (cell->row != SERIN_NO_REFERENCE) {
            int64_t start_ms = block_tables_block(tables, ARM_STABLE, cell->block).start_ms;
            size_t part = part_of(cut, block_start(start_ms, cut->width_ms));
            all[part * cells + cell->row * counts->columns + cell->column] += cell->count;
            events[part] += cell->count;
        }
    }
    *out = all;
    return SERIN_OK;
}

/* Those of the smallest part with events. */
static uint64_t common_size(const uint64_t events[static DRIFT_STRATA])
{
    uint64_t size = UINT64_MAX;
    for (size_t t = 0; t < DRIFT_STRATA; t++) {
        size = events[t] > 0 && events[t] < size ? events[t] : size;
    }
    return size;
}

struct part {
    bool defined;
    double nmi; /* the stable arm's, corrected */
    double variance;
};

static enum serin_status part_measure(const struct serin_table *table, uint64_t size,
                                      const struct evidence *evidence, struct part *out,
                                      struct serin_error *err)
{
    struct serin_arm arm = {0};
    double deff = evidence->arms[ARM_STABLE].result.design_effect;
    TRY(measured(serin_arm(table, evidence->judgement->normalizer, size, 1.0, &arm),
                 "a part of the rollout", &out->defined, err));
    out->nmi = arm.nmi;
    out->variance = arm.se * arm.se * deff;
    return SERIN_OK;
}

/* Where the stable arm has no NMI of its own it is taken to be as just before, or just after. */
static void parts_fill(struct part parts[static DRIFT_STRATA])
{
    for (size_t t = 1; t < DRIFT_STRATA; t++) {
        parts[t] = parts[t].defined ? parts[t] : parts[t - 1];
    }
    for (size_t t = DRIFT_STRATA - 1; t > 0; t--) {
        parts[t - 1] = parts[t - 1].defined ? parts[t - 1] : parts[t];
    }
}

static enum serin_status parts_measure(const struct counts *counts,
                                       const struct block_tables *tables, const struct cut *cut,
                                       const struct evidence *evidence,
                                       struct part out[static DRIFT_STRATA],
                                       struct serin_error *err)
{
    owned_memory uint64_t *all = NULL;
    uint64_t events[DRIFT_STRATA] = {0};
    if (part_tables(counts, tables, cut, &all, events) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "parts of the rollout");
    }
    uint64_t size = common_size(events);
    for (size_t t = 0; t < DRIFT_STRATA; t++) {
        struct serin_table table = {.counts = all + t * counts->rows * counts->columns,
                                    .rows = counts->rows,
                                    .columns = counts->columns};
        TRY(part_measure(&table, size, evidence, &out[t], err));
    }
    parts_fill(out);
    return SERIN_OK;
}

static bool is_confounded(const struct part parts[static DRIFT_STRATA],
                          const double canary[static DRIFT_STRATA],
                          const double stable[static DRIFT_STRATA], double relevant)
{
    double sum = 0.0;
    double variance = 0.0;
    for (size_t t = 0; t < DRIFT_STRATA; t++) {
        double weight = canary[t] - stable[t];
        sum += weight * parts[t].nmi;
        variance += weight * weight * parts[t].variance;
    }
    return fabs(sum) > relevant && fabs(sum) > 2.0 * sqrt(variance);
}

static bool can_drift(const struct evidence *evidence)
{
    return evidence->judgement->design == DESIGN_REFERENCE && evidence->blocks_known &&
           evidence->delta.defined;
}

/* An arm within a single bucket has no times to compare: 0. */
static int64_t common_width(const struct block_tables *tables)
{
    int64_t canary_ms = time_buckets_width_of(tables, ARM_CANARY);
    int64_t stable_ms = time_buckets_width_of(tables, ARM_STABLE);
    if (canary_ms == 0 || stable_ms == 0) {
        return 0;
    }
    return canary_ms > stable_ms ? canary_ms : stable_ms;
}

enum serin_status traffic_drift_find(const struct counts *counts, const struct block_tables *tables,
                                     struct evidence *evidence, struct serin_error *err)
{
    timeline_scope canary = TIMELINE_NONE;
    timeline_scope stable = TIMELINE_NONE;
    struct cut cut = {.width_ms = can_drift(evidence) ? common_width(tables) : 0};
    double of_canary[DRIFT_STRATA] = {0.0};
    double of_stable[DRIFT_STRATA] = {0.0};
    struct part parts[DRIFT_STRATA] = {{0}};
    double relevant = evidence->margin / 4.0;
    if (cut.width_ms == 0) {
        return SERIN_OK;
    }
    if (timeline_make(counts, tables, DESIGN_REFERENCE, ARM_CANARY, cut.width_ms, &canary) !=
            SERIN_OK ||
        timeline_make(counts, tables, DESIGN_REFERENCE, ARM_STABLE, cut.width_ms, &stable) !=
            SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the course of a rollout");
    }
    parts_cut(&canary, &cut);
    shares_find(&canary, &cut, of_canary);
    shares_find(&stable, &cut, of_stable);
    if (distance(of_canary, of_stable) <= relevant) { /* more NMI than 1 cannot be at stake */
        return SERIN_OK;
    }
    TRY(parts_measure(counts, tables, &cut, evidence, parts, err));
    evidence->traffic_drifts = is_confounded(parts, of_canary, of_stable, relevant);
    return SERIN_OK;
}
