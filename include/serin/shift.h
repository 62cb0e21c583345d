/*
 * The shift design: how much the emitted label tells about the arm, when there is no reference.
 */
#ifndef SERIN_SHIFT_H
#define SERIN_SHIFT_H

#include "serin/critical.h"
#include "serin/jackknife.h"
#include "serin/table.h"

struct serin_shift_input {
    const uint64_t *canary; /* events per emitted label, `labels` entries each */
    const uint64_t *stable;
    size_t labels;
    struct serin_design_effect canary_effect; /* from serin_shift_design_effect, or none */
    struct serin_design_effect stable_effect;
    enum serin_normalizer normalizer; /* of `nmi` alone */
    struct serin_confidence confidence;
};

/*
 * `state` EMPTY, SINGLE_REFERENCE (an arm without events) or SINGLE_BOTH: no comparison, and every
 * number is 0 but the upper ends, which are 1. With SINGLE_LABEL both arms emit one and the same
 * label: likewise.
 */
struct serin_shift {
    enum serin_table_state state;
    uint64_t canary_samples;
    uint64_t stable_samples;
    size_t labels; /* that occur in either arm */

    double js_bits; /* equal-weight Jensen-Shannon divergence, plug-in: 0 alike … 1 disjoint */
    double js_bits_corrected; /* with its small-sample bias taken off; at least 0 */
    double js_bits_lower;     /* what a gate uses: below the margin promotes, above rolls back */
    double js_bits_upper;
    double js_bits_se;
    double z;    /* critical value */
    double size; /* harmonic effective sample size it was taken at */
    double df;   /* Welch's degrees of freedom; 0: no blocks */

    double mutual_information; /* of arm and label at the traffic as it is; nats */
    double corrected_mutual_information;
    double nmi;
    double nmi_upper; /* fixed interval at the level, independent events */
    double upper_mutual_information;
    double noncentrality_upper;
    double g;                /* G statistic 2 n MI */
    size_t degrees;          /* labels − 1 */
    double p_value;          /* of G, independent events: "both arms alike" */
    double p_value_adjusted; /* of G over the design effects' mean */

    double kl_canary_stable; /* Kullback-Leibler with half a count added per label; nats */
    double kl_stable_canary;
};

/*
 * Measures the shift between the arms, with an interval for the divergence that does not depend on
 * the traffic split. Fails with SERIN_INVALID when a design effect is below 1, SERIN_RANGE when a
 * total exceeds SERIN_TOTAL_MAX, SERIN_NO_MEMORY, and as serin_critical_value does.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_shift(const struct serin_shift_input *input,
                                                         struct serin_shift *out);

/*
 * How much dependence within blocks inflates the spread of an arm's label shares: the mean design
 * effect that corrects a chi-square statistic. Rows of the cells are ignored, and events without a
 * reference count. `variance` is deff / samples. Fails with SERIN_UNDEFINED with fewer than two
 * blocks or labels, and otherwise as serin_design_effect does.
 * Source: Rao & Scott, J. Amer. Statist. Assoc. 76 (1981), first-order correction.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_shift_design_effect(const struct serin_blocks *blocks, struct serin_design_effect *out);

/*
 * Kullback-Leibler divergence KL(a ‖ b) in nats with half a count added to every label seen in
 * either; 0 when none is. Allocates nothing.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_kl_smoothed(const uint64_t *a, const uint64_t *b,
                                                               size_t labels, double *out);

#endif
