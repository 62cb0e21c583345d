#include "agreement/sample_tables.h"

#include "base/memory.h"
#include "serin/scores.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/* Pairs of events one by one. */
static double rand_by_pairs(const struct serin_table *table)
{
    size_t cells[64];
    size_t events = 0;
    for (size_t k = 0; k < table->rows * table->columns; k++) {
        for (uint64_t x = 0; x < table->counts[k]; x++) {
            cells[events++] = k;
        }
    }
    double alike = 0.0;
    for (size_t a = 0; a < events; a++) {
        for (size_t b = 0; b < a; b++) {
            int same_row = cells[a] / table->columns == cells[b] / table->columns;
            int same_column = cells[a] % table->columns == cells[b] % table->columns;
            alike += same_row == same_column;
        }
    }
    return alike / (0.5 * (double)events * (double)(events - 1));
}

Test(scores, the_rand_index_counts_pairs_treated_alike)
{
    const uint64_t counts[] = {5, 1, 0, 2, 8, 3};
    struct serin_table table = {counts, 2, 3};
    double got = -1.0;
    cr_assert(eq(int, serin_rand(&table, &got), SERIN_OK));
    cr_expect(epsilon_eq(dbl, got, rand_by_pairs(&table), 1e-15));
}

/* scikit-learn 1.9 on the same table. */
Test(scores, agree_with_a_well_known_library)
{
    const uint64_t counts[] = {40, 10, 5, 45};
    struct serin_table table = {counts, 2, 2};
    struct serin_scores scores;
    cr_assert(eq(int, serin_scores(&table, SERIN_ARITHMETIC, &scores), SERIN_OK));
    cr_expect(epsilon_eq(dbl, scores.adjusted_rand, 0.48484848484848486, 1e-15));
    cr_expect(epsilon_eq(dbl, scores.v_measure, 0.39875321459928476, 1e-14));
    cr_expect(epsilon_eq(dbl, scores.adjusted_mutual_information, 0.3943002456567387, 1e-13));
    cr_expect(eq(dbl, scores.purity, 0.85));
}

Test(scores, single_functions_give_the_same_numbers)
{
    struct random random = {41};
    for (int round = 0; round < 200; round++) {
        struct sample sample;
        sample_table(&random, &sample);
        struct serin_scores scores;
        double rand = -1.0, adjusted = -1.0, purity = -1.0, expected = -1.0, ami = -1.0;
        cr_assert(eq(int, serin_scores(&sample.table, SERIN_MIN, &scores), SERIN_OK));
        cr_assert(eq(int, serin_rand(&sample.table, &rand), SERIN_OK));
        cr_assert(eq(int, serin_adjusted_rand(&sample.table, &adjusted), SERIN_OK));
        cr_assert(eq(int, serin_purity(&sample.table, &purity), SERIN_OK));
        cr_assert(eq(int, serin_expected_mutual_information(&sample.table, &expected), SERIN_OK));
        cr_assert(
            eq(int, serin_adjusted_mutual_information(&sample.table, SERIN_MIN, &ami), SERIN_OK));
        cr_expect(eq(dbl, scores.rand, rand));
        cr_expect(eq(dbl, scores.adjusted_rand, adjusted));
        cr_expect(eq(dbl, scores.purity, purity));
        cr_expect(eq(dbl, scores.expected_mutual_information, expected));
        cr_expect(eq(dbl, scores.adjusted_mutual_information, ami));
    }
}

/* E[MI] over all 20 tables with margins (3, 3) × (3, 3), weighted by how many ways lead to each. */
Test(scores, expected_information_is_the_mean_over_all_tables)
{
    static const double ways[] = {1.0, 9.0, 9.0, 1.0};
    double mean = 0.0;
    for (uint64_t x = 0; x <= 3; x++) {
        const uint64_t counts[] = {x, 3 - x, 3 - x, x};
        struct serin_table table = {counts, 2, 2};
        struct serin_entropies entropies;
        cr_assert(eq(int, serin_entropies(&table, &entropies), SERIN_OK));
        mean += ways[x] / 20.0 * entropies.mutual_information;
    }
    const uint64_t counts[] = {2, 1, 1, 2};
    struct serin_table table = {counts, 2, 2};
    double got = -1.0;
    cr_assert(eq(int, serin_expected_mutual_information(&table, &got), SERIN_OK));
    cr_expect(epsilon_eq(dbl, got, mean, 1e-15));
}

Test(scores, random_labellings_score_about_zero_when_adjusted)
{
    struct random random = {43};
    uint64_t counts[25] = {0};
    for (int event = 0; event < 20000; event++) {
        counts[random_below(&random, 5) * 5 + random_below(&random, 5)]++;
    }
    struct serin_table table = {counts, 5, 5};
    struct serin_scores scores;
    cr_assert(eq(int, serin_scores(&table, SERIN_GEOMETRIC, &scores), SERIN_OK));
    cr_expect(epsilon_eq(dbl, scores.adjusted_mutual_information, 0.0, 1e-3));
    cr_expect(epsilon_eq(dbl, scores.adjusted_rand, 0.0, 1e-3));
}

Test(scores, counts_of_2_to_the_52_keep_pairs_exact)
{
    const uint64_t half = UINT64_C(1) << 52;
    const uint64_t counts[] = {half - 1, 1, 1, half - 1};
    struct serin_table table = {counts, 2, 2};
    double adjusted = -1.0;
    cr_assert(eq(int, serin_adjusted_rand(&table, &adjusted), SERIN_OK));
    cr_expect(epsilon_eq(dbl, 1.0 - adjusted, 4.0 / (double)half, 1e-19));
}

Test(scores, an_empty_table_has_the_customary_values)
{
    struct serin_table table = {NULL, 0, 0};
    struct serin_scores scores;
    cr_assert(eq(int, serin_scores(&table, SERIN_GEOMETRIC, &scores), SERIN_OK));
    cr_expect(eq(int, scores.state, SERIN_TABLE_EMPTY));
    cr_expect(eq(dbl, scores.nmi, 1.0));
    cr_expect(eq(dbl, scores.adjusted_rand, 1.0));
    cr_expect(eq(dbl, scores.rand, 1.0));
    cr_expect(eq(dbl, scores.purity, 0.0));
}
