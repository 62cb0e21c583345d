#include "agreement/hypergeometric.h"

#include "base/memory.h"
#include "serin/nmi.h"
#include "serin/rarefaction.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/* E[k ln(k/μ)] by summing everything within 15 standard deviations in 64-bit mantissas. */
static double direct(uint64_t total, uint64_t marked, uint64_t drawn)
{
    long double n = total, c = marked, m = drawn;
    long double mean = c * m / n;
    long double deviation = sqrtl(mean * (1 - c / n) * (1 - m / n)) + 3;
    long double lowest = fmaxl(fmaxl(0, c + m - n), floorl(mean - 15 * deviation));
    long double highest = fminl(fminl(c, m), ceill(mean + 15 * deviation));
    long double start = fminl(highest, fmaxl(lowest, floorl(mean)));
    long double weights = 0, sum = 0, weight = 1;
    for (long double k = start; k <= highest; k++) {
        weights += weight;
        sum += weight * ((k > 0 ? k * logl(k / mean) : 0) - k + mean);
        weight *= (c - k) * (m - k) / ((k + 1) * (n - c - m + k + 1));
    }
    weight = 1;
    for (long double k = start; k > lowest; k--) {
        weight *= k * (n - c - m + k) / ((c - k + 1) * (m - k + 1));
        weights += weight;
        sum += weight * ((k > 1 ? (k - 1) * logl((k - 1) / mean) : 0) - (k - 1) + mean);
    }
    return (double)(sum / weights);
}

Test(hypergeometric, agrees_with_direct_summation)
{
    struct random random = {31};
    for (int round = 0; round < 3000; round++) {
        uint64_t total = 2 + (random_next(&random) >> (34 + random_below(&random, 28)));
        uint64_t marked = 1 + random_next(&random) % (total - 1);
        uint64_t drawn = 1 + random_next(&random) % (total - 1);
        marked = 1 + (marked >> random_below(&random, 20)) % (total - 1);
        drawn = 1 + (drawn >> random_below(&random, 20)) % (total - 1);
        if ((double)marked * (double)drawn / (double)total > 30000.0) {
            continue;
        }
        double want = direct(total, marked, drawn);
        double got = hypergeometric_excess(total, marked, drawn);
        cr_assert(epsilon_eq(dbl, got, want, 1e-12 * want + 1e-13), "%lu %lu %lu: %.17g, not %.17g",
                  (unsigned long)total, (unsigned long)marked, (unsigned long)drawn, got, want);
    }
}

Test(hypergeometric, does_not_jump_where_the_method_changes)
{
    for (uint64_t marked = 90; marked < 120000; marked += 1 + marked / 50) {
        double want = direct(10000000, marked, 1000000);
        double got = hypergeometric_excess(10000000, marked, 1000000);
        cr_expect(epsilon_eq(dbl, got, want, 3e-13 * want + 1e-14), "%lu", (unsigned long)marked);
    }
}

Test(hypergeometric, is_symmetric_to_the_last_bit)
{
    struct random random = {32};
    for (int round = 0; round < 2000; round++) {
        uint64_t total = 2 + (random_next(&random) >> 40);
        uint64_t a = random_next(&random) % (total + 1);
        uint64_t b = random_next(&random) % (total + 1);
        cr_assert(eq(dbl, hypergeometric_excess(total, a, b), hypergeometric_excess(total, b, a)));
    }
}

Test(hypergeometric, a_certain_count_has_no_excess)
{
    cr_expect(eq(dbl, hypergeometric_excess(10, 0, 5), 0.0));
    cr_expect(eq(dbl, hypergeometric_excess(10, 5, 0), 0.0));
    cr_expect(eq(dbl, hypergeometric_excess(10, 10, 5), 0.0));
    cr_expect(eq(dbl, hypergeometric_excess(10, 5, 10), 0.0));
}

Test(klogk, is_exact_where_the_count_is_certain)
{
    double value = -1.0;
    cr_assert(eq(int, serin_expected_klogk(10, 3, 10, &value), SERIN_OK));
    cr_expect(epsilon_eq(dbl, value, 3.0 * log(3.0), 1e-15));
    cr_assert(eq(int, serin_expected_klogk(10, 10, 4, &value), SERIN_OK));
    cr_expect(epsilon_eq(dbl, value, 4.0 * log(4.0), 1e-15));
    cr_assert(eq(int, serin_expected_klogk(10, 0, 4, &value), SERIN_OK));
    cr_expect(eq(dbl, value, 0.0));
    /* One of two marked items is drawn, or both: 2 ln 2 in one case of six. */
    cr_assert(eq(int, serin_expected_klogk(4, 2, 2, &value), SERIN_OK));
    cr_expect(epsilon_eq(dbl, value, 2.0 * log(2.0) / 6.0, 1e-15));
}

Test(klogk, refuses_what_cannot_be_drawn)
{
    double value = -1.0;
    cr_expect(eq(int, serin_expected_klogk(10, 11, 1, &value), SERIN_INVALID));
    cr_expect(eq(int, serin_expected_klogk(10, 1, 11, &value), SERIN_INVALID));
    cr_expect(eq(int, serin_expected_klogk(UINT64_MAX, 1, 1, &value), SERIN_RANGE));
    cr_expect(eq(dbl, value, -1.0));
}

/* All samples of three out of a table of six events, one by one. */
Test(rarefaction, equals_the_mean_over_all_samples)
{
    static const uint64_t counts[] = {2, 1, 1, 2};
    static const int cells[] = {0, 0, 1, 2, 3, 3};
    struct serin_table table = {counts, 2, 2};
    double rows = 0.0, columns = 0.0, joint = 0.0;
    int samples = 0;
    for (int a = 0; a < 6; a++) {
        for (int b = a + 1; b < 6; b++) {
            for (int c = b + 1; c < 6; c++) {
                uint64_t drawn[4] = {0};
                drawn[cells[a]]++;
                drawn[cells[b]]++;
                drawn[cells[c]]++;
                struct serin_table sample = {drawn, 2, 2};
                struct serin_entropies entropies;
                cr_assert(eq(int, serin_entropies(&sample, &entropies), SERIN_OK));
                rows += entropies.reference;
                columns += entropies.label;
                joint += entropies.joint;
                samples++;
            }
        }
    }
    double got = -1.0;
    cr_assert(eq(int, serin_rarefied_nmi(&table, 3, SERIN_ARITHMETIC, &got), SERIN_OK));
    double want = (rows + columns - joint) / (0.5 * (rows + columns));
    cr_expect(eq(int, samples, 20));
    cr_expect(epsilon_eq(dbl, got, want, 1e-14));
}

Test(rarefaction, the_whole_table_gives_the_plug_in)
{
    static const uint64_t counts[] = {20, 1, 3, 20};
    struct serin_table table = {counts, 2, 2};
    double nmi = 0.0, whole = 0.0, more = 0.0, one = 0.0, none = -1.0;
    cr_assert(eq(int, serin_nmi(&table, SERIN_MAX, &nmi), SERIN_OK));
    cr_assert(eq(int, serin_rarefied_nmi(&table, 44, SERIN_MAX, &whole), SERIN_OK));
    cr_assert(eq(int, serin_rarefied_nmi(&table, 99, SERIN_MAX, &more), SERIN_OK));
    cr_assert(eq(int, serin_rarefied_nmi(&table, 1, SERIN_MAX, &one), SERIN_OK));
    cr_expect(eq(dbl, whole, nmi));
    cr_expect(eq(dbl, more, nmi));
    cr_expect(eq(dbl, one, 1.0));
    cr_expect(eq(int, serin_rarefied_nmi(&table, 0, SERIN_MAX, &none), SERIN_INVALID));
    cr_expect(eq(dbl, none, -1.0));
}
