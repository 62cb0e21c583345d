/*
 * Whether the verdict hangs on a single pod, where strata carry the delta.
 */
#ifndef SERIN_VERDICT_ONE_POD_STRATA_H
#define SERIN_VERDICT_ONE_POD_STRATA_H

#include "serin/error.h"
#include "verdict/evidence.h"
#include "verdict/slice_measure.h"
#include "verdict/strata.h"

/*
 * As one_pod_find (verdict/one_pod.h), but a pod is left out of all strata at once and their
 * weights stay, so that a pod that serves other traffic than its neighbours does not stand out by
 * that. A stratum that the pod has to itself in its arm goes with it: without the pod delta is then
 * the mean of the others.
 *
 *   evidence  of the whole, with the strata's delta
 *
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status one_pod_find_in_strata(const struct slice_question *question,
                                                          const struct strata *strata,
                                                          struct evidence *evidence,
                                                          struct serin_error *err);

#endif
