#include "verdict/pod_driver.h"

#include "serin/critical.h"

#include <math.h>

static double size_within_pods(const struct arm_evidence *arm)
{
    return (double)arm->result.samples / arm->within_pods;
}

/* The half-sample gap of independent events: a pod that stands out inflates the design effect. */
static double independent_gap(const struct evidence *evidence, enum arm arm)
{
    const struct arm_evidence *of = &evidence->arms[arm];
    double samples = (double)of->result.samples;
    double other = (double)evidence->arms[ARM_COUNT - 1 - arm].result.samples;
    return of->gap / (1.0 + (of->within_pods - 1.0) * fmin(1.0, other / samples));
}

/* Variance of the arm's NMI if its pods were alike. */
static double alike_variance(const struct arm_evidence *arm)
{
    return arm->variance / size_within_pods(arm);
}

struct pod_effect pod_effect_of(const struct evidence *evidence, enum arm arm,
                                const struct serin_left_out *pod)
{
    const struct arm_evidence *of = &evidence->arms[arm];
    double rest = (double)of->result.samples - (double)pod->events;
    if (rest <= 0.0) {
        return (struct pod_effect){0.0, 0.0};
    }
    double odds = (double)pod->events / rest;
    return (struct pod_effect){
        .change = pod->change - independent_gap(evidence, arm) * odds,
        .variance = alike_variance(of) * odds,
    };
}

double pods_alike_variance(const struct evidence *evidence)
{
    return alike_variance(&evidence->arms[ARM_CANARY]) +
           alike_variance(&evidence->arms[ARM_STABLE]);
}

/* What a change has to exceed if pods are alike, for what they differ by is the question here. */
static double critical_value(const struct evidence *evidence)
{
    struct serin_confidence confidence = judgement_confidence(evidence->judgement);
    double z = evidence->z;
    double size = serin_harmonic_size(size_within_pods(&evidence->arms[ARM_CANARY]),
                                      size_within_pods(&evidence->arms[ARM_STABLE]));
    return serin_critical_value(&confidence, size, &z) == SERIN_OK ? z : evidence->z;
}

/* What the interval of the difference would reach to each side if pods were alike. */
static double half_width_within_pods(const struct evidence *evidence)
{
    return critical_value(evidence) * sqrt(pods_alike_variance(evidence));
}

/*
 * Whether the estimate without the pod contradicts what the whole interval says or, where pods that
 * differ have made that too wide to say anything, what it would say if they were alike.
 */
static bool contradicts(const struct evidence *evidence, double delta)
{
    double lower = evidence->delta.lower;
    double upper = evidence->delta.upper;
    if (evidence->arms[ARM_CANARY].pods_differ || evidence->arms[ARM_STABLE].pods_differ) {
        double half_width = half_width_within_pods(evidence);
        lower = evidence->delta.value - half_width;
        upper = evidence->delta.value + half_width;
    }
    bool is_within = lower > -evidence->margin;
    bool is_beyond = upper < -evidence->margin;
    return (is_within && delta < -evidence->margin) || (is_beyond && delta > -evidence->margin);
}

void pod_driver_take(const struct evidence *evidence, enum arm arm, struct text_view pod,
                     double change, double variance, struct pod_driver *driver)
{
    double delta = evidence->delta.value + change;
    bool moves_most =
        !driver->found || fabs(change) > fabs(driver->delta_without - evidence->delta.value);
    bool is_chance = fabs(change) <= critical_value(evidence) * sqrt(variance);
    if (!is_chance && contradicts(evidence, delta) && moves_most) {
        *driver = (struct pod_driver){true, arm, pod, delta};
    }
}
