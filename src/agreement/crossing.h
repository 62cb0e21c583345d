/*
 * When a quantity that is looked at again and again first passes a boundary.
 */
#ifndef SERIN_AGREEMENT_CROSSING_H
#define SERIN_AGREEMENT_CROSSING_H

#include "serin/error.h"

#include <stddef.h>

/*
 * Chance that a mean of independent events has passed its boundary by each of `count` looks.
 *
 *   sizes     events seen at each look, > 0, increasing
 *   bounds    in standard errors of that look: passed where the standardised mean is above
 *   out       count chances, not decreasing
 *
 * The standardised means of two looks correlate as √(n₁/n₂). Their joint density is followed from
 * look to look on a grid fine enough for an error below 1e-3. O(count · grid · kernel).
 * Fails with SERIN_INVALID when sizes do not increase, SERIN_NO_MEMORY. Source: Armitage, McPherson
 * & Rowe, JRSS A 132 (1969).
 */
SERIN_MUST_CHECK enum serin_status crossing_chances(const double *sizes, const double *bounds,
                                                    size_t count, double *out);

#endif
