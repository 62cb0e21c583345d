/*
 * The influence function of NMI: how the score moves with one more event in a cell. Its variance
 * gives the asymptotic standard error of the plug-in estimate for independent events.
 */
#ifndef SERIN_INFLUENCE_H
#define SERIN_INFLUENCE_H

#include "serin/table.h"

/* NMI with its standard error: the cheapest complete answer about one table. */
struct serin_nmi_estimate {
    double nmi;            /* plug-in, in [0, 1] */
    double variance;       /* of √n · NMI: Σ p ψ² */
    double standard_error; /* √(variance / n) */
};

/*
 * Fails with SERIN_UNDEFINED when the table has fewer than two occupied rows or columns.
 * The standard error is 10 to 30 % short in sparse tables; intervals use serin_arm's.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_nmi_estimate(const struct serin_table *table,
                                                                enum serin_normalizer normalizer,
                                                                struct serin_nmi_estimate *out);

/*
 * The influence value ψ of every cell.
 *
 *   out   rows × columns doubles, row-major, of the caller; 0 at empty cells, which carry no weight
 *
 * Σ p ψ = 0 over the table. ψ = [ln(p/(p_i p_j)) − I − NMI (M_r (−ln p_i − H_r) + M_l (−ln p_j −
 * H_l))] / M with the normalizer M and its derivatives M_r, M_l by the two entropies; min and max
 * take the row side on a tie. Fails with SERIN_UNDEFINED as above.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_influence(const struct serin_table *table, enum serin_normalizer normalizer, double *out);

#endif
