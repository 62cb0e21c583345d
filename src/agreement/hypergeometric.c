#include "agreement/hypergeometric.h"

#include "agreement/hypergeometric_walk.h"
#include "agreement/ln.h"
#include "base/memory.h"

/*
 * How many central moments make the expansion's error less than 10⁻¹³ of its value, by the mean.
 * Below the last mean the walk is taken, which then stays within the table of logarithms.
 */
struct series {
    double least_mean;
    int moments;
};
static const struct series series_by_mean[] = {
    {10000.0, 8 },
    {500.0,   16},
    {100.0,   24}
};
enum { MOMENTS_MAX = 24 };

/*
 * E[((k−μ)/μ)^r]/r! for r = 0 … count. From E[k (N−c−m+k) h(k)] = E[(c−k)(m−k) h(k+1)] with powers
 * of k−μ for h, divided by N; dividing by the factorials turns binomial sums into plain ones.
 */
static void scaled_moments(const struct hypergeometric *law, double *moments, int count)
{
    double step = 1.0 / law->mean;
    double width = law->mean / law->total;
    double skew = (law->marked + law->drawn - 2.0 * law->mean) / law->total;
    double spread = (1.0 - law->marked / law->total) * (1.0 - law->drawn / law->total);
    double powers[MOMENTS_MAX + 1]; /* step^k / k! */
    double parts[MOMENTS_MAX + 1];  /* what moment i and its two successors give every later one */
    powers[0] = 1.0;
    moments[0] = 1.0;
    moments[1] = 0.0;
    for (int r = 1; r < count; r++) {
        powers[r] = powers[r - 1] * step / (double)r;
        double partial = spread * moments[r - 1] - skew * (double)r * moments[r];
        double sum = powers[1] * partial;
        for (int i = 0; i < r - 1; i++) {
            sum += powers[r - i] * parts[i];
        }
        moments[r + 1] = sum / ((double)(r + 1) * (1.0 - (double)r / law->total));
        parts[r - 1] = partial + width * (double)((r + 1) * r) * moments[r + 1];
    }
}

/* μ Σ (−1)^r E[x^r]/(r (r−1)) with x = (k−μ)/μ: the expansion of (1+x) ln(1+x). */
static double excess_by_series(const struct hypergeometric *law, int count)
{
    double moments[MOMENTS_MAX + 1];
    scaled_moments(law, moments, count);
    double sum = 0.0;
    double factorial = 1.0; /* (r−2)! */
    for (int r = 2; r <= count; r++) {
        double term = moments[r] * factorial;
        sum += r % 2 == 0 ? term : -term;
        factorial *= (double)(r - 1);
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
    for (size_t i = 0; i < ARRAY_LENGTH(series_by_mean); i++) {
        if (law.mean > series_by_mean[i].least_mean) {
            return excess_by_series(&law, series_by_mean[i].moments);
        }
    }
    struct excess excess = {law.mean, ln_of_mean(total, smaller, larger)};
    return hypergeometric_mean(&law, excess_of, &excess);
}
