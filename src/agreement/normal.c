#include "agreement/normal.h"

#include <math.h>

double normal_cdf(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

/* Abramowitz & Stegun 26.2.23, good to 4.5e-4, then Halley's steps, each tripling the digits. */
static double upper_quantile_of_small(double tail)
{
    double t = sqrt(-2.0 * log(tail));
    double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int step = 0; step < 3; step++) {
        double density = exp(-0.5 * x * x) / sqrt(2.0 * M_PI);
        double newton = (normal_cdf(-x) - tail) / density;
        x += newton / (1.0 - 0.5 * newton * x);
    }
    return x;
}

double normal_upper_quantile(double tail)
{
    return tail <= 0.5 ? upper_quantile_of_small(tail) : -upper_quantile_of_small(1.0 - tail);
}
