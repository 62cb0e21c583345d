/*
 * A table with everything that its statistics share: totals, exact sums, entropies, plug-in NMI.
 */
#ifndef SERIN_AGREEMENT_MEASURED_H
#define SERIN_AGREEMENT_MEASURED_H

#include "agreement/margins.h"
#include "agreement/wide.h"
#include "serin/nmi.h"

/* Exact sums of count · ln count, scaled by 2¹¹⁸: all that entropies are made of. */
struct information {
    uint64_t total;
    struct wide whole; /* of the total itself */
    struct wide rows;
    struct wide columns;
    struct wide cells;
};

/* Σ count · ln count, scaled. */
struct wide sum_count_ln_count(const uint64_t *counts, size_t count);

/* Zeroes when the total is 0. */
struct serin_entropies information_entropies(const struct information *information);

/*
 * NMI; where there is nothing to divide by, the customary 1 when neither side has any entropy and 0
 * when one side has.
 */
double information_nmi(const struct information *information, enum serin_normalizer normalizer);
double entropies_nmi(const struct serin_entropies *entropies, enum serin_normalizer normalizer);

/* Not to be copied. */
struct measured {
    struct serin_table table;
    struct margins margins;
    enum serin_table_state state;
    enum serin_normalizer normalizer;
    struct information information;
    struct serin_entropies entropies;
    double mean; /* what mutual information is divided by; 0 for degenerate tables */
    double nmi;  /* plug-in, or the customary value of a degenerate table */
};

/* Runs measured_clear when the name leaves scope; to be initialized at once. */
#define measured_scope __attribute__((cleanup(measured_clear))) struct measured

/* Succeeds for degenerate tables too. measured_clear is to be called either way. */
SERIN_MUST_CHECK enum serin_status measured_init(struct measured *measured,
                                                 const struct serin_table *table,
                                                 enum serin_normalizer normalizer);

/* The same, but a degenerate table is SERIN_UNDEFINED. */
SERIN_MUST_CHECK enum serin_status measured_init_defined(struct measured *measured,
                                                         const struct serin_table *table,
                                                         enum serin_normalizer normalizer);
void measured_clear(struct measured *measured);

/* Occupied cells. */
size_t measured_cells(const struct measured *measured);

#endif
