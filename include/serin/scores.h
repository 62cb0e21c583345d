/*
 * One labelling against its reference: NMI's companions, which a change of NMI is read beside.
 *
 * For tables with fewer than two occupied rows or columns the values are the customary ones for
 * display (those of scikit-learn): `state` says so, and a gate must look at it first.
 */
#ifndef SERIN_SCORES_H
#define SERIN_SCORES_H

#include "serin/nmi.h"
#include "serin/table.h"

struct serin_scores {
    enum serin_table_state state;
    uint64_t samples;
    size_t rows; /* occupied: distinct reference labels */
    size_t columns;
    struct serin_entropies entropies;   /* nats */
    double expected_mutual_information; /* of a random labelling with the same margins; nats */
    double nmi;                         /* plug-in, by the normalizer asked for */
    double adjusted_mutual_information; /* AMI by the same normalizer; 0 = chance, 1 = perfect */
    double adjusted_rand;               /* ARI; 0 = chance, 1 = perfect */
    double rand;                        /* share of pairs of events treated alike */
    double homogeneity;                 /* MI / H(reference): reference information kept */
    double completeness;                /* MI / H(label) */
    double v_measure;                   /* harmonic mean of the two */
    double purity; /* share of events whose reference is the commonest one of their label */
};

/*
 * All of them in one call. Costs what serin_expected_mutual_information does.
 * Sources: Rosenberg & Hirschberg, EMNLP 2007 (homogeneity, completeness, V-measure); Hubert &
 * Arabie, J. Classification 2 (1985) (ARI); Vinh, Epps & Bailey, JMLR 11 (2010) (AMI).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_scores(const struct serin_table *table,
                                                          enum serin_normalizer normalizer,
                                                          struct serin_scores *out);

/*
 * E[MI] in nats over all tables with these margins (the chance level of AMI); 0 when empty.
 * Pairs of equal margins are computed once; each takes O(σ) steps of its hypergeometric law, or a
 * fixed few above a mean of 10⁴. Source: Vinh, Epps & Bailey 2010, eq. 24a.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_expected_mutual_information(const struct serin_table *table, double *out);

/*
 * (MI − E[MI]) / (M − E[MI]), M the normalizer of the entropies. At most 1; near 0 by chance and
 * slightly negative at times. 1 for an empty table, for one cell, and where every event has a label
 * and a reference of its own; 0 where only one side has a single label.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_adjusted_mutual_information(const struct serin_table *table, enum serin_normalizer normalizer,
                                  double *out);

/* The adjusted Rand index from exact integers: at most 1; 1 where it is 0/0. */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_adjusted_rand(const struct serin_table *table,
                                                                 double *out);

/* The Rand index, in [0, 1]; 1 for fewer than two events. */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_rand(const struct serin_table *table,
                                                        double *out);

/* Purity, in [0, 1]; 0 for an empty table. */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_purity(const struct serin_table *table,
                                                          double *out);

#endif
