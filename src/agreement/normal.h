/*
 * The standard normal distribution.
 */
#ifndef SERIN_AGREEMENT_NORMAL_H
#define SERIN_AGREEMENT_NORMAL_H

/* P(Z ≤ x) */
double normal_cdf(double x);

/* The x with P(Z > x) = tail, for tail in (0, 1); full relative accuracy in both tails' x. */
double normal_upper_quantile(double tail);

#endif
