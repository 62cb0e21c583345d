#include "base/memory.h"
#include "serin/serin.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(holm, may_overwrite_its_input_and_never_exceeds_one)
{
    double p[] = {0.6, 0.01, 0.5};
    cr_assert(eq(int, serin_holm(p, 3, p), SERIN_OK));
    cr_expect(eq(dbl, p[0], 1.0));
    cr_expect(epsilon_eq(dbl, p[1], 0.03, 1e-15));
    cr_expect(eq(dbl, p[2], 1.0));
}

Test(holm, is_never_below_the_false_discovery_rate)
{
    const double p[] = {0.001, 0.02, 0.02, 0.3, 0.04, 0.9};
    double holm[6];
    double rate[6];
    cr_assert(eq(int, serin_holm(p, 6, holm), SERIN_OK));
    cr_assert(eq(int, serin_benjamini_hochberg(p, 6, rate), SERIN_OK));
    for (size_t i = 0; i < 6; i++) {
        cr_expect(ge(dbl, holm[i], rate[i]));
        cr_expect(ge(dbl, rate[i], p[i]));
    }
    cr_expect(eq(dbl, holm[1], holm[2]));
}

Test(holm, one_slice_needs_no_correction_and_none_is_no_work)
{
    const double p = 0.04;
    double out = -1.0;
    cr_assert(eq(int, serin_holm(&p, 1, &out), SERIN_OK));
    cr_expect(eq(dbl, out, 0.04));
    cr_assert(eq(int, serin_benjamini_hochberg(NULL, 0, NULL), SERIN_OK));
}

Test(holm, refuses_what_is_no_probability)
{
    const double bad[][2] = {
        {0.1,         1.5},
        {-0.1,        0.5},
        {(double)NAN, 0.5}
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        double out[2] = {-1.0, -1.0};
        cr_expect(eq(int, serin_holm(bad[i], 2, out), SERIN_INVALID));
        cr_expect(eq(int, serin_benjamini_hochberg(bad[i], 2, out), SERIN_INVALID));
        cr_expect(eq(dbl, out[0], -1.0));
    }
}

Test(rollback_p, is_the_tail_beyond_the_margin)
{
    double p = -1.0;
    cr_assert(eq(int, serin_rollback_p(-0.1, 0.0, 1.96, 0.1, &p), SERIN_OK));
    cr_expect(epsilon_eq(dbl, p, 0.5, 1e-15));
    cr_assert(eq(int, serin_rollback_p(-0.2, -0.1, 1.9599639845400542, 0.1, &p), SERIN_OK));
    cr_expect(epsilon_eq(dbl, p, 0.025, 1e-14));
}

Test(rollback_p, an_interval_without_width_decides)
{
    double p = -1.0;
    cr_assert(eq(int, serin_rollback_p(-0.2, -0.2, 1.96, 0.1, &p), SERIN_OK));
    cr_expect(eq(dbl, p, 0.0));
    cr_assert(eq(int, serin_rollback_p(0.2, 0.2, 1.96, 0.1, &p), SERIN_OK));
    cr_expect(eq(dbl, p, 1.0));
    cr_assert(eq(int, serin_rollback_p(-0.125, -0.125, 1.96, 0.125, &p), SERIN_OK));
    cr_expect(eq(dbl, p, 0.5));
}

Test(rollback_p, refuses_intervals_that_do_not_hold_their_estimate)
{
    double p = -1.0;
    cr_expect(eq(int, serin_rollback_p(0.0, -0.1, 1.96, 0.1, &p), SERIN_INVALID));
    cr_expect(eq(int, serin_rollback_p(0.0, 0.1, 0.0, 0.1, &p), SERIN_INVALID));
    cr_expect(eq(int, serin_rollback_p((double)NAN, 0.1, 1.96, 0.1, &p), SERIN_INVALID));
    cr_expect(eq(dbl, p, -1.0));
}

Test(standardise, weighs_slices_by_their_traffic)
{
    const double deltas[] = {-0.1, 0.1};
    const double ses[] = {0.02, 0.02};
    const double weights[] = {3.0, 1.0};
    struct serin_standardised mix;
    cr_assert(eq(int, serin_standardise(deltas, ses, weights, 2, &mix), SERIN_OK));
    cr_expect(epsilon_eq(dbl, mix.estimate, -0.05, 1e-16));
    cr_expect(epsilon_eq(dbl, mix.se, 0.02 * sqrt(10.0) / 4.0, 1e-16));
}

Test(standardise, refuses_weights_that_are_none)
{
    const double deltas[] = {-0.1, 0.1};
    const double ses[] = {0.02, 0.02};
    const double none[] = {0.0, 0.0};
    const double negative[] = {3.0, -1.0};
    struct serin_standardised mix = {-1.0, -1.0};
    cr_expect(eq(int, serin_standardise(deltas, ses, none, 2, &mix), SERIN_INVALID));
    cr_expect(eq(int, serin_standardise(deltas, ses, negative, 2, &mix), SERIN_INVALID));
    cr_expect(eq(int, serin_standardise(deltas, negative, ses, 2, &mix), SERIN_INVALID));
    cr_expect(eq(int, serin_standardise(deltas, ses, none, 0, &mix), SERIN_INVALID));
    cr_expect(eq(dbl, mix.se, -1.0));
}

/* ---- traffic split --------------------------------------------------------------------------- */

Test(sample_ratio, alarms_only_when_chance_is_out_of_the_question)
{
    struct serin_sample_ratio ratio;
    cr_assert(eq(int, serin_sample_ratio(500, 9500, 0.05, &ratio), SERIN_OK));
    cr_expect(epsilon_eq(dbl, ratio.p_value, 1.0, 1e-12));
    cr_expect(eq(int, ratio.mismatch, 0));
    cr_assert(eq(int, serin_sample_ratio(0, 9500, 0.05, &ratio), SERIN_OK));
    cr_expect(eq(int, ratio.mismatch, 1));
}

Test(sample_ratio, refuses_shares_and_counts_without_meaning)
{
    struct serin_sample_ratio ratio = {.chi_square = -1.0};
    cr_expect(eq(int, serin_sample_ratio(1, 1, 0.0, &ratio), SERIN_INVALID));
    cr_expect(eq(int, serin_sample_ratio(1, 1, 1.0, &ratio), SERIN_INVALID));
    cr_expect(eq(int, serin_sample_ratio(1, 1, (double)NAN, &ratio), SERIN_INVALID));
    cr_expect(eq(int, serin_sample_ratio(0, 0, 0.5, &ratio), SERIN_UNDEFINED));
    cr_expect(eq(int, serin_sample_ratio(UINT64_MAX, UINT64_MAX, 0.5, &ratio), SERIN_RANGE));
    cr_expect(eq(dbl, ratio.chi_square, -1.0));
}

/* ---- rare labels ------------------------------------------------------------------------------
 */

Test(cap, the_rarest_labels_become_one_group_after_the_others)
{
    const uint64_t masses[] = {5, 100, 0, 7, 50, 7};
    size_t map[6];
    size_t groups = 0;
    cr_assert(eq(int, serin_cap_labels(masses, 6, 3, map, &groups), SERIN_OK));
    const size_t want[] = {2, 0, SERIN_DROPPED, 2, 1, 2};
    cr_expect(eq(sz, groups, 3));
    cr_expect_arr_eq(map, want, sizeof(want));
}

Test(cap, of_equally_frequent_labels_the_later_is_merged)
{
    const uint64_t masses[] = {7, 7, 7, 7};
    size_t map[4];
    size_t groups = 0;
    cr_assert(eq(int, serin_cap_labels(masses, 4, 3, map, &groups), SERIN_OK));
    const size_t want[] = {0, 1, 2, 2};
    cr_expect_arr_eq(map, want, sizeof(want));
}

Test(cap, few_labels_keep_their_order)
{
    const uint64_t masses[] = {1, 0, 9};
    size_t map[3];
    size_t groups = 0;
    cr_assert(eq(int, serin_cap_labels(masses, 3, 200, map, &groups), SERIN_OK));
    const size_t want[] = {0, SERIN_DROPPED, 1};
    cr_expect(eq(sz, groups, 2));
    cr_expect_arr_eq(map, want, sizeof(want));
    cr_assert(eq(int, serin_cap_labels(masses, 3, 1, map, &groups), SERIN_OK));
    cr_expect(eq(sz, groups, 1));
    cr_expect(eq(int, serin_cap_labels(masses, 3, 0, map, &groups), SERIN_INVALID));
}

Test(cap, merging_refuses_to_lose_events)
{
    const uint64_t counts[] = {1, 2, 3, 4};
    struct serin_table table = {counts, 2, 2};
    const size_t keep[] = {0, 1};
    const size_t lost[] = {0, SERIN_DROPPED};
    const size_t beyond[] = {0, 2};
    const size_t together[] = {0, 0};
    uint64_t merged[4] = {9, 9, 9, 9};
    cr_expect(eq(int, serin_table_merge(&table, lost, keep, merged, 2, 2), SERIN_INVALID));
    cr_expect(eq(int, serin_table_merge(&table, keep, beyond, merged, 2, 2), SERIN_INVALID));
    cr_expect(eq(u64, merged[0], 9));
    cr_assert(eq(int, serin_table_merge(&table, together, keep, merged, 1, 2), SERIN_OK));
    cr_expect(eq(u64, merged[0], 4));
    cr_expect(eq(u64, merged[1], 6));
}
