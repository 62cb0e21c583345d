/*
 * The delete-one jackknife on a measured table.
 */
#ifndef SERIN_AGREEMENT_JACKKNIFE_H
#define SERIN_AGREEMENT_JACKKNIFE_H

#include "agreement/measured.h"

/* From this many events on, deleting one is told from rounding no longer: influence is used. */
#define JACKKNIFE_EVENTS_MAX UINT64_C(100000000)

/* NMI with one event of an occupied cell removed; an emptied table scores as a customary one. */
double nmi_without_one(const struct measured *measured, uint64_t cell, uint64_t row,
                       uint64_t column);

/* Delete-one jackknife variance of NMI of a table that is not degenerate. */
SERIN_MUST_CHECK enum serin_status jackknife_variance(const struct measured *measured, double *out);

#endif
