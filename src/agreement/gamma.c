#include "agreement/gamma.h"

#include <float.h>
#include <math.h>

enum { STEPS_MAX = 100000 };

/*
 * x^a e^(−x) / Γ(a + 1). For large a the three logarithms nearly cancel, so Stirling's form is
 * taken there: exp(−a (t − 1 − ln t)) / √(2πa) with t = x/a and the first terms of its series.
 */
double gamma_term(double a, double x)
{
    int sign = 0;
    if (a < 100.0) {
        return exp(a * log(x) - x - lgamma_r(a + 1.0, &sign));
    }
    double change = (x - a) / a;
    double series = 1.0 / (12.0 * a) - 1.0 / (360.0 * a * a * a);
    return exp(-a * (change - log1p(change)) - series) / sqrt(2.0 * M_PI * a);
}

static double lower_by_series(double a, double x)
{
    double term = 1.0;
    double sum = 1.0;
    for (int step = 1; step < STEPS_MAX && term > sum * DBL_EPSILON; step++) {
        term *= x / (a + step);
        sum += term;
    }
    return gamma_term(a, x) * sum;
}

/* Legendre's continued fraction, Lentz's way. */
static double upper_by_fraction(double a, double x)
{
    double b = x + 1.0 - a;
    double c = 1.0 / DBL_MIN;
    double d = 1.0 / b;
    double fraction = d;
    for (int step = 1; step < STEPS_MAX; step++) {
        double numerator = -step * (step - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= d * c;
        if (fabs(d * c - 1.0) < DBL_EPSILON) {
            break;
        }
    }
    return gamma_term(a, x) * a * fraction;
}

double gamma_lower(double a, double x)
{
    if (x <= 0.0) {
        return 0.0;
    }
    return x < a + 1.0 ? lower_by_series(a, x) : 1.0 - upper_by_fraction(a, x);
}

double gamma_upper(double a, double x)
{
    if (x <= 0.0) {
        return 1.0;
    }
    return x < a + 1.0 ? 1.0 - lower_by_series(a, x) : upper_by_fraction(a, x);
}
