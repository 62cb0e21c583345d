/*
 * The delete-one jackknife on a measured table.
 */
#ifndef SERIN_AGREEMENT_JACKKNIFE_H
#define SERIN_AGREEMENT_JACKKNIFE_H

#include "agreement/measured.h"

/* From this many events on, deleting one is told from rounding no longer: influence is used. */
#define JACKKNIFE_EVENTS_MAX UINT64_C(100000000)

/* How a label's total changes the sums and its entropy when one of its events is left out. */
struct deletion {
    struct wide change; /* of Σ count · ln count */
    double entropy;     /* of that side, then */
};

/* What all cells share, worked out once. Not to be copied. */
struct deletions {
    const struct measured *measured;
    struct wide mutual; /* scaled MI of the table with one event less and no sum changed yet */
    struct deletion *rows;
    struct deletion *columns;
    struct scratch scratch;
};

/* Runs deletions_clear when the name leaves scope; to be initialized at once. */
#define deletions_scope __attribute__((cleanup(deletions_clear))) struct deletions

/* For a table that is not degenerate. deletions_clear is to be called either way. */
SERIN_MUST_CHECK enum serin_status deletions_init(struct deletions *deletions,
                                                  const struct measured *measured);
void deletions_clear(struct deletions *deletions);

/*
 * How NMI moves when one event of an occupied cell is left out. What then has no entropy on one
 * side or both scores as such tables customarily do.
 */
double deletions_move(const struct deletions *deletions, size_t row, size_t column);

/* Delete-one jackknife variance of NMI of a table that is not degenerate. */
SERIN_MUST_CHECK enum serin_status jackknife_variance(const struct measured *measured, double *out);

#endif
