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
