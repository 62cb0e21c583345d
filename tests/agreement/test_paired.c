#include "base/memory.h"
#include "serin/serin.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { BLOCKS = 7, LABELS = 3, TRIPLES_MAX = BLOCKS * LABELS * LABELS * LABELS };

static const struct serin_confidence fixed_95 = {SERIN_FIXED, 0.95, SERIN_PLAN_DEFAULT, 0.0};
static const struct serin_design_effect independent = {.deff = 1.0};

struct paired_sample {
    struct serin_triple list[TRIPLES_MAX];
    struct serin_triples triples;
};

/* Keys whose labels mostly follow the reference, the canary's a little less. */
static void sample_pairs(struct random *random, struct paired_sample *out)
{
    size_t count = 0;
    for (uint32_t block = 0; block < BLOCKS; block++) {
        for (uint32_t k = 0; k < LABELS * LABELS * LABELS; k++) {
            uint32_t row = k / (LABELS * LABELS);
            uint32_t canary = k / LABELS % LABELS;
            uint32_t stable = k % LABELS;
            size_t bound = 2 + (row == canary ? 6 : 0) + (row == stable ? 8 : 0);
            uint64_t keys = random_below(random, bound);
            if (keys > 0) {
                out->list[count++] = (struct serin_triple){block, row, canary, stable, keys};
            }
        }
    }
    out->triples = (struct serin_triples){out->list, count, LABELS, LABELS};
}

static void tables_of(const struct serin_triples *triples, uint32_t left_out, uint64_t *canary,
                      uint64_t *stable)
{
    memset(canary, 0, LABELS * LABELS * sizeof(*canary));
    memset(stable, 0, LABELS * LABELS * sizeof(*stable));
    for (size_t k = 0; k < triples->count; k++) {
        const struct serin_triple *triple = &triples->triples[k];
        if (triple->block != left_out) {
            canary[triple->row * LABELS + triple->canary] += triple->count;
            stable[triple->row * LABELS + triple->stable] += triple->count;
        }
    }
}

static double plugin_difference(const uint64_t *canary, const uint64_t *stable)
{
    struct serin_table tables[] = {
        {canary, LABELS, LABELS},
        {stable, LABELS, LABELS}
    };
    double nmi[2] = {0.0, 0.0};
    for (size_t arm = 0; arm < 2; arm++) {
        cr_assert(eq(int, serin_nmi(&tables[arm], SERIN_GEOMETRIC, &nmi[arm]), SERIN_OK));
    }
    return nmi[0] - nmi[1];
}

static struct serin_paired_comparison compare(const struct serin_triples *triples)
{
    struct serin_paired_comparison result;
    cr_assert(eq(int, serin_paired(triples, SERIN_GEOMETRIC, &fixed_95, &independent, &result),
                 SERIN_OK));
    return result;
}

/* The canary has two names for what the stable arm calls by one; both arms err alike and rarely. */
Test(paired, more_labels_than_the_other_arm_flatter)
{
    static const struct serin_triple list[] = {
        {0, 0, 0, 0, 40},
        {0, 0, 2, 0, 38},
        {0, 0, 1, 1, 1 },
        {0, 1, 1, 1, 80},
        {0, 1, 0, 0, 1 },
        {0, 1, 2, 0, 1 },
    };
    static const struct serin_triple swapped[] = {
        {0, 0, 0, 0, 40},
        {0, 0, 0, 2, 38},
        {0, 0, 1, 1, 1 },
        {0, 1, 1, 1, 80},
        {0, 1, 0, 0, 1 },
        {0, 1, 0, 2, 1 },
    };
    const struct serin_triples split = {list, ARRAY_LENGTH(list), 2, 3};
    const struct serin_triples whole = {swapped, ARRAY_LENGTH(swapped), 2, 3};
    struct serin_paired_comparison more = compare(&split);
    struct serin_paired_comparison fewer = compare(&whole);
    cr_expect(gt(dbl, more.label_bias, 0.0));
    cr_expect(lt(dbl, fewer.label_bias, 0.0));
    double reach = more.z * more.se + more.few_keys + more.correction;
    cr_expect(epsilon_eq(dbl, more.estimate - more.lower,
                         reach + fmax(0.0, more.unseen + more.unseen_doubt) + more.label_bias,
                         1e-12));
    cr_expect(epsilon_eq(dbl, fewer.upper - fewer.estimate,
                         fewer.z * fewer.se + fewer.few_keys + fewer.correction +
                             fmax(0.0, fewer.unseen_doubt - fewer.unseen) - fewer.label_bias,
                         1e-12));
}

Test(paired, leaves_out_each_key_once)
{
    struct random random = {71};
    struct paired_sample sample;
    uint64_t canary[LABELS * LABELS];
    uint64_t stable[LABELS * LABELS];
    sample_pairs(&random, &sample);
    tables_of(&sample.triples, UINT32_MAX, canary, stable);
    double total = 0.0, first = 0.0, second = 0.0;
    for (size_t k = 0; k < sample.triples.count; k++) {
        const struct serin_triple *triple = &sample.list[k];
        uint64_t *of_canary = &canary[triple->row * LABELS + triple->canary];
        uint64_t *of_stable = &stable[triple->row * LABELS + triple->stable];
        (*of_canary)--;
        (*of_stable)--;
        double score = plugin_difference(canary, stable);
        (*of_canary)++;
        (*of_stable)++;
        total += (double)triple->count;
        first += (double)triple->count * score;
        second += (double)triple->count * score * score;
    }
    double want = (total - 1.0) / total * (second - first * first / total);
    struct serin_paired_comparison result = compare(&sample.triples);
    cr_expect(epsilon_eq(dbl, result.jackknife_variance, want, 1e-9 * want));
    cr_expect(eq(u64, result.samples, (uint64_t)total));
}

Test(paired, leaves_out_each_block_once)
{
    struct random random = {72};
    struct paired_sample sample;
    uint64_t canary[LABELS * LABELS];
    uint64_t stable[LABELS * LABELS];
    double scores[BLOCKS];
    double mean = 0.0, squares = 0.0;
    sample_pairs(&random, &sample);
    for (uint32_t block = 0; block < BLOCKS; block++) {
        tables_of(&sample.triples, block, canary, stable);
        scores[block] = plugin_difference(canary, stable);
        mean += scores[block] / BLOCKS;
    }
    for (size_t block = 0; block < BLOCKS; block++) {
        squares += (scores[block] - mean) * (scores[block] - mean);
    }
    double want = (BLOCKS - 1.0) / BLOCKS * squares;
    struct serin_design_effect effect;
    cr_assert(
        eq(int, serin_paired_design_effect(&sample.triples, SERIN_GEOMETRIC, &effect), SERIN_OK));
    cr_expect(epsilon_eq(dbl, effect.variance, want, 1e-10 * want));
    cr_expect(eq(sz, effect.blocks, BLOCKS));
    double ratio = want / compare(&sample.triples).jackknife_variance;
    cr_expect(epsilon_eq(dbl, effect.deff, fmax(1.0, ratio), 1e-8));
}

Test(paired, the_order_of_triples_within_a_block_changes_no_bit)
{
    struct random random = {73};
    struct paired_sample sample;
    sample_pairs(&random, &sample);
    struct serin_paired_comparison before = compare(&sample.triples);
    struct serin_design_effect effect_before;
    struct serin_design_effect effect_after;
    cr_assert(eq(int, serin_paired_design_effect(&sample.triples, SERIN_GEOMETRIC, &effect_before),
                 SERIN_OK));
    for (size_t round = 0; round < 1000; round++) {
        size_t a = random_below(&random, sample.triples.count);
        size_t b = random_below(&random, sample.triples.count);
        if (sample.list[a].block == sample.list[b].block) {
            struct serin_triple other = sample.list[a];
            sample.list[a] = sample.list[b];
            sample.list[b] = other;
        }
    }
    struct serin_paired_comparison after = compare(&sample.triples);
    cr_assert(eq(int, serin_paired_design_effect(&sample.triples, SERIN_GEOMETRIC, &effect_after),
                 SERIN_OK));
    cr_expect(eq(dbl, before.lower, after.lower));
    cr_expect(eq(dbl, before.upper, after.upper));
    cr_expect(eq(dbl, effect_before.variance, effect_after.variance));
}

Test(paired, keys_without_reference_are_left_out)
{
    struct random random = {74};
    struct paired_sample sample;
    sample_pairs(&random, &sample);
    struct serin_paired_comparison before = compare(&sample.triples);
    struct serin_triple *last = &sample.list[sample.triples.count];
    *last = (struct serin_triple){BLOCKS, SERIN_NO_REFERENCE, 0, 1, 1000};
    sample.triples.count++;
    struct serin_paired_comparison after = compare(&sample.triples);
    cr_expect(eq(dbl, before.estimate, after.estimate));
    cr_expect(eq(dbl, before.upper, after.upper));
    cr_expect(eq(u64, before.samples, after.samples));
}

Test(paired, the_same_labels_differ_by_nothing_within_the_floor)
{
    const struct serin_triple list[] = {
        {0, 0, 0, 0, 90 },
        {0, 0, 1, 1, 10 },
        {0, 1, 1, 1, 100}
    };
    const struct serin_triples triples = {list, 3, 2, 2};
    struct serin_paired_comparison result = compare(&triples);
    cr_expect(eq(dbl, result.estimate, 0.0));
    cr_expect(eq(dbl, result.jackknife_variance, 0.0));
    cr_expect(eq(dbl, result.se, sqrt(result.floor)));
    /* A Poisson count whose mean is 3.69 is 0 in 2.5 % of cases. */
    double of_one_key = sqrt(result.floor / 2.0);
    cr_expect(
        epsilon_eq(dbl, result.upper - result.unseen_doubt, 3.69 * of_one_key, 0.01 * of_one_key));
    cr_expect(lt(dbl, result.lower, 0.0));
    cr_expect(gt(dbl, result.upper, 0.0));
}

Test(paired, is_narrower_than_independent_arms_where_labels_coincide)
{
    const struct serin_triple list[] = {
        {0, 0, 0, 0, 800},
        {0, 0, 1, 1, 150},
        {0, 0, 1, 0, 10 },
        {0, 1, 0, 0, 150},
        {0, 1, 1, 1, 800},
        {0, 1, 0, 1, 5  }
    };
    const struct serin_triples triples = {list, 6, 2, 2};
    const uint64_t canary[] = {800, 160, 155, 800};
    const uint64_t stable[] = {810, 150, 150, 805};
    struct serin_comparison_input input = {
        .canary = {canary, 2, 2},
        .stable = {stable, 2, 2},
        .canary_effect = independent,
        .stable_effect = independent,
        .confidence = fixed_95,
    };
    struct serin_comparison apart;
    cr_assert(eq(int, serin_compare(&input, &apart), SERIN_OK));
    struct serin_paired_comparison result = compare(&triples);
    cr_expect(lt(dbl, result.upper - result.lower, (apart.upper - apart.lower) / 2.0));
    cr_expect(epsilon_eq(dbl, result.estimate, apart.estimate, 1e-12));
}

Test(paired, a_design_effect_and_blocks_widen_the_interval)
{
    struct random random = {75};
    struct paired_sample sample;
    struct serin_paired_comparison result;
    sample_pairs(&random, &sample);
    const struct serin_design_effect effect = {.deff = 4.0, .blocks = BLOCKS};
    struct serin_paired_comparison before = compare(&sample.triples);
    cr_assert(eq(int, serin_paired(&sample.triples, SERIN_GEOMETRIC, &fixed_95, &effect, &result),
                 SERIN_OK));
    cr_expect(epsilon_eq(dbl, result.se * result.se - result.floor, 4.0 * before.jackknife_variance,
                         1e-12));
    cr_expect(eq(dbl, result.df, BLOCKS - 1.0));
    cr_expect(gt(dbl, result.z, before.z));
    cr_expect(epsilon_eq(dbl, result.size, (double)before.samples / 4.0, 1e-9));
}

Test(paired, a_collapsed_canary_is_a_state)
{
    const struct serin_triple list[] = {
        {0, 0, 0, 0, 9},
        {0, 1, 0, 1, 9}
    };
    const struct serin_triples triples = {list, 2, 2, 2};
    struct serin_paired_comparison result = compare(&triples);
    cr_expect(eq(int, result.state, SERIN_TABLE_SINGLE_LABEL));
    cr_expect(eq(int, result.canary_state, SERIN_TABLE_SINGLE_LABEL));
    cr_expect(eq(int, result.stable_state, SERIN_TABLE_OK));
    cr_expect(eq(dbl, result.lower, -1.0));
    cr_expect(eq(dbl, result.upper, 1.0));
    struct serin_design_effect effect;
    cr_expect(
        eq(int, serin_paired_design_effect(&triples, SERIN_GEOMETRIC, &effect), SERIN_UNDEFINED));
}

struct bad_triples {
    const char *name;
    struct serin_triple list[2];
    enum serin_status status;
};

static const struct bad_triples bad_triples[] = {
    {"row out of range",    {{0, 2, 0, 0, 1}, {0, 0, 0, 0, 1}},               SERIN_INVALID},
    {"canary out of range", {{0, 0, 2, 0, 1}, {0, 0, 0, 0, 1}},               SERIN_INVALID},
    {"stable out of range", {{0, 0, 0, 2, 1}, {0, 0, 0, 0, 1}},               SERIN_INVALID},
    {"blocks descend",      {{1, 0, 0, 0, 1}, {0, 1, 1, 1, 1}},               SERIN_INVALID},
    {"total out of range",  {{0, 0, 0, 0, SERIN_TOTAL_MAX}, {0, 1, 1, 1, 1}}, SERIN_RANGE  },
};

Test(paired, what_makes_no_sense_is_refused)
{
    struct serin_paired_comparison result = {.lower = -7.0};
    for (size_t i = 0; i < ARRAY_LENGTH(bad_triples); i++) {
        struct serin_triples triples = {bad_triples[i].list, 2, 2, 2};
        cr_expect(eq(int, serin_paired(&triples, SERIN_GEOMETRIC, &fixed_95, &independent, &result),
                     bad_triples[i].status),
                  "%s", bad_triples[i].name);
    }
    const struct serin_design_effect bad_effect = {.deff = 0.0};
    struct serin_triples empty = {NULL, 0, 2, 2};
    cr_expect(eq(int, serin_paired(&empty, SERIN_GEOMETRIC, &fixed_95, &bad_effect, &result),
                 SERIN_INVALID));
    cr_expect(eq(dbl, result.lower, -7.0));
    cr_expect(eq(int, compare(&empty).state, SERIN_TABLE_EMPTY));
}

Test(paired, one_block_tells_nothing_of_dependence)
{
    const struct serin_triple list[] = {
        {0, 0, 0, 0, 9},
        {0, 1, 1, 1, 9}
    };
    const struct serin_triples triples = {list, 2, 2, 2};
    struct serin_design_effect effect;
    cr_expect(
        eq(int, serin_paired_design_effect(&triples, SERIN_GEOMETRIC, &effect), SERIN_UNDEFINED));
}
