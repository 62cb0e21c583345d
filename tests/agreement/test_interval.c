#include "base/memory.h"
#include "serin/serin.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static const uint64_t canary_counts[] = {40, 4, 2, 3, 50, 5, 1, 6, 60};
static const uint64_t stable_counts[] = {400, 20, 10, 20, 500, 30, 10, 30, 600};
static const struct serin_confidence fixed_95 = {SERIN_FIXED, 0.95, SERIN_PLAN_DEFAULT, 0.0};

static struct serin_comparison_input sample_input(void)
{
    return (struct serin_comparison_input){
        .canary = {canary_counts, 3, 3},
        .stable = {stable_counts, 3, 3},
        .canary_effect = {.deff = 1.0},
        .stable_effect = {.deff = 1.0},
        .normalizer = SERIN_GEOMETRIC,
        .confidence = fixed_95,
    };
}

static struct serin_comparison compare(const struct serin_comparison_input *input)
{
    struct serin_comparison result;
    cr_assert(eq(int, serin_compare(input, &result), SERIN_OK));
    return result;
}

static double width(const struct serin_comparison *comparison)
{
    return comparison->upper - comparison->lower;
}

Test(comparison, both_arms_are_taken_at_the_size_of_the_smaller)
{
    struct serin_comparison_input input = sample_input();
    struct serin_comparison result = compare(&input);
    cr_expect(eq(u64, result.canary.size, 171));
    cr_expect(eq(u64, result.stable.size, 171));
    cr_expect(eq(u64, result.stable.samples, 1620));
    cr_expect(lt(dbl, result.stable.plugin, result.stable.at_size));
    cr_expect(eq(dbl, result.estimate, result.canary.nmi - result.stable.nmi));
    cr_expect(epsilon_eq(dbl, result.size, 171.0 * 1620.0 / 1791.0, 1e-10));
}

Test(comparison, a_higher_level_and_a_sequential_interval_are_wider)
{
    struct serin_comparison_input input = sample_input();
    struct serin_comparison fixed = compare(&input);
    input.confidence.level = 0.99;
    struct serin_comparison higher = compare(&input);
    input.confidence = (struct serin_confidence){SERIN_SEQUENTIAL, 0.95, SERIN_PLAN_DEFAULT, 0.0};
    struct serin_comparison sequential = compare(&input);
    cr_expect(gt(dbl, width(&higher), width(&fixed)));
    cr_expect(gt(dbl, width(&sequential), width(&fixed)));
    cr_expect(eq(dbl, higher.estimate, fixed.estimate));
}

Test(comparison, dependence_widens_the_interval)
{
    struct serin_comparison_input input = sample_input();
    struct serin_comparison independent = compare(&input);
    input.canary_effect.deff = 4.0;
    struct serin_comparison dependent = compare(&input);
    cr_expect(epsilon_eq(dbl, dependent.canary.se, 2.0 * independent.canary.se, 1e-14));
    cr_expect(eq(dbl, dependent.df, 0.0));
    cr_expect(gt(dbl, width(&dependent), width(&independent)));
}

Test(comparison, few_blocks_call_for_students_quantiles)
{
    struct serin_comparison_input input = sample_input();
    struct serin_comparison without = compare(&input);
    input.canary_effect = (struct serin_design_effect){1e-3, 1.0, 6, 171, 0.0, 0.0};
    input.stable_effect = (struct serin_design_effect){1e-3, 1.0, 6, 1620, 0.0, 0.0};
    struct serin_comparison with = compare(&input);
    cr_expect(epsilon_eq(dbl, with.df, 10.0, 1e-9));
    cr_expect(epsilon_eq(dbl, with.z, without.z * 2.22813885198627472 / 1.9599639845400542, 1e-10));
}

Test(comparison, a_degenerate_arm_is_a_state_with_the_widest_interval)
{
    static const uint64_t collapsed[] = {40, 0, 0, 50, 0, 0, 60, 0, 0};
    struct serin_comparison_input input = sample_input();
    input.canary.counts = collapsed;
    struct serin_comparison result = compare(&input);
    cr_expect(eq(int, result.state, SERIN_TABLE_SINGLE_LABEL));
    cr_expect(eq(int, result.canary_state, SERIN_TABLE_SINGLE_LABEL));
    cr_expect(eq(int, result.stable_state, SERIN_TABLE_OK));
    cr_expect(eq(dbl, result.lower, -1.0));
    cr_expect(eq(dbl, result.upper, 1.0));
    cr_expect(eq(dbl, result.estimate, 0.0));
    input = sample_input();
    input.stable.counts = collapsed;
    cr_expect(eq(int, compare(&input).state, SERIN_TABLE_SINGLE_LABEL));
}

Test(comparison, what_makes_no_sense_is_refused)
{
    struct serin_comparison result = {.lower = -7.0};
    struct serin_comparison_input input = sample_input();
    input.stable.columns = 1;
    cr_expect(eq(int, serin_compare(&input, &result), SERIN_INVALID));
    input = sample_input();
    input.canary_effect.deff = 0.5;
    cr_expect(eq(int, serin_compare(&input, &result), SERIN_INVALID));
    input = sample_input();
    input.stable_effect.variance = (double)NAN;
    cr_expect(eq(int, serin_compare(&input, &result), SERIN_INVALID));
    input = sample_input();
    input.confidence.level = 1.0;
    cr_expect(eq(int, serin_compare(&input, &result), SERIN_INVALID));
    cr_expect(eq(dbl, result.lower, -7.0));
}

Test(comparison, labels_are_counted_over_both_arms)
{
    static const uint64_t new_label[] = {40, 4, 0, 3, 50, 9, 0, 0, 0};
    static const uint64_t lost_label[] = {400, 20, 0, 20, 500, 0, 10, 30, 0};
    struct serin_comparison_input input = sample_input();
    input.canary.counts = new_label;
    input.stable.counts = lost_label;
    struct serin_comparison result = compare(&input);
    cr_expect(eq(sz, result.rows, 3));
    cr_expect(eq(sz, result.columns, 3));
}

Test(comparison, singletons_of_the_canary_alone_lower_the_lower_end)
{
    static const uint64_t singletons[] = {40, 1, 1, 1, 50, 1, 1, 1, 60};
    struct serin_comparison_input input = sample_input();
    input.canary.counts = singletons;
    struct serin_comparison result = compare(&input);
    cr_expect(gt(dbl, result.canary.singletons, result.stable.singletons));
    cr_expect(eq(dbl, result.unseen, 0.0), "every cell is occupied");
    static const uint64_t sparse[] = {40, 1, 0, 1, 50, 1, 0, 1, 60};
    input.canary.counts = sparse;
    cr_expect(gt(dbl, compare(&input).unseen, 0.0));
}

/* Two of nine cells are empty in the canary, four hold one event. */
static const uint64_t sparse_counts[] = {40, 1, 0, 1, 50, 1, 0, 1, 60};

Test(comparison, singletons_may_be_few_by_chance)
{
    struct serin_comparison_input input = sample_input();
    input.canary.counts = sparse_counts;
    struct serin_comparison result = compare(&input);
    struct serin_entropies entropies;
    cr_assert(eq(int, serin_entropies(&input.canary, &entropies), SERIN_OK));
    double singletons = 4.0 + result.stable.singletons * 154.0 / 1620.0;
    double cost = log(1.5) / sqrt(entropies.reference * entropies.label);
    double doubt = 0.6 * result.z * cost * sqrt(singletons) / 154.0;
    cr_expect(epsilon_eq(dbl, result.unseen_doubt, doubt, 1e-14));
    input.canary_effect.deff = 4.0;
    input.stable_effect.deff = 4.0;
    struct serin_comparison dependent = compare(&input);
    cr_expect(epsilon_eq(dbl, dependent.unseen_doubt, 2.0 * doubt, 1e-14));
}

Test(comparison, a_table_without_empty_cells_leaves_no_doubt_about_unseen_ones)
{
    struct serin_comparison_input input = sample_input();
    struct serin_comparison result = compare(&input);
    cr_expect(gt(dbl, result.canary.singletons, 0.0));
    cr_expect(eq(dbl, result.unseen_doubt, 0.0));
}

Test(comparison, what_was_corrected_may_have_been_no_bias)
{
    struct serin_comparison_input input = sample_input();
    input.canary.counts = sparse_counts;
    struct serin_comparison result = compare(&input);
    double more = result.canary.gap - result.stable.gap;
    cr_expect(epsilon_eq(dbl, result.overcorrection, 0.5 * more, 1e-15));
    struct serin_table swapped = input.canary;
    input.canary = input.stable;
    input.stable = swapped;
    struct serin_comparison mirrored = compare(&input);
    cr_expect(epsilon_eq(dbl, mirrored.overcorrection, -0.5 * more, 1e-15));
    cr_expect(eq(dbl, mirrored.correction, result.correction));
}

/* Both ends, by as much as the doubt goes beyond what was allowed anyway. */
Test(comparison, doubt_about_unseen_cells_moves_both_ends)
{
    struct serin_comparison_input input = sample_input();
    input.canary.counts = sparse_counts;
    input.stable.counts = sparse_counts;
    struct serin_comparison result = compare(&input);
    cr_expect(eq(dbl, result.unseen, 0.0));
    cr_expect(eq(dbl, result.estimate, 0.0));
    cr_expect(gt(dbl, result.unseen_doubt, 0.0));
    cr_expect(le(dbl, result.lower, -result.z * result.se - result.unseen_doubt + 1e-15));
    cr_expect(epsilon_eq(dbl, result.upper, -result.lower, 1e-15));
}

/* The stable arm's two labels, each under two names, beside the same without. */
static const uint64_t split_counts[] = {20, 18, 1, 2, 1, 1, 24, 22};
static const uint64_t whole_counts[] = {400, 0, 30, 0, 28, 0, 470, 0};

static struct serin_comparison_input split_input(void)
{
    struct serin_comparison_input input = sample_input();
    input.canary = (struct serin_table){split_counts, 2, 4};
    input.stable = (struct serin_table){whole_counts, 2, 4};
    return input;
}

static double label_bias_by(const struct serin_comparison *result, double excess,
                            const struct serin_table *canary)
{
    struct serin_entropies entropies;
    cr_assert(eq(int, serin_entropies(canary, &entropies), SERIN_OK));
    double singletons = 0.5 * (result->canary.singletons + result->stable.singletons);
    return singletons / (double)result->canary.size * excess /
           sqrt(entropies.reference * entropies.label);
}

Test(comparison, more_labels_than_the_other_arm_flatter)
{
    struct serin_comparison_input input = split_input();
    struct serin_comparison result = compare(&input);
    struct serin_entropies canary;
    struct serin_entropies stable;
    cr_assert(eq(int, serin_entropies(&input.canary, &canary), SERIN_OK));
    cr_assert(eq(int, serin_entropies(&input.stable, &stable), SERIN_OK));
    double excess = fmin(log(2.0), canary.label - stable.label);
    double bias = label_bias_by(&result, excess, &input.canary);
    cr_expect(epsilon_eq(dbl, result.label_bias, bias, 1e-14));
    cr_expect(gt(dbl, result.label_bias, 0.0));
    cr_expect(
        le(dbl, result.lower, result.estimate - result.z * result.se - result.label_bias + 1e-15));
}

Test(comparison, fewer_labels_than_the_other_arm_are_belittled)
{
    static const uint64_t merged[] = {40, 0, 3, 0, 2, 0, 44, 0};
    static const uint64_t apart[] = {200, 180, 9, 14, 11, 8, 240, 220};
    struct serin_comparison_input input = split_input();
    input.canary.counts = merged;
    input.stable.counts = apart;
    struct serin_comparison result = compare(&input);
    cr_expect(lt(dbl, result.label_bias, 0.0));
    cr_expect(
        ge(dbl, result.upper, result.estimate + result.z * result.se - result.label_bias - 1e-15));
}

Test(comparison, equally_many_labels_flatter_no_one)
{
    struct serin_comparison_input input = sample_input();
    input.canary.counts = sparse_counts;
    cr_expect(eq(dbl, compare(&input).label_bias, 0.0));
}

/* Thirteen of the stable arm's 1540 events have a third label; a tenth of them may show none. */
Test(comparison, labels_that_a_smaller_arm_misses_count_by_how_rarely_it_does)
{
    static const uint64_t skewed[] = {130, 1, 0, 10, 2, 0, 8, 3, 0};
    static const uint64_t even[] = {400, 10, 1, 10, 500, 1, 300, 307, 11};
    struct serin_comparison_input input = sample_input();
    input.canary.counts = skewed;
    input.stable.counts = even;
    struct serin_comparison result = compare(&input);
    double shown = 1.0 - pow(1.0 - 154.0 / 1540.0, 13.0);
    double bias = label_bias_by(&result, -log1p(0.5 * shown), &input.canary);
    cr_expect(epsilon_eq(dbl, result.label_bias, bias, 1e-12));
}

Test(comparison, labels_that_are_hardly_emitted_flatter_little)
{
    static const uint64_t without[] = {40, 1, 0, 1, 50, 0, 1, 61, 0};
    static const uint64_t rare[] = {400, 10, 1, 10, 500, 1, 10, 607, 1};
    struct serin_comparison_input input = sample_input();
    input.canary.counts = without;
    input.stable.counts = rare;
    struct serin_comparison result = compare(&input);
    struct serin_entropies canary;
    struct serin_entropies stable;
    cr_assert(eq(int, serin_entropies(&input.canary, &canary), SERIN_OK));
    cr_assert(eq(int, serin_entropies(&input.stable, &stable), SERIN_OK));
    double bias = label_bias_by(&result, canary.label - stable.label, &input.canary);
    cr_expect(epsilon_eq(dbl, result.label_bias, bias, 1e-12));
}

/* ---- one arm -------------------------------------------------------------------------------- */

Test(arm, a_design_effect_scales_the_error_and_the_gap)
{
    struct serin_table table = {canary_counts, 3, 3};
    struct serin_arm one;
    struct serin_arm four;
    cr_assert(eq(int, serin_arm(&table, SERIN_GEOMETRIC, 0, 1.0, &one), SERIN_OK));
    cr_assert(eq(int, serin_arm(&table, SERIN_GEOMETRIC, 1000, 4.0, &four), SERIN_OK));
    cr_expect(eq(u64, four.size, 171), "no more than there is");
    cr_expect(epsilon_eq(dbl, four.se, 2.0 * one.se, 1e-15));
    cr_expect(epsilon_eq(dbl, four.gap, 4.0 * one.gap, 1e-15));
}

Test(arm, a_smaller_size_shows_more_singletons)
{
    struct serin_table table = {stable_counts, 3, 3};
    struct serin_arm small;
    struct serin_arm whole;
    cr_assert(eq(int, serin_arm(&table, SERIN_GEOMETRIC, 100, 1.0, &small), SERIN_OK));
    cr_assert(eq(int, serin_arm(&table, SERIN_GEOMETRIC, 0, 1.0, &whole), SERIN_OK));
    cr_expect(gt(dbl, small.singletons, whole.singletons));
    cr_expect(eq(dbl, small.plugin, whole.plugin));
    cr_expect(eq(dbl, small.se, whole.se), "the error is that of all events");
}

Test(arm, what_makes_no_sense_is_refused)
{
    struct serin_table table = {canary_counts, 3, 3};
    struct serin_table flat = {canary_counts, 1, 9};
    struct serin_arm arm = {.size = 77};
    cr_expect(eq(int, serin_arm(&table, SERIN_GEOMETRIC, 0, 0.9, &arm), SERIN_INVALID));
    cr_expect(eq(int, serin_arm(&table, SERIN_GEOMETRIC, 0, INFINITY, &arm), SERIN_INVALID));
    cr_expect(eq(int, serin_arm(&table, SERIN_GEOMETRIC, 1, 1.0, &arm), SERIN_UNDEFINED));
    cr_expect(eq(int, serin_arm(&flat, SERIN_GEOMETRIC, 0, 1.0, &arm), SERIN_UNDEFINED));
    cr_expect(eq(u64, arm.size, 77));
}

Test(arm, an_interval_takes_students_quantiles_from_blocks)
{
    struct serin_table table = {canary_counts, 3, 3};
    const struct serin_design_effect none = {.deff = 2.0};
    const struct serin_design_effect blocks = {.deff = 2.0, .blocks = 11};
    struct serin_arm_interval without;
    struct serin_arm_interval with;
    cr_assert(
        eq(int, serin_arm_interval(&table, SERIN_GEOMETRIC, &fixed_95, &none, &without), SERIN_OK));
    cr_assert(
        eq(int, serin_arm_interval(&table, SERIN_GEOMETRIC, &fixed_95, &blocks, &with), SERIN_OK));
    cr_expect(eq(dbl, without.df, 0.0));
    cr_expect(eq(dbl, with.df, 10.0));
    cr_expect(epsilon_eq(dbl, with.z, 2.22813885198627472, 1e-10));
    cr_expect(lt(dbl, with.lower, without.lower));
    cr_expect(gt(dbl, with.upper, without.upper));
}

Test(arm, a_perfect_table_still_leaves_room_below)
{
    const uint64_t counts[] = {50, 0, 0, 50};
    struct serin_table table = {counts, 2, 2};
    const struct serin_design_effect none = {.deff = 1.0};
    struct serin_arm_interval interval;
    cr_assert(eq(int, serin_arm_interval(&table, SERIN_GEOMETRIC, &fixed_95, &none, &interval),
                 SERIN_OK));
    cr_expect(eq(dbl, interval.arm.nmi, 1.0));
    cr_expect(lt(dbl, interval.lower, 0.95));
    cr_expect(eq(dbl, interval.upper, 1.0));
}

/* ---- critical values --------------------------------------------------------------------------
 */

Test(critical, sequential_values_exceed_the_fixed_one_and_are_least_near_the_plan)
{
    struct serin_confidence confidence = {SERIN_SEQUENTIAL, 0.95, 2000.0, 0.0};
    double at_plan = 0.0;
    cr_assert(eq(int, serin_critical_value(&confidence, 2000.0, &at_plan), SERIN_OK));
    for (double n = 1.0; n < 1e9; n *= 3.0) {
        double z = 0.0;
        cr_assert(eq(int, serin_critical_value(&confidence, n, &z), SERIN_OK));
        cr_expect(ge(dbl, z, at_plan - 0.02));
    }
    cr_expect(gt(dbl, at_plan, 2.9));
}

Test(critical, what_makes_no_sense_is_refused)
{
    static const struct serin_confidence bad[] = {
        {SERIN_FIXED,             0.0,  2000.0,   0.0   },
        {SERIN_FIXED,             1.0,  2000.0,   0.0   },
        {SERIN_SEQUENTIAL,        0.95, 0.0,      0.0   },
        {SERIN_SEQUENTIAL,        0.95, INFINITY, 0.0   },
        {SERIN_OBRIEN_FLEMING,    0.95, 2000.0,   0.0   },
        {(enum serin_interval)99, 0.95, 2000.0,   2000.0},
    };
    double z = -1.0;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        cr_expect(eq(int, serin_critical_value(&bad[i], 100.0, &z), SERIN_INVALID), "%zu", i);
    }
    struct serin_confidence good = {SERIN_SEQUENTIAL, 0.95, 2000.0, 0.0};
    cr_expect(eq(int, serin_critical_value(&good, 0.0, &z), SERIN_INVALID));
    good = (struct serin_confidence){SERIN_OBRIEN_FLEMING, 0.95, 0.0, 100.0};
    cr_expect(eq(int, serin_critical_value(&good, -1.0, &z), SERIN_INVALID));
    cr_expect(eq(dbl, z, -1.0));
    cr_expect_str_eq(serin_interval_name((enum serin_interval)99), "unknown");
}

Test(critical, the_harmonic_size_is_that_of_the_smaller_arm_at_most)
{
    cr_expect(eq(dbl, serin_harmonic_size(0.0, 100.0), 0.0));
    cr_expect(eq(dbl, serin_harmonic_size(100.0, 100.0), 50.0));
    cr_expect(epsilon_eq(dbl, serin_harmonic_size(100.0, 1e15), 100.0, 1e-9));
}
