#include "serin/interval.h"

#include "agreement/allowances.h"
#include "agreement/arm.h"
#include "agreement/blocks.h"
#include "agreement/label_count.h"
#include "agreement/measured.h"
#include "agreement/student.h"
#include "agreement/welch.h"
#include "base/memory.h"

#include <math.h>
#include <stdbool.h>

static bool knows_blocks(const struct serin_comparison_input *input)
{
    return input->canary_effect.blocks >= 2 && input->stable_effect.blocks >= 2;
}

static bool is_effect(const struct serin_design_effect *effect)
{
    return isfinite(effect->deff) && effect->deff >= 1.0 && isfinite(effect->variance) &&
           effect->variance >= 0.0;
}

static enum serin_status check_input(const struct serin_comparison_input *input)
{
    bool same_shape =
        input->canary.rows == input->stable.rows && input->canary.columns == input->stable.columns;
    bool effects = is_effect(&input->canary_effect) && is_effect(&input->stable_effect);
    return same_shape && effects ? SERIN_OK : SERIN_INVALID;
}

/* Labels that occur in either arm. */
static size_t count_union(const uint64_t *a, const uint64_t *b, size_t count)
{
    size_t occupied = 0;
    for (size_t i = 0; i < count; i++) {
        occupied += a[i] > 0 || b[i] > 0;
    }
    return occupied;
}

static enum serin_status choose_critical_value(const struct serin_comparison_input *input,
                                               struct serin_comparison *result)
{
    double canary = (double)result->canary.samples / input->canary_effect.deff;
    double stable = (double)result->stable.samples / input->stable_effect.deff;
    result->size = serin_harmonic_size(canary, stable);
    TRY(serin_critical_value(&input->confidence, result->size, &result->z));
    if (knows_blocks(input)) {
        result->df =
            welch_df(input->canary_effect.variance, design_effect_df(&input->canary_effect),
                     input->stable_effect.variance, design_effect_df(&input->stable_effect));
        result->z = student_critical(result->z, result->df);
    }
    return SERIN_OK;
}

/* Of the doubt about `unseen`, in standard errors per unit of the critical value: calibrated. */
static const double unseen_doubt_share = 0.6;

/* Variance of a singleton count, for it counts nearly independent rare events. */
static double singletons_variance(const struct serin_arm *arm)
{
    return arm->deff * arm->singletons * ((double)arm->size / (double)arm->samples);
}

/*
 * An arm that happens to show few singletons looks good and gets a small allowance at once, so the
 * allowance itself needs room for chance.
 */
static double unseen_doubt(const struct measured *canary, const struct serin_comparison *result)
{
    double cost = arm_spread_cost(canary, result->rows, result->columns, result->canary.singletons);
    double error =
        sqrt(singletons_variance(&result->canary) + singletons_variance(&result->stable)) /
        (double)result->canary.size;
    return unseen_doubt_share * result->z * cost * error;
}

/* MOVER on the logit limits of the arms, but never narrower than Wald's interval. */
static void set_limits(struct serin_comparison *result)
{
    const struct serin_arm *canary = &result->canary;
    const struct serin_arm *stable = &result->stable;
    struct limits c = arm_logit_limits(canary, result->z);
    struct limits s = arm_logit_limits(stable, result->z);
    double wald = result->z * result->se;
    double below = fmax(wald, hypot(canary->nmi - c.lower, s.upper - stable->nmi));
    double above = fmax(wald, hypot(c.upper - canary->nmi, stable->nmi - s.lower));
    struct reach allowed = allowances_reach(&(struct allowances){
        .correction = result->correction,
        .overcorrection = result->overcorrection,
        .unseen = result->unseen,
        .unseen_doubt = result->unseen_doubt,
        .label_bias = result->label_bias,
    });
    result->lower = fmax(-1.0, result->estimate - below - allowed.below);
    result->upper = fmin(1.0, result->estimate + above + allowed.above);
}

static enum serin_status compare_defined(const struct serin_comparison_input *input,
                                         const struct measured *canary,
                                         const struct measured *stable,
                                         struct serin_comparison *result)
{
    uint64_t size = canary->margins.total < stable->margins.total ? canary->margins.total
                                                                  : stable->margins.total;
    TRY(arm_describe(canary, size, &input->canary_effect, &result->canary));
    TRY(arm_describe(stable, size, &input->stable_effect, &result->stable));
    TRY(choose_critical_value(input, result));
    result->estimate = result->canary.nmi - result->stable.nmi;
    result->se = hypot(result->canary.se, result->stable.se);
    result->correction = 0.5 * fabs(result->canary.gap - result->stable.gap);
    result->unseen = arm_unseen_cost(canary, result->rows, result->columns) *
                     (result->canary.singletons - result->stable.singletons) / (double)size;
    result->unseen_doubt = unseen_doubt(canary, result);
    result->overcorrection = 0.5 * (result->canary.gap - result->stable.gap);
    result->label_bias = label_count_bias(canary, stable, &result->canary, &result->stable);
    set_limits(result);
    return SERIN_OK;
}

enum serin_status serin_compare(const struct serin_comparison_input *input,
                                struct serin_comparison *out)
{
    TRY(check_input(input));
    measured_scope canary;
    TRY(measured_init(&canary, &input->canary, input->normalizer));
    measured_scope stable;
    TRY(measured_init(&stable, &input->stable, input->normalizer));
    struct serin_comparison result = {
        .state = canary.state != SERIN_TABLE_OK ? canary.state : stable.state,
        .canary_state = canary.state,
        .stable_state = stable.state,
        .lower = -1.0,
        .upper = 1.0,
        .rows = count_union(canary.margins.rows, stable.margins.rows, input->canary.rows),
        .columns =
            count_union(canary.margins.columns, stable.margins.columns, input->canary.columns),
    };
    if (result.state == SERIN_TABLE_OK) {
        TRY(compare_defined(input, &canary, &stable, &result));
    }
    *out = result;
    return SERIN_OK;
}
