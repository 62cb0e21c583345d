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

static bool is_sound(const struct serin_plan *plan)
{
    return is_at_least(plan->canary_variance, 0.0) && is_at_least(plan->stable_variance, 0.0) &&
           is_at_least(plan->canary_deff, 1.0) && is_at_least(plan->stable_deff, 1.0) &&
           is_at_least(plan->stable_per_canary, 0.0) && is_share(plan->margin) &&
           is_share(plan->power) && fabs(plan->delta) <= 1.0;
}

/* Variance of √n_c · delta. */
static double variance_per_event(const struct serin_plan *plan)
{
    double variance = plan->canary_variance * plan->canary_deff;
    if (plan->stable_per_canary > 0.0) {
        variance += plan->stable_variance * plan->stable_deff / plan->stable_per_canary;
    }
    return variance;
}

/* The size at which a critical value is taken when the canary has n events. */
static double effective_size(const struct serin_plan *plan, double n)
{
    double canary = n / plan->canary_deff;
    return plan->stable_per_canary > 0.0
               ? serin_harmonic_size(canary, n * plan->stable_per_canary / plan->stable_deff)
               : canary;
}

/* Whether n canary events reach the power. */
static enum serin_status suffices(const struct serin_plan *plan, double n, bool *out)
{
    double z = 0.0;
    TRY(serin_critical_value(&plan->confidence, effective_size(plan, n), &z));
    double reach = z + normal_upper_quantile(1.0 - plan->power);
    double distance = plan->margin + plan->delta;
    *out = reach * reach * variance_per_event(plan) <= distance * distance * n;
    return SERIN_OK;
}

/* The standard error shrinks faster than any critical value grows: bisection on whole numbers. */
enum serin_status serin_samples_needed(const struct serin_plan *plan, uint64_t *out)
{
    if (!is_sound(plan)) {
        return SERIN_INVALID;
    }
    bool enough = false;
    TRY(suffices(plan, (double)SERIN_TOTAL_MAX, &enough));
    if (!enough || plan->margin + plan->delta == 0.0) {
        return SERIN_UNDEFINED;
    }
    uint64_t short_of = 0;
    uint64_t reached = SERIN_TOTAL_MAX;
    while (reached - short_of > 1) {
        uint64_t middle = short_of + (reached - short_of) / 2;
        TRY(suffices(plan, (double)middle, &enough));
        if (enough) {
            reached = middle;
        } else {
            short_of = middle;
        }
    }
    *out = reached;
    return SERIN_OK;
}
