#include "plan/population.h"

#include "plan/draw.h"
#include "serin/nmi.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <math.h>

struct model_case {
    char name[32];
    struct plan_population_model model;
};

ParameterizedTestParameters(population, has_the_nmi_and_the_loss_it_was_asked_for)
{
    static struct model_case cases[] = {
        {"two labels",     {2, SHARES_EQUAL, 0.7, -0.1, SERIN_GEOMETRIC} },
        {"Zipf",           {10, SHARES_ZIPF, 0.9, -0.2, SERIN_GEOMETRIC} },
        {"many labels",    {200, SHARES_ZIPF, 0.5, 0.0, SERIN_ARITHMETIC}},
        {"perfect stable", {5, SHARES_EQUAL, 1.0, -0.05, SERIN_MIN}      },
    };
    return cr_make_param_array(struct model_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct model_case *c, population, has_the_nmi_and_the_loss_it_was_asked_for)
{
    owned(plan_population) population = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, plan_population_of_model(&c->model, &population, &err), SERIN_OK), "%s",
              err.detail);
    cr_assert(epsilon_eq(dbl, plan_population_nmi(population, ARM_STABLE), c->model.nmi, 1e-9),
              "%s", c->name);
    cr_assert(epsilon_eq(dbl, plan_population_nmi(population, ARM_CANARY),
                         c->model.nmi + c->model.delta, 1e-9),
              "%s", c->name);
    size_t cells = plan_population_rows(population) * plan_population_columns(population);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        double sum = 0.0;
        for (size_t k = 0; k < cells; k++) {
            double share = plan_population_shares(population, (enum arm)arm)[k];
            cr_assert(share >= 0.0);
            sum += share;
        }
        cr_assert(epsilon_eq(dbl, sum, 1.0, 1e-9));
    }
}

Test(population, has_its_nmi_from_nearly_none_to_nearly_all)
{
    static const double nmis[] = {1e-7, 1e-3, 0.05, 0.5, 0.95, 0.9999, 1.0 - 1e-9};
    static const size_t labels[] = {2, 3, 30, 300};
    struct serin_error err = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(nmis); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(labels); j++) {
            struct plan_population_model model = {labels[j],
                                                  j % 2 == 0 ? SHARES_ZIPF : SHARES_EQUAL, nmis[i],
                                                  -0.3 * nmis[i], SERIN_GEOMETRIC};
            owned(plan_population) population = NULL;
            cr_assert(eq(int, plan_population_of_model(&model, &population, &err), SERIN_OK));
            cr_assert(epsilon_eq(dbl, plan_population_nmi(population, ARM_STABLE), nmis[i], 1e-11));
            cr_assert(
                epsilon_eq(dbl, plan_population_nmi(population, ARM_CANARY), 0.7 * nmis[i], 1e-11));
        }
    }
}

Test(population, of_a_table_is_the_table_and_loses_from_there)
{
    const uint64_t counts[] = {400, 20, 0, 10, 300, 30, 5, 5, 230};
    struct serin_table table = {counts, 3, 3};
    owned(plan_population) population = NULL;
    struct serin_error err = {0};
    double nmi = 0.0;
    cr_assert(eq(int, serin_nmi(&table, SERIN_GEOMETRIC, &nmi), SERIN_OK));
    cr_assert(eq(int, plan_population_of_table(&table, -0.1, SERIN_GEOMETRIC, &population, &err),
                 SERIN_OK));
    cr_assert(epsilon_eq(dbl, plan_population_nmi(population, ARM_STABLE), nmi, 1e-12));
    cr_assert(epsilon_eq(dbl, plan_population_nmi(population, ARM_CANARY), nmi - 0.1, 1e-9));
    cr_assert(epsilon_eq(dbl, plan_population_shares(population, ARM_STABLE)[0], 0.4, 1e-12));
}

Test(population, cannot_lose_more_than_there_is)
{
    const uint64_t independent[] = {10, 10, 10, 10};
    struct serin_table table = {independent, 2, 2};
    struct plan_population_model model = {5, SHARES_ZIPF, 0.3, -0.3, SERIN_GEOMETRIC};
    struct plan_population *population = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, plan_population_of_model(&model, &population, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "delta"));
    cr_assert(eq(int, plan_population_of_table(&table, 0.0, SERIN_GEOMETRIC, &population, &err),
                 SERIN_INVALID));
    cr_assert(eq(ptr, population, NULL));
}

struct binomial_case {
    uint64_t events;
    double share;
};

ParameterizedTestParameters(draw, binomial_counts_have_their_mean_and_variance)
{
    static struct binomial_case cases[] = {
        {10,      0.3 },
        {1000,    0.01},
        {1000,    0.99},
        {1000,    0.5 },
        {1000000, 0.2 },
    };
    return cr_make_param_array(struct binomial_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct binomial_case *c, draw, binomial_counts_have_their_mean_and_variance)
{
    enum { DRAWS = 20000 };
    struct draw draw = draw_seeded(7);
    double expected = (double)c->events * c->share;
    double variance = expected * (1.0 - c->share);
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        double found = (double)draw_binomial(&draw, c->events, c->share);
        cr_assert(found <= (double)c->events);
        sum += found - expected;
        squares += (found - expected) * (found - expected);
    }
    cr_assert(lt(dbl, fabs(sum / DRAWS), 4.0 * sqrt(variance / DRAWS)));
    cr_assert(epsilon_eq(dbl, squares / DRAWS / variance, 1.0, 0.05));
}

Test(draw, counts_add_up_and_are_the_same_each_time)
{
    const double shares[] = {0.5, 0.0, 0.25, 0.25};
    struct draw first = draw_seeded(3);
    struct draw second = draw_seeded(3);
    for (uint64_t events = 0; events < 2000; events += 111) {
        uint64_t a[4];
        uint64_t b[4];
        draw_counts(&first, events, shares, 4, a);
        draw_counts(&second, events, shares, 4, b);
        cr_assert(eq(u64, a[0] + a[1] + a[2] + a[3], events));
        cr_assert(eq(u64, a[1], 0));
        for (size_t i = 0; i < 4; i++) {
            cr_assert(eq(u64, a[i], b[i]));
        }
    }
}
