#include "agreement/sample_tables.h"

#include "base/memory.h"
#include "serin/nmi.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

struct nmi_case {
    const char *name;
    uint64_t counts[4];
    double nmi;
};

static const struct nmi_case cases[] = {
    {"identical labels",    {50, 0, 0, 50},               1.0                },
    {"swapped names",       {0, 50, 50, 0},               1.0                },
    {"independent labels",  {25, 25, 25, 25},             0.0                },
    {"independent, uneven", {6, 14, 24, 56},              0.0                },
    {"one error in four",   {3, 1, 1, 3},                 0.18872187554086717},
    {"large and identical", {UINT64_C(1) << 52, 0, 0, 1}, 1.0                },
};

Test(nmi, matches_hand_computed_tables)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (int normalizer = 0; normalizer < SERIN_NORMALIZER_COUNT; normalizer++) {
            struct serin_table table = {cases[i].counts, 2, 2};
            double nmi = -1.0;
            cr_assert(
                eq(int, serin_nmi(&table, (enum serin_normalizer)normalizer, &nmi), SERIN_OK));
            cr_expect(epsilon_eq(dbl, nmi, cases[i].nmi, 1e-14), "%s", cases[i].name);
        }
    }
}

Test(nmi, is_undefined_where_a_side_has_one_label)
{
    const uint64_t counts[] = {3, 4, 5};
    const struct serin_table tables[] = {
        {counts, 1, 3},
        {counts, 3, 1},
        {counts, 1, 1},
        {NULL,   0, 0}
    };
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        double nmi = -1.0;
        cr_expect(eq(int, serin_nmi(&tables[i], SERIN_GEOMETRIC, &nmi), SERIN_UNDEFINED));
        cr_expect(eq(dbl, nmi, -1.0));
    }
}

Test(nmi, ignores_the_scale_of_the_counts)
{
    static const uint64_t scales[] = {2, 7, 1000, 1000003, UINT64_C(1) << 40};
    const uint64_t once[] = {30, 10, 5, 55};
    struct serin_table table = {once, 2, 2};
    double want = 0.0;
    cr_assert(eq(int, serin_nmi(&table, SERIN_GEOMETRIC, &want), SERIN_OK));
    for (size_t i = 0; i < ARRAY_LENGTH(scales); i++) {
        uint64_t scaled[4];
        for (size_t k = 0; k < 4; k++) {
            scaled[k] = once[k] * scales[i];
        }
        double got = -1.0;
        table.counts = scaled;
        cr_assert(eq(int, serin_nmi(&table, SERIN_GEOMETRIC, &got), SERIN_OK));
        cr_expect(epsilon_eq(dbl, got, want, 1e-15));
    }
}

Test(entropy, is_that_of_a_known_distribution)
{
    const uint64_t uniform[] = {5, 5, 0, 5, 5};
    const uint64_t certain[] = {0, 9};
    const uint64_t rare[] = {(UINT64_C(1) << 53) - 1, 1};
    double entropy = -1.0;
    cr_assert(eq(int, serin_entropy(uniform, 5, &entropy), SERIN_OK));
    cr_expect(epsilon_eq(dbl, entropy, log(4.0), 1e-15));
    cr_assert(eq(int, serin_entropy(certain, 2, &entropy), SERIN_OK));
    cr_expect(eq(dbl, entropy, 0.0));
    cr_assert(eq(int, serin_entropy(NULL, 0, &entropy), SERIN_OK));
    cr_expect(eq(dbl, entropy, 0.0));
    /* (53 ln 2 + 1)/2^53 to first order */
    cr_assert(eq(int, serin_entropy(rare, 2, &entropy), SERIN_OK));
    cr_expect(epsilon_eq(dbl, entropy / (ldexp(53.0 * log(2.0) + 1.0, -53)), 1.0, 1e-14));
}

Test(entropy, refuses_totals_out_of_range)
{
    const uint64_t counts[] = {UINT64_MAX, UINT64_MAX};
    double entropy = -1.0;
    cr_assert(eq(int, serin_entropy(counts, 2, &entropy), SERIN_RANGE));
    cr_assert(eq(dbl, entropy, -1.0));
}

/* 200 × 200 labels over 10^9 events, against 64-bit mantissas with compensated sums. */
struct long_sum {
    long double sum;
    long double error;
};

static void long_add(struct long_sum *sum, long double term)
{
    long double next = sum->sum + term;
    sum->error +=
        fabsl(sum->sum) >= fabsl(term) ? (sum->sum - next) + term : (term - next) + sum->sum;
    sum->sum = next;
}

static long double long_entropy(const uint64_t *counts, size_t count, long double total)
{
    struct long_sum sum = {0.0L, 0.0L};
    for (size_t k = 0; k < count; k++) {
        if (counts[k] > 0) {
            long_add(&sum, (long double)counts[k] / total * logl(total / (long double)counts[k]));
        }
    }
    return sum.sum + sum.error;
}

Test(entropies, lose_nothing_at_200_labels_and_a_billion_events)
{
    enum { LABELS = 200 };
    static uint64_t counts[LABELS * LABELS];
    static uint64_t rows[LABELS];
    static uint64_t columns[LABELS];
    struct random random = {2024};
    uint64_t total = 0;
    for (size_t k = 0; k < LABELS * LABELS; k++) {
        size_t i = k / LABELS;
        size_t j = k % LABELS;
        counts[k] = random_below(&random, 30000) + (i == j ? random_below(&random, 5000000) : 0);
        rows[i] += counts[k];
        columns[j] += counts[k];
        total += counts[k];
    }
    cr_assert(gt(u64, total, 900000000));
    struct serin_table table = {counts, LABELS, LABELS};
    struct serin_entropies got;
    cr_assert(eq(int, serin_entropies(&table, &got), SERIN_OK));
    long double reference = long_entropy(rows, LABELS, (long double)total);
    long double label = long_entropy(columns, LABELS, (long double)total);
    long double joint = long_entropy(counts, (size_t)LABELS * LABELS, (long double)total);
    cr_expect(epsilon_eq(dbl, got.reference, (double)reference, 1e-15));
    cr_expect(epsilon_eq(dbl, got.label, (double)label, 1e-15));
    cr_expect(epsilon_eq(dbl, got.joint, (double)joint, 2e-15));
    cr_expect(epsilon_eq(dbl, got.mutual_information, (double)(reference + label - joint), 4e-16));
}
