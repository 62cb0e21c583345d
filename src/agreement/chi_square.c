#include "agreement/chi_square.h"

#include "agreement/gamma.h"
#include "agreement/normal.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

double chi_square_upper(double x, double degrees)
{
    return gamma_upper(0.5 * degrees, 0.5 * x);
}

/* Above this noncentrality the normal form is taken, off by less than ν · 4e-9 by then. */
static const double nearly_normal = 1e5;

/* √χ²_ν(λ) is nearly normal; its mean and standard deviation expanded in 1/√λ. */
static double cdf_by_normal(double x, double degrees, double noncentrality)
{
    double root = sqrt(noncentrality);
    double beyond_one = degrees - 1.0;
    double mean = root + 0.5 * beyond_one / root -
                  beyond_one * (degrees - 3.0) / (8.0 * noncentrality * root);
    double deviation = 1.0 - 0.25 * beyond_one / noncentrality;
    return normal_cdf((sqrt(x) - mean) / deviation);
}

/*
 * χ²_ν(λ) is χ²_{ν+2j} with a Poisson j of mean λ/2. Summed from the commonest j to both sides,
 * where P(a, x) and P(a+1, x) differ by gamma_term(a, x).
 */
static double cdf_by_mixture(double x, double degrees, double noncentrality)
{
    double mean = 0.5 * noncentrality;
    double half = 0.5 * x;
    double start = floor(mean);
    double shape = 0.5 * degrees + start;
    double start_weight = mean > 0.0 ? gamma_term(start, mean) : 1.0;
    double start_cdf = gamma_lower(shape, half);

    double sum = start_weight * start_cdf;
    double weight = start_weight;
    double cdf = start_cdf;
    double term = gamma_term(shape, half);
    for (double j = start + 1.0; weight * cdf > sum * DBL_EPSILON * 0.01; j += 1.0) {
        weight *= mean / j;
        cdf = fmax(0.0, cdf - term);
        term *= half / (0.5 * degrees + j);
        sum += weight * cdf;
    }
    weight = start_weight;
    cdf = start_cdf;
    term = gamma_term(shape, half);
    for (double j = start; j > 0.0 && weight > sum * DBL_EPSILON * 0.01; j -= 1.0) {
        weight *= j / mean;
        term *= (0.5 * degrees + j) / half;
        cdf += term;
        sum += weight * cdf;
    }
    return fmin(1.0, sum);
}

double noncentral_cdf(double x, double degrees, double noncentrality)
{
    if (x <= 0.0) {
        return 0.0;
    }
    return noncentrality > nearly_normal ? cdf_by_normal(x, degrees, noncentrality)
                                         : cdf_by_mixture(x, degrees, noncentrality);
}

/* The normal quantile of the probability, in which the search below is nearly a straight line. */
static double probit(double probability)
{
    double inside = fmin(1.0 - DBL_EPSILON, fmax(DBL_MIN, probability));
    return -normal_upper_quantile(inside);
}

static double probit_at(double x, double degrees, double centre)
{
    return probit(noncentral_cdf(x, degrees, centre * centre));
}

/* √λ and the probit's distance from the target at both ends: f(low) > 0 > f(high). */
struct bracket {
    double low;
    double high;
    double f_low;
    double f_high;
};

/*
 * Anderson and Björck's regula falsi: the end that stays has its f scaled down, so that it cannot
 * stay for long.
 */
static void narrow(struct bracket *bracket, double middle, double f)
{
    if (f > 0.0) {
        double scale = 1.0 - f / bracket->f_low;
        bracket->f_high *= scale > 0.0 ? scale : 0.5;
        bracket->low = middle;
        bracket->f_low = f;
    } else {
        double scale = 1.0 - f / bracket->f_high;
        bracket->f_low *= scale > 0.0 ? scale : 0.5;
        bracket->high = middle;
        bracket->f_high = f;
    }
}

static double search(struct bracket bracket, double x, double degrees, double target)
{
    enum { STEPS_MAX = 100 };
    static const double precision = 4.0 * DBL_EPSILON;
    double middle = bracket.high;
    for (int step = 0; step < STEPS_MAX; step++) {
        double previous = middle;
        middle = (bracket.low * -bracket.f_high + bracket.high * bracket.f_low) /
                 (bracket.f_low - bracket.f_high);
        double f = probit_at(x, degrees, middle) - target;
        if (f == 0.0 || fabs(middle - previous) < precision * middle) {
            break;
        }
        narrow(&bracket, middle, f);
        if (bracket.high - bracket.low < precision * bracket.high) {
            break;
        }
    }
    return middle;
}

double noncentrality_quantile(double x, double degrees, double probability)
{
    double target = probit(probability);
    struct bracket bracket = {.low = 0.0, .high = fmax(1.0, sqrt(x) - target)};
    bracket.f_low = probit_at(x, degrees, bracket.low) - target;
    bracket.f_high = probit_at(x, degrees, bracket.high) - target;
    if (!(bracket.f_low > 0.0)) {
        return 0.0;
    }
    while (bracket.f_high > 0.0) {
        bracket.low = bracket.high;
        bracket.f_low = bracket.f_high;
        bracket.high = 2.0 * bracket.high;
        bracket.f_high = probit_at(x, degrees, bracket.high) - target;
    }
    double root = search(bracket, x, degrees, target);
    return root * root;
}
