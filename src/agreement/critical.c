#include "serin/critical.h"

#include "agreement/normal.h"
#include "base/memory.h"

#include <math.h>
#include <stdbool.h>

static const char *const interval_names[] = {
    [SERIN_SEQUENTIAL] = "sequential",
    [SERIN_FIXED] = "fixed",
    [SERIN_OBRIEN_FLEMING] = "obrien_fleming",
};

const char *serin_interval_name(enum serin_interval interval)
{
    size_t index = (size_t)interval;
    return index < ARRAY_LENGTH(interval_names) ? interval_names[index] : "unknown";
}

double serin_harmonic_size(double canary, double stable)
{
    return canary > 0.0 && stable > 0.0 ? canary * stable / (canary + stable) : 0.0;
}

static bool is_positive(double value)
{
    return isfinite(value) && value > 0.0;
}

/* A normal mixture's boundary, tightest near n = plan; half_alpha on either side. */
static double sequential(double n, double plan, double half_alpha)
{
    double ln_inverse = -2.0 * log(half_alpha);
    double w = n / plan * (ln_inverse + log1p(ln_inverse));
    return sqrt(2.0 * (w + 1.0) / w * log1p(sqrt(w + 1.0) / (2.0 * half_alpha)));
}

/* The constant for continuous monitoring: conservative for any number of looks. */
static double obrien_fleming(double n, double maximum, double half_alpha)
{
    return normal_upper_quantile(half_alpha / 2.0) * sqrt(fmax(1.0, maximum / n));
}

enum serin_status serin_critical_value(const struct serin_confidence *confidence, double n,
                                       double *out)
{
    double level = confidence->level;
    if (!(level > 0.0 && level < 1.0)) {
        return SERIN_INVALID;
    }
    double half_alpha = (1.0 - level) / 2.0;
    switch (confidence->interval) {
    case SERIN_FIXED:
        *out = normal_upper_quantile(half_alpha);
        return SERIN_OK;
    case SERIN_SEQUENTIAL:
        if (!is_positive(n) || !is_positive(confidence->plan)) {
            return SERIN_INVALID;
        }
        *out = sequential(n, confidence->plan, half_alpha);
        return SERIN_OK;
    case SERIN_OBRIEN_FLEMING:
        if (!is_positive(n) || !is_positive(confidence->maximum)) {
            return SERIN_INVALID;
        }
        *out = obrien_fleming(n, confidence->maximum, half_alpha);
        return SERIN_OK;
    }
    return SERIN_INVALID;
}
