/*
 * A table's information and entropy split by emitted label, and what the change of NMI between two
 * such tables owes to each label.
 */
#ifndef SERIN_AGREEMENT_PARTS_H
#define SERIN_AGREEMENT_PARTS_H

#include "agreement/measured.h"
#include "base/memory.h"

/*
 * One table at one size: what a sample of so many of its events is expected to show, in nats.
 * `information` of label j is Σ_i p_ij ln(p_ij / (p_i p_j)) and `entropy` −p_j ln p_j; they add up
 * to `mutual` and to `label`.
 */
struct parts {
    enum serin_normalizer normalizer;
    size_t labels;
    double reference;
    double label;
    double mutual;
    double *information;
    double *entropy;
};

/*
 * The parts of a table that is not degenerate, at a size from 1 to its total. Exact expectations
 * over samples without replacement: E[k_ij ln k_i] = x_ij / a_i · E[k_i ln k_i].
 * Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status parts_create(const struct measured *measured, uint64_t size,
                                                struct parts **out);
void parts_destroy(struct parts *parts); /* NULL is fine */
DEFINE_CLEANUP(parts)

/* How NMI moves on average on the straight way from one table's parts to another's. */
struct slopes {
    double information; /* by a nat of information */
    double entropy;     /* by a nat of the labels' entropy; not positive */
    double start;  /* by a nat of the references' entropy, per nat of information at either … */
    double finish; /* … end of the way; not positive */
};

/* Mutual information and both entropies: where a way starts or ends. */
struct station {
    double reference;
    double label;
    double mutual;
};
struct station parts_station(const struct parts *parts);

/*
 * ∫ 1/M, −∫ I M_v/M², −∫ (1−t) M_u/M² and −∫ t M_u/M² over the straight way between stations whose
 * entropies are above zero. Source: Aumann & Shapley, Values of Non-Atomic Games (1974), the value
 * of a smooth game.
 */
struct slopes slopes_between(enum serin_normalizer normalizer, struct station from,
                             struct station to);

/*
 * Adds weight · (slopes · change) of every label to `out`. What the references' entropy changes is
 * nobody's: with it the sum over the labels is weight · (NMI of `to` − NMI of `from`).
 * Where a side of either table has no entropy, nothing is attributed.
 */
void parts_attribute(const struct parts *from, const struct parts *to, double weight, double *out);

/*
 * The same for two sizes of one table, where the references' entropy differs by chance alone: what
 * it changes falls to the labels too, as their information. The sum is the whole difference.
 */
void parts_attribute_sizes(const struct parts *from, const struct parts *to, double weight,
                           double *out);

#endif
