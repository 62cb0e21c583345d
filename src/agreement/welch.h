/*
 * Degrees of freedom of a sum of two estimated variances.
 */
#ifndef SERIN_AGREEMENT_WELCH_H
#define SERIN_AGREEMENT_WELCH_H

#include <stddef.h>

/* Welch and Satterthwaite's, each variance with its own degrees > 0; their sum when both are 0. */
double welch_df_of(double variance_a, double df_a, double variance_b, double df_b);

/* The same from variances of `blocks` ≥ 2 blocks each. */
double welch_df(double variance_a, size_t blocks_a, double variance_b, size_t blocks_b);

#endif
