#include "verdict/mix.h"

#include "arms_sample.h"
#include "evidence_sample.h"

#include <stdio.h>

static char *region[] = {"region"};

/* One dimension's value, with events of either arm spread over the blocks. */
static void put(struct block_tables *tables, const char *name, uint64_t canary, uint64_t stable)
{
    const uint64_t of_canary[] = {canary, 0, 0, canary};
    const uint64_t of_stable[] = {stable, 0, 0, stable};
    struct table_place canary_place = {.arm = ARM_CANARY, .region = name};
    struct table_place stable_place = {.arm = ARM_STABLE, .region = name};
    table_spread(tables, &canary_place, 4, 5, of_canary, 2, 2);
    table_spread(tables, &stable_place, 4, 5, of_stable, 2, 2);
}

/* Values called "v0000", "v0001", … with `canary[i % 2]` and `stable[i % 2]` events. */
static void put_many(struct block_tables *tables, size_t values, const uint64_t canary[2],
                     const uint64_t stable[2])
{
    for (size_t i = 0; i < values; i++) {
        char name[24];
        (void)snprintf(name, sizeof(name), "v%04zu", i);
        put(tables, name, canary[i % 2], stable[i % 2]);
    }
}

static bool mix_differs(struct block_tables *tables)
{
    struct spec spec = {.judgement = judgement_default, .slices = region, .slice_count = 1};
    struct evidence evidence = sound_evidence(&spec.judgement);
    struct serin_error err = {0};
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    cr_assert(eq(int, slice_mix_compare(tables, &spec, &evidence, &err), SERIN_OK));
    cr_assert(not(evidence.slice_mix_differs));
    return evidence.strata_mix_differs;
}

/* Every other value is the canary's alone, which no test could miss. */
static const uint64_t odd[2] = {0, 100};
static const uint64_t even[2] = {100, 0};
static const uint64_t same[2] = {50, 50};

Test(mix, values_up_to_the_maximum_are_told_apart)
{
    owned(block_tables) alike = table_begin();
    put_many(alike, SLICE_MIX_VALUES_MAX, same, same);
    cr_assert(not(mix_differs(alike)));
    owned(block_tables) unlike = table_begin();
    put_many(unlike, SLICE_MIX_VALUES_MAX, odd, even);
    cr_assert(mix_differs(unlike));
}

/* The small ones are the other half of the events in both arms, whoever of them sends what. */
Test(mix, beyond_the_maximum_the_smallest_count_as_one)
{
    enum { LARGE = SLICE_MIX_VALUES_MAX - 1, SMALL = 40 };
    owned(block_tables) tables = table_begin();
    put_many(tables, SMALL, odd, even);
    for (size_t i = 0; i < LARGE; i++) {
        char name[24];
        (void)snprintf(name, sizeof(name), "a%04zu", i);
        put(tables, name, 60, 60);
    }
    cr_assert(not(mix_differs(tables)));
}

Test(mix, one_large_value_among_thousands_of_small_ones_is_heard)
{
    owned(block_tables) tables = table_begin();
    put_many(tables, 2000, (const uint64_t[2]){20, 20}, (const uint64_t[2]){20, 20});
    put(tables, "tenant", 4000, 500);
    cr_assert(mix_differs(tables));
}

Test(mix, of_another_dimension_than_the_first_is_told_apart)
{
    char *dimensions[] = {"device", "region"};
    struct spec spec = {.judgement = judgement_default, .slices = dimensions, .slice_count = 2};
    struct evidence evidence = sound_evidence(&spec.judgement);
    struct serin_error err = {0};
    owned(block_tables) tables = table_begin();
    put_many(tables, 10, odd, even);
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    cr_assert(eq(int, slice_mix_compare(tables, &spec, &evidence, &err), SERIN_OK));
    cr_assert(evidence.slice_mix_differs);
    cr_assert(not(evidence.strata_mix_differs));
}

/* ---- references ------------------------------------------------------------------------------ */

/* Evidence of arms of which the given numbers of events have no reference. */
static struct evidence with_missing(uint64_t canary, uint64_t stable)
{
    static struct judgement judgement;
    uint64_t counts[KIND_CELLS];
    owned(block_tables) tables = table_begin();
    owned(grouping) grouping = NULL;
    owned(counts) both = NULL;
    struct serin_error err = {0};
    judgement = judgement_default;
    arm_counts_fill(5000, 0.2, counts);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct table_place place = {.arm = (enum arm)arm};
        table_spread(tables, &place, 4, 5, counts, KINDS, KINDS);
    }
    for (size_t i = 0; i < 20; i++) {
        struct table_place place = {.pod = (unsigned)i % 4, .bucket = (unsigned)i / 4};
        place.arm = ARM_CANARY;
        table_put_labels(tables, &place, &(uint64_t){canary / 20}, 1);
        place.arm = ARM_STABLE;
        table_put_labels(tables, &place, &(uint64_t){stable / 20}, 1);
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct evidence evidence = sound_evidence(&judgement);
    cr_assert(eq(int, counts_create_ranked(tables, &judgement, &grouping, &both, &err), SERIN_OK));
    cr_assert(eq(int, reference_mix_compare(both, &evidence, &err), SERIN_OK));
    return evidence;
}

Test(mix, references_that_are_missing_alike_are_no_difference)
{
    cr_assert(not(with_missing(0, 0).completeness_differs));
    cr_assert(not(with_missing(2000, 2000).completeness_differs));
}

Test(mix, references_that_one_arm_lacks_more_often_make_the_arms_incomparable)
{
    cr_assert(with_missing(2000, 500).completeness_differs);
    cr_assert(with_missing(500, 2000).completeness_differs);
}

Test(mix, a_difference_in_completeness_below_a_quarter_of_the_margin_is_no_matter)
{
    cr_assert(not(with_missing(100, 0).completeness_differs));
}
