#include "serin/sample_ratio.h"

#include "agreement/anytime.h"
#include "agreement/chi_square.h"
#include "agreement/exact_sum.h"
#include "base/memory.h"
#include "serin/table.h"

#include <math.h>

static bool is_share(double share)
{
    return share > 0.0 && share < 1.0;
}

enum serin_status serin_sample_ratio(uint64_t canary, uint64_t stable, double expected_share,
                                     struct serin_sample_ratio *out)
{
    if (!is_share(expected_share)) {
        return SERIN_INVALID;
    }
    if (canary > SERIN_TOTAL_MAX || stable > SERIN_TOTAL_MAX - canary) {
        return SERIN_RANGE;
    }
    double total = (double)(canary + stable);
    if (total == 0.0) {
        return SERIN_UNDEFINED;
    }
    double excess = (double)canary - total * expected_share;
    double chi_square = excess * excess / (total * expected_share * (1.0 - expected_share));
    double p_value = chi_square_upper(chi_square, 1.0);
    *out = (struct serin_sample_ratio){
        .chi_square = chi_square,
        .p_value = p_value,
        .mismatch = p_value < SERIN_SAMPLE_RATIO_ALPHA,
    };
    return SERIN_OK;
}

/* ---- at every look --------------------------------------------------------------------------- */

static enum serin_status add_up(const struct serin_traffic *buckets, size_t count,
                                struct serin_traffic *out)
{
    struct serin_traffic sum = {0, 0};
    for (size_t i = 0; i < count; i++) {
        uint64_t room = SERIN_TOTAL_MAX - sum.canary - sum.stable;
        if (buckets[i].canary > room || buckets[i].stable > room - buckets[i].canary) {
            return SERIN_RANGE;
        }
        sum.canary += buckets[i].canary;
        sum.stable += buckets[i].stable;
    }
    *out = sum;
    return SERIN_OK;
}

/* The variance of the canary's share between buckets against that of independent events. */
static double overdispersion(const struct serin_traffic *buckets, size_t count,
                             const struct serin_traffic *all)
{
    double total = (double)(all->canary + all->stable);
    double share = (double)all->canary / total;
    struct exact_sum spread = {0};
    if (count < 2 || !is_share(share)) {
        return 1.0;
    }
    for (size_t i = 0; i < count; i++) {
        double events = (double)(buckets[i].canary + buckets[i].stable);
        double excess = ((double)buckets[i].canary - share * events) / total;
        exact_sum_add(&spread, excess * excess);
    }
    double inflation = (double)count / ((double)count - 1.0);
    return fmax(1.0, inflation * exact_sum_value(&spread) * total / (share * (1.0 - share)));
}

/* What Stirling's formula leaves of ln Γ(x); the error is below 1e-10 from x = 10 on. */
static double stirling_rest(double x)
{
    double square = x * x;
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * square)) / square) / x;
}

/* ln B(a, b) without its terms a ln a + b ln b − (a + b) ln(a + b), which cancel below. */
static double beta_rest(double a, double b)
{
    return stirling_rest(a) + stirling_rest(b) - stirling_rest(a + b) - 0.5 * log(a / (a + b) * b);
}

/*
 * ln of the beta-binomial likelihood over that of the expected share s. The prior's variance,
 * s(1 − s)/(k + 1) with concentration k, is the square of the relative error at the smaller arm, so
 * its parameters a and b are above 10. Taken apart such that 2⁵³ events lose nothing: N times the
 * divergence of the posterior mean from s, and what Stirling's formula leaves.
 */
static double log_mixture(double canary, double stable, double share)
{
    double smaller = fmin(share, 1.0 - share);
    double odds = (1.0 - smaller) / smaller;
    double concentration = odds / (anytime_relative_error * anytime_relative_error);
    double a = concentration * share;
    double b = concentration * (1.0 - share);
    double all = concentration + canary + stable;
    double excess = canary * (1.0 - share) - stable * share;
    double divergence = (a + canary) * log1p(excess / (all * share)) +
                        (b + stable) * log1p(-excess / (all * (1.0 - share)));
    return divergence + beta_rest(a + canary, b + stable) - beta_rest(a, b);
}

/* What to divide the counts by so that their chi-square is as likely as Student's t² is. */
static double effect_with_tails(double chi_square, double deff, size_t buckets)
{
    double t_square = chi_square / deff;
    if (buckets < 2 || t_square <= 0.0) {
        return deff;
    }
    return deff * t_square / anytime_normal_square(t_square, (double)buckets - 1.0);
}

enum serin_status serin_sample_ratio_anytime(const struct serin_traffic *buckets, size_t count,
                                             double expected_share, struct serin_anytime_test *out)
{
    struct serin_traffic all;
    struct serin_sample_ratio fixed;
    TRY(add_up(buckets, count, &all));
    TRY(serin_sample_ratio(all.canary, all.stable, expected_share, &fixed));
    double deff = overdispersion(buckets, count, &all);
    double divisor = effect_with_tails(fixed.chi_square, deff, count);
    double log_evidence =
        log_mixture((double)all.canary / divisor, (double)all.stable / divisor, expected_share);
    *out = (struct serin_anytime_test){
        .log_evidence = log_evidence,
        .p_value = anytime_p_value(log_evidence),
        .deff = deff,
    };
    return SERIN_OK;
}
