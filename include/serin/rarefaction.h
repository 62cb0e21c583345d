/*
 * What a random part of a table's events would have shown: expected entropies of a subsample drawn
 * without replacement. Comparing both arms at one size makes the bias of NMI equal in both.
 */
#ifndef SERIN_RAREFACTION_H
#define SERIN_RAREFACTION_H

#include "serin/table.h"

/*
 * E[k ln k] for a hypergeometric k: `drawn` out of `total` items of which `marked` count. In nats;
 * relative error below 1e-12 of the entropy it enters.
 * Fails with SERIN_INVALID when marked or drawn exceeds total, SERIN_RANGE when total exceeds
 * SERIN_TOTAL_MAX. O(√(mean)) up to a mean of 10⁴, constant above.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_expected_klogk(uint64_t total, uint64_t marked,
                                                                  uint64_t drawn, double *out);

/*
 * NMI computed from the expected entropies of `size` events drawn without replacement: the plug-in
 * NMI when size is the total or more.
 * Fails with SERIN_UNDEFINED when the table has fewer than two occupied rows or columns, and
 * SERIN_INVALID when size is 0. Source of rarefaction: Hurlbert, Ecology 52 (1971).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_rarefied_nmi(const struct serin_table *table,
                                                                uint64_t size,
                                                                enum serin_normalizer normalizer,
                                                                double *out);

#endif
