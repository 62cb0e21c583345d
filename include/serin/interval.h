/*
 * The difference of two independent arms: delta = NMI(canary) − NMI(stable) with an interval that
 * is honest about sample size, unequal traffic, dependence and repeated looks.
 */
#ifndef SERIN_INTERVAL_H
#define SERIN_INTERVAL_H

#include "serin/arm.h"
#include "serin/critical.h"
#include "serin/jackknife.h"
#include "serin/table.h"

struct serin_comparison_input {
    struct serin_table canary; /* both tables over the union of labels: the same shape */
    struct serin_table stable;
    struct serin_design_effect canary_effect; /* SERIN_INDEPENDENT without blocks */
    struct serin_design_effect stable_effect;
    enum serin_normalizer normalizer;
    struct serin_confidence confidence;
};

/*
 * `state` other than SERIN_TABLE_OK: the canary's, or else the stable arm's, table allows no
 * comparison; then lower is −1, upper 1, and every other number 0.
 */
struct serin_comparison {
    enum serin_table_state state;
    enum serin_table_state canary_state;
    enum serin_table_state stable_state;
    double estimate; /* delta, in [−1, 1] */
    double lower;
    double upper;
    double se;             /* of the difference */
    double z;              /* critical value, Student's where blocks were given */
    double size;           /* harmonic effective sample size it was taken at */
    double df;             /* Welch's degrees of freedom; 0: no blocks, normal quantiles */
    double unseen;         /* allowance for cells not yet seen: > 0 lowers the lower end */
    double unseen_doubt;   /* how much further it may reach by chance, ≥ 0; see below */
    double correction;     /* doubt about the bias correction, added on both sides */
    double overcorrection; /* the rest of it: > 0 raises the upper end, < 0 lowers the lower one */
    double label_bias;     /* what unlike numbers of labels feign: > 0 lowers the lower end, < 0
                              raises the upper one; 0 where both arms emit equally many */
    size_t rows;           /* labels that occur in either arm */
    size_t columns;
    struct serin_arm canary;
    struct serin_arm stable;
};

/*
 * Compares two arms: matched rarefaction, half-sample correction, MOVER on logit limits within a
 * Wald envelope. The doubts are added to either side:
 *
 *   below  correction + max(0, unseen + unseen_doubt) + max(0, −overcorrection)
 *          + max(0, label_bias)
 *   above  correction + max(0, unseen_doubt − unseen) + max(0, overcorrection)
 *          + max(0, −label_bias)
 *
 * With f the cells that an arm of n samples and design effect D shows once at the common size m,
 * E the canary's empty cells and M its normalizer, at least 0.1:
 *
 *   correction      ½ |gap_c − gap_s|
 *   unseen          (f_c − f_s)/m · ln(possible / occupied cells of the canary) / M
 *   unseen_doubt    0.6 z · √(D_c f_c m/n_c + D_s f_s m/n_s)/m · ln(1 + E/max(1, f_c)) / M
 *   overcorrection  ½ (gap_c − gap_s): what was taken off for bias may have been none
 *   label_bias      ½ (f_c + f_s)/m · L / M: misses that fall into more cells look more orderly
 *
 * L has the sign of the arm that emits more labels: > 0 the canary. With C an arm's emitted labels,
 * C(m) those that a sample of m of its events is expected to show and H their entropy, |L| is the
 * smaller of |H_c − H_s| and ln(C(m) of the one with more / C of the other), 0 below that.
 *
 * Guards and the verdict are the caller's: too few samples is min(samples / deff) against
 * 10 · max(rows, columns), a sparse table is a gap above a third of the margin, unseen cells are
 * `unseen` above a quarter of it.
 *
 * An effect counts as known blocks when its `blocks` is 2 or more in both arms; else normal
 * quantiles are used with its deff. Fails with SERIN_INVALID when the shapes differ,
 * SERIN_UNDEFINED when an arm holds fewer than two events; otherwise as serin_arm and
 * serin_critical_value do. Source: Zou & Donner, Stat. Med. 27 (2008) (MOVER);
 * 0.6 is calibrated by simulation, docs/decisions.md says how.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_compare(const struct serin_comparison_input *input, struct serin_comparison *out);

#endif
