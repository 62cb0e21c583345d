/*
 * Whether pooling over time feigns or hides a difference. The canary's share of the traffic is
 * raised in steps, so that the canary has seen more of the end than the stable arm has: where the
 * traffic gets easier meanwhile that flatters the canary, where it gets harder that slanders it
 * (Simpson's paradox over time).
 */
#ifndef SERIN_VERDICT_DRIFT_H
#define SERIN_VERDICT_DRIFT_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"

/* Parts of the rollout, of about as many canary events each. */
enum { DRIFT_STRATA = 6 };

/*
 * Sets evidence->traffic_drifts when the stable arm's own NMI, weighted by the times that the
 * canary has seen, differs from the same weighted by the stable arm's times by more than a quarter
 * of the margin and more than twice its standard error:
 *
 *     Σ_t (c_t − s_t) NMI_t
 *
 * c_t, s_t the shares of the arms' events in part t, NMI_t the stable arm's there, corrected at a
 * size common to all parts. It is 0 while the share is constant, whatever drifts. Only in the
 * design `reference` and where blocks have times. Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status traffic_drift_find(const struct counts *counts,
                                                      const struct block_tables *tables,
                                                      struct evidence *evidence,
                                                      struct serin_error *err);

#endif
