/*
 * The chi-square distribution and its noncentral relative.
 */
#ifndef SERIN_AGREEMENT_CHI_SQUARE_H
#define SERIN_AGREEMENT_CHI_SQUARE_H

#include <stddef.h>

/* P(χ² > x) */
double chi_square_upper(double x, double degrees);

/* P(χ²(λ) ≤ x) with noncentrality λ ≥ 0. */
double noncentral_cdf(double x, double degrees, double noncentrality);

/* The λ with P(χ²(λ) ≤ x) = probability; 0 where even λ = 0 gives less. probability in (0, 1). */
double noncentrality_quantile(double x, double degrees, double probability);

#endif
