#include "serin/power.h"

#include "agreement/normal.h"
#include "base/memory.h"
#include "serin/table.h"

#include <math.h>
#include <stdbool.h>

static bool is_share(double value)
{
    return value > 0.0 && value < 1.0;
}

static bool is_at_least(double value, double least)
{
    return isfinite(value) && value >= least;
}

static bool is_sound(const struct serin_pending *pending)
{
    bool variances =
        is_at_least(pending->canary_variance, 0.0) && is_at_least(pending->stable_variance, 0.0) &&
        is_at_least(pending->canary_deff, 1.0) && is_at_least(pending->stable_deff, 1.0) &&
        is_at_least(pending->stable_per_canary, 0.0);
    bool interval = is_at_least(pending->factor, 1.0) && is_at_least(pending->excess_below, 0.0) &&
                    is_at_least(pending->excess_above, 0.0);
    return variances && interval && is_share(pending->margin) && is_share(pending->chance) &&
           fabs(pending->estimate) <= 1.0 && is_at_least(pending->events, 1.0);
}

/* Variance of √n_c · difference. */
static double variance_per_event(const struct serin_pending *pending)
{
    double variance = pending->canary_variance * pending->canary_deff;
    if (pending->stable_per_canary > 0.0) {
        variance += pending->stable_variance * pending->stable_deff / pending->stable_per_canary;
    }
    return variance;
}

/* The size at which a critical value is taken when the canary has n events. */
static double effective_size(const struct serin_pending *pending, double n)
{
    double canary = n / pending->canary_deff;
    return pending->stable_per_canary > 0.0
               ? serin_harmonic_size(canary, n * pending->stable_per_canary / pending->stable_deff)
               : canary;
}

/* The chance that a normal variable of this deviation falls short of a distance. */
static double chance_within(double distance, double deviation)
{
    if (deviation > 0.0) {
        return normal_cdf(distance / deviation);
    }
    return distance > 0.0 ? 1.0 : 0.0;
}

/* Whether n canary events give the chance asked for. */
static enum serin_status suffices(const struct serin_pending *pending, double n, bool *out)
{
    double z = 0.0;
    TRY(serin_critical_value(&pending->confidence, effective_size(pending, n), &z));
    double variance = variance_per_event(pending);
    double half_width = pending->factor * z * sqrt(variance / n);
    double shrunk = pending->events / n;
    double below = half_width + pending->excess_below * shrunk;
    double above = half_width + pending->excess_above * shrunk;
    double moves = sqrt(variance * fmax(0.0, n - pending->events)) / n;
    double distance = pending->estimate + pending->margin;
    double chance =
        chance_within(distance - below, moves) + chance_within(-distance - above, moves);
    *out = chance >= pending->chance;
    return SERIN_OK;
}

/* The interval shrinks faster than any critical value grows: bisection on whole numbers. */
enum serin_status serin_samples_needed(const struct serin_pending *pending, uint64_t *out)
{
    if (!is_sound(pending)) {
        return SERIN_INVALID;
    }
    bool enough = false;
    TRY(suffices(pending, (double)SERIN_TOTAL_MAX, &enough));
    if (!enough) {
        return SERIN_UNDEFINED;
    }
    uint64_t short_of = (uint64_t)pending->events - 1;
    uint64_t reached = SERIN_TOTAL_MAX;
    while (reached - short_of > 1) {
        uint64_t middle = short_of + (reached - short_of) / 2;
        TRY(suffices(pending, (double)middle, &enough));
        if (enough) {
            reached = middle;
        } else {
            short_of = middle;
        }
    }
    *out = reached;
    return SERIN_OK;
}
