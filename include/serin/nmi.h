/*
 * Entropy, mutual information and its normalized form, as plug-in estimates.
 *
 * All logarithms are natural. Sums over cells are carried out in exact integer arithmetic on
 * 121-bit fixed-point logarithms, so no result depends on the order of labels, NMI of a table and
 * of its transpose are equal to the last bit, and nothing cancels however large the counts are.
 */
#ifndef SERIN_NMI_H
#define SERIN_NMI_H

#include "serin/table.h"

/* Nats. All zero for an empty table. */
struct serin_entropies {
    double reference;          /* of the rows */
    double label;              /* of the columns */
    double joint;              /* of the cells */
    double mutual_information; /* reference + label − joint, never negative */
};

/*
 * Entropy of a distribution given as counts, in nats: Σ (c/n) ln(n/c); 0 when nothing or only one
 * outcome occurs. Fails with SERIN_RANGE when the total exceeds SERIN_TOTAL_MAX. Allocates nothing.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_entropy(const uint64_t *counts, size_t count,
                                                           double *out);

/* The entropies of a table and the mutual information of its rows and columns. */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_entropies(const struct serin_table *table,
                                                             struct serin_entropies *out);

/*
 * Normalized mutual information, plug-in.
 *
 *   normalizer  what divides the mutual information; see enum serin_normalizer
 *   out         dimensionless, in [0, 1]; 1 = the labels determine each other
 *
 * Biased upward by about (rows−1)(columns−1)/2n nats of mutual information: to compare arms take
 * serin_compare. Fails with SERIN_UNDEFINED when the table has fewer than two occupied rows or
 * columns (serin_scores gives the customary display value).
 * Source: Strehl & Ghosh, "Cluster ensembles", JMLR 3 (2002), eq. 3 (geometric mean).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_nmi(const struct serin_table *table, enum serin_normalizer normalizer, double *out);

#endif
