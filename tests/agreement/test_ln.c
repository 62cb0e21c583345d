#include "agreement/exact_sum.h"
#include "agreement/ln.h"
#include "base/memory.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

static uint128 distance(uint128 a, uint128 b)
{
    return a > b ? a - b : b - a;
}

/* 2^-98 for counts beyond the table, 2^-111 within it. */
static const uint128 beyond_table_error = (uint128)1 << 20;
static const uint128 table_error = (uint128)1 << 7;

struct known {
    uint64_t count;
    uint64_t high; /* ln count · 2^118 from 80-digit arithmetic */
    uint64_t low;
};

static const struct known known[] = {
    {2,                       0x002c5c85fdf473de, 0x6af278ece600fcbe},
    {3,                       0x00464fa9eab40c2a, 0x5da9066355414edf},
    {97,                      0x0124c8108e54bf80, 0x0ef72582932b2fd1},
    {8191,                    0x0240b0cddd69b79f, 0xc39f12cbf12c7f9d},
    {8193,                    0x0240b4cddd6a0cf5, 0x190134ee1597c651},
    {1000003,                 0x0374315fc7386fe8, 0x5a140490bcb88a6d},
    {UINT64_C(1000000000000), 0x06e862a663ffe811, 0x12fc120a0a21e47a},
    {(UINT64_C(1) << 53) - 1, 0x092f27bd939bfd0a, 0x2433090b9e344b45},
    {UINT64_C(1) << 53,       0x092f27bd939bfd0c, 0x2433090b9e345345},
};

Test(ln, known_logarithms_come_out_to_a_hundred_bits)
{
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        uint128 want = ((uint128)known[i].high << 64) | known[i].low;
        uint128 error = known[i].count < LN_TABLE_SIZE ? table_error : beyond_table_error;
        cr_expect(lt(u64, (uint64_t)(distance(ln_fixed(known[i].count), want) / error), 1),
                  "ln %lu", (unsigned long)known[i].count);
    }
}

Test(ln, counts_without_events_and_single_events_weigh_nothing)
{
    cr_assert(eq(dbl, wide_to_double(count_ln_count(0), LN_FRACTION_BITS), 0.0));
    cr_assert(eq(dbl, wide_to_double(count_ln_count(1), LN_FRACTION_BITS), 0.0));
}

/* Products reach far beyond the table, so both ways of computing are compared. */
Test(ln, products_have_the_sum_of_the_logarithms)
{
    for (uint64_t a = 2; a < LN_TABLE_SIZE; a += 37) {
        for (uint64_t b = a; b < LN_TABLE_SIZE; b += 101) {
            uint128 off = distance(ln_fixed(a * b), ln_fixed(a) + ln_fixed(b));
            cr_assert(lt(u64, (uint64_t)(off / beyond_table_error), 1), "%lu * %lu",
                      (unsigned long)a, (unsigned long)b);
        }
    }
}

Test(ln, logarithms_agree_with_the_mathematical_library)
{
    struct random random = {42};
    for (int i = 0; i < 100000; i++) {
        uint64_t count = 1 + (random_next(&random) >> (11 + random_below(&random, 53)));
        double got = ldexp((double)ln_fixed(count), -LN_FRACTION_BITS);
        cr_assert(epsilon_eq(dbl, got, log((double)count), 8e-15), "%lu", (unsigned long)count);
    }
}

Test(wide, sums_are_exact_and_signed)
{
    struct wide big = wide_product(UINT64_MAX, ~(uint128)0);
    struct wide more = wide_add(big, wide_product(3, 1));
    cr_assert(eq(dbl, wide_to_double(wide_subtract(more, big), 0), 3.0));
    cr_assert(eq(dbl, wide_to_double(wide_subtract(big, more), 0), -3.0));
    cr_assert(eq(dbl, wide_to_double(wide_subtract(big, big), 0), 0.0));
}

Test(wide, doubles_are_the_nearest_ones)
{
    for (int bit = 0; bit < 126; bit++) {
        struct wide value = wide_product(1, ((uint128)1 << bit) + (bit > 60 ? 1 : 0));
        cr_assert(eq(dbl, wide_to_double(value, 30), ldexp(1.0, bit - 30)), "bit %d", bit);
    }
    struct wide thirds = wide_product(UINT64_C(0x5555555555555555), (uint128)1 << 64);
    cr_assert(epsilon_eq(dbl, wide_to_double(thirds, 128), 1.0 / 3.0, 1e-16));
}

Test(wide, quick_sums_equal_careful_ones)
{
    struct random random = {7};
    struct wide_sum quick = {0, 0};
    struct wide careful = {0, 0};
    for (int i = 0; i < 1000; i++) {
        uint64_t factor = random_next(&random) >> 22;
        uint128 value = ((uint128)random_next(&random) << 64) | random_next(&random);
        wide_sum_add(&quick, factor, value);
        careful = wide_add(careful, wide_product(factor, value));
    }
    struct wide total = wide_sum_total(&quick);
    cr_assert(eq(u64, total.high, careful.high));
    cr_assert(eq(u64, (uint64_t)(total.low >> 64), (uint64_t)(careful.low >> 64)));
    cr_assert(eq(u64, (uint64_t)total.low, (uint64_t)careful.low));
}

Test(exact_sum, the_order_of_terms_does_not_matter)
{
    enum { TERMS = 500 };
    double terms[TERMS];
    struct random random = {99};
    for (size_t i = 0; i < TERMS; i++) {
        double sign = random_below(&random, 2) == 0 ? 1.0 : -1.0;
        terms[i] = sign * ldexp((double)(random_next(&random) >> 11),
                                -33 - (int)random_below(&random, 70));
    }
    struct exact_sum forward = {0};
    struct exact_sum backward = {0};
    long double want = 0.0L;
    for (size_t i = 0; i < TERMS; i++) {
        exact_sum_add(&forward, terms[i]);
        exact_sum_add(&backward, terms[TERMS - 1 - i]);
        want += (long double)terms[i];
    }
    cr_assert(eq(dbl, exact_sum_value(&forward), exact_sum_value(&backward)));
    cr_assert(epsilon_eq(dbl, exact_sum_value(&forward), (double)want, 1e-9));
}

Test(exact_sum, tiny_terms_survive_beside_large_ones)
{
    struct exact_sum sum = {0};
    exact_sum_add(&sum, 1e6);
    exact_sum_add(&sum, 1e-20);
    exact_sum_add(&sum, -1e6);
    cr_assert(epsilon_eq(dbl, exact_sum_value(&sum), 1e-20, 1e-29));
}
