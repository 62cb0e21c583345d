/*
 * How many samples a decision still needs: the forecast of an inconclusive answer.
 */
#ifndef SERIN_POWER_H
#define SERIN_POWER_H

#include "serin/critical.h"

/* A comparison that is undecided so far, at its present estimate. */
struct serin_pending {
    double estimate; /* of the difference, in [−1, 1] */
    double margin;   /* in (0, 1) */
    double events;   /* the canary's by now, at least 1 */

    double canary_variance; /* of √n · NMI, per event: n · se², design effect left out */
    double stable_variance;
    double canary_deff; /* at least 1 */
    double stable_deff;
    double stable_per_canary; /* stable events per canary event, > 0; paired: 0, one sample */

    double factor;       /* of the critical value, at least 1: Student's, for few blocks */
    double excess_below; /* how much further than the critical value times the standard error the
                            interval reaches now, at least 0: corrections and allowances */
    double excess_above;
    struct serin_confidence confidence;
    double chance; /* of a decision, in (0, 1); 0.8 customarily */
};

/*
 * Canary events, those by now included, at which the interval has passed the margin on either side
 * with the chance asked for, if the split of the traffic and the design effects stay.
 *
 * The true difference is taken to be the estimate. The estimate at n events is then normal around
 * it with variance V (n − n₀)/n², since the n₀ events by now stay as they are; V = V_c d_c +
 * V_s d_s n_c/n_s. The interval reaches factor · z(n) · √(V/n) plus the excess, which shrinks as
 * 1/n. Rounded up.
 *
 * Fails with SERIN_UNDEFINED when the estimate is the margin itself or more than 2^53 events would
 * be needed, SERIN_INVALID when an argument is out of range. Source of conditional power: Lan,
 * Simon & Halperin, Commun. Stat. C 1 (1982).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_samples_needed(const struct serin_pending *pending, uint64_t *out);

#endif
