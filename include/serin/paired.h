/*
 * The paired design: the same keys labelled by both arms, so that what both get wrong cancels.
 */
#ifndef SERIN_PAIRED_H
#define SERIN_PAIRED_H

#include "serin/arm.h"
#include "serin/critical.h"
#include "serin/jackknife.h"
#include "serin/table.h"

/* Some keys of one block with the same reference, canary's label and stable arm's label. */
struct serin_triple {
    uint32_t block; /* ascending; ids need not be dense */
    uint32_t row;   /* reference label, below `rows`, or SERIN_NO_REFERENCE: left out */
    uint32_t canary;
    uint32_t stable;
    uint64_t count;
};

/* Borrowed. The two arms share one label space; a triple may occur more than once. */
struct serin_triples {
    const struct serin_triple *triples;
    size_t count;
    size_t rows;
    size_t columns;
};

/* As struct serin_comparison; the state is that of reference × canary, or else × stable. */
struct serin_paired_comparison {
    enum serin_table_state state;
    enum serin_table_state canary_state;
    enum serin_table_state stable_state;
    uint64_t samples; /* keys with a reference */
    double estimate;  /* NMI(canary, reference) − NMI(stable, reference) */
    double lower;
    double upper;
    double se;                 /* √(deff · jackknife variance + floor) */
    double jackknife_variance; /* of the difference, joint delete-one */
    double floor;              /* variance of two adverse keys not yet seen */
    double z;
    double size; /* effective number of keys that z was taken at */
    double df;   /* Student's degrees of freedom; 0: no blocks */
    double unseen;
    double unseen_doubt; /* how much further it may reach by chance, as in serin/interval.h */
    double label_bias;   /* what unlike numbers of labels feign, as in serin/interval.h */
    double few_keys;     /* half-width for unseen keys beyond the floor, ≥ 0; see below */
    double correction;
    size_t rows;
    size_t columns;
    struct serin_arm canary;
    struct serin_arm stable;
};

/*
 * The paired delta with its interval d ± z SE ± ½|gap difference|, and the unseen-cell allowance.
 * Three terms, each of its own, are added to that:
 *
 *   few_keys      z (√(SE² + 0.77 floor) − SE) on both sides. Two unseen keys as a normal error
 *                 miss in 6.3 % when the truth is 2.8 differing keys and none was seen
 *   unseen_doubt  as for independent arms; at 10 labels, NMI 1 and up to 1,000 keys the lower end
 *                 missed in 4 to 9 % without it, in 1 to 2 % with both
 *   label_bias    as for independent arms, serin/interval.h
 *
 *   effect   SERIN_INDEPENDENT, or what serin_paired_design_effect found
 *
 * A sequential interval takes samples / deff as its size. Fails with SERIN_INVALID when a label is
 * out of range or block ids descend, SERIN_UNDEFINED for fewer than two keys, SERIN_RANGE and
 * SERIN_NO_MEMORY, and as serin_critical_value does. A degenerate table is a state of the result.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_paired(const struct serin_triples *triples,
                                                          enum serin_normalizer normalizer,
                                                          const struct serin_confidence *confidence,
                                                          const struct serin_design_effect *effect,
                                                          struct serin_paired_comparison *out);

/*
 * Delete-one-block jackknife of the paired delta and its design effect against the joint
 * delete-one jackknife. Fails with SERIN_UNDEFINED with fewer than two blocks or a degenerate
 * table, and as above.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_paired_design_effect(const struct serin_triples *triples, enum serin_normalizer normalizer,
                           struct serin_design_effect *out);

#endif
