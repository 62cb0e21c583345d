/* What each label contributes to delta: sums, intervals, and what they mean. */
#include "arms_sample.h"
#include "support/random.h"

#include <math.h>

static double sum_of(const struct verdict *verdict)
{
    double sum = verdict->moves_left_out + verdict->moves_rest;
    for (size_t i = 0; i < verdict->move_count; i++) {
        const struct estimate *contribution = &verdict->moves[i].contribution;
        cr_assert(contribution->defined);
        cr_assert(contribution->lower <= contribution->value &&
                  contribution->value <= contribution->upper);
        cr_assert(i == 0 ||
                  fabs(contribution->value) <= fabs(verdict->moves[i - 1].contribution.value));
        sum += contribution->value;
    }
    return sum;
}

static double contribution_of(const struct verdict *verdict, const char *label)
{
    for (size_t i = 0; i < verdict->move_count; i++) {
        if (text_equals(verdict->moves[i].label, label)) {
            return verdict->moves[i].contribution.value;
        }
    }
    cr_assert(false, "no contribution of %s", label);
    return 0.0;
}

enum { SIZE = 6, CELLS = SIZE * SIZE };

/* A diagonal of chance strength, with noise around it. */
static void fill_by_chance(struct random *random, uint64_t scale, uint64_t out[static CELLS])
{
    for (size_t cell = 0; cell < CELLS; cell++) {
        uint64_t likely = cell / SIZE == cell % SIZE ? 20 : 3;
        out[cell] = random_below(random, likely * scale);
    }
}

static struct block_tables *tables_by_chance(enum design design, struct random *random,
                                             uint64_t scale)
{
    uint64_t canary[CELLS];
    uint64_t stable[CELLS];
    fill_by_chance(random, scale, canary);
    fill_by_chance(random, scale * 3, stable);
    if (design != DESIGN_PAIRED) {
        return arms_of(canary, stable, SIZE, SIZE);
    }
    struct block_tables *tables = table_begin();
    table_put_pairs(tables, &(struct table_place){.arm = ARM_CANARY}, stable, 0, SIZE);
    block_tables_set_blocks_unknown(tables);
    return table_end(tables, 0, 0);
}

Test(effects, add_up_to_delta_in_every_design_and_by_every_normalizer)
{
    struct random random = {7};
    for (int design = 0; design < 3; design++) {
        for (int normalizer = 0; normalizer < SERIN_NORMALIZER_COUNT; normalizer++) {
            for (uint64_t scale = 1; scale < 200; scale *= 3) {
                struct spec spec = default_spec();
                spec.judgement.design = (enum design)design;
                spec.judgement.normalizer = (enum serin_normalizer)normalizer;
                owned(block_tables) tables =
                    tables_by_chance(spec.judgement.design, &random, scale);
                struct verdict verdict = explained(&spec, tables);
                cr_assert(verdict.delta.defined);
                cr_assert(epsilon_eq(dbl, sum_of(&verdict), verdict.delta.value, 1e-12),
                          "design %d, normalizer %d, scale %d", design, normalizer, (int)scale);
                bool has_rest = spec.judgement.design == DESIGN_REFERENCE;
                cr_assert(has_rest || fabs(verdict.moves_rest) < 1e-9,
                          "design %d, normalizer %d, scale %d: %g", design, normalizer, (int)scale,
                          verdict.moves_rest);
            }
        }
    }
}

/* Both arms have the same references, so that nothing is left but the labels' own doing. */
Test(effects, leave_no_rest_when_both_arms_have_the_same_references)
{
    for (int normalizer = 0; normalizer < SERIN_NORMALIZER_COUNT; normalizer++) {
        struct spec spec = default_spec();
        spec.judgement.normalizer = (enum serin_normalizer)normalizer;
        owned(block_tables) tables = arms_with_errors(50000, 0.4, 50000, 0.2);
        struct verdict verdict = explained(&spec, tables);
        cr_assert(lt(dbl, verdict.delta.value, -0.05));
        cr_assert(epsilon_eq(dbl, sum_of(&verdict), verdict.delta.value, 1e-12));
        cr_assert(lt(dbl, fabs(verdict.moves_rest), 1e-9), "normalizer %d: %g", normalizer,
                  verdict.moves_rest);
    }
}

Test(effects, put_a_loss_down_to_the_labels_that_lost_it)
{
    /* Of four labels the third and fourth are mixed up; the others are as they were. */
    const uint64_t stable[] = {5000, 0, 0, 0, 0, 5000, 0, 0, 0, 0, 4900, 100, 0, 0, 100, 4900};
    const uint64_t canary[] = {5000, 0, 0, 0, 0, 5000, 0, 0, 0, 0, 3000, 2000, 0, 0, 2000, 3000};
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_of(canary, stable, 4, 4);
    struct verdict verdict = explained(&spec, tables);
    double of_mixed = contribution_of(&verdict, "l002") + contribution_of(&verdict, "l003");
    cr_assert(lt(dbl, verdict.delta.value, -0.1));
    cr_assert(epsilon_eq(dbl, of_mixed, verdict.delta.value, 1e-3));
    cr_assert(epsilon_eq(dbl, contribution_of(&verdict, "l000"), 0.0, 1e-3));
}

Test(effects, put_the_cost_of_more_labels_down_to_them)
{
    /* The third label is two labels now, by chance: no information is lost, but names are added. */
    const uint64_t stable[] = {5000, 0, 0, 0, 0, 5000, 0, 0, 0, 0, 5000, 0};
    const uint64_t canary[] = {5000, 0, 0, 0, 0, 5000, 0, 0, 0, 0, 2500, 2500};
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_of(canary, stable, 3, 4);
    struct verdict verdict = explained(&spec, tables);
    double of_split = contribution_of(&verdict, "l002") + contribution_of(&verdict, "l003");
    cr_assert(lt(dbl, verdict.delta.value, -0.05));
    cr_assert(epsilon_eq(dbl, of_split, verdict.delta.value, 1e-3));
}

/* Two pods that have nothing in common: the critical value is beyond all bounds. */
Test(effects, have_intervals_that_end_with_the_scale)
{
    const uint64_t right[] = {500, 0, 0, 500};
    const uint64_t wrong[] = {250, 250, 250, 250};
    struct spec spec = default_spec();
    owned(block_tables) tables = table_begin();
    for (unsigned i = 0; i < 30; i++) {
        struct table_place place = {.arm = ARM_CANARY, .pod = i % 3, .bucket = i / 3};
        table_put(tables, &place, i % 3 == 0 ? wrong : right, 2, 2);
        place.arm = ARM_STABLE;
        table_put(tables, &place, right, 2, 2);
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 10 * MINUTE_MS);
    struct verdict verdict = explained(&spec, tables);
    cr_assert(epsilon_eq(dbl, sum_of(&verdict), verdict.delta.value, 1e-12));
    cr_assert(eq(dbl, verdict.delta.lower, -1.0));
    cr_assert(eq(sz, verdict.move_count, 2));
    for (size_t i = 0; i < verdict.move_count; i++) {
        cr_assert(eq(dbl, verdict.moves[i].contribution.lower, -1.0));
        cr_assert(eq(dbl, verdict.moves[i].contribution.upper, 1.0));
    }
}

/* The stable arm labelled keys twice, but none that it calls by the third label. */
Test(effects, of_keys_labelled_twice_are_as_sure_as_the_delta)
{
    const uint64_t pairs[] = {500, 20, 5, 20, 500, 5, 5, 5, 60};
    const uint64_t self[] = {500, 10, 0, 10, 500, 0, 0, 0, 0};
    struct spec spec = default_spec();
    owned(block_tables) tables = table_begin();
    spec.judgement.design = DESIGN_PAIRED;
    for (unsigned i = 0; i < 20; i++) {
        struct table_place place = {.arm = ARM_CANARY, .pod = i % 4, .bucket = i / 4};
        table_put_pairs(tables, &place, pairs, 0, 3);
        place.arm = ARM_STABLE;
        table_put_pairs(tables, &place, self, 0, 3);
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict verdict = explained(&spec, tables);
    cr_assert(verdict.has_self_pairs);
    cr_assert(epsilon_eq(dbl, sum_of(&verdict), verdict.delta.value, 1e-9));
    double width = verdict.delta.upper - verdict.delta.lower;
    for (size_t i = 0; i < verdict.move_count; i++) {
        const struct estimate *contribution = &verdict.moves[i].contribution;
        cr_assert(lt(dbl, contribution->upper - contribution->lower, 2.0 * width), "%zu: %g %g", i,
                  contribution->lower, contribution->upper);
    }
}

Test(effects, are_undefined_where_delta_is)
{
    const uint64_t stable[] = {900, 100, 100, 900};
    const uint64_t canary[] = {900, 0, 900, 0};
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_of(canary, stable, 2, 2);
    struct verdict verdict = explained(&spec, tables);
    cr_assert(not(verdict.delta.defined));
    cr_assert(eq(sz, verdict.move_count, 2));
    cr_assert(not(verdict.moves[0].contribution.defined));
}

/* ---- by chance ------------------------------------------------------------------------------- */

/* Adds `total` events drawn from cells with these weights. */
static void draw(struct random *random, uint64_t total, const uint64_t *weights,
                 uint64_t out[static KIND_CELLS])
{
    size_t sum = 0;
    for (size_t cell = 0; cell < KIND_CELLS; cell++) {
        sum += weights[cell];
        out[cell] = 0;
    }
    for (uint64_t event = 0; event < total; event++) {
        size_t at = random_below(random, sum);
        size_t cell = 0;
        while (at >= weights[cell]) {
            at -= weights[cell++];
        }
        out[cell]++;
    }
}

/* The true contribution: that of arms so large that chance has no part in it. */
static double truth_of(const struct spec *spec, const uint64_t *canary, const uint64_t *stable,
                       const char *label)
{
    owned(block_tables) tables = table_of_arms(canary, stable, KINDS, KINDS);
    struct verdict verdict = explained(spec, tables);
    return contribution_of(&verdict, label);
}

Test(effects, hold_the_true_contribution_as_often_as_they_say, .timeout = 120)
{
    enum { ROLLOUTS = 400 };
    struct random random = {11};
    struct spec spec = default_spec();
    spec.judgement.interval = INTERVAL_FIXED;
    uint64_t canary_law[KIND_CELLS];
    uint64_t stable_law[KIND_CELLS];
    arm_counts_fill(100000000, 0.4, canary_law);
    arm_counts_fill(100000000, 0.2, stable_law);
    canary_law[1] += canary_law[0] / 2; /* label 0 loses half of its own events to label 1 */
    canary_law[0] -= canary_law[0] / 2;
    static const char *const labels[] = {"l000", "l001", "l004"};
    double truths[ARRAY_LENGTH(labels)];
    size_t held[ARRAY_LENGTH(labels)] = {0};
    size_t diagnosed = 0;
    for (size_t k = 0; k < ARRAY_LENGTH(labels); k++) {
        truths[k] = truth_of(&spec, canary_law, stable_law, labels[k]);
    }
    for (size_t rollout = 0; rollout < ROLLOUTS; rollout++) {
        uint64_t canary[KIND_CELLS];
        uint64_t stable[KIND_CELLS];
        uint64_t again[KIND_CELLS];
        draw(&random, 1000, canary_law, canary);
        draw(&random, 4000, stable_law, stable);
        draw(&random, 1000, stable_law, again);
        owned(block_tables) tables = table_of_arms(canary, stable, KINDS, KINDS);
        owned(block_tables) alike = table_of_arms(again, stable, KINDS, KINDS);
        struct verdict verdict = explained(&spec, tables);
        for (size_t i = 0; i < verdict.move_count; i++) {
            const struct estimate *contribution = &verdict.moves[i].contribution;
            for (size_t k = 0; k < ARRAY_LENGTH(labels); k++) {
                held[k] += text_equals(verdict.moves[i].label, labels[k]) &&
                           contribution->lower <= truths[k] && truths[k] <= contribution->upper;
            }
        }
        diagnosed += explained(&spec, alike).diagnosis_count > 0;
    }
    for (size_t k = 0; k < ARRAY_LENGTH(labels); k++) {
        cr_assert(ge(sz, held[k], ROLLOUTS * 92 / 100), "%s: %g held in %zu of %d", labels[k],
                  truths[k], held[k], ROLLOUTS);
    }
    cr_assert(le(sz, diagnosed, ROLLOUTS * 2 / 100), "%zu of %d", diagnosed, ROLLOUTS);
}
