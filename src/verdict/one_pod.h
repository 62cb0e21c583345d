/*
 * Whether the verdict hangs on a single pod.
 */
#ifndef SERIN_VERDICT_ONE_POD_H
#define SERIN_VERDICT_ONE_POD_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"
#include "verdict/pod_driver.h"

/*
 * Fills evidence->driver: the pod, of an arm with at least PODS_LEAST, without which the estimate
 * would lie on the other side of the margin than the whole interval does, by more than chance
 * explains; of several the one that moves the estimate most. What chance explains is z times the
 * standard error of the arm's NMI times √(w/(1 − w)), w the pod's share of the arm's events. The
 * other pods' fewer events make plug-in NMI larger, which is taken off by the arm's half-sample
 * gap. Not in the design `shift`, and not where strata carry the delta, whose pods are searched by
 * verdict/one_pod_strata.h. Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status one_pod_find(const struct counts *counts,
                                                const struct block_tables *tables,
                                                struct evidence *evidence, struct serin_error *err);

#endif
