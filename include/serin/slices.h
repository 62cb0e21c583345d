/*
 * Judging several slices together: corrections for multiple tests and the delta at a common mix.
 */
#ifndef SERIN_SLICES_H
#define SERIN_SLICES_H

#include "serin/error.h"

#include <stddef.h>

/*
 * Holm's adjusted p-values: any slice with one at or below α rolls back, and the chance of a false
 * one stays below α over all of them. `out` has `count` entries and may be `p` itself.
 * Fails with SERIN_INVALID when a p is outside [0, 1], and SERIN_NO_MEMORY.
 * Source: Holm, Scand. J. Statist. 6 (1979).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_holm(const double *p, size_t count, double *out);

/* Benjamini and Hochberg's adjusted p-values: for display. Otherwise as serin_holm. */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_benjamini_hochberg(const double *p, size_t count,
                                                                      double *out);

/*
 * The one-sided p-value of "delta ≥ −margin" that an interval implies by its upper half-width:
 * small when the slice is clearly beyond the margin. `z` is the interval's critical value.
 * An interval of no width gives 0, ½ or 1.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_rollback_p(double estimate, double upper,
                                                              double z, double margin, double *out);

struct serin_standardised {
    double estimate;
    double se;
};

/*
 * The delta at a traffic mix common to both arms: the weighted mean of slice deltas, weights being
 * events of both arms per slice, so that a different mix in the canary is not taken for a loss.
 * Fails with SERIN_INVALID when a weight or standard error is negative or all weights are 0.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_standardise(const double *deltas,
                                                               const double *ses,
                                                               const double *weights, size_t count,
                                                               struct serin_standardised *out);

#endif
