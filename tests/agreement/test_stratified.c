#include "base/memory.h"
#include "sample_tables.h"
#include "serin/serin.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { BLOCKS = 12, BLOCK_CELLS = 4 * BLOCKS };

static const struct serin_confidence confidence = {SERIN_SEQUENTIAL, 0.95, SERIN_PLAN_DEFAULT, 0.0};

static struct serin_comparison compared(const uint64_t canary[4], const uint64_t stable[4],
                                        struct serin_design_effect canary_effect,
                                        struct serin_design_effect stable_effect)
{
    struct serin_comparison_input input = {
        .canary = {canary, 2, 2},
        .stable = {stable, 2, 2},
        .canary_effect = canary_effect,
        .stable_effect = stable_effect,
        .normalizer = SERIN_GEOMETRIC,
        .confidence = confidence,
    };
    struct serin_comparison comparison;
    cr_assert(eq(int, serin_compare(&input, &comparison), SERIN_OK));
    return comparison;
}

static struct serin_stratified stratified(const struct serin_comparison *strata, size_t count,
                                          struct serin_design_effect canary,
                                          struct serin_design_effect stable)
{
    struct serin_stratified_input input = {strata, count, canary, stable, confidence};
    struct serin_stratified out;
    cr_assert(eq(int, serin_stratified(&input, &out), SERIN_OK));
    return out;
}

static const struct serin_design_effect independent = {.deff = 1.0};

static void random_counts(struct random *random, uint64_t out[4])
{
    for (size_t i = 0; i < 4; i++) {
        out[i] = 20 + random_below(random, i % 3 == 0 ? 900 : 200);
    }
}

Test(stratified, of_one_stratum_is_the_comparison)
{
    struct random random = {3};
    for (int round = 0; round < 100; round++) {
        uint64_t canary[4];
        uint64_t stable[4];
        random_counts(&random, canary);
        random_counts(&random, stable);
        struct serin_design_effect effect = {
            1e-4, 1.0 + (double)random_below(&random, 5), 20, 0, 0.0, 0.0};
        struct serin_comparison one = compared(canary, stable, effect, effect);
        struct serin_design_effect same = effect;
        struct serin_stratified got = stratified(&one, 1, same, same);
        cr_assert(epsilon_eq(dbl, got.estimate, one.estimate, 1e-14));
        cr_assert(epsilon_eq(dbl, got.lower, one.lower, 1e-12));
        cr_assert(epsilon_eq(dbl, got.upper, one.upper, 1e-12));
        cr_assert(epsilon_eq(dbl, got.se, one.se, 1e-14));
        cr_assert(epsilon_eq(dbl, got.z, one.z, 1e-12));
        cr_assert(epsilon_eq(dbl, got.df, one.df, 1e-9));
        cr_assert(epsilon_eq(dbl, got.size, one.size, 1e-9));
        cr_assert(epsilon_eq(dbl, got.unseen, one.unseen, 1e-15));
        cr_assert(epsilon_eq(dbl, got.correction, one.correction, 1e-15));
        cr_assert(epsilon_eq(dbl, got.canary.gap, one.canary.gap, 1e-15));
    }
}

/* An empty cell and one seen once leave doubt about what is not seen; strata are independent. */
Test(stratified, doubts_of_the_strata_add_up_as_independent_ones)
{
    static const uint64_t canary[] = {90, 0, 1, 70};
    static const uint64_t stable[] = {800, 30, 20, 700};
    struct serin_comparison one = compared(canary, stable, independent, independent);
    cr_assert(gt(dbl, one.unseen_doubt, 0.0));
    struct serin_stratified alone = stratified(&one, 1, independent, independent);
    cr_expect(epsilon_eq(dbl, alone.unseen_doubt, one.unseen_doubt, 1e-15));
    cr_expect(epsilon_eq(dbl, alone.overcorrection, one.overcorrection, 1e-15));
    cr_expect(epsilon_eq(dbl, alone.lower, one.lower, 1e-12));
    cr_expect(epsilon_eq(dbl, alone.upper, one.upper, 1e-12));
    const struct serin_comparison both[] = {one, one};
    struct serin_stratified twice = stratified(both, 2, independent, independent);
    double doubt = one.unseen_doubt * twice.z / one.z / sqrt(2.0);
    cr_expect(epsilon_eq(dbl, twice.unseen_doubt, doubt, 1e-15));
}

Test(stratified, carries_over_what_unlike_numbers_of_labels_feign)
{
    static const uint64_t merged[] = {90, 0, 1, 70, 0, 0};
    static const uint64_t apart[] = {700, 30, 90, 20, 500, 180};
    struct serin_comparison_input input = {
        .canary = {merged, 2, 3},
        .stable = {apart,  2, 3},
        .canary_effect = independent,
        .stable_effect = independent,
        .normalizer = SERIN_GEOMETRIC,
        .confidence = confidence,
    };
    struct serin_comparison one;
    cr_assert(eq(int, serin_compare(&input, &one), SERIN_OK));
    cr_assert(lt(dbl, one.label_bias, 0.0));
    const struct serin_comparison both[] = {one, one};
    struct serin_stratified alone = stratified(both, 1, independent, independent);
    cr_expect(epsilon_eq(dbl, alone.upper, one.upper, 1e-12));
    cr_expect(epsilon_eq(dbl, alone.lower, one.lower, 1e-12));
    struct serin_stratified twice = stratified(both, 2, independent, independent);
    cr_expect(epsilon_eq(dbl, twice.label_bias, one.label_bias, 1e-15));
}

Test(stratified, weighs_the_strata_by_the_events_of_both_arms)
{
    const uint64_t good[] = {450, 50, 50, 450};
    const uint64_t worse[] = {400, 100, 100, 400};
    const uint64_t many[] = {1350, 150, 150, 1350};
    const struct serin_comparison strata[] = {
        compared(worse, good, independent, independent),
        compared(good, many, independent, independent),
    };
    struct serin_stratified got = stratified(strata, 2, independent, independent);
    double expected = (2000.0 * strata[0].estimate + 4000.0 * strata[1].estimate) / 6000.0;
    cr_expect(epsilon_eq(dbl, got.estimate, expected, 1e-15));
    cr_expect(epsilon_eq(dbl, got.estimate, got.canary.nmi - got.stable.nmi, 1e-15));
    cr_expect(epsilon_eq(dbl, got.se, hypot(2.0 * strata[0].se, 4.0 * strata[1].se) / 6.0, 1e-15));
    cr_expect(eq(u64, got.canary.samples, 2000));
    cr_expect(eq(u64, got.stable.samples, 4000));
    cr_expect(lt(dbl, got.lower, got.estimate));
    cr_expect(gt(dbl, got.upper, got.estimate));
}

/* With many events nothing but the standard error is left, which equal strata share. */
Test(stratified, of_equal_strata_is_narrower_by_the_root_of_their_number)
{
    enum { STRATA = 9 };
    const uint64_t counts[] = {900000, 100000, 100000, 900000};
    struct serin_comparison strata[STRATA];
    for (size_t i = 0; i < STRATA; i++) {
        strata[i] = compared(counts, counts, independent, independent);
    }
    struct serin_stratified one = stratified(strata, 1, independent, independent);
    struct serin_stratified all = stratified(strata, STRATA, independent, independent);
    cr_expect(epsilon_eq(dbl, all.se * 3.0, one.se, 1e-12));
    cr_expect(epsilon_eq(dbl, all.upper / all.z * 3.0, one.upper / one.z, 1e-6));
}

/* Estimates that the bias of the small canary moves are not made better by averaging them. */
Test(stratified, adds_up_the_doubts_of_the_strata)
{
    const uint64_t canary[] = {30, 0, 1, 19};
    const uint64_t stable[] = {900, 50, 60, 800};
    struct serin_comparison strata[4];
    for (size_t i = 0; i < 4; i++) {
        strata[i] = compared(canary, stable, independent, independent);
    }
    struct serin_stratified all = stratified(strata, 4, independent, independent);
    cr_expect(epsilon_eq(dbl, all.correction, strata[0].correction, 1e-15));
    cr_expect(epsilon_eq(dbl, all.unseen, strata[0].unseen, 1e-15));
    cr_expect(gt(dbl, all.correction, 0.0));
}

Test(stratified, refuses_strata_without_a_comparison_and_effects_without_meaning)
{
    const uint64_t counts[] = {40, 3, 2, 50};
    const uint64_t single[] = {40, 0, 2, 0};
    struct serin_comparison fine = compared(counts, counts, independent, independent);
    struct serin_comparison none = compared(single, counts, independent, independent);
    struct serin_stratified out = {.estimate = 7.0};
    struct serin_stratified_input good = {&fine, 1, independent, independent, confidence};
    struct serin_stratified_input inputs[] = {good, good, good, good};
    inputs[0].count = 0;
    inputs[1].strata = &none;
    inputs[2].canary_effect.deff = 0.5;
    inputs[3].stable_effect.variance = (double)NAN;
    for (size_t i = 0; i < ARRAY_LENGTH(inputs); i++) {
        cr_expect(eq(int, serin_stratified(&inputs[i], &out), SERIN_INVALID), "%zu", i);
    }
    cr_expect(eq(dbl, out.estimate, 7.0));
}

/* ---- blocks --------------------------------------------------------------------------------- */

struct blocks_sample {
    struct serin_block_cell cells[BLOCK_CELLS];
    struct serin_blocks blocks;
};

/* Blocks from `first` on, each with its own degree of agreement. */
static void random_blocks(struct random *random, uint32_t first, struct blocks_sample *out)
{
    for (uint32_t block = 0; block < BLOCKS; block++) {
        uint64_t wrong = random_below(random, 60);
        for (uint32_t cell = 0; cell < 4; cell++) {
            bool is_right = cell == 0 || cell == 3;
            out->cells[4 * block + cell] = (struct serin_block_cell){
                first + block, cell / 2, cell % 2, is_right ? 200 - wrong : 1 + wrong};
        }
    }
    out->blocks = (struct serin_blocks){out->cells, BLOCK_CELLS, 2, 2};
}

static struct serin_design_effect effect_of(const struct serin_blocks *strata,
                                            const double *weights, size_t count)
{
    struct serin_design_effect effect;
    cr_assert(eq(int, serin_stratified_effect(strata, weights, count, SERIN_GEOMETRIC, &effect),
                 SERIN_OK));
    return effect;
}

Test(stratified_effect, of_one_stratum_is_the_design_effect)
{
    struct random random = {5};
    struct blocks_sample sample;
    random_blocks(&random, 0, &sample);
    struct serin_design_effect expected;
    cr_assert(eq(int, serin_design_effect(&sample.blocks, SERIN_GEOMETRIC, &expected), SERIN_OK));
    struct serin_design_effect got = effect_of(&sample.blocks, (double[]){17.0}, 1);
    cr_expect(epsilon_eq(dbl, got.variance, expected.variance, 1e-15));
    cr_expect(epsilon_eq(dbl, got.deff, expected.deff, 1e-9));
    cr_expect(epsilon_eq(dbl, got.df, BLOCKS - 1.0, 1e-12));
}

/* The same bursts in two strata: averaging them averages nothing out. */
Test(stratified_effect, sees_blocks_that_move_all_strata_at_once)
{
    struct random random = {6};
    struct blocks_sample sample;
    random_blocks(&random, 0, &sample);
    const struct serin_blocks twice[] = {sample.blocks, sample.blocks};
    const double weights[] = {3.0, 3.0};
    struct serin_design_effect one = effect_of(twice, weights, 1);
    struct serin_design_effect two = effect_of(twice, weights, 2);
    cr_expect(epsilon_eq(dbl, two.variance, one.variance, 1e-15));
    cr_expect(epsilon_eq(dbl, two.deff, 2.0 * one.deff, 1e-9));
    cr_expect(epsilon_eq(dbl, two.df, BLOCKS - 1.0, 1e-12));
}

/* Strata with blocks of their own are independent of each other. */
Test(stratified_effect, adds_the_variances_of_strata_that_share_no_block)
{
    struct random random = {7};
    struct blocks_sample a;
    struct blocks_sample b;
    random_blocks(&random, 0, &a);
    random_blocks(&random, BLOCKS, &b);
    const struct serin_blocks strata[] = {a.blocks, b.blocks};
    double of_a = effect_of(&a.blocks, (double[]){1.0}, 1).variance;
    double of_b = effect_of(&b.blocks, (double[]){1.0}, 1).variance;
    struct serin_design_effect both = effect_of(strata, (double[]){1.0, 3.0}, 2);
    double sum = of_a / 16.0 + of_b * 9.0 / 16.0;
    cr_expect(ge(dbl, both.variance, sum)); /* (B − 1)/B of more blocks is a little larger */
    cr_expect(le(dbl, both.variance, sum * 1.1));
    double satterthwaite =
        sum * sum * (BLOCKS - 1.0) / (of_a * of_a / 256.0 + of_b * of_b * 81.0 / 256.0);
    cr_expect(epsilon_eq(dbl, both.df, fmin(satterthwaite, 2.0 * BLOCKS - 1.0), 1e-9));
}

Test(stratified_effect, does_not_depend_on_the_order_of_the_strata)
{
    struct random random = {8};
    struct blocks_sample a;
    struct blocks_sample b;
    random_blocks(&random, 0, &a);
    random_blocks(&random, 5, &b);
    const struct serin_blocks there[] = {a.blocks, b.blocks};
    const struct serin_blocks back[] = {b.blocks, a.blocks};
    struct serin_design_effect one = effect_of(there, (double[]){1.0, 2.0}, 2);
    struct serin_design_effect other = effect_of(back, (double[]){2.0, 1.0}, 2);
    cr_expect(eq(dbl, one.variance, other.variance));
    cr_expect(epsilon_eq(dbl, one.df, other.df, 1e-12));
}

Test(stratified_effect, refuses_weights_that_are_none_and_strata_of_one_block)
{
    struct random random = {9};
    struct blocks_sample sample;
    random_blocks(&random, 0, &sample);
    struct serin_design_effect out = {.df = 7.0};
    struct serin_blocks one_block = {sample.cells, 4, 2, 2};
    const struct serin_blocks strata[] = {sample.blocks, one_block};
    cr_expect(eq(int, serin_stratified_effect(strata, (double[]){0.0}, 1, SERIN_GEOMETRIC, &out),
                 SERIN_INVALID));
    cr_expect(eq(int,
                 serin_stratified_effect(strata, (double[]){1.0, -1.0}, 2, SERIN_GEOMETRIC, &out),
                 SERIN_INVALID));
    cr_expect(eq(int,
                 serin_stratified_effect(strata, (double[]){1.0, 1.0}, 2, SERIN_GEOMETRIC, &out),
                 SERIN_UNDEFINED));
    cr_expect(eq(dbl, out.df, 7.0));
}
