/*
 * Degrees of freedom of a sum of two estimated variances.
 */
#ifndef SERIN_AGREEMENT_WELCH_H
#define SERIN_AGREEMENT_WELCH_H

#include <stddef.h>

/* Welch and Satterthwaite's, each variance from `blocks` ≥ 2 blocks; their sum when both are 0. */
double welch_df(double variance_a, size_t blocks_a, double variance_b, size_t blocks_b);

#endif
