#include "agreement/crossing.h"

#include "agreement/normal.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <math.h>

enum { LOOKS_MAX = 200 };

struct boundary_case {
    char name[40];
    size_t looks;
    double constant;
    double exponent; /* bound at look k: constant · (looks / k)^exponent */
};

/* Two-sided designs at 5 % in all, so half of it on each side. */
ParameterizedTestParameters(crossing, published_boundaries_are_passed_as_often_as_they_promise)
{
    static struct boundary_case cases[] = {
        {"one look",                 1,  1.960, 0.0},
        {"Pocock, 2 looks",          2,  2.178, 0.0},
        {"Pocock, 5 looks",          5,  2.413, 0.0},
        {"Pocock, 10 looks",         10, 2.555, 0.0},
        {"O'Brien-Fleming, 2 looks", 2,  1.977, 0.5},
        {"O'Brien-Fleming, 5 looks", 5,  2.040, 0.5},
    };
    return cr_make_param_array(struct boundary_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct boundary_case *c, crossing,
                  published_boundaries_are_passed_as_often_as_they_promise)
{
    double sizes[LOOKS_MAX];
    double bounds[LOOKS_MAX];
    double chances[LOOKS_MAX];
    for (size_t i = 0; i < c->looks; i++) {
        sizes[i] = 100.0 * (double)(i + 1);
        bounds[i] = c->constant * pow((double)c->looks / (double)(i + 1), c->exponent);
    }
    cr_assert(eq(int, crossing_chances(sizes, bounds, c->looks, chances), SERIN_OK));
    cr_assert(epsilon_eq(dbl, chances[c->looks - 1], 0.025, 4e-4), "%s: %g", c->name,
              chances[c->looks - 1]);
}

/* P(max of Brownian motion over [0, 1] > a) = 2 P(Z > a); between looks it passes unseen. */
Test(crossing, many_looks_come_near_to_looking_all_the_time)
{
    double sizes[LOOKS_MAX];
    double bounds[LOOKS_MAX];
    double chances[LOOKS_MAX];
    const double level = 1.5;
    for (size_t i = 0; i < LOOKS_MAX; i++) {
        sizes[i] = (double)(i + 1) / LOOKS_MAX;
        /* Chernoff's correction: seen at n looks, a level acts as if higher by 0.5826 / √n. */
        bounds[i] = (level - 0.5826 / sqrt(LOOKS_MAX)) / sqrt(sizes[i]);
    }
    cr_assert(eq(int, crossing_chances(sizes, bounds, LOOKS_MAX, chances), SERIN_OK));
    double expected = 2.0 * (1.0 - normal_cdf(level));
    cr_assert(epsilon_eq(dbl, chances[LOOKS_MAX - 1], expected, 2e-3), "%g",
              chances[LOOKS_MAX - 1]);
}

Test(crossing, nothing_passes_an_infinite_bound_and_everything_a_very_low_one)
{
    const double sizes[] = {1.0, 2.0, 3.0, 4.0};
    const double bounds[] = {INFINITY, INFINITY, -INFINITY, INFINITY};
    double chances[4];
    cr_assert(eq(int, crossing_chances(sizes, bounds, 4, chances), SERIN_OK));
    cr_assert(lt(dbl, chances[0], 1e-9));
    cr_assert(lt(dbl, chances[1], 1e-6));
    cr_assert(eq(dbl, chances[2], 1.0));
    cr_assert(eq(dbl, chances[3], 1.0));
}

Test(crossing, sizes_that_do_not_grow_are_refused)
{
    const double bounds[] = {1.0, 1.0};
    double chances[2] = {-1.0, -1.0};
    const double equal[] = {2.0, 2.0};
    const double from_zero[] = {0.0, 2.0};
    cr_assert(eq(int, crossing_chances(equal, bounds, 2, chances), SERIN_INVALID));
    cr_assert(eq(int, crossing_chances(from_zero, bounds, 2, chances), SERIN_INVALID));
    cr_assert(eq(dbl, chances[0], -1.0));
}
