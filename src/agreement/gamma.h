/*
 * The incomplete gamma function: the chi-square distribution is P(χ² with ν degrees ≤ x) =
 * gamma_lower(ν/2, x/2).
 */
#ifndef SERIN_AGREEMENT_GAMMA_H
#define SERIN_AGREEMENT_GAMMA_H

/* P(a, x) and Q(a, x) = 1 − P(a, x), regularized; each with full relative accuracy. a > 0, x ≥ 0 */
double gamma_lower(double a, double x);
double gamma_upper(double a, double x);

/* x^a e^(−x)/Γ(a + 1) = P(a, x) − P(a + 1, x), for a ≥ 0 and x > 0. */
double gamma_term(double a, double x);

#endif
