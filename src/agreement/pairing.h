/*
 * The tables of both arms from keys that both have labelled, and how their difference moves when a
 * key is left out.
 */
#ifndef SERIN_AGREEMENT_PAIRING_H
#define SERIN_AGREEMENT_PAIRING_H

#include "agreement/measured.h"
#include "agreement/running.h"
#include "serin/paired.h"

#include <stdbool.h>

/* Not to be copied; pairing_clear is to be called whether or not pairing_init succeeded. */
struct pairing {
    const struct serin_triples *triples;
    struct running *canary; /* reference × label */
    struct running *stable;
    struct measured canary_measured;
    struct measured stable_measured;
};

/* Runs pairing_clear when the name leaves scope; to be initialized at once. */
#define pairing_scope __attribute__((cleanup(pairing_clear))) struct pairing

/* Succeeds for degenerate tables too. */
SERIN_MUST_CHECK enum serin_status pairing_init(struct pairing *pairing,
                                                const struct serin_triples *triples,
                                                enum serin_normalizer normalizer);
void pairing_clear(struct pairing *pairing);

/* Whether a triple counts: it has a reference and is not empty. */
bool pairing_counts(const struct serin_triple *triple);

/* Joint delete-one jackknife variance of the difference; neither table is degenerate. */
SERIN_MUST_CHECK enum serin_status pairing_jackknife_variance(const struct pairing *pairing,
                                                              double *out);

/*
 * Variance of two adverse keys not yet seen, each moving the stable arm's NMI by (ln n + 1)/(M n),
 * M at least 0.1.
 */
double pairing_unseen_variance(const struct measured *stable);

#endif
