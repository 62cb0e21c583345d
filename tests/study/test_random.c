#include "study/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static unsigned long first_of(const char *study, uint64_t cell, size_t stage, size_t chunk)
{
    struct random_place place = {study, cell, stage, chunk};
    owned(random) random = random_create(&place);
    return gsl_rng_get(random_gsl(random));
}

Test(random, gives_a_chunk_the_same_numbers_every_time)
{
    cr_assert(eq(ulong, first_of("looks", 7, 0, 3), first_of("looks", 7, 0, 3)));
}

Test(random, gives_every_place_its_own_numbers)
{
    unsigned long here = first_of("looks", 7, 0, 3);
    cr_assert(ne(ulong, here, first_of("slices", 7, 0, 3)));
    cr_assert(ne(ulong, here, first_of("looks", 8, 0, 3)));
    cr_assert(ne(ulong, here, first_of("looks", 7, 1, 3)));
    cr_assert(ne(ulong, here, first_of("looks", 7, 0, 4)));
}

Test(random, is_uniform)
{
    enum { DRAWS = 100000 };
    struct random_place place = {"test", 1, 0, 0};
    owned(random) random = random_create(&place);
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        double draw = gsl_rng_uniform(random_gsl(random));
        cr_assert(draw >= 0.0 && draw < 1.0);
        sum += draw;
        squares += draw * draw;
    }
    cr_assert(epsilon_eq(dbl, sum / DRAWS, 0.5, 0.005));
    cr_assert(epsilon_eq(dbl, squares / DRAWS, 1.0 / 3.0, 0.005));
}
