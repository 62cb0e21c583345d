/*
 * When leaving a pod out contradicts what the whole says, by more than chance explains.
 */
#ifndef SERIN_VERDICT_POD_DRIVER_H
#define SERIN_VERDICT_POD_DRIVER_H

#include "base/text.h"
#include "verdict/evidence.h"

/* Of two pods neither can be told from the whole. */
enum { PODS_LEAST = 3 };

/* The half-sample gap of independent events: a pod that stands out inflates the design effect. */
double pod_independent_gap(const struct evidence *evidence, enum arm arm);

/* Variance of the arm's NMI if its pods were alike. */
double pod_alike_variance(const struct arm_evidence *arm);

/*
 * Takes the pod for the one that the answer hangs on, where it moves the estimate more than any
 * before it.
 *
 *   change    of delta, when the pod is left out
 *   variance  of that change if pods are alike: chance explains what is within it at delta's
 *             critical value
 */
void pod_driver_take(const struct evidence *evidence, enum arm arm, struct text_view pod,
                     double change, double variance, struct pod_driver *driver);

#endif
