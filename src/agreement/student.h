/*
 * Student's t distribution.
 */
#ifndef SERIN_AGREEMENT_STUDENT_H
#define SERIN_AGREEMENT_STUDENT_H

/* The t with P(T > t) = tail, for tail in (0, ½] and df > 0, not necessarily whole. */
double student_upper_quantile(double tail, double df);

/* What a normal critical value z grows by when the variance was estimated with `df` degrees. */
double student_factor(double level, double df);

#endif
