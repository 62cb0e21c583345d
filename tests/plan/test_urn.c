#include "plan/urn.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(urn, draws_each_outcome_with_its_share)
{
    enum { DRAWS = 200000, SHARES_MAX = 6 };
    static const struct {
        size_t count;
        double shares[SHARES_MAX];
    } cases[] = {
        {1, {1.0}                              },
        {2, {0.5, 0.5}                         },
        {4, {0.0, 0.999, 0.0, 0.001}           },
        {6, {0.3, 0.05, 0.25, 0.0, 0.35, 0.05} },
        {6, {0.9, 0.02, 0.02, 0.02, 0.02, 0.02}},
    };
    for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
        owned(urn) urn = urn_create(cases[c].shares, cases[c].count);
        struct draw draw = draw_seeded(c);
        double found[SHARES_MAX] = {0.0};
        for (int i = 0; i < DRAWS; i++) {
            size_t drawn = urn_draw(urn, &draw);
            cr_assert(lt(sz, drawn, cases[c].count));
            found[drawn] += 1.0;
        }
        for (size_t i = 0; i < cases[c].count; i++) {
            double share = cases[c].shares[i];
            double error = 4.5 * sqrt(share * (1.0 - share) / DRAWS);
            cr_assert(le(dbl, fabs(found[i] / DRAWS - share), error), "case %zu, share %zu", c, i);
        }
    }
}

Test(urn, never_draws_what_has_no_share)
{
    enum { COUNT = 997, DRAWS = 200000 };
    double shares[COUNT];
    double sum = 0.0;
    struct draw draw = draw_seeded(5);
    for (size_t i = 0; i < COUNT; i++) {
        shares[i] = i % 3 == 0 ? 0.0 : draw_uniform(&draw);
        sum += shares[i];
    }
    for (size_t i = 0; i < COUNT; i++) {
        shares[i] /= sum;
    }
    owned(urn) urn = urn_create(shares, COUNT);
    for (int i = 0; i < DRAWS; i++) {
        cr_assert(ne(sz, urn_draw(urn, &draw) % 3, 0));
    }
}

Test(urn, survives_a_lack_of_memory)
{
    const double shares[] = {0.25, 0.75};
    for (uint64_t allocations = 1; allocations <= 3; allocations++) {
        memory_fail_after(allocations);
        cr_assert(eq(ptr, urn_create(shares, 2), NULL));
    }
    memory_fail_after(0);
}
