#include "agreement/chi_square.h"

#include "agreement/gamma.h"
#include "agreement/normal.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

double chi_square_upper(double x, double degrees)
{
    return gamma_upper(0.5 * degrees, 0.5 * x);
}

/* Gauss-Legendre on [−1, 1] with ten nodes: the positive ones, and their weights. */
static const double nodes[] = {0.14887433898163122, 0.43339539412924719, 0.67940956829902441,
                               0.86506336668898451, 0.97390652851717172};
static const double weights[] = {0.29552422471475287, 0.26926671930999636, 0.21908636251598204,
                                 0.14945134915058059, 0.066671344308688138};

/*
 * χ²_ν(λ) = (Z + √λ)² + χ²_{ν−1}. With y = Z + √λ = √x cos φ the probability of a sum up to x is
 * ∫ P(χ²_{ν−1} ≤ x sin² φ) · density(y − √λ) · √x sin φ dφ, smooth up to its ends.
 */
struct mixture {
    double root;  /* √x */
    double shift; /* √x − √λ */
    double rest;  /* (ν − 1)/2 */
};

static double integrand(const struct mixture *mixture, double angle)
{
    double sine = sin(angle);
    double half_sine = sin(0.5 * angle);
    double z = mixture->shift - 2.0 * mixture->root * half_sine * half_sine;
    double width = mixture->root * sine;
    return gamma_lower(mixture->rest, 0.5 * width * width) * width * exp(-0.5 * z * z);
}

static double panel(const struct mixture *mixture, double from, double to)
{
    double middle = 0.5 * (from + to);
    double half = 0.5 * (to - from);
    double sum = 0.0;
    for (size_t k = 0; k < ARRAY_LENGTH(nodes); k++) {
        sum += weights[k] * (integrand(mixture, middle - half * nodes[k]) +
                             integrand(mixture, middle + half * nodes[k]));
    }
    return sum * half;
}

/* The angle at which y lies `depth` below √x. */
static double angle_at(const struct mixture *mixture, double depth)
{
    return 2.0 * asin(fmin(1.0, sqrt(depth / (2.0 * mixture->root))));
}

/* Panels one standard deviation long, from the top down, until they add nothing any more. */
static double integral(const struct mixture *mixture)
{
    static const double far = 10.0; /* standard deviations above √λ where nothing is left */
    double bottom = 2.0 * mixture->root;
    double length = fmin(1.0, bottom / 8.0);
    double depth = fmax(0.0, mixture->shift - far);
    double angle = angle_at(mixture, depth);
    double sum = 0.0;
    double previous = 0.0;
    while (depth < bottom) {
        depth = fmin(bottom, depth + length);
        double next = angle_at(mixture, depth);
        double part = panel(mixture, angle, next);
        sum += part;
        angle = next;
        if (part < previous && part < sum * DBL_EPSILON * 0.01) {
            break;
        }
        previous = part;
    }
    return sum / sqrt(2.0 * M_PI);
}

double noncentral_cdf(double x, double degrees, double noncentrality)
{
    if (x <= 0.0) {
        return 0.0;
    }
    double root = sqrt(x);
    double centre = sqrt(noncentrality);
    if (degrees <= 1.0) {
        return normal_cdf(root - centre) - normal_cdf(-root - centre);
    }
    struct mixture mixture = {root, root - centre, 0.5 * (degrees - 1.0)};
    return fmin(1.0, integral(&mixture));
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

/* Regula falsi on √λ in Anderson and Björck's form, from a bracket with f(low) > 0 > f(high). */
double noncentrality_quantile(double x, double degrees, double probability)
{
    double target = probit(probability);
    double low = 0.0;
    double f_low = probit_at(x, degrees, low) - target;
    if (!(f_low > 0.0)) {
        return 0.0;
    }
    double high = fmax(1.0, sqrt(x) - target);
    double f_high = probit_at(x, degrees, high) - target;
    while (f_high > 0.0) {
        low = high;
        f_low = f_high;
        high = 2.0 * high;
        f_high = probit_at(x, degrees, high) - target;
    }
    double middle = high;
    for (int step = 0; step < 100 && high - low > 4.0 * DBL_EPSILON * high; step++) {
        double previous = middle;
        middle = (low * -f_high + high * f_low) / (f_low - f_high);
        double f = probit_at(x, degrees, middle) - target;
        if (f == 0.0 || fabs(middle - previous) < 4.0 * DBL_EPSILON * middle) {
            break;
        }
        if (f > 0.0) {
            double scale = 1.0 - f / f_low;
            f_high *= scale > 0.0 ? scale : 0.5;
            low = middle;
            f_low = f;
        } else {
            double scale = 1.0 - f / f_high;
            f_low *= scale > 0.0 ? scale : 0.5;
            high = middle;
            f_high = f;
        }
    }
    return middle * middle;
}
