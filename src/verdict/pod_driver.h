/*
 * When leaving a pod out contradicts what the whole says, by more than chance explains.
 */
#ifndef SERIN_VERDICT_POD_DRIVER_H
#define SERIN_VERDICT_POD_DRIVER_H

#include "base/text.h"
#include "serin/leave_out.h"
#include "verdict/evidence.h"

/* Of two pods neither can be told from the whole. */
enum { PODS_LEAST = 3 };

/* An arm's NMI without one of its pods − with it, and the variance of that if pods are alike. */
struct pod_effect {
    double change;
    double variance;
};

/* Zero where the arm has no other events. The evidence is that of the table the pod was left out
 * of. */
struct pod_effect pod_effect_of(const struct evidence *evidence, enum arm arm,
                                const struct serin_left_out *pod);

/* Variance of delta if the pods of both arms were alike. */
double pods_alike_variance(const struct evidence *evidence);

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
