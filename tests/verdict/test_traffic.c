#include "verdict/traffic.h"

#include "arms_sample.h"
#include "evidence_sample.h"

/* How the events of one bucket fall on one pod of either arm. */
struct share {
    uint64_t canary;
    uint64_t stable;
};

/* Evidence of `buckets` minutes that alternate between two shares, of which 5 % is promised. */
static struct evidence traffic_of(unsigned buckets, struct share even, struct share odd,
                                  bool blocks_known)
{
    static struct judgement judgement;
    owned(block_tables) tables = table_begin();
    owned(grouping) grouping = NULL;
    owned(counts) counts = NULL;
    struct serin_error err = {0};
    judgement = judgement_default;
    judgement.canary_share = 0.05;
    for (unsigned i = 0; i < buckets; i++) {
        struct share share = i % 2 == 0 ? even : odd;
        table_put(tables, &(struct table_place){.arm = ARM_CANARY, .bucket = i}, &share.canary, 1,
                  1);
        table_put(tables, &(struct table_place){.arm = ARM_STABLE, .bucket = i}, &share.stable, 1,
                  1);
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + buckets * MINUTE_MS);
    struct evidence evidence = sound_evidence(&judgement);
    evidence.blocks_known = blocks_known;
    cr_assert(
        eq(int, counts_create_ranked(tables, &judgement, &grouping, &counts, &err), SERIN_OK));
    cr_assert(eq(int, traffic_compare(counts, tables, &evidence, &err), SERIN_OK));
    return evidence;
}

static const struct share promised = {50, 950};
static const struct share more = {70, 930};

Test(traffic, the_promised_share_is_no_mismatch)
{
    struct evidence evidence = traffic_of(40, promised, promised, true);
    cr_assert(not(evidence.sample_ratio_mismatch));
    cr_assert(not(evidence.sample_ratio_unclear));
    cr_assert(eq(dbl, evidence.sample_ratio_p, 1.0));
}

Test(traffic, another_share_is_a_mismatch_once_buckets_tell_it_from_bursts)
{
    struct share other = {71, 929};
    struct evidence few = traffic_of(4, more, other, true);
    struct evidence some = traffic_of(6, more, other, true);
    struct evidence many = traffic_of(40, more, other, true);
    cr_assert(not(traffic_of(4, more, other, true).sample_ratio_mismatch));
    cr_assert(few.sample_ratio_unclear || some.sample_ratio_unclear || some.sample_ratio_mismatch);
    cr_assert(many.sample_ratio_mismatch);
    cr_assert(not(many.sample_ratio_unclear));
}

Test(traffic, an_excess_that_bursts_explain_is_unclear_at_first_and_then_none)
{
    struct share burst = {300, 700};
    struct share lull = {10, 990};
    struct evidence few = traffic_of(10, burst, lull, true);
    struct evidence many = traffic_of(40, burst, lull, true);
    cr_assert(few.sample_ratio_unclear);
    cr_assert(not(few.sample_ratio_mismatch));
    cr_assert(not(many.sample_ratio_unclear));
    cr_assert(not(many.sample_ratio_mismatch));
}

Test(traffic, without_blocks_events_are_independent)
{
    cr_assert(traffic_of(8, more, more, false).sample_ratio_mismatch);
}

/* The stable arm's buckets may be narrower than the canary's: what counts is the wider. */
Test(traffic, buckets_of_unequal_widths_are_compared_over_the_wider)
{
    struct judgement judgement = judgement_default;
    owned(block_tables) tables = table_begin();
    owned(grouping) grouping = NULL;
    owned(counts) counts = NULL;
    struct serin_error err = {0};
    judgement.canary_share = 0.05;
    for (unsigned i = 0; i < 80; i++) {
        table_put(tables, &(struct table_place){.arm = ARM_STABLE, .bucket = i}, &(uint64_t){950},
                  1, 1);
        if (i % 4 == 0) {
            table_put(tables, &(struct table_place){.arm = ARM_CANARY, .bucket = i},
                      &(uint64_t){200}, 1, 1);
        }
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 80 * MINUTE_MS);
    struct evidence evidence = sound_evidence(&judgement);
    cr_assert(
        eq(int, counts_create_ranked(tables, &judgement, &grouping, &counts, &err), SERIN_OK));
    cr_assert(eq(int, traffic_compare(counts, tables, &evidence, &err), SERIN_OK));
    cr_assert(eq(dbl, evidence.sample_ratio_p, 1.0));
    cr_assert(not(evidence.sample_ratio_unclear));
}
