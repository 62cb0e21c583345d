/*
 * The difference of two arms at a traffic mix common to both: the weighted mean of the strata's
 * differences, with one interval for the whole of it.
 */
#ifndef SERIN_STRATIFIED_H
#define SERIN_STRATIFIED_H

#include "serin/critical.h"
#include "serin/error.h"
#include "serin/interval.h"
#include "serin/jackknife.h"
#include "serin/table.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The design effect of an arm's weighted mean of scores, by the jackknife over its blocks; variance
 * is that of the mean, deff compares it with independent events. A block's events fall into several
 * strata, so that these are not independent of each other: a block is left out of all strata at
 * once. The weights stay as they are, for they are the same for both arms.
 *
 *   strata   the arm's cells by stratum; `block` means the same block in each of them
 *   weights  of the strata, `count` of each; any common factor drops out
 *
 * The degrees of freedom are one less than the blocks when blocks spread over the strata, and
 * Satterthwaite's, of the strata's own variances, when these are fewer: where each block lies in
 * one stratum (a pod that serves one region) a stratum with few blocks tells less.
 * Fails with SERIN_INVALID when a weight is negative or all are 0, SERIN_UNDEFINED when a stratum
 * has fewer than two blocks, and otherwise as serin_design_effect does.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_stratified_effect(const struct serin_blocks *strata, const double *weights, size_t count,
                        enum serin_normalizer normalizer, struct serin_design_effect *out);

struct serin_stratified_input {
    const struct serin_comparison *strata; /* each with state SERIN_TABLE_OK and its own deffs */
    size_t count;
    struct serin_design_effect canary_effect;
    struct serin_design_effect stable_effect;
    struct serin_confidence confidence;
};

/* One arm at the common mix. */
struct serin_stratified_arm {
    uint64_t samples;
    double nmi; /* weighted mean of the strata's corrected scores */
    double se;
    double gap; /* weighted mean of the bias left in them */
    double deff;
};

struct serin_stratified {
    double estimate; /* delta, in [−1, 1] */
    double lower;
    double upper;
    double se;
    double z;    /* critical value, Student's where blocks were given */
    double size; /* harmonic effective sample size it was taken at */
    double df;   /* Welch's degrees of freedom; 0: no blocks, normal quantiles */
    double unseen;
    double unseen_doubt;
    double correction;
    double overcorrection;
    double label_bias;
    struct serin_stratified_arm canary;
    struct serin_stratified_arm stable;
};

/*
 * The weight of a stratum is the events of both arms in it, the same for both arms, so that a mix
 * that differs between them can neither feign a loss nor hide one. Every part of the strata's
 * intervals is carried over:
 *   limits      MOVER over strata and arms: lower = d − √Σ (w_k (d_k − l_k))², within Wald's
 *               envelope; each stratum's standard error at the whole's design effect
 *   unseen, overcorrection, label_bias
 *               the weighted means of the strata's; correction is the second's size
 *   unseen_doubt            √Σ (w_k doubt_k)², each at the whole's critical value and deffs
 * With one stratum it is serin_compare. Fails with SERIN_INVALID when there are no strata, one has
 * no comparison or an effect is out of range, with SERIN_NO_MEMORY, and as serin_critical_value
 * does. Source: Zou & Donner, Stat. Med. 27 (2008), sec. 2 (MOVER of a linear combination).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_stratified(const struct serin_stratified_input *input, struct serin_stratified *out);

#endif
