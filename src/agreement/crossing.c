#include "agreement/crossing.h"

#include "agreement/normal.h"
#include "base/memory.h"

#include <math.h>

enum { POINTS_MAX = 1024 };

/* Beyond so many standard errors there is nothing. */
static const double reach = 7.0;

/* Grid steps within one standard deviation of what happens between two looks. */
static const double steps_per_deviation = 3.0;

/* … and of the density itself: the trapezoids' error goes with its square. */
static const double widest_step = 0.08;

static const double one_over_sqrt_tau = 0.39894228040143267794;

static double normal_density(double x)
{
    return one_over_sqrt_tau * exp(-0.5 * x * x);
}

/* The density of paths that have not passed yet, at evenly spaced points that end at the bound. */
struct survivors {
    double lowest;
    double step;
    size_t count; /* 0: none are left */
    double density[POINTS_MAX];
};

static void lay_grid(double bound, double deviation, struct survivors *out)
{
    double highest = fmin(bound, reach);
    double width = highest + reach;
    double wanted = ceil(width / fmin(widest_step, deviation / steps_per_deviation)) + 1.0;
    out->lowest = -reach;
    out->count = width > 0.0 ? (size_t)fmin((double)POINTS_MAX, fmax(2.0, wanted)) : 0;
    out->step = out->count > 1 ? width / (double)(out->count - 1) : 0.0;
}

static double point(const struct survivors *survivors, size_t i)
{
    return survivors->lowest + (double)i * survivors->step;
}

/* Trapezoids: the ends of the grid count half. */
static double weight(const struct survivors *survivors, size_t i)
{
    return i == 0 || i + 1 == survivors->count ? 0.5 * survivors->step : survivors->step;
}

static double mass(const struct survivors *survivors)
{
    double sum = 0.0;
    for (size_t i = 0; i < survivors->count; i++) {
        sum += weight(survivors, i) * survivors->density[i];
    }
    return fmin(1.0, sum);
}

static void first_look(double bound, struct survivors *out)
{
    lay_grid(bound, 1.0, out);
    for (size_t i = 0; i < out->count; i++) {
        out->density[i] = normal_density(point(out, i));
    }
}

/* The grid's points from which `value` is within reach of a step. */
struct span {
    size_t first;
    size_t end;
};

static struct span span_around(const struct survivors *before, double centre, double radius)
{
    double first = floor((centre - radius - before->lowest) / before->step);
    double last = ceil((centre + radius - before->lowest) / before->step);
    double highest = (double)before->count;
    return (struct span){(size_t)fmin(highest, fmax(0.0, first)),
                         (size_t)fmin(highest, fmax(0.0, last + 1.0))};
}

static double density_after(const struct survivors *before, double value, double correlation,
                            double deviation)
{
    struct span span = span_around(before, value / correlation, reach * deviation / correlation);
    double sum = 0.0;
    for (size_t i = span.first; i < span.end; i++) {
        double moved = (value - correlation * point(before, i)) / deviation;
        sum += weight(before, i) * before->density[i] * normal_density(moved);
    }
    return sum / deviation;
}

static void next_look(const struct survivors *before, double bound, double correlation,
                      struct survivors *out)
{
    double deviation = sqrt(1.0 - correlation * correlation);
    lay_grid(bound, deviation, out);
    for (size_t i = 0; i < out->count; i++) {
        out->density[i] =
            before->count > 0 ? density_after(before, point(out, i), correlation, deviation) : 0.0;
    }
}

static enum serin_status check_sizes(const double *sizes, size_t count)
{
    double before = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!(isfinite(sizes[i]) && sizes[i] > before)) {
            return SERIN_INVALID;
        }
        before = sizes[i];
    }
    return SERIN_OK;
}

enum serin_status crossing_chances(const double *sizes, const double *bounds, size_t count,
                                   double *out)
{
    TRY(check_sizes(sizes, count));
    owned_memory struct survivors *grids = memory_allocate(2, sizeof(*grids));
    if (!grids) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct survivors *before = &grids[(i + 1) % 2];
        struct survivors *now = &grids[i % 2];
        if (i == 0) {
            first_look(bounds[i], now);
            out[i] = 1.0 - normal_cdf(bounds[i]);
        } else {
            next_look(before, bounds[i], sqrt(sizes[i - 1] / sizes[i]), now);
            out[i] = fmax(out[i - 1], 1.0 - mass(now));
        }
    }
    return SERIN_OK;
}
