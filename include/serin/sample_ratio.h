/*
 * Whether the canary got the share of the traffic that it was promised, and the same kinds of it.
 */
#ifndef SERIN_SAMPLE_RATIO_H
#define SERIN_SAMPLE_RATIO_H

#include "serin/error.h"
#include "serin/jackknife.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How often a rollout without fault may see an alarm, over all its looks together. */
#define SERIN_SAMPLE_RATIO_ALPHA 0.0005

struct serin_sample_ratio {
    double chi_square; /* one degree of freedom */
    double p_value;
    bool mismatch; /* p below SERIN_SAMPLE_RATIO_ALPHA */
};

/*
 * Pearson's test of the canary's events against `expected_share` of all, in (0, 1): for a single
 * look at independent events. Fails with SERIN_INVALID outside it, SERIN_UNDEFINED without events,
 * SERIN_RANGE beyond 2^53.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_sample_ratio(uint64_t canary, uint64_t stable,
                                                                double expected_share,
                                                                struct serin_sample_ratio *out);

/* Events of both arms in one time bucket. */
struct serin_traffic {
    uint64_t canary;
    uint64_t stable;
};

/* What looking again and again at growing counts says. */
struct serin_anytime_test {
    double log_evidence; /* ln E; E ≥ 1/α ever has probability ≤ α when nothing is wrong */
    double p_value;      /* min(1, 1/E): likewise valid at every look */
    double deff;         /* design effect that the evidence was taken at */
};

/*
 * The canary's share of the traffic against `expected_share`, valid at every look: the
 * beta-binomial mixture likelihood ratio of the cumulative counts, which needs no memory of earlier
 * looks. The mixture expects the smaller arm to be off by a fifth of its share.
 *
 *   buckets  time buckets in any order. From two on, the share's spread between them gives the
 *            design effect the counts are divided by, with Student's tails for its own error; a
 *            single one stands for independent events
 *
 * Fails as serin_sample_ratio does.
 * Sources: Lindon & Malek, NeurIPS 2022 (anytime-valid sample ratio mismatch); Wallace, Ann. Math.
 * Statist. 30 (1959) (Student's t as a normal quantile).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_sample_ratio_anytime(const struct serin_traffic *buckets, size_t count, double expected_share,
                           struct serin_anytime_test *out);

/*
 * Whether both arms' events spread alike over kinds (the columns; rows are ignored), valid at every
 * look. Each kind is tested against all others by the normal mixture likelihood ratio of its shares
 * in the two arms, at the design effect of that very kind between blocks (the larger of both arms',
 * for the smaller one sees few bursts of a rare kind), and the ratios are averaged, which keeps
 * them valid however many kinds there are. An arm with a single block counts as independent events.
 * `out->deff` is that of the kind that says most.
 *
 * Fails with SERIN_INVALID when a column is out of range, the arms' columns differ or block ids
 * descend, SERIN_UNDEFINED when an arm has no events, SERIN_RANGE and SERIN_NO_MEMORY.
 * Source of the mixture: Robbins, Ann. Math. Statist. 41 (1970).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_mix_anytime(const struct serin_blocks *canary,
                                                               const struct serin_blocks *stable,
                                                               struct serin_anytime_test *out);

#endif
