#include "agreement/student.h"

#include "agreement/beta.h"
#include "agreement/normal.h"

#include <float.h>
#include <math.h>

/* From here on the normal quantile, corrected to second order, is exact to a double. */
static const double nearly_normal_df = 1e6;

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

/* Newton's steps from within a bracket, halving it where they leave it. */
double student_upper_quantile(double tail, double df)
{
    double z = normal_upper_quantile(tail);
    double cubic = z * (z * z + 1.0) / (4.0 * df);
    if (df > nearly_normal_df) {
        double quintic = z * (3.0 + z * z * (16.0 + 5.0 * z * z)) / (96.0 * df * df);
        return z + cubic + quintic;
    }
    double lower = 0.0;
    double upper = fmax(1.0, 2.0 * (z + cubic));
    while (upper_tail(upper, df) > tail) {
        lower = upper;
        upper *= 2.0;
    }
    double t = fmin(upper, z + cubic);
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

double student_factor(double level, double df)
{
    double tail = (1.0 - level) / 2.0;
    return student_upper_quantile(tail, df) / normal_upper_quantile(tail);
}
