#include "base/memory.h"
#include "serin/serin.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static struct serin_shift_input sample_input(const uint64_t *canary, const uint64_t *stable,
                                             size_t labels)
{
    return (struct serin_shift_input){
        .canary = canary,
        .stable = stable,
        .labels = labels,
        .canary_effect = {.deff = 1.0},
        .stable_effect = {.deff = 1.0},
        .normalizer = SERIN_GEOMETRIC,
        .confidence = {SERIN_FIXED, 0.95, SERIN_PLAN_DEFAULT, 0.0},
    };
}

static struct serin_shift measure(const struct serin_shift_input *input)
{
    struct serin_shift result;
    cr_assert(eq(int, serin_shift(input, &result), SERIN_OK));
    return result;
}

Test(shift, arms_alike_diverge_by_nothing_within_a_margin)
{
    const uint64_t canary[] = {500, 300, 200};
    const uint64_t stable[] = {9500, 5700, 3800};
    struct serin_shift_input input = sample_input(canary, stable, 3);
    struct serin_shift result = measure(&input);
    cr_expect(epsilon_eq(dbl, result.js_bits, 0.0, 1e-16));
    cr_expect(eq(dbl, result.js_bits_lower, 0.0));
    cr_expect(gt(dbl, result.js_bits_upper, 1e-3), "luck is no proof");
    cr_expect(lt(dbl, result.js_bits_upper, 0.02));
    cr_expect(epsilon_eq(dbl, result.p_value, 1.0, 1e-12));
}

Test(shift, arms_without_a_common_label_diverge_by_one_bit)
{
    const uint64_t canary[] = {500, 300, 0, 0};
    const uint64_t stable[] = {0, 0, 900, 100};
    struct serin_shift_input input = sample_input(canary, stable, 4);
    struct serin_shift result = measure(&input);
    cr_expect(epsilon_eq(dbl, result.js_bits, 1.0, 1e-15));
    cr_expect(gt(dbl, result.js_bits_lower, 0.9));
    cr_expect(eq(dbl, result.js_bits_upper, 1.0));
    cr_expect(lt(dbl, result.p_value, 1e-100));
}

Test(shift, the_divergence_does_not_depend_on_the_traffic_split)
{
    const uint64_t canary[] = {60, 30, 10};
    const uint64_t few[] = {50, 30, 20};
    const uint64_t many[] = {50000, 30000, 20000};
    struct serin_shift_input small = sample_input(canary, few, 3);
    struct serin_shift_input large = sample_input(canary, many, 3);
    cr_expect(epsilon_eq(dbl, measure(&small).js_bits, measure(&large).js_bits, 1e-15));
    cr_expect(gt(dbl, measure(&small).nmi, 5.0 * measure(&large).nmi), "raw NMI does");
}

Test(shift, swapping_the_arms_changes_no_bit_of_the_divergence)
{
    const uint64_t a[] = {60, 30, 10, 0, 5};
    const uint64_t b[] = {700, 310, 5, 20, 0};
    struct serin_shift_input ab = sample_input(a, b, 5);
    struct serin_shift_input ba = sample_input(b, a, 5);
    struct serin_shift one = measure(&ab);
    struct serin_shift other = measure(&ba);
    cr_expect(eq(dbl, one.js_bits, other.js_bits));
    cr_expect(epsilon_eq(dbl, one.js_bits_lower, other.js_bits_lower, 1e-12));
    cr_expect(epsilon_eq(dbl, one.js_bits_upper, other.js_bits_upper, 1e-12));
    cr_expect(eq(dbl, one.g, other.g));
    cr_expect(eq(dbl, one.kl_canary_stable, other.kl_stable_canary));
}

Test(shift, the_order_of_labels_and_labels_without_events_change_no_bit)
{
    const uint64_t canary[] = {60, 30, 10, 1, 5};
    const uint64_t stable[] = {700, 310, 5, 20, 0};
    const uint64_t canary_again[] = {1, 0, 5, 60, 10, 30};
    const uint64_t stable_again[] = {20, 0, 0, 700, 5, 310};
    struct serin_shift_input before = sample_input(canary, stable, 5);
    struct serin_shift_input after = sample_input(canary_again, stable_again, 6);
    struct serin_shift one = measure(&before);
    struct serin_shift other = measure(&after);
    cr_expect(eq(dbl, one.js_bits, other.js_bits));
    cr_expect(eq(dbl, one.js_bits_lower, other.js_bits_lower));
    cr_expect(eq(dbl, one.js_bits_upper, other.js_bits_upper));
    cr_expect(eq(dbl, one.nmi_upper, other.nmi_upper));
    cr_expect(eq(dbl, one.kl_canary_stable, other.kl_canary_stable));
    cr_expect(eq(sz, other.labels, 5));
}

/* From an independent computation with scipy's distributions. */
struct interval_case {
    uint64_t canary[10];
    uint64_t stable[10];
    size_t labels;
    double canary_deff;
    double stable_deff;
    double value;
    double corrected;
    double lower;
    double upper;
    double se;
};

static const struct interval_case interval_cases[] = {
    {{25, 15, 10},                   {100, 60, 40}, 3, 1, 1, 0,               0, 0,              0.0444204848303, 0              },
    {{40, 30, 20, 10},
     {150, 90, 45, 15},
     4,                                                1,
     1,                                                      0.0127286617127,
     0.0059121184772,                                                            0,
     0.0367992900481,                                                                                             0.0109566517298},
    {{40, 30, 20, 10},
     {150, 90, 45, 15},
     4,                                                3,
     2,                                                      0.0127286617127,
     0,                                                                          0,
     0.0707806271243,                                                                                             0.0181721561491},
    {{3, 1, 0, 0, 1, 2, 0, 1},
     {20, 15, 10, 8, 6, 4, 2, 1},
     8,                                                1,
     1,                                                      0.247252945358,
     0.166323307729,                                                             0,
     0.41201992897,                                                                                               0.0832595601989},
    {{90, 5, 5},
     {30, 40, 30},
     3,                                                1,
     1,                                                      0.296457263748,
     0.289143411762,                                                             0.176182382915,
     0.434402188738,                                                                                              0.0567013305993},
    {{9, 1, 0, 2, 5, 0, 0, 0, 1, 1},
     {1, 9, 7, 8, 0, 3, 2, 5, 6, 0},
     10,                                               1,
     4,                                                      0.610093353092,
     0.506329934254,                                                             0,
     0.894542738358,                                                                                              0.135963180255 },
};

Test(shift, intervals_equal_an_independent_computation)
{
    for (size_t i = 0; i < ARRAY_LENGTH(interval_cases); i++) {
        const struct interval_case *want = &interval_cases[i];
        struct serin_shift_input input = sample_input(want->canary, want->stable, want->labels);
        input.canary_effect.deff = want->canary_deff;
        input.stable_effect.deff = want->stable_deff;
        struct serin_shift got = measure(&input);
        cr_expect(epsilon_eq(dbl, got.js_bits, want->value, 1e-11), "%zu", i);
        cr_expect(epsilon_eq(dbl, got.js_bits_corrected, want->corrected, 1e-10), "%zu", i);
        cr_expect(epsilon_eq(dbl, got.js_bits_lower, want->lower, 1e-9), "%zu", i);
        cr_expect(epsilon_eq(dbl, got.js_bits_upper, want->upper, 1e-9), "%zu", i);
        cr_expect(epsilon_eq(dbl, got.js_bits_se, want->se, 1e-10), "%zu", i);
    }
}

/* From a mean of 100 events on, a label's share of the bias comes from an expansion. */
Test(shift, intervals_do_not_jump_where_the_bias_is_expanded)
{
    double previous = 0.0;
    for (uint64_t events = 90; events < 115; events++) {
        const uint64_t canary[] = {events, 2 * events};
        const uint64_t stable[] = {5 * events, 10 * events};
        struct serin_shift_input input = sample_input(canary, stable, 2);
        double scaled = measure(&input).js_bits_upper * (double)events;
        if (events > 90) {
            cr_expect(epsilon_eq(dbl, scaled / previous, 1.0, 2e-3));
        }
        previous = scaled;
    }
}

static void expect_sound(const struct serin_shift *shift)
{
    cr_assert(ge(dbl, shift->js_bits_lower, 0.0));
    cr_assert(le(dbl, shift->js_bits_lower, shift->js_bits_corrected));
    cr_assert(le(dbl, shift->js_bits_corrected, shift->js_bits_upper));
    cr_assert(le(dbl, shift->js_bits_upper, 1.0));
    cr_assert(ge(dbl, shift->p_value, 0.0));
    cr_assert(ge(dbl, shift->p_value_adjusted, shift->p_value));
    cr_assert(ge(dbl, shift->nmi_upper, shift->nmi));
    cr_assert(ge(dbl, shift->kl_canary_stable, 0.0));
    cr_assert(eq(int, isfinite(shift->g + shift->js_bits_se + shift->noncentrality_upper), 1));
}

Test(shift, every_number_is_finite_and_in_order)
{
    struct random random = {81};
    for (int round = 0; round < 1500; round++) {
        uint64_t canary[40];
        uint64_t stable[40];
        size_t labels = 2 + random_below(&random, 39);
        size_t canary_bits = 1 + random_below(&random, 40);
        size_t stable_bits = 1 + random_below(&random, 40);
        for (size_t i = 0; i < labels; i++) {
            canary[i] = random_next(&random) >> (64 - canary_bits);
            stable[i] = random_next(&random) >> (64 - stable_bits);
        }
        struct serin_shift_input input = sample_input(canary, stable, labels);
        input.canary_effect.deff = 1.0 + (double)random_below(&random, 10);
        input.confidence.interval = (enum serin_interval)random_below(&random, 2);
        struct serin_shift result = measure(&input);
        if (result.state == SERIN_TABLE_OK) {
            expect_sound(&result);
        }
    }
}

Test(shift, dependence_few_blocks_and_many_looks_widen_the_interval)
{
    const uint64_t canary[] = {600, 300, 100};
    const uint64_t stable[] = {10000, 5000, 4000};
    struct serin_shift_input input = sample_input(canary, stable, 3);
    struct serin_shift plain = measure(&input);
    input.canary_effect.deff = 5.0;
    struct serin_shift dependent = measure(&input);
    input.canary_effect.blocks = 6;
    input.stable_effect.blocks = 6;
    struct serin_shift few = measure(&input);
    input.confidence.interval = SERIN_SEQUENTIAL;
    struct serin_shift sequential = measure(&input);
    cr_expect(gt(dbl, dependent.js_bits_upper, plain.js_bits_upper));
    cr_expect(lt(dbl, dependent.js_bits_lower, plain.js_bits_lower));
    cr_expect(gt(dbl, dependent.p_value_adjusted, dependent.p_value));
    cr_expect(gt(dbl, few.z, dependent.z));
    cr_expect(gt(dbl, few.df, 4.9));
    cr_expect(gt(dbl, sequential.js_bits_upper, few.js_bits_upper));
    cr_expect(lt(dbl, sequential.size, 1000.0 / 5.0));
}

struct state_case {
    const char *state;
    uint64_t canary[2];
    uint64_t stable[2];
};

static const struct state_case states[] = {
    {"empty",            {0, 0}, {0, 0}},
    {"single_reference", {0, 0}, {5, 5}},
    {"single_reference", {5, 5}, {0, 0}},
    {"single_label",     {0, 5}, {0, 9}},
    {"single_both",      {0, 5}, {0, 0}},
};

Test(shift, degenerate_arms_are_states_that_exclude_nothing)
{
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
        struct serin_shift_input input = sample_input(states[i].canary, states[i].stable, 2);
        struct serin_shift result = measure(&input);
        cr_expect_str_eq(serin_table_state_name(result.state), states[i].state);
        cr_expect(eq(dbl, result.js_bits_lower, 0.0));
        cr_expect(eq(dbl, result.js_bits_upper, 1.0));
        cr_expect(eq(dbl, result.nmi_upper, 1.0));
    }
}

Test(shift, what_makes_no_sense_is_refused)
{
    const uint64_t canary[] = {5, SERIN_TOTAL_MAX};
    const uint64_t stable[] = {5, 5};
    struct serin_shift result = {.z = -7.0};
    struct serin_shift_input input = sample_input(canary, stable, 2);
    cr_expect(eq(int, serin_shift(&input, &result), SERIN_RANGE));
    input = sample_input(stable, stable, 2);
    input.stable_effect.deff = 0.0;
    cr_expect(eq(int, serin_shift(&input, &result), SERIN_INVALID));
    input = sample_input(stable, stable, 2);
    input.confidence.level = 2.0;
    cr_expect(eq(int, serin_shift(&input, &result), SERIN_INVALID));
    input = sample_input(stable, stable, SIZE_MAX);
    cr_expect(eq(int, serin_shift(&input, &result), SERIN_INVALID));
    cr_expect(eq(dbl, result.z, -7.0));
    double kl = -1.0;
    const uint64_t huge[] = {UINT64_MAX, UINT64_MAX};
    cr_expect(eq(int, serin_kl_smoothed(huge, stable, 2, &kl), SERIN_RANGE));
    cr_expect(eq(dbl, kl, -1.0));
}

/* Draws `events` labels with the given shares, out of 100. */
static void draw(struct random *random, const size_t *shares, size_t labels, size_t events,
                 uint64_t *out)
{
    memset(out, 0, labels * sizeof(*out));
    for (size_t event = 0; event < events; event++) {
        size_t at = random_below(random, 100);
        size_t label = 0;
        while (at >= shares[label]) {
            at -= shares[label++];
        }
        out[label]++;
    }
}

/* The study is in the header; this notices when the interval is no longer that one. */
Test(shift, intervals_hold_the_true_divergence_as_often_as_promised)
{
    static const size_t canary_shares[] = {40, 30, 20, 10};
    static const size_t stable_shares[] = {50, 30, 15, 5};
    uint64_t canary[4];
    uint64_t stable[4];
    struct random random = {82};
    for (size_t i = 0; i < 4; i++) {
        canary[i] = canary_shares[i] * 1000000;
        stable[i] = stable_shares[i] * 1000000;
    }
    struct serin_shift_input input = sample_input(canary, stable, 4);
    double truth = measure(&input).js_bits;
    int above = 0, below = 0;
    enum { ROLLOUTS = 600 };
    for (int rollout = 0; rollout < ROLLOUTS; rollout++) {
        draw(&random, canary_shares, 4, 300, canary);
        draw(&random, stable_shares, 4, 2000, stable);
        struct serin_shift result = measure(&input);
        above += result.js_bits_lower > truth;
        below += result.js_bits_upper < truth;
    }
    cr_expect(le(int, above, ROLLOUTS * 4 / 100));
    cr_expect(le(int, below, ROLLOUTS * 5 / 100));
    cr_expect(gt(int, below, 0), "not so wide that it says nothing");
}

/* ---- design effect ----------------------------------------------------------------------------
 */

/* Every event of a block has one label, so a block is worth one event. */
Test(shift_effect, blocks_of_one_label_are_worth_an_event_each)
{
    struct serin_block_cell cells[100];
    for (uint32_t block = 0; block < 100; block++) {
        cells[block] = (struct serin_block_cell){block, SERIN_NO_REFERENCE, block % 2, 10};
    }
    struct serin_blocks blocks = {cells, 100, 1, 2};
    struct serin_design_effect effect;
    cr_assert(eq(int, serin_shift_design_effect(&blocks, &effect), SERIN_OK));
    cr_expect(epsilon_eq(dbl, effect.deff, 10.0 * 100.0 / 99.0, 1e-12));
    cr_expect(eq(sz, effect.blocks, 100));
    cr_expect(eq(u64, effect.samples, 1000));
    cr_expect(epsilon_eq(dbl, effect.variance, effect.deff / 1000.0, 1e-15));
}

Test(shift_effect, independent_events_have_about_none)
{
    struct random random = {83};
    static struct serin_block_cell cells[200 * 3];
    for (uint32_t block = 0; block < 200; block++) {
        uint64_t counts[3] = {0};
        for (int event = 0; event < 60; event++) {
            counts[random_below(&random, 3)]++;
        }
        for (uint32_t label = 0; label < 3; label++) {
            cells[block * 3 + label] = (struct serin_block_cell){block, 0, label, counts[label]};
        }
    }
    struct serin_blocks blocks = {cells, 600, 1, 3};
    struct serin_design_effect effect;
    cr_assert(eq(int, serin_shift_design_effect(&blocks, &effect), SERIN_OK));
    cr_expect(lt(dbl, effect.deff, 1.25));
}

Test(shift_effect, what_tells_nothing_is_undefined)
{
    const struct serin_block_cell one_block[] = {
        {0, 0, 0, 5},
        {0, 0, 1, 5}
    };
    const struct serin_block_cell one_label[] = {
        {0, 0, 1, 5},
        {1, 0, 1, 5}
    };
    const struct serin_block_cell descending[] = {
        {1, 0, 0, 5},
        {0, 0, 1, 5}
    };
    const struct serin_block_cell too_many[] = {
        {0, 0, 0, SERIN_TOTAL_MAX},
        {1, 0, 1, 1              }
    };
    struct serin_design_effect effect = {.deff = -1.0};
    struct serin_blocks blocks = {one_block, 2, 1, 2};
    cr_expect(eq(int, serin_shift_design_effect(&blocks, &effect), SERIN_UNDEFINED));
    blocks.cells = one_label;
    cr_expect(eq(int, serin_shift_design_effect(&blocks, &effect), SERIN_UNDEFINED));
    blocks.cells = descending;
    cr_expect(eq(int, serin_shift_design_effect(&blocks, &effect), SERIN_INVALID));
    blocks.cells = too_many;
    cr_expect(eq(int, serin_shift_design_effect(&blocks, &effect), SERIN_RANGE));
    blocks = (struct serin_blocks){one_block, 2, 1, 1};
    cr_expect(eq(int, serin_shift_design_effect(&blocks, &effect), SERIN_INVALID));
    cr_expect(eq(dbl, effect.deff, -1.0));
}
