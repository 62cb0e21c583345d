#include "agreement/student.h"

#include "agreement/beta.h"
#include "agreement/normal.h"

#include <float.h>
#include <math.h>

/* From here on the normal quantile, corrected to third order in 1/df, is right to 12 digits. */
static const double nearly_normal_df = 1e4;

/* A tail beyond which no interval decides anything; with one degree t is still a number there. */
static const double least_tail = 1e-100;

/* P(T > t) for t ≥ 0 */
static double upper_tail(double t, double df)
{
    double squared = t * t;
    return 0.5 * beta_regularized(0.5 * df, 0.5, df / (df + squared), squared / (df + squared));
}

static double density(double t, double df)
{
    int sign = 0;
    double scale = lgamma_r(0.5 * (df + 1.0), &sign) - lgamma_r(0.5 * df, &sign);
    return exp(scale - 0.5 * (df + 1.0) * log1p(t * t / df)) / sqrt(df * M_PI);
}

/* Fisher and Cornish's expansion about the normal quantile z: Abramowitz & Stegun 26.7.5. */
static double by_expansion(double z, double df)
{
    double square = z * z;
    double first = square + 1.0;
    double second = 3.0 + square * (16.0 + square * 5.0);
    double third = -15.0 + square * (17.0 + square * (19.0 + square * 3.0));
    return z * (1.0 + (first / 4.0 + (second / 96.0 + third / (384.0 * df)) / df) / df);
}

/* Newton's steps from within a bracket, halving it where they leave it. */
double student_upper_quantile(double tail, double df)
{
    double z = normal_upper_quantile(tail);
    if (df > nearly_normal_df) {
        return by_expansion(z, df);
    }
    double cubic = z * (z * z + 1.0) / (4.0 * df);
    double lower = 0.0;
    double upper = fmax(1.0, 2.0 * (z + cubic));
    while (upper_tail(upper, df) > tail) {
        lower = upper;
        upper *= 2.0;
    }
    double t = fmin(upper, fmax(lower, z + cubic));
    for (int step = 0; step < 200 && upper - lower > DBL_EPSILON * upper; step++) {
        double error = upper_tail(t, df) - tail;
        if (error > 0.0) {
            lower = t;
        } else {
            upper = t;
        }
        double next = t + error / density(t, df);
        next = next > lower && next < upper ? next : 0.5 * (lower + upper);
        if (fabs(next - t) <= 2.0 * DBL_EPSILON * t) {
            return next;
        }
        t = next;
    }
    return t;
}

double student_critical(double z, double df)
{
    double tail = fmax(normal_cdf(-z), least_tail);
    return fmax(z, student_upper_quantile(tail, df));
}
