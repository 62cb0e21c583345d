/*
 * Whether the canary got the share of the traffic that it was promised.
 */
#ifndef SERIN_SAMPLE_RATIO_H
#define SERIN_SAMPLE_RATIO_H

#include "serin/error.h"

#include <stdbool.h>
#include <stdint.h>

/* It is looked at again and again, so the alarm is rare. */
#define SERIN_SAMPLE_RATIO_ALPHA 0.0005

struct serin_sample_ratio {
    double chi_square; /* one degree of freedom */
    double p_value;
    bool mismatch; /* p below SERIN_SAMPLE_RATIO_ALPHA */
};

/*
 * Pearson's test of the canary's events against `expected_share` of all, in (0, 1).
 * Fails with SERIN_INVALID outside it, SERIN_UNDEFINED without events, SERIN_RANGE beyond 2^53.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_sample_ratio(uint64_t canary, uint64_t stable,
                                                                double expected_share,
                                                                struct serin_sample_ratio *out);

#endif
