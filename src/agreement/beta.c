#include "agreement/beta.h"

#include <float.h>
#include <math.h>

static double ln_gamma(double x)
{
    int sign = 0;
    return lgamma_r(x, &sign);
}

/* x^a y^b / (a B(a, b)) */
static double prefactor(double a, double b, double x, double y)
{
    double ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    return exp(a * log(x) + b * log(y) - ln_beta) / a;
}

static double away_from_zero(double value)
{
    return fabs(value) < DBL_MIN ? DBL_MIN : value;
}

/* The continued fraction of I_x(a, b), Lentz's way; quick for x < (a+1)/(a+b+2). */
static double continued_fraction(double a, double b, double x)
{
    double c = 1.0;
    double d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    double fraction = d;
    for (int step = 1; step <= 10000; step++) {
        double m = step;
        double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        fraction *= d * c;
        if (fabs(d * c - 1.0) < DBL_EPSILON) {
            break;
        }
    }
    return fraction;
}

double beta_regularized(double a, double b, double x, double y)
{
    if (x <= 0.0) {
        return 0.0;
    }
    if (y <= 0.0) {
        return 1.0;
    }
    if (x < (a + 1.0) / (a + b + 2.0)) {
        return prefactor(a, b, x, y) * continued_fraction(a, b, x);
    }
    return 1.0 - prefactor(b, a, y, x) * continued_fraction(b, a, y);
}
