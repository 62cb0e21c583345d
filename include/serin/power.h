/*
 * How many samples a decision needs: for plans, and for the forecast of an inconclusive answer.
 */
#ifndef SERIN_POWER_H
#define SERIN_POWER_H

#include "serin/critical.h"

struct serin_plan {
    double canary_variance; /* of √n · NMI, per event: n · se², design effect left out */
    double stable_variance;
    double canary_deff; /* at least 1 */
    double stable_deff;
    double stable_per_canary; /* stable events per canary event, > 0; paired: 0, one sample */
    double margin;            /* in (0, 1) */
    double delta;             /* the true difference to plan for, in [−1, 1] */
    double power;             /* chance of a decision, in (0, 1); 0.8 customarily */
    struct serin_confidence confidence;
};

/*
 * Canary events after which an answer is given with the asked-for power: a promote when delta lies
 * above −margin, a rollback below it. n = (z + z_power)² (V_c d_c + V_s d_s n_c/n_s) / (margin +
 * delta)², z at that n. Rounded up.
 *
 * Fails with SERIN_UNDEFINED when delta equals −margin or more than 2^53 events would be needed,
 * SERIN_INVALID when an argument is out of range.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_samples_needed(const struct serin_plan *plan,
                                                                  uint64_t *out);

#endif
