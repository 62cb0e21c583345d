#include "verdict/ranking_epoch.h"

#include "verdict/arm_blocks.h"
#include "verdict/timeline.h"

/* How much more data start the next epoch. */
enum { EPOCH_GROWTH = 4 };

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

static void epoch_of(const struct timeline *canary, const struct timeline *stable, uint64_t first,
                     struct ranking_epoch *out)
{
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
    timeline_scope canary = TIMELINE_NONE;
    timeline_scope stable = TIMELINE_NONE;
    enum design design = judgement->design;
    TRY(timeline_make(counts, tables, design, ARM_CANARY, 0, &canary));
    TRY(timeline_make(counts, tables, design, ARM_STABLE, 0, &stable));
    epoch_of(&canary, &stable, judgement->min_samples, out);
    return SERIN_OK;
}

enum serin_status ranking_epoch_blocks(const struct ranking_epoch *epoch,
                                       const struct counts *counts,
                                       const struct block_tables *tables, enum design design,
                                       enum arm arm, bool **out)
{
    size_t count = arm_blocks_count(counts, tables, design, arm);
    bool *within = memory_allocate(count + 1, sizeof(*within));
    if (!within) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        within[i] = arm_block(counts, tables, design, arm, i).start_ms <= epoch->until_ms;
    }
    *out = within;
    return SERIN_OK;
}
