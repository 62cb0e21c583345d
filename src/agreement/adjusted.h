/*
 * Mutual information adjusted for chance, on a measured table.
 */
#ifndef SERIN_AGREEMENT_ADJUSTED_H
#define SERIN_AGREEMENT_ADJUSTED_H

#include "agreement/measured.h"

/* E[MI] of random tables with the same margins, in nats. */
SERIN_MUST_CHECK enum serin_status expected_information(const struct measured *measured,
                                                        double *out);

/* (MI − expected)/(M − expected), or the customary value of a degenerate table. */
double adjusted_information(const struct measured *measured, double expected);

#endif
