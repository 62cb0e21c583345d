#include "serin/nmi.h"
#include "study/population.h"
#include "study/sampler.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

static struct population *make(size_t references, size_t labels, enum marginal marginal,
                               enum fault errors, double nmi, enum serin_normalizer normalizer)
{
    struct population_wish wish = {references, labels, marginal, errors, nmi, normalizer};
    struct population *population = population_create(&wish);
    cr_assert(population != NULL);
    return population;
}

static double total_of(const struct population *population)
{
    double total = 0.0;
    for (size_t i = 0; i < population->rows * population->columns; i++) {
        cr_assert(population->shares[i] >= 0.0);
        total += population->shares[i];
    }
    return total;
}

Test(population, has_the_nmi_asked_for)
{
    static const size_t labels[] = {2, 3, 5, 10, 50, 200};
    static const double scores[] = {0.1, 0.5, 0.7, 0.95, 1.0};
    for (size_t k = 0; k < ARRAY_LENGTH(labels); k++) {
        for (size_t s = 0; s < ARRAY_LENGTH(scores); s++) {
            enum serin_normalizer normalizer = (k + s) % SERIN_NORMALIZER_COUNT;
            enum marginal marginal = (k + s) % 2;
            owned(population) population =
                make(labels[k], labels[k], marginal, FAULT_SPREAD, scores[s], normalizer);
            cr_assert(epsilon_eq(dbl, population_nmi(population, normalizer), scores[s], 1e-9));
            cr_assert(epsilon_eq(dbl, total_of(population), 1.0, 1e-9));
        }
    }
}

Test(population, agrees_with_the_library_on_its_own_nmi)
{
    /* Counts in proportion to the shares, so large that rounding them is no matter. */
    for (enum serin_normalizer n = SERIN_GEOMETRIC; n <= SERIN_MAX; n++) {
        uint64_t counts[4 * 6];
        double nmi = 0.0;
        owned(population) population = make(4, 6, MARGINAL_ZIPF, FAULT_SPREAD, 0.6, n);
        for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
            counts[i] = (uint64_t)llround(population->shares[i] * 1e13);
        }
        struct serin_table table = {counts, 4, 6};
        cr_assert(eq(int, serin_nmi(&table, n, &nmi), SERIN_OK));
        cr_assert(epsilon_eq(dbl, nmi, population_nmi(population, n), 1e-9));
    }
}

Test(population, takes_the_nearest_nmi_where_labels_cannot_tell_references_apart)
{
    owned(population) population = make(5, 2, MARGINAL_UNIFORM, FAULT_SPREAD, 1.0, SERIN_GEOMETRIC);
    double best = population_nmi(population, SERIN_GEOMETRIC);
    cr_assert(best > 0.5 && best < 0.8);
}

Test(population, loses_as_much_to_a_fault_as_was_asked)
{
    owned(population) stable = make(10, 10, MARGINAL_ZIPF, FAULT_SPREAD, 0.7, SERIN_GEOMETRIC);
    for (enum fault fault = FAULT_SPREAD; fault < FAULT_COUNT; fault++) {
        owned(population) canary = population_damage(stable, fault, -0.05, SERIN_GEOMETRIC);
        double delta =
            population_nmi(canary, SERIN_GEOMETRIC) - population_nmi(stable, SERIN_GEOMETRIC);
        cr_assert(epsilon_eq(dbl, delta, -0.05, 1e-9), "%s", fault_name(fault));
        cr_assert(epsilon_eq(dbl, total_of(canary), 1.0, 1e-9), "%s", fault_name(fault));
    }
}

Test(population, goes_only_as_far_as_a_fault_can)
{
    owned(population) stable = make(10, 10, MARGINAL_UNIFORM, FAULT_SPREAD, 0.9, SERIN_GEOMETRIC);
    owned(population) canary = population_damage(stable, FAULT_SWALLOWED, -0.5, SERIN_GEOMETRIC);
    double delta = population_nmi(canary, SERIN_GEOMETRIC) - 0.9;
    cr_assert(delta < -0.01 && delta > -0.2);
}

Test(population, never_gains_by_a_fault)
{
    /* The smaller entropy may be that of labels which a fault makes fewer. */
    owned(population) stable = make(5, 10, MARGINAL_UNIFORM, FAULT_SPREAD, 0.7, SERIN_MIN);
    for (enum fault fault = FAULT_SPREAD; fault < FAULT_COUNT; fault++) {
        owned(population) canary = population_damage(stable, fault, -0.6, SERIN_MIN);
        cr_assert(population_nmi(canary, SERIN_MIN) <= 0.7 + 1e-9, "%s", fault_name(fault));
        cr_assert(epsilon_eq(dbl, total_of(canary), 1.0, 1e-9), "%s", fault_name(fault));
    }
}

Test(population, can_lose_a_label_whole_but_not_all_but_one)
{
    owned(population) five = make(5, 5, MARGINAL_ZIPF, FAULT_SPREAD, 0.7, SERIN_GEOMETRIC);
    owned(population) two = make(2, 2, MARGINAL_ZIPF, FAULT_SPREAD, 0.7, SERIN_GEOMETRIC);
    owned(population) lost = population_damage(five, FAULT_SWALLOWED, -1.0, SERIN_GEOMETRIC);
    owned(population) left = population_damage(two, FAULT_SWALLOWED, -1.0, SERIN_GEOMETRIC);
    for (size_t i = 0; i < 5; i++) {
        cr_assert(eq(dbl, lost->shares[i * 5 + 1], 0.0));
    }
    cr_assert(left->shares[1] + left->shares[3] > 0.0);
}

Test(population, without_a_loss_is_the_stable_one)
{
    owned(population) stable = make(3, 3, MARGINAL_ZIPF, FAULT_SPREAD, 0.8, SERIN_GEOMETRIC);
    owned(population) canary = population_damage(stable, FAULT_NEW_LABEL, 0.0, SERIN_GEOMETRIC);
    owned(population) wide = population_widen(stable, canary->columns);
    cr_assert(eq(sz, canary->columns, 4));
    for (size_t i = 0; i < 12; i++) {
        cr_assert(epsilon_eq(dbl, canary->shares[i], wide->shares[i], 1e-15));
    }
}

/* Pearson's statistic of drawn counts against the shares, and its degrees of freedom. */
static double goodness(const struct population *population, const uint64_t *counts, double events,
                       size_t *out_degrees)
{
    double statistic = 0.0;
    size_t occupied = 0;
    for (size_t i = 0; i < population->rows * population->columns; i++) {
        double expected = events * population->shares[i];
        if (expected > 0.0) {
            statistic += pow((double)counts[i] - expected, 2.0) / expected;
            occupied++;
        } else {
            cr_assert(eq(u64, counts[i], 0));
        }
    }
    *out_degrees = occupied - 1;
    return statistic;
}

/* Small draws go event by event, large ones cell by cell. */
static void check_frequencies(uint64_t events_a_draw)
{
    enum { DRAWS = 4000 };
    struct random_place place = {"test", events_a_draw, 0, 0};
    owned(random) random = random_create(&place);
    owned(population) population = make(4, 5, MARGINAL_ZIPF, FAULT_SPREAD, 0.5, SERIN_GEOMETRIC);
    owned(sampler) sampler = sampler_create(population);
    uint64_t counts[20] = {0};
    uint64_t total = 0;
    size_t degrees = 0;
    for (int i = 0; i < DRAWS; i++) {
        sampler_draw(sampler, random, events_a_draw, counts);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
        total += counts[i];
    }
    cr_assert(eq(u64, total, DRAWS * events_a_draw));
    double statistic = goodness(population, counts, (double)total, &degrees);
    cr_assert(epsilon_eq(dbl, statistic, degrees, 4.0 * sqrt(2.0 * (double)degrees)));
}

Test(sampler, draws_cells_by_their_shares_event_by_event)
{
    check_frequencies(10);
}

Test(sampler, draws_cells_by_their_shares_cell_by_cell)
{
    check_frequencies(500);
}

Test(sampler, spreads_counts_as_a_multinomial_does)
{
    enum { DRAWS = 20000, EVENTS = 400 };
    struct random_place place = {"test", 3, 0, 0};
    owned(random) random = random_create(&place);
    owned(population) population = make(2, 2, MARGINAL_UNIFORM, FAULT_SPREAD, 0.3, SERIN_GEOMETRIC);
    owned(sampler) sampler = sampler_create(population);
    double squares[4] = {0.0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t counts[4] = {0};
        sampler_draw(sampler, random, EVENTS, counts);
        for (size_t j = 0; j < 4; j++) {
            squares[j] += pow((double)counts[j] - EVENTS * population->shares[j], 2.0);
        }
    }
    for (size_t j = 0; j < 4; j++) {
        double share = population->shares[j];
        double variance = EVENTS * share * (1.0 - share);
        cr_assert(epsilon_eq(dbl, squares[j] / DRAWS, variance, 0.05 * variance));
    }
}
