#include "agreement/sample_tables.h"

#include "base/memory.h"
#include "serin/influence.h"
#include "serin/nmi.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(influence, values_average_to_zero_and_their_squares_to_the_variance)
{
    struct random random = {51};
    for (int round = 0; round < 1000; round++) {
        struct sample sample;
        double values[SAMPLE_CELLS_MAX];
        struct serin_nmi_estimate estimate;
        enum serin_normalizer normalizer =
            (enum serin_normalizer)random_below(&random, SERIN_NORMALIZER_COUNT);
        sample_defined_table(&random, &sample);
        cr_assert(eq(int, serin_influence(&sample.table, normalizer, values), SERIN_OK));
        cr_assert(eq(int, serin_nmi_estimate(&sample.table, normalizer, &estimate), SERIN_OK));
        double total = (double)sample_total(&sample.table);
        double mean = 0.0, square = 0.0, size = 0.0;
        for (size_t k = 0; k < sample.table.rows * sample.table.columns; k++) {
            double share = (double)sample.counts[k] / total;
            mean += share * values[k];
            square += share * values[k] * values[k];
            size += share * fabs(values[k]);
        }
        struct serin_entropies entropies;
        cr_assert(eq(int, serin_entropies(&sample.table, &entropies), SERIN_OK));
        double rounding = 1e-15 / fmin(entropies.reference, entropies.label);
        cr_assert(epsilon_eq(dbl, mean, 0.0, rounding + 1e-14 * size));
        cr_assert(epsilon_eq(dbl, estimate.variance, square, 1e-12 * (1.0 + square)));
        cr_assert(
            epsilon_eq(dbl, estimate.standard_error, sqrt(square / total), 1e-12 * (1.0 + square)));
    }
}

/* A million times the table, with and without 100 events more in a cell. */
Test(influence, is_how_the_score_moves_with_more_events_in_a_cell)
{
    for (int normalizer = 0; normalizer < SERIN_NORMALIZER_COUNT; normalizer++) {
        uint64_t counts[] = {40000000, 10000000, 5000000, 45000000, 7000000, 1000000};
        struct serin_table table = {counts, 3, 2};
        double values[6];
        double before = 0.0;
        cr_assert(
            eq(int, serin_influence(&table, (enum serin_normalizer)normalizer, values), SERIN_OK));
        cr_assert(eq(int, serin_nmi(&table, (enum serin_normalizer)normalizer, &before), SERIN_OK));
        double total = (double)sample_total(&table);
        for (size_t k = 0; k < 6; k++) {
            double after = 0.0;
            counts[k] += 100;
            cr_assert(
                eq(int, serin_nmi(&table, (enum serin_normalizer)normalizer, &after), SERIN_OK));
            counts[k] -= 100;
            cr_expect(epsilon_eq(dbl, (after - before) * (total + 100.0) / 100.0, values[k], 1e-4));
        }
    }
}

Test(influence, empty_cells_have_none)
{
    const uint64_t counts[] = {5, 0, 0, 0, 0, 0, 0, 0, 7};
    struct serin_table table = {counts, 3, 3};
    double values[9];
    cr_assert(eq(int, serin_influence(&table, SERIN_GEOMETRIC, values), SERIN_OK));
    cr_expect(eq(dbl, values[1], 0.0));
    cr_expect(eq(dbl, values[4], 0.0));
}

Test(influence, degenerate_tables_are_undefined_and_leave_the_output_alone)
{
    const uint64_t counts[] = {3, 4};
    struct serin_table table = {counts, 1, 2};
    struct serin_nmi_estimate estimate = {-1.0, -1.0, -1.0};
    double values[2] = {-1.0, -1.0};
    cr_expect(eq(int, serin_nmi_estimate(&table, SERIN_GEOMETRIC, &estimate), SERIN_UNDEFINED));
    cr_expect(eq(int, serin_influence(&table, SERIN_GEOMETRIC, values), SERIN_UNDEFINED));
    cr_expect(eq(dbl, estimate.nmi, -1.0));
    cr_expect(eq(dbl, values[0], -1.0));
}
