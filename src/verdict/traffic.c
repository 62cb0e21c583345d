#include "verdict/traffic.h"

#include "serin/sample_ratio.h"
#include "verdict/measure.h"
#include "verdict/time_buckets.h"

#include <stdlib.h>

struct bucket {
    int64_t start_ms;
    struct serin_traffic traffic;
};

static int by_start(const void *left, const void *right)
{
    const struct bucket *a = left;
    const struct bucket *b = right;
    return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

/* Adds one bucket per block. */
static void arm_take(const struct arm_counts *from, const struct block_tables *tables, enum arm arm,
                     int64_t width_ms, struct bucket *buckets, size_t *count)
{
    for (size_t i = 0; i < from->cell_count;) {
        uint32_t block = from->cells[i].block;
        uint64_t events = 0;
        for (; i < from->cell_count && from->cells[i].block == block; i++) {
            events += from->cells[i].count;
        }
        int64_t start_ms = block_tables_block(tables, arm, block).start_ms;
        struct bucket *out = &buckets[(*count)++];
        *out = (struct bucket){.start_ms = width_ms > 0 ? block_start(start_ms, width_ms) : 0};
        *(arm == ARM_CANARY ? &out->traffic.canary : &out->traffic.stable) = events;
    }
}

/* Sorts the buckets and adds up those of one time; returns how many are left in `out`. */
static size_t merge(struct bucket *buckets, size_t count, struct serin_traffic *out)
{
    size_t merged = 0;
    qsort(buckets, count, sizeof(*buckets), by_start);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || buckets[i].start_ms != buckets[i - 1].start_ms) {
            out[merged++] = (struct serin_traffic){0, 0};
        }
        out[merged - 1].canary += buckets[i].traffic.canary;
        out[merged - 1].stable += buckets[i].traffic.stable;
    }
    return merged;
}

/* ---- the test -------------------------------------------------------------------------------- */

static enum serin_status test(const struct serin_traffic *buckets, size_t count,
                              const struct evidence *evidence, double *out_p_value,
                              struct serin_error *err)
{
    struct serin_anytime_test found = {.p_value = 1.0};
    bool defined = false;
    TRY(measured(
        serin_sample_ratio_anytime(buckets, count, evidence->judgement->canary_share, &found),
        "the canary's share of the traffic", &defined, err));
    *out_p_value = found.p_value;
    return SERIN_OK;
}

static struct serin_traffic sum_of(const struct serin_traffic *buckets, size_t count)
{
    struct serin_traffic sum = {0, 0};
    for (size_t i = 0; i < count; i++) {
        sum.canary += buckets[i].canary;
        sum.stable += buckets[i].stable;
    }
    return sum;
}

/*
 * Few buckets cannot tell whether bursts explain an excess: Student's tails are then so wide that
 * nothing would be heard in time. What independent events could not explain is told as doubt.
 */
static enum serin_status traffic_test(const struct serin_traffic *buckets, size_t count,
                                      struct evidence *evidence, struct serin_error *err)
{
    struct serin_traffic sum = sum_of(buckets, count);
    double independent = 1.0;
    double clustered = 1.0;
    TRY(test(&sum, 1, evidence, &independent, err));
    if (!evidence->blocks_known) {
        clustered = independent;
    } else if (count >= BLOCKS_LEAST) {
        TRY(test(buckets, count, evidence, &clustered, err));
    }
    evidence->sample_ratio_p = clustered;
    evidence->sample_ratio_mismatch = clustered < SERIN_SAMPLE_RATIO_ALPHA;
    evidence->sample_ratio_unclear = !evidence->sample_ratio_mismatch &&
                                     count < TRAFFIC_BUCKETS_LEAST &&
                                     independent < SERIN_SAMPLE_RATIO_ALPHA;
    return SERIN_OK;
}

enum serin_status traffic_compare(const struct counts *counts, const struct block_tables *tables,
                                  struct evidence *evidence, struct serin_error *err)
{
    const struct arm_counts *arms = counts->arms;
    if (evidence->judgement->design == DESIGN_PAIRED || evidence->judgement->canary_share <= 0.0) {
        return SERIN_OK;
    }
    size_t room = block_tables_block_count(tables, ARM_CANARY) +
                  block_tables_block_count(tables, ARM_STABLE) + 1;
    owned_memory struct bucket *buckets = memory_allocate(room, sizeof(*buckets));
    owned_memory struct serin_traffic *traffic = memory_allocate(room, sizeof(*traffic));
    if (!buckets || !traffic) {
        return serin_fail(err, SERIN_NO_MEMORY, "the arms' traffic");
    }
    int64_t width_ms = evidence->blocks_known ? time_buckets_width(tables) : 0;
    size_t count = 0;
    arm_take(&arms[ARM_CANARY], tables, ARM_CANARY, width_ms, buckets, &count);
    arm_take(&arms[ARM_STABLE], tables, ARM_STABLE, width_ms, buckets, &count);
    return traffic_test(traffic, merge(buckets, count, traffic), evidence, err);
}
