#include "verdict/forecast.h"

#include "base/memory.h"
#include "serin/power.h"

#include <math.h>
#include <string.h>

#define CHANCE 0.8

/*
 * How fast bias and unseen mass fall: as 1/n once every cell has been seen, and slower while many
 * are still empty. With 20 labels at an NMI of 0.5 it falls about as n^−½ from 500 to 1,250.
 */
#define DECAY 0.5

/* Reasons that more samples can remove, unless the arms' pods differ: that takes more pods. */
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

static double factor_of_excess(double now, double allowed)
{
    return now > allowed ? pow(now / allowed, 1.0 / DECAY) : 1.0;
}

/* How many times the present canary's samples satisfy the guards. */
static double factor_of_guards(const struct evidence *evidence)
{
    double wanted = evidence_samples_wanted(evidence);
    double factor = 1.0;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        factor = fmax(factor, wanted / evidence->arms[arm].effective);
        factor = fmax(factor, factor_of_excess(evidence->arms[arm].gap, evidence->margin / 3.0));
    }
    return fmax(factor, factor_of_excess(evidence->unseen, evidence->margin / 4.0));
}

/* By how much few blocks have raised the critical value. */
static double student_factor_of(const struct evidence *evidence,
                                const struct serin_confidence *confidence)
{
    double z = 0.0;
    bool is_known = serin_critical_value(confidence, evidence->size, &z) == SERIN_OK && z > 0.0;
    return is_known ? fmax(1.0, evidence->z / z) : 1.0;
}

/* A divergence grows with the harm: turned round it is a difference like the others. */
static void set_interval(const struct evidence *evidence, double half_width,
                         struct serin_pending *out)
{
    bool is_shift = evidence->judgement->design == DESIGN_SHIFT;
    double below = evidence->delta.value - evidence->delta.lower;
    double above = evidence->delta.upper - evidence->delta.value;
    out->estimate = is_shift ? -evidence->delta.value : evidence->delta.value;
    out->excess_below = fmax(0.0, (is_shift ? above : below) - half_width);
    out->excess_above = fmax(0.0, (is_shift ? below : above) - half_width);
}

/* What is pending at the present estimate; false where there is no variance to go by. */
static bool pending_of(const struct evidence *evidence, struct serin_pending *out)
{
    const struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    const struct arm_evidence *stable = &evidence->arms[ARM_STABLE];
    bool is_paired = evidence->judgement->design == DESIGN_PAIRED;
    double variance = canary->variance / canary->effective;
    if (canary->variance <= 0.0) {
        return false;
    }
    variance += is_paired ? 0.0 : stable->variance / stable->effective;
    *out = (struct serin_pending){
        .margin = evidence->margin,
        .events = (double)canary->result.samples,
        .canary_variance = canary->variance,
        .stable_variance = stable->variance,
        .canary_deff = canary->result.design_effect,
        .stable_deff = stable->result.design_effect,
        .stable_per_canary =
            is_paired ? 0.0 : (double)stable->result.samples / (double)canary->result.samples,
        .confidence = judgement_confidence(evidence->judgement),
        .chance = CHANCE,
    };
    out->factor = student_factor_of(evidence, &out->confidence);
    set_interval(evidence, evidence->z * sqrt(variance), out);
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
    struct serin_pending pending;
    uint64_t needed = 0;
    if (!pending_of(evidence, &pending) || serin_samples_needed(&pending, &needed) != SERIN_OK) {
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
        canary->pods_differ || evidence->arms[ARM_STABLE].pods_differ || canary->effective <= 0.0 ||
        evidence->arms[ARM_STABLE].effective <= 0.0) {
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
