#include "verdict/timeline.h"

#include "verdict/arm_blocks.h"

#include <stdlib.h>

void timeline_clear(struct timeline *timeline)
{
    memory_free(timeline->buckets);
    *timeline = TIMELINE_NONE;
}

static int earlier_first(const void *left, const void *right)
{
    const struct timeline_bucket *a = left;
    const struct timeline_bucket *b = right;
    return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

enum serin_status timeline_make(const struct counts *counts, const struct block_tables *tables,
                                enum design design, enum arm arm, int64_t width_ms,
                                struct timeline *out)
{
    const struct arm_counts *from = &counts->arms[arm];
    out->count = arm_blocks_count(counts, tables, design, arm);
    out->buckets = memory_allocate(out->count + 1, sizeof(*out->buckets));
    if (!out->buckets) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < out->count; i++) {
        int64_t start_ms = arm_block(counts, tables, design, arm, i).start_ms;
        out->buckets[i].start_ms = width_ms > 0 ? block_start(start_ms, width_ms) : start_ms;
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
