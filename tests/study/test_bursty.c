#include "study/bursty.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/* Variance of how often a burst holds the population's first cell, over that of independent events.
 */
static double variance_ratio(const struct bursty *bursty)
{
    enum { BURSTS = 40000 };
    double shares[4] = {0.4, 0.1, 0.2, 0.3};
    struct population population = {2, 2, shares};
    struct random_place place = {"test", bursty->size, 0, 0};
    owned(random) random = random_create(&place);
    owned(sampler) sampler = sampler_create(&population);
    double size = (double)bursty->size;
    double squares = 0.0;
    for (int i = 0; i < BURSTS; i++) {
        uint64_t counts[4];
        bursty_draw(bursty, &population, sampler, random, bursty->size, counts);
        squares += pow((double)counts[0] - size * shares[0], 2.0);
    }
    return squares / BURSTS / (size * shares[0] * (1.0 - shares[0]));
}

Test(bursty, has_the_correlation_that_was_asked_for_between_any_two_events)
{
    static const struct {
        size_t size;
        double correlation;
    } cases[] = {
        {2,  0.0 },
        {2,  0.1 },
        {2,  0.3 },
        {10, 0.2 },
        {50, 0.02},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct bursty bursty = {.level = BURSTY_SESSION,
                                .size = cases[i].size,
                                .correlation = cases[i].correlation,
                                .pods = 1,
                                .buckets = 1};
        double effect = bursty_design_effect(&bursty, (double)cases[i].size);
        cr_assert(epsilon_eq(dbl, variance_ratio(&bursty), effect, 0.04 * effect),
                  "bursts of %zu, correlation %g", cases[i].size, cases[i].correlation);
    }
}

Test(bursty, keeps_a_session_in_one_block)
{
    enum { BLOCKS = 6, SIZE = 10 };
    double shares[4] = {0.25, 0.25, 0.25, 0.25};
    struct population population = {2, 2, shares};
    struct random_place place = {"test", 1, 0, 0};
    struct bursty bursty = {.level = BURSTY_SESSION, .size = SIZE, .pods = 2, .buckets = 3};
    owned(random) random = random_create(&place);
    owned(sampler) sampler = sampler_create(&population);
    uint64_t counts[BLOCKS * 4];
    bursty_draw(&bursty, &population, sampler, random, 20 * SIZE, counts);
    for (size_t block = 0; block < BLOCKS; block++) {
        uint64_t events = 0;
        for (size_t i = 0; i < 4; i++) {
            events += counts[block * 4 + i];
        }
        cr_assert(eq(u64, events % SIZE, 0), "block %zu", block);
    }
}
