/*
 * Degrees of freedom of a sum of two estimated variances.
 */
#ifndef SERIN_AGREEMENT_WELCH_H
#define SERIN_AGREEMENT_WELCH_H

/* Welch and Satterthwaite's, each variance with its own degrees > 0; their sum when both are 0. */
double welch_df(double variance_a, double df_a, double variance_b, double df_b);

#endif
