#include "agreement/hypergeometric.h"

#include "agreement/hypergeometric_walk.h"
#include "agreement/ln.h"

/*
 * Above the first mean the moment series is taken, above the second with fewer terms: what is left
 * out is below 10⁻¹⁶. Below the first the walk stays within the table of logarithms.
 */
static const double series_mean = 500.0;
static const double short_series_mean = 10000.0;
enum { MOMENTS = 16, FEW_MOMENTS = 8 };

/*
 * E[((k−μ)/μ)^r] for r = 0 … count, from E[k (N−c−m+k) h(k)] = E[(c−k)(m−k) h(k+1)] with powers of
 * k−μ for h, everything divided by N.
 */
static void central_moments(const struct hypergeometric *law, double *moments, int count)
{
    double mean = law->mean;
    double step = 1.0 / mean;
    double skew = (law->marked + law->drawn - 2.0 * mean) / law->total;
    double spread = (1.0 - law->marked / law->total) * (1.0 - law->drawn / law->total);
    moments[0] = 1.0;
    moments[1] = 0.0;
    for (int r = 1; r < count; r++) {
        double sum = 0.0;
        double weight = 1.0; /* C(r, i) μ^(i−r), from i = r downward */
        for (int i = r - 1; i >= 0; i--) {
            weight *= (double)(i + 1) / (double)(r - i) * step;
            double second = i + 2 <= r ? moments[i + 2] / law->total * mean : 0.0;
            sum += weight * (second - skew * moments[i + 1] + spread * moments[i]);
        }
        /* What i = r−1 gives in moment r+1 stands on the left: hence N − r for N. */
        moments[r + 1] = sum / (1.0 - (double)r / law->total);
    }
}

/* μ Σ (−1)^r E[x^r]/(r (r−1)) with x = (k−μ)/μ: the expansion of (1+x) ln(1+x). */
static double excess_by_series(const struct hypergeometric *law)
{
    double moments[MOMENTS + 1];
    int count = law->mean > short_series_mean ? FEW_MOMENTS : MOMENTS;
    central_moments(law, moments, count);
    double sum = 0.0;
    for (int r = count; r >= 2; r--) {
        double term = moments[r] / (double)(r * (r - 1));
        sum += r % 2 == 0 ? term : -term;
    }
    return law->mean * sum;
}

struct excess {
    double mean;
    int64_t ln_mean; /* 54 bits behind the point */
};

/* k ln(k/μ) − k + μ, which is never negative and has the same expectation as k ln(k/μ). */
static double excess_of(const void *context, uint64_t k)
{
    const struct excess *excess = context;
    int64_t ratio = (int64_t)(ln_fixed(k) >> 64) - excess->ln_mean;
    return (double)k * ((double)ratio * 0x1p-54) - (double)k + excess->mean;
}

/* ln(marked · drawn / total) with 54 bits behind the point. */
static int64_t ln_of_mean(uint64_t total, uint64_t marked, uint64_t drawn)
{
    int128 ln = (int128)(ln_fixed(marked) + ln_fixed(drawn)) - (int128)ln_fixed(total);
    return (int64_t)(ln >> 64);
}

double hypergeometric_excess(uint64_t total, uint64_t marked, uint64_t drawn)
{
    if (marked == 0 || drawn == 0 || marked >= total || drawn >= total) {
        return 0.0;
    }
    uint64_t smaller = marked < drawn ? marked : drawn;
    uint64_t larger = marked < drawn ? drawn : marked;
    struct hypergeometric law = hypergeometric_law(total, smaller, larger);
    if (law.mean > series_mean) {
        return excess_by_series(&law);
    }
    struct excess excess = {law.mean, ln_of_mean(total, smaller, larger)};
    return hypergeometric_mean(&law, excess_of, &excess);
}
