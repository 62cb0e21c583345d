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

/* ---- by slices ------------------------------------------------------------------------------ */

static char *by_region[] = {"region"};

static struct spec spec_by_region(void)
{
    struct spec spec = default_spec();
    spec.slices = by_region;
    spec.slice_count = 1;
    return spec;
}

/* Both arms' events of a region, over 4 pods × 5 minutes each. */
static void region_put(struct block_tables *tables, const char *region, size_t size,
                       const uint64_t *canary, const uint64_t *stable)
{
    struct table_place place = {.arm = ARM_CANARY, .region = region};
    table_spread(tables, &place, 4, 5, canary, size, size);
    place.arm = ARM_STABLE;
    table_spread(tables, &place, 4, 5, stable, size, size);
}

/*
 * In one region two labels are mixed up in either arm, in the other the canary mixes up two that
 * the stable arm does not; and the canary gets four times as much of the first.
 */
static struct block_tables *tables_of_unlike_mixes(void)
{
    const uint64_t many_hard[] = {4800, 3200, 0, 0, 3200, 4800};
    const uint64_t few_hard[] = {1200, 800, 0, 0, 800, 1200};
    struct block_tables *tables = table_begin();
    uint64_t canary[16] = {0};
    uint64_t stable[16] = {0};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            canary[i * 4 + j] = many_hard[i * 4 + j];
            stable[i * 4 + j] = few_hard[i * 4 + j];
        }
    }
    region_put(tables, "eu", 4, canary, stable);
    const uint64_t easy_canary[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1900, 100, 0, 0, 100, 1900};
    const uint64_t easy_stable[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8000, 0, 0, 0, 0, 8000};
    region_put(tables, "us", 4, easy_canary, easy_stable);
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

Test(effects, by_region_name_the_labels_that_lost_whatever_the_mix)
{
    owned(block_tables) tables = tables_of_unlike_mixes();
    struct spec pooled_spec = default_spec();
    struct spec spec = spec_by_region();
    struct verdict pooled = explained(&pooled_spec, tables);
    struct verdict verdict = explained(&spec, tables);
    cr_assert(text_equals(verdict.stratified_by, "region"));
    cr_assert(epsilon_eq(dbl, sum_of(&verdict), verdict.delta.value, 1e-12));
    double of_lost = contribution_of(&verdict, "l002") + contribution_of(&verdict, "l003");
    cr_assert(epsilon_eq(dbl, of_lost, verdict.delta.value, 1e-3));
    cr_assert(epsilon_eq(dbl, contribution_of(&verdict, "l000"), 0.0, 1e-3));
    cr_assert(lt(dbl, fabs(verdict.moves_rest), 1e-3));
    double of_hard = contribution_of(&pooled, "l000") + contribution_of(&pooled, "l001");
    cr_assert(
        lt(dbl, of_hard, contribution_of(&pooled, "l002") + contribution_of(&pooled, "l003")));
}

/* Three regions by chance: of different sizes, mixes and losses. */
static struct block_tables *regions_by_chance(struct random *random)
{
    static const char *const names[] = {"ap", "eu", "us"};
    struct block_tables *tables = table_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        uint64_t canary[CELLS];
        uint64_t stable[CELLS];
        fill_by_chance(random, 20 + random_below(random, 100), canary);
        fill_by_chance(random, 20 + random_below(random, 200), stable);
        region_put(tables, names[i], SIZE, canary, stable);
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

Test(effects, by_region_add_up_to_delta_by_every_normalizer)
{
    struct random random = {17};
    for (int normalizer = 0; normalizer < SERIN_NORMALIZER_COUNT; normalizer++) {
        for (size_t round = 0; round < 10; round++) {
            struct spec spec = spec_by_region();
            spec.judgement.normalizer = (enum serin_normalizer)normalizer;
            owned(block_tables) tables = regions_by_chance(&random);
            struct verdict verdict = explained(&spec, tables);
            cr_assert(text_equals(verdict.stratified_by, "region"));
            cr_assert(epsilon_eq(dbl, sum_of(&verdict), verdict.delta.value, 1e-12),
                      "normalizer %d, round %zu", normalizer, round);
        }
    }
}

/* One region asked for by name is all traffic; what it says of it does not depend on that. */
Test(effects, of_one_region_are_those_of_the_whole)
{
    uint64_t canary[KIND_CELLS];
    uint64_t stable[KIND_CELLS];
    struct spec pooled_spec = default_spec();
    struct spec spec = spec_by_region();
    arm_counts_fill(20000, 0.3, canary);
    arm_counts_fill(20000, 0.2, stable);
    owned(block_tables) tables = table_begin();
    region_put(tables, "eu", KINDS, canary, stable);
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict pooled = explained(&pooled_spec, tables);
    struct verdict verdict = explained(&spec, tables);
    for (size_t i = 0; i < KINDS; i++) {
        cr_assert(eq(dbl, verdict.moves[i].contribution.value, pooled.moves[i].contribution.value));
        cr_assert(eq(dbl, verdict.moves[i].contribution.lower, pooled.moves[i].contribution.lower));
    }
}

/* Every other block is a burst of errors, in both regions at once: they are not independent. */
Test(effects, by_region_are_as_unsure_as_bursts_across_regions_make_them)
{
    owned(block_tables) tables = table_begin();
    for (unsigned i = 0; i < 20 * ARM_COUNT; i++) {
        struct table_place place = {
            .arm = (enum arm)(i % ARM_COUNT), .pod = i / 2 % 5, .bucket = i / 10};
        uint64_t counts[KIND_CELLS];
        arm_counts_fill(1000, i / 2 % 2 == 0 ? 0.15 : 0.25, counts);
        place.region = "eu";
        table_put(tables, &place, counts, KINDS, KINDS);
        place.region = "us";
        table_put(tables, &place, counts, KINDS, KINDS);
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct spec pooled_spec = default_spec();
    struct spec spec = spec_by_region();
    struct verdict pooled = explained(&pooled_spec, tables);
    struct verdict verdict = explained(&spec, tables);
    cr_assert(text_equals(verdict.stratified_by, "region"));
    cr_assert(gt(dbl, verdict.arms[ARM_CANARY].design_effect, 5.0));
    double wanted = pooled.moves[0].contribution.upper - pooled.moves[0].contribution.lower;
    double width = verdict.moves[0].contribution.upper - verdict.moves[0].contribution.lower;
    cr_assert(epsilon_eq(dbl, width, wanted, 0.1 * wanted));
}

Test(effects, by_region_tell_when_memory_runs_out)
{
    struct random random = {5};
    owned(block_tables) tables = regions_by_chance(&random);
    struct spec spec = spec_by_region();
    struct verdict verdict = judged(&spec, tables);
    enum serin_status status = SERIN_NO_MEMORY;
    uint64_t failing = 1;
    for (; status != SERIN_OK && failing < 3000; failing++) {
        struct serin_error err = {0};
        memory_fail_after(failing);
        status = verdict_explain(&spec, tables, &verdict, &err);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY, "%s", err.detail);
    }
    cr_assert(eq(int, status, SERIN_OK));
    cr_assert(gt(sz, failing, 50));
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

enum { REGIONS = 2 };

/* Independent events of both regions. */
static struct block_tables *table_of_regions(uint64_t canary[static REGIONS][KIND_CELLS],
                                             uint64_t stable[static REGIONS][KIND_CELLS])
{
    static const char *const names[REGIONS] = {"eu", "us"};
    struct block_tables *tables = table_begin();
    for (size_t i = 0; i < REGIONS; i++) {
        struct table_place place = {.arm = ARM_CANARY, .region = names[i]};
        table_put(tables, &place, canary[i], KINDS, KINDS);
        place.arm = ARM_STABLE;
        table_put(tables, &place, stable[i], KINDS, KINDS);
    }
    block_tables_set_blocks_unknown(tables);
    return table_end(tables, 0, 0);
}

/* Held of all ROLLOUTS, by label; the canary gets mostly the region that is hard. */
Test(effects, by_region_hold_the_true_contribution_as_often_as_they_say, .timeout = 120)
{
    enum { ROLLOUTS = 400 };
    static const uint64_t canary_sizes[REGIONS] = {600, 1400};
    static const uint64_t stable_sizes[REGIONS] = {4000, 2000};
    static const char *const labels[] = {"l000", "l001", "l004"};
    struct random random = {13};
    struct spec spec = spec_by_region();
    spec.judgement.interval = INTERVAL_FIXED;
    uint64_t canary_law[REGIONS][KIND_CELLS];
    uint64_t stable_law[REGIONS][KIND_CELLS];
    for (size_t i = 0; i < REGIONS; i++) {
        arm_counts_fill(10000 * canary_sizes[i], i == 0 ? 0.3 : 0.5, canary_law[i]);
        arm_counts_fill(10000 * stable_sizes[i], i == 0 ? 0.1 : 0.4, stable_law[i]);
        canary_law[i][1] += canary_law[i][0] / 2;
        canary_law[i][0] -= canary_law[i][0] / 2;
    }
    owned(block_tables) whole = table_of_regions(canary_law, stable_law);
    struct verdict truth = explained(&spec, whole);
    size_t held[ARRAY_LENGTH(labels)] = {0};
    for (size_t rollout = 0; rollout < ROLLOUTS; rollout++) {
        uint64_t canary[REGIONS][KIND_CELLS];
        uint64_t stable[REGIONS][KIND_CELLS];
        for (size_t i = 0; i < REGIONS; i++) {
            draw(&random, canary_sizes[i], canary_law[i], canary[i]);
            draw(&random, stable_sizes[i], stable_law[i], stable[i]);
        }
        owned(block_tables) tables = table_of_regions(canary, stable);
        struct verdict verdict = explained(&spec, tables);
        cr_assert(text_equals(verdict.stratified_by, "region"));
        for (size_t i = 0; i < verdict.move_count; i++) {
            const struct estimate *contribution = &verdict.moves[i].contribution;
            for (size_t k = 0; k < ARRAY_LENGTH(labels); k++) {
                double wanted = contribution_of(&truth, labels[k]);
                held[k] += text_equals(verdict.moves[i].label, labels[k]) &&
                           contribution->lower <= wanted && wanted <= contribution->upper;
            }
        }
    }
    for (size_t k = 0; k < ARRAY_LENGTH(labels); k++) {
        cr_assert(ge(sz, held[k], ROLLOUTS * 92 / 100), "%s: %zu of %d", labels[k], held[k],
                  ROLLOUTS);
    }
}
