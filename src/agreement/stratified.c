#include "serin/stratified.h"

#include "agreement/allowances.h"
#include "agreement/arm.h"
#include "agreement/blocks.h"
#include "agreement/student.h"
#include "agreement/welch.h"
#include "base/memory.h"
#include "serin/slices.h"

#include <math.h>
#include <stdbool.h>

static bool is_effect(const struct serin_design_effect *effect)
{
    return isfinite(effect->deff) && effect->deff >= 1.0 && isfinite(effect->variance) &&
           effect->variance >= 0.0 && isfinite(effect->df) && effect->df >= 0.0;
}

static enum serin_status check_input(const struct serin_stratified_input *input)
{
    for (size_t i = 0; i < input->count; i++) {
        if (input->strata[i].state != SERIN_TABLE_OK) {
            return SERIN_INVALID;
        }
    }
    return is_effect(&input->canary_effect) && is_effect(&input->stable_effect) ? SERIN_OK
                                                                                : SERIN_INVALID;
}

/* The stratum's standard error at the design effect of the whole. */
static struct serin_arm at_effect(const struct serin_arm *arm, double deff)
{
    struct serin_arm out = *arm;
    out.se *= sqrt(deff / arm->deff);
    out.deff = deff;
    return out;
}

/* A stratum with both arms at the whole's design effects, and its share of the weights. */
struct stratum {
    struct serin_arm canary;
    struct serin_arm stable;
    double share;
};

static double stratum_weight(const struct serin_comparison *comparison)
{
    return (double)comparison->canary.samples + (double)comparison->stable.samples;
}

static void strata_take(const struct serin_stratified_input *input, struct stratum *strata)
{
    double total = 0.0;
    for (size_t i = 0; i < input->count; i++) {
        total += stratum_weight(&input->strata[i]);
    }
    for (size_t i = 0; i < input->count; i++) {
        const struct serin_comparison *from = &input->strata[i];
        strata[i] = (struct stratum){
            .canary = at_effect(&from->canary, input->canary_effect.deff),
            .stable = at_effect(&from->stable, input->stable_effect.deff),
            .share = stratum_weight(from) / total,
        };
    }
}

static void arm_add(const struct serin_arm *arm, double share, struct serin_stratified_arm *out)
{
    out->samples += arm->samples;
    out->nmi += share * arm->nmi;
    out->se = hypot(out->se, share * arm->se);
    out->gap += share * arm->gap;
}

static void strata_add(const struct serin_stratified_input *input, const struct stratum *strata,
                       struct serin_stratified *result)
{
    for (size_t i = 0; i < input->count; i++) {
        arm_add(&strata[i].canary, strata[i].share, &result->canary);
        arm_add(&strata[i].stable, strata[i].share, &result->stable);
        result->unseen += strata[i].share * input->strata[i].unseen;
        result->label_bias += strata[i].share * input->strata[i].label_bias;
    }
    result->overcorrection = 0.5 * (result->canary.gap - result->stable.gap);
    result->correction = fabs(result->overcorrection);
}

/* Estimate and standard error as published for slices. */
static enum serin_status standardise(const struct stratum *strata, size_t count,
                                     struct serin_stratified *result)
{
    owned_memory double *numbers = memory_allocate(3 * count, sizeof(*numbers));
    if (!numbers) {
        return SERIN_NO_MEMORY;
    }
    double *deltas = numbers;
    double *ses = numbers + count;
    double *shares = numbers + 2 * count;
    for (size_t i = 0; i < count; i++) {
        deltas[i] = strata[i].canary.nmi - strata[i].stable.nmi;
        ses[i] = hypot(strata[i].canary.se, strata[i].stable.se);
        shares[i] = strata[i].share;
    }
    struct serin_standardised standardised;
    TRY(serin_standardise(deltas, ses, shares, count, &standardised));
    result->estimate = standardised.estimate;
    result->se = standardised.se;
    return SERIN_OK;
}

static enum serin_status choose_critical_value(const struct serin_stratified_input *input,
                                               struct serin_stratified *result)
{
    const struct serin_design_effect *canary = &input->canary_effect;
    const struct serin_design_effect *stable = &input->stable_effect;
    result->size = serin_harmonic_size((double)result->canary.samples / canary->deff,
                                       (double)result->stable.samples / stable->deff);
    TRY(serin_critical_value(&input->confidence, result->size, &result->z));
    if (canary->blocks >= 2 && stable->blocks >= 2) {
        result->df = welch_df(canary->variance, design_effect_df(canary), stable->variance,
                              design_effect_df(stable));
        result->z = student_critical(result->z, result->df);
    }
    return SERIN_OK;
}

/* The stratum's doubt at the whole's critical value and at the arm's larger rise of deff. */
static double unseen_doubt_at(const struct serin_comparison *from, const struct stratum *stratum,
                              double z)
{
    double canary = stratum->canary.deff / from->canary.deff;
    double stable = stratum->stable.deff / from->stable.deff;
    return from->unseen_doubt * (z / from->z) * sqrt(fmax(canary, stable));
}

/* Strata are independent: so are their singletons. */
static void strata_add_doubts(const struct serin_stratified_input *input,
                              const struct stratum *strata, struct serin_stratified *result)
{
    for (size_t i = 0; i < input->count; i++) {
        double doubt = unseen_doubt_at(&input->strata[i], &strata[i], result->z);
        result->unseen_doubt = hypot(result->unseen_doubt, strata[i].share * doubt);
    }
}

static void set_limits(const struct stratum *strata, size_t count, struct serin_stratified *result)
{
    double below = 0.0;
    double above = 0.0;
    for (size_t i = 0; i < count; i++) {
        const struct serin_arm *canary = &strata[i].canary;
        const struct serin_arm *stable = &strata[i].stable;
        struct limits c = arm_logit_limits(canary, result->z);
        struct limits s = arm_logit_limits(stable, result->z);
        below = hypot(below, strata[i].share * hypot(canary->nmi - c.lower, s.upper - stable->nmi));
        above = hypot(above, strata[i].share * hypot(c.upper - canary->nmi, stable->nmi - s.lower));
    }
    double wald = result->z * result->se;
    struct reach allowed = allowances_reach(&(struct allowances){
        .correction = result->correction,
        .overcorrection = result->overcorrection,
        .unseen = result->unseen,
        .unseen_doubt = result->unseen_doubt,
        .label_bias = result->label_bias,
    });
    result->lower = fmax(-1.0, result->estimate - fmax(wald, below) - allowed.below);
    result->upper = fmin(1.0, result->estimate + fmax(wald, above) + allowed.above);
}

enum serin_status serin_stratified(const struct serin_stratified_input *input,
                                   struct serin_stratified *out)
{
    TRY(check_input(input));
    owned_memory struct stratum *strata = memory_allocate(input->count, sizeof(*strata));
    if (!strata) {
        return SERIN_NO_MEMORY;
    }
    struct serin_stratified result = {.canary.deff = input->canary_effect.deff,
                                      .stable.deff = input->stable_effect.deff};
    strata_take(input, strata);
    TRY(standardise(strata, input->count, &result));
    strata_add(input, strata, &result);
    TRY(choose_critical_value(input, &result));
    strata_add_doubts(input, strata, &result);
    set_limits(strata, input->count, &result);
    *out = result;
    return SERIN_OK;
}
