#include "serin/slices.h"

#include "agreement/normal.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    double p;
    size_t position;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    if (a->p != b->p) {
        return a->p < b->p ? -1 : 1;
    }
    return (a->position > b->position) - (a->position < b->position);
}

/* The p-values from small to large, owned by the caller. */
static enum serin_status rank(const double *p, size_t count, struct ranked **out)
{
    for (size_t i = 0; i < count; i++) {
        if (!(p[i] >= 0.0 && p[i] <= 1.0)) {
            return SERIN_INVALID;
        }
    }
    struct ranked *ranks = memory_allocate(count, sizeof(*ranks));
    if (!ranks) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        ranks[i] = (struct ranked){p[i], i};
    }
    qsort(ranks, count, sizeof(*ranks), compare_ranked);
    *out = ranks;
    return SERIN_OK;
}

enum serin_status serin_holm(const double *p, size_t count, double *out)
{
    owned_memory struct ranked *ranks = NULL;
    TRY(rank(p, count, &ranks));
    double adjusted = 0.0;
    for (size_t i = 0; i < count; i++) {
        adjusted = fmax(adjusted, (double)(count - i) * ranks[i].p);
        out[ranks[i].position] = fmin(1.0, adjusted);
    }
    return SERIN_OK;
}

enum serin_status serin_benjamini_hochberg(const double *p, size_t count, double *out)
{
    owned_memory struct ranked *ranks = NULL;
    TRY(rank(p, count, &ranks));
    double adjusted = 1.0;
    for (size_t i = count; i-- > 0;) {
        adjusted = fmin(adjusted, ranks[i].p * (double)count / (double)(i + 1));
        out[ranks[i].position] = adjusted;
    }
    return SERIN_OK;
}

enum serin_status serin_rollback_p(double estimate, double upper, double z, double margin,
                                   double *out)
{
    double distance = estimate + margin;
    double half_width = upper - estimate;
    if (!isfinite(distance) || !isfinite(half_width) || !isfinite(z) || half_width < 0.0 ||
        z <= 0.0) {
        return SERIN_INVALID;
    }
    if (half_width > 0.0) {
        *out = normal_cdf(distance * z / half_width);
    } else {
        *out = distance == 0.0 ? 0.5 : normal_cdf(copysign(INFINITY, distance));
    }
    return SERIN_OK;
}

enum serin_status serin_standardise(const double *deltas, const double *ses, const double *weights,
                                    size_t count, struct serin_standardised *out)
{
    double weight = 0.0;
    double estimate = 0.0;
    double variance = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!(weights[i] >= 0.0) || !(ses[i] >= 0.0) || !isfinite(deltas[i])) {
            return SERIN_INVALID;
        }
        weight += weights[i];
        estimate += weights[i] * deltas[i];
        variance += weights[i] * ses[i] * weights[i] * ses[i];
    }
    if (!(weight > 0.0) || !isfinite(weight) || !isfinite(variance)) {
        return SERIN_INVALID;
    }
    *out = (struct serin_standardised){estimate / weight, sqrt(variance) / weight};
    return SERIN_OK;
}
