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
 * Measures the shift between the arms. Fails with SERIN_INVALID when a design effect is below 1,
 * SERIN_RANGE when a total exceeds SERIN_TOTAL_MAX, SERIN_NO_MEMORY, and as serin_critical_value
 * does.
 *
 * The interval of the divergence J (nats; n = n_c n_s/(n_c + n_s) with effective sizes):
 *   - Alike arms make 8 n J noncentral chi-square with noncentrality 8 n times the true divergence.
 *     Its degrees are 8 n times the mean of the plug-in when the labels' events fall on the arms at
 *     random, an exact hypergeometric mean: labels − 1 in dense tables, right in sparse ones too.
 *   - Arms far apart make it nearly normal, with the influence variance of either arm. Where that
 *     exceeds the J/2n of alike arms, the chi-square limits are taken at as much larger a z.
 *   - Each side takes the wider of both limits, Wald's about the bias-corrected value; a quarter of
 *     the correction is kept as doubt. A statistic below its degrees, which is luck, counts as
 * them.
 *
 * Simulated at 95 % (2 to 10 labels, flat and Zipf, J from 0 to 0.1 bits, canary of 100 to 10,000
 * events, stable arm of 1/9, 1 and 19 times as many): the upper end misses in 1.0 % on average and
 * 3.6 % in the worst of 820 cells (2,500 rollouts each, error ±0.3), the lower end in 0.7 % and 2.9
 * %. Sequential, 60 looks: 0.5 % (2.0 %) and 0.2 % (1.3 %) ever. In sessions of 10 and 50 events
 * with design effects up to 11, 20 blocks an arm: 1.0 % and 0.8 %, where independence would miss in
 * 7 % and 29 %.
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
