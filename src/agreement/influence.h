/*
 * The influence function on a measured table.
 */
#ifndef SERIN_AGREEMENT_INFLUENCE_H
#define SERIN_AGREEMENT_INFLUENCE_H

#include "agreement/measured.h"

/* Variance of √n · NMI of a table that is not degenerate. */
SERIN_MUST_CHECK enum serin_status influence_variance(const struct measured *measured, double *out);

#endif
