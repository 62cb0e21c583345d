/* What holds for every table: seeded random ones, counts up to 2^45. */
#include "agreement/sample_tables.h"

#include "base/memory.h"
#include "serin/serin.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { ROUNDS = 1500 };

static const struct serin_confidence fixed_95 = {SERIN_FIXED, 0.95, SERIN_PLAN_DEFAULT, 0.0};
static const struct serin_design_effect independent = {.deff = 1.0};

/* Every number that a single table yields. */
struct answers {
    struct serin_scores scores;
    struct serin_nmi_estimate estimate;
    struct serin_arm_interval interval;
    double jackknife;
    double rarefied;
};

static void answer(const struct serin_table *table, enum serin_normalizer normalizer,
                   struct answers *out)
{
    memset(out, 0, sizeof(*out));
    uint64_t size = sample_total(table) / 3 + 1;
    cr_assert(eq(int, serin_scores(table, normalizer, &out->scores), SERIN_OK));
    cr_assert(eq(int, serin_nmi_estimate(table, normalizer, &out->estimate), SERIN_OK));
    cr_assert(eq(int,
                 serin_arm_interval(table, normalizer, &fixed_95, &independent, &out->interval),
                 SERIN_OK));
    cr_assert(eq(int, serin_jackknife_variance(table, normalizer, &out->jackknife), SERIN_OK));
    cr_assert(eq(int, serin_rarefied_nmi(table, size, normalizer, &out->rarefied), SERIN_OK));
}

static enum serin_normalizer some_normalizer(struct random *random)
{
    return (enum serin_normalizer)random_below(random, SERIN_NORMALIZER_COUNT);
}

static void expect_same_numbers(const struct answers *a, const struct answers *b, const char *what)
{
    const struct serin_arm *left = &a->interval.arm;
    const struct serin_arm *right = &b->interval.arm;
    const double pairs[][2] = {
        {a->scores.entropies.reference,          b->scores.entropies.reference         },
        {a->scores.entropies.label,              b->scores.entropies.label             },
        {a->scores.entropies.joint,              b->scores.entropies.joint             },
        {a->scores.entropies.mutual_information, b->scores.entropies.mutual_information},
        {a->scores.expected_mutual_information,  b->scores.expected_mutual_information },
        {a->scores.nmi,                          b->scores.nmi                         },
        {a->scores.adjusted_mutual_information,  b->scores.adjusted_mutual_information },
        {a->scores.adjusted_rand,                b->scores.adjusted_rand               },
        {a->scores.rand,                         b->scores.rand                        },
        {a->scores.homogeneity,                  b->scores.homogeneity                 },
        {a->scores.completeness,                 b->scores.completeness                },
        {a->scores.v_measure,                    b->scores.v_measure                   },
        {a->scores.purity,                       b->scores.purity                      },
        {a->estimate.variance,                   b->estimate.variance                  },
        {a->estimate.standard_error,             b->estimate.standard_error            },
        {a->jackknife,                           b->jackknife                          },
        {a->rarefied,                            b->rarefied                           },
        {left->at_size,                          right->at_size                        },
        {left->gap,                              right->gap                            },
        {left->nmi,                              right->nmi                            },
        {left->shift,                            right->shift                          },
        {left->se,                               right->se                             },
        {left->singletons,                       right->singletons                     },
        {a->interval.lower,                      b->interval.lower                     },
        {a->interval.upper,                      b->interval.upper                     },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        cr_assert(eq(u64, memcmp(&pairs[i][0], &pairs[i][1], sizeof(double)) == 0, 1),
                  "%s changed number %zu: %.17g and %.17g", what, i, pairs[i][0], pairs[i][1]);
    }
}

Test(properties, the_order_of_labels_changes_no_bit)
{
    struct random random = {11};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample sample;
        struct sample permuted;
        struct answers before;
        struct answers after;
        enum serin_normalizer normalizer = some_normalizer(&random);
        sample_defined_table(&random, &sample);
        sample_permuted(&random, &sample, &permuted);
        answer(&sample.table, normalizer, &before);
        answer(&permuted.table, normalizer, &after);
        expect_same_numbers(&before, &after, "permuting");
    }
}

Test(properties, empty_rows_and_columns_change_no_bit)
{
    struct random random = {12};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample sample;
        struct sample padded;
        struct answers before;
        struct answers after;
        enum serin_normalizer normalizer = some_normalizer(&random);
        sample_defined_table(&random, &sample);
        if (sample.table.rows > 11 || sample.table.columns > 11) {
            continue;
        }
        sample_padded(&sample, &padded);
        answer(&sample.table, normalizer, &before);
        answer(&padded.table, normalizer, &after);
        expect_same_numbers(&before, &after, "padding");
    }
}

Test(properties, scores_are_symmetric_in_references_and_labels)
{
    struct random random = {13};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample sample;
        struct sample transposed;
        struct answers before;
        struct answers after;
        enum serin_normalizer normalizer = some_normalizer(&random);
        sample_defined_table(&random, &sample);
        sample_transposed(&sample, &transposed);
        answer(&sample.table, normalizer, &before);
        answer(&transposed.table, normalizer, &after);
        cr_assert(eq(dbl, before.scores.nmi, after.scores.nmi));
        cr_assert(eq(dbl, before.scores.adjusted_mutual_information,
                     after.scores.adjusted_mutual_information));
        cr_assert(eq(dbl, before.scores.adjusted_rand, after.scores.adjusted_rand));
        cr_assert(eq(dbl, before.scores.homogeneity, after.scores.completeness));
        cr_assert(eq(dbl, before.rarefied, after.rarefied));
        cr_assert(
            epsilon_eq(dbl, before.jackknife, after.jackknife, 1e-25 + 1e-9 * before.jackknife));
    }
}

static void expect_within(double value, double lower, double upper, const char *what)
{
    cr_assert(ge(dbl, isfinite(value) ? value : -INFINITY, lower), "%s", what);
    cr_assert(le(dbl, value, upper), "%s", what);
}

Test(properties, every_number_is_finite_and_within_its_bounds)
{
    struct random random = {14};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample sample;
        struct answers answers;
        sample_defined_table(&random, &sample);
        answer(&sample.table, some_normalizer(&random), &answers);
        const struct serin_scores *scores = &answers.scores;
        const struct serin_entropies *entropies = &scores->entropies;
        double smaller = fmin(entropies->reference, entropies->label);
        expect_within(entropies->reference, 0.0, log(12.0) + 1e-12, "H(reference)");
        expect_within(entropies->mutual_information, 0.0, smaller, "MI");
        expect_within(entropies->joint, fmax(entropies->reference, entropies->label),
                      (entropies->reference + entropies->label) * (1.0 + 1e-15), "H(joint)");
        expect_within(scores->expected_mutual_information, 0.0, smaller + 1e-12, "E[MI]");
        expect_within(scores->nmi, 0.0, 1.0, "NMI");
        expect_within(scores->adjusted_mutual_information, -1.0, 1.0 + 1e-9, "AMI");
        expect_within(scores->adjusted_rand, -1.0, 1.0, "ARI");
        expect_within(scores->rand, 0.0, 1.0, "RI");
        expect_within(scores->homogeneity, 0.0, 1.0, "homogeneity");
        expect_within(scores->completeness, 0.0, 1.0, "completeness");
        expect_within(scores->v_measure, 0.0, 1.0, "V");
        expect_within(scores->purity, 1.0 / 12.0, 1.0, "purity");
        expect_within(answers.estimate.standard_error, 0.0, 1e9, "SE");
        expect_within(answers.jackknife, 0.0, 1e9, "jackknife");
        expect_within(answers.rarefied, -1e-9, 1.0 + 1e-9, "rarefied");
        expect_within(answers.interval.arm.gap, -1.0, 1.0, "gap");
        expect_within(answers.interval.arm.nmi, 0.0, 1.0, "corrected");
        expect_within(answers.interval.arm.se, 0.0, 1e9, "arm SE");
        expect_within(answers.interval.lower, 0.0, answers.interval.arm.nmi, "lower");
        expect_within(answers.interval.upper, answers.interval.arm.nmi, 1.0, "upper");
    }
}

Test(properties, merging_rows_never_raises_mutual_information)
{
    struct random random = {15};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample sample;
        struct sample merged;
        sample_defined_table(&random, &sample);
        const struct serin_table *table = &sample.table;
        memcpy(&merged, &sample, sizeof(merged));
        for (size_t j = 0; j < table->columns; j++) {
            merged.counts[j] += merged.counts[table->columns + j];
            merged.counts[table->columns + j] = 0;
        }
        merged.table.counts = merged.counts;
        struct serin_entropies before;
        struct serin_entropies after;
        cr_assert(eq(int, serin_entropies(table, &before), SERIN_OK));
        cr_assert(eq(int, serin_entropies(&merged.table, &after), SERIN_OK));
        cr_assert(le(dbl, after.mutual_information, before.mutual_information * (1.0 + 1e-15)));
    }
}

Test(properties, scaling_the_counts_keeps_the_score_and_shrinks_the_error)
{
    struct random random = {16};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample sample;
        sample_defined_table(&random, &sample);
        struct serin_nmi_estimate once;
        struct serin_nmi_estimate scaled;
        cr_assert(eq(int, serin_nmi_estimate(&sample.table, SERIN_GEOMETRIC, &once), SERIN_OK));
        for (size_t k = 0; k < sample.table.rows * sample.table.columns; k++) {
            sample.counts[k] *= 4;
        }
        cr_assert(eq(int, serin_nmi_estimate(&sample.table, SERIN_GEOMETRIC, &scaled), SERIN_OK));
        cr_assert(epsilon_eq(dbl, scaled.nmi, once.nmi, 1e-14));
        cr_assert(epsilon_eq(dbl, scaled.standard_error, once.standard_error / 2.0,
                             1e-13 + 1e-9 * once.standard_error));
    }
}

/* Perfect tables: a relabelling with any marginals. */
Test(properties, a_relabelling_scores_one_without_error)
{
    struct random random = {17};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample sample;
        size_t order[12];
        size_t labels = 2 + random_below(&random, 11);
        memset(&sample, 0, sizeof(sample));
        shuffle(&random, order, labels);
        for (size_t i = 0; i < labels; i++) {
            sample.counts[i * labels + order[i]] = 1 + sample_count(&random, 40);
        }
        sample.table = (struct serin_table){sample.counts, labels, labels};
        struct answers answers;
        answer(&sample.table, some_normalizer(&random), &answers);
        cr_assert(eq(dbl, answers.scores.nmi, 1.0));
        cr_assert(eq(dbl, answers.scores.adjusted_rand, 1.0));
        cr_assert(eq(dbl, answers.scores.v_measure, 1.0));
        cr_assert(eq(dbl, answers.scores.purity, 1.0));
        cr_assert(le(dbl, answers.estimate.standard_error, 1e-12));
        cr_assert(gt(dbl, answers.interval.arm.se, 0.0));
    }
}

/* ---- two arms ------------------------------------------------------------------------------- */

static void compare(const struct serin_table *canary, const struct serin_table *stable,
                    enum serin_normalizer normalizer, struct serin_comparison *out)
{
    struct serin_comparison_input input = {
        .canary = *canary,
        .stable = *stable,
        .canary_effect = independent,
        .stable_effect = independent,
        .normalizer = normalizer,
        .confidence = {SERIN_SEQUENTIAL, 0.95, SERIN_PLAN_DEFAULT, 0.0},
    };
    cr_assert(eq(int, serin_compare(&input, out), SERIN_OK));
}

/* Another table of the same shape. */
static void sample_like(struct random *random, const struct sample *like, struct sample *out)
{
    size_t bits = 1 + random_below(random, 40);
    size_t cells = like->table.rows * like->table.columns;
    for (size_t k = 0; k < cells; k++) {
        out->counts[k] = random_below(random, 3) == 0 ? 0 : sample_count(random, bits);
    }
    out->counts[0] += 2;
    out->counts[like->table.columns + 1] += 2;
    out->table = (struct serin_table){out->counts, like->table.rows, like->table.columns};
}

Test(properties, the_interval_of_a_difference_holds_it_and_stays_in_bounds)
{
    struct random random = {18};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample canary;
        struct sample stable;
        struct serin_comparison comparison;
        sample_defined_table(&random, &canary);
        sample_like(&random, &canary, &stable);
        compare(&canary.table, &stable.table, some_normalizer(&random), &comparison);
        cr_assert(eq(int, comparison.state, SERIN_TABLE_OK));
        expect_within(comparison.estimate, -1.0, 1.0, "estimate");
        expect_within(comparison.lower, -1.0, comparison.estimate, "lower");
        expect_within(comparison.upper, comparison.estimate, 1.0, "upper");
        expect_within(comparison.se, 0.0, 1e9, "se");
        expect_within(comparison.unseen, -1e9, 1e9, "unseen");
        expect_within(comparison.correction, 0.0, 1.0, "correction");
        expect_within(comparison.unseen_doubt, 0.0, 1e9, "unseen doubt");
    }
}

Test(properties, swapping_the_arms_turns_the_difference_around)
{
    struct random random = {19};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample a;
        struct sample b;
        struct serin_comparison ab;
        struct serin_comparison ba;
        enum serin_normalizer normalizer = some_normalizer(&random);
        sample_defined_table(&random, &a);
        sample_like(&random, &a, &b);
        compare(&a.table, &b.table, normalizer, &ab);
        compare(&b.table, &a.table, normalizer, &ba);
        cr_assert(eq(dbl, ab.estimate, -ba.estimate));
        cr_assert(eq(dbl, ab.se, ba.se));
        cr_assert(eq(dbl, ab.z, ba.z));
    }
}

Test(properties, permuting_both_arms_alike_changes_no_bit_of_the_difference)
{
    struct random random = {20};
    for (int round = 0; round < ROUNDS; round++) {
        struct sample samples[2];
        struct sample permuted[2];
        struct serin_comparison before;
        struct serin_comparison after;
        sample_defined_table(&random, &samples[0]);
        sample_like(&random, &samples[0], &samples[1]);
        struct random same_order = random;
        sample_permuted(&random, &samples[0], &permuted[0]);
        sample_permuted(&same_order, &samples[1], &permuted[1]);
        compare(&samples[0].table, &samples[1].table, SERIN_GEOMETRIC, &before);
        compare(&permuted[0].table, &permuted[1].table, SERIN_GEOMETRIC, &after);
        cr_assert(eq(dbl, before.estimate, after.estimate));
        cr_assert(eq(dbl, before.lower, after.lower));
        cr_assert(eq(dbl, before.upper, after.upper));
        cr_assert(eq(dbl, before.unseen, after.unseen));
    }
}
