/*
 * Student's t distribution.
 */
#ifndef SERIN_AGREEMENT_STUDENT_H
#define SERIN_AGREEMENT_STUDENT_H

/* The t with P(T > t) = tail, for tail in (0, ½] and df > 0, not necessarily whole. */
double student_upper_quantile(double tail, double df);

/*
 * The critical value that replaces a normal one, z ≥ 0, when the variance was estimated with `df`
 * degrees: Student's quantile at z's own tail probability. Far out, as with repeated looks, it
 * grows by much more than the ratio of the quantiles at the level would say.
 */
double student_critical(double z, double df);

#endif
