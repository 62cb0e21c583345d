#include "verdict/forecast.h"

#include "base/memory.h"
#include "serin/power.h"

#include <math.h>
#include <string.h>

#define POWER 0.8

/* Reasons that more samples can remove. */
static const char *const curable[] = {"straddles_margin", "too_few_samples", "sparse_table",
                                      "unseen_cells"};

static bool is_curable(const char *reason)
{
    for (size_t i = 0; i < ARRAY_LENGTH(curable); i++) {
        if (strcmp(reason, curable[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* How many times the present canary's samples satisfy the guards. Bias and unseen mass go as 1/n.
 */
static double factor_of_guards(const struct evidence *evidence)
{
    double wanted = evidence_samples_wanted(evidence);
    double factor = 1.0;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        factor = fmax(factor, wanted / evidence->arms[arm].effective);
        factor = fmax(factor, evidence->arms[arm].gap / (evidence->margin / 3.0));
    }
    return fmax(factor, evidence->unseen / (evidence->margin / 4.0));
}

/*
 * The interval's half-width towards the margin against that of a plain one: the corrections for
 * small samples that it holds shrink with the samples at least as fast, so it is a cautious factor.
 */
static double width_ratio(const struct evidence *evidence, double distance, double variance)
{
    bool is_shift = evidence->judgement->design == DESIGN_SHIFT;
    bool towards_upper = is_shift == (distance > 0.0);
    double half = towards_upper ? evidence->delta.upper - evidence->delta.value
                                : evidence->delta.value - evidence->delta.lower;
    double plain = evidence->z * sqrt(variance);
    return plain > 0.0 ? fmax(1.0, half / plain) : 1.0;
}

/* The plan's arguments at the present estimate; variances are raised to match the interval. */
static bool plan_of(const struct evidence *evidence, struct serin_plan *out)
{
    const struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    const struct arm_evidence *stable = &evidence->arms[ARM_STABLE];
    enum design design = evidence->judgement->design;
    double delta = design == DESIGN_SHIFT ? -evidence->delta.value : evidence->delta.value;
    double of_difference =
        canary->variance / canary->effective + stable->variance / stable->effective;
    double ratio = width_ratio(evidence, delta + evidence->margin, of_difference);
    if (canary->variance <= 0.0) {
        return false;
    }
    *out = (struct serin_plan){
        .canary_variance = canary->variance * ratio * ratio,
        .stable_variance = stable->variance * ratio * ratio,
        .canary_deff = canary->result.design_effect,
        .stable_deff = stable->result.design_effect,
        .stable_per_canary = design == DESIGN_PAIRED
                                 ? 0.0
                                 : (double)stable->result.samples / (double)canary->result.samples,
        .margin = evidence->margin,
        .delta = delta,
        .power = POWER,
        .confidence = judgement_confidence(evidence->judgement),
    };
    return true;
}

static double canary_minutes(const struct arm_evidence *canary)
{
    return canary->first_ms > 0 && canary->last_ms > canary->first_ms
               ? (double)(canary->last_ms - canary->first_ms) / 60000.0
               : 0.0;
}

/* How many times the present canary's samples let the interval decide; false: nobody can tell. */
static bool factor_of_interval(const struct evidence *evidence, double *out)
{
    struct serin_plan plan;
    uint64_t needed = 0;
    if (!plan_of(evidence, &plan) || serin_samples_needed(&plan, &needed) != SERIN_OK) {
        return false;
    }
    *out = (double)needed / (double)evidence->arms[ARM_CANARY].result.samples;
    return true;
}

bool forecast_make(const struct evidence *evidence, const struct outcome *outcome,
                   struct forecast *out)
{
    const struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    if (outcome->decision != DECISION_INCONCLUSIVE || !is_curable(outcome->reason) ||
        canary->effective <= 0.0 || evidence->arms[ARM_STABLE].effective <= 0.0) {
        return false;
    }
    double factor = factor_of_guards(evidence);
    double of_interval = 1.0;
    if (evidence->delta.defined) {
        if (!factor_of_interval(evidence, &of_interval)) {
            return false;
        }
        factor = fmax(factor, of_interval);
    }
    double present = (double)canary->result.samples;
    double further = fmax(1.0, ceil((factor - 1.0) * present));
    if (!(further <= (double)FORECAST_SAMPLES_MAX)) {
        return false;
    }
    *out = (struct forecast){.samples = (uint64_t)further,
                             .minutes = further / present * canary_minutes(canary)};
    return true;
}
