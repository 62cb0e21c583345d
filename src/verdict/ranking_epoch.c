#include "verdict/ranking_epoch.h"

#include <stdlib.h>

/* How much more data start the next epoch. */
enum { EPOCH_GROWTH = 4 };

struct bucket {
    int64_t start_ms;
    uint64_t events;
};

static int earlier_first(const void *left, const void *right)
{
    const struct bucket *a = left;
    const struct bucket *b = right;
    return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

/* Keys that the stable arm labelled twice have blocks of their own. */
static bool is_self_paired(const struct counts *counts, enum arm arm)
{
    return counts->has_self_pairs && arm == ARM_STABLE;
}

static int64_t block_start_ms(const struct counts *counts, const struct block_tables *tables,
                              enum design design, enum arm arm, size_t block)
{
    if (is_self_paired(counts, arm)) {
        return block_tables_self_paired_block(tables, block).start_ms;
    }
    return design == DESIGN_PAIRED ? block_tables_paired_block(tables, block).start_ms
                                   : block_tables_block(tables, arm, block).start_ms;
}

static size_t block_count(const struct counts *counts, const struct block_tables *tables,
                          enum design design, enum arm arm)
{
    if (is_self_paired(counts, arm)) {
        return block_tables_self_paired_block_count(tables);
    }
    return design == DESIGN_PAIRED ? block_tables_paired_block_count(tables)
                                   : block_tables_block_count(tables, arm);
}

/* An arm's events by block, earliest first. */
struct timeline {
    struct bucket *buckets;
    size_t count;
    uint64_t events;
};

static enum serin_status timeline_make(const struct counts *counts,
                                       const struct block_tables *tables, enum design design,
                                       enum arm arm, struct timeline *out)
{
    const struct arm_counts *from = &counts->arms[arm];
    out->count = block_count(counts, tables, design, arm);
    out->buckets = memory_allocate(out->count + 1, sizeof(*out->buckets));
    if (!out->buckets) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < out->count; i++) {
        out->buckets[i].start_ms = block_start_ms(counts, tables, design, arm, i);
    }
    for (size_t i = 0; i < from->cell_count; i++) {
        const struct serin_block_cell *cell = &from->cells[i];
        if (design == DESIGN_SHIFT || cell->row != SERIN_NO_REFERENCE) {
            out->buckets[cell->block].events += cell->count;
            out->events += cell->count;
        }
    }
    qsort(out->buckets, out->count, sizeof(*out->buckets), earlier_first);
    return SERIN_OK;
}

/* Start of the bucket that brings the arm to so many events. */
static int64_t time_of(const struct timeline *timeline, uint64_t events)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        seen += timeline->buckets[i].events;
        if (seen >= events) {
            return timeline->buckets[i].start_ms;
        }
    }
    return INT64_MAX;
}

static uint64_t events_until(const struct timeline *timeline, int64_t until_ms)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < timeline->count && timeline->buckets[i].start_ms <= until_ms; i++) {
        seen += timeline->buckets[i].events;
    }
    return seen;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void epoch_of(const struct timeline timelines[ARM_COUNT], uint64_t first,
                     struct ranking_epoch *out)
{
    const struct timeline *canary = &timelines[ARM_CANARY];
    const struct timeline *stable = &timelines[ARM_STABLE];
    uint64_t available = smaller(canary->events, stable->events);
    uint64_t wanted = first > 0 ? first : 1;
    while (wanted <= available / EPOCH_GROWTH) {
        wanted *= EPOCH_GROWTH;
    }
    int64_t canary_ms = time_of(canary, wanted);
    int64_t stable_ms = time_of(stable, wanted);
    out->until_ms = canary_ms > stable_ms ? canary_ms : stable_ms;
    out->events = smaller(events_until(canary, out->until_ms), events_until(stable, out->until_ms));
}

enum serin_status ranking_epoch_find(const struct counts *counts, const struct block_tables *tables,
                                     const struct judgement *judgement, struct ranking_epoch *out)
{
    struct timeline timelines[ARM_COUNT] = {
        {NULL, 0, 0},
        {NULL, 0, 0}
    };
    enum serin_status status = SERIN_OK;
    for (size_t arm = 0; arm < ARM_COUNT && status == SERIN_OK; arm++) {
        status = timeline_make(counts, tables, judgement->design, (enum arm)arm, &timelines[arm]);
    }
    if (status == SERIN_OK) {
        epoch_of(timelines, judgement->min_samples, out);
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        memory_free(timelines[arm].buckets);
    }
    return status;
}

enum serin_status ranking_epoch_blocks(const struct ranking_epoch *epoch,
                                       const struct counts *counts,
                                       const struct block_tables *tables, enum design design,
                                       enum arm arm, bool **out)
{
    size_t count = block_count(counts, tables, design, arm);
    bool *within = memory_allocate(count + 1, sizeof(*within));
    if (!within) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        within[i] = block_start_ms(counts, tables, design, arm, i) <= epoch->until_ms;
    }
    *out = within;
    return SERIN_OK;
}
