/*
 * The whole's delta at a traffic mix common to both arms, from the slices of one dimension.
 */
#ifndef SERIN_VERDICT_STRATA_H
#define SERIN_VERDICT_STRATA_H

#include "serin/error.h"
#include "verdict/evidence.h"
#include "verdict/slice_measure.h"

#include <stddef.h>

/*
 * Puts the weighted mean of the slices' deltas, with its interval, in the place of the pooled one
 * (serin/stratified.h), and does the same for what the guards read beside it: gaps, unseen cells,
 * design effects, whether pods differ or one drives it, the changes of MI/H(reference) and AMI.
 *
 *   results   all slices of one dimension, and the rest
 *   evidence  of the whole, measured; is_stratified tells whether anything was changed
 *
 * Every event is in some stratum: a rest too small to be one is measured together with the smallest
 * slice. Where these are no stratum even together, with fewer than two strata, and in other designs
 * than `reference`, the pooled delta stays: pairs are alike in both arms, and a divergence near 0
 * has no interval that adds up.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status strata_measure(const struct slice_question *question,
                                                  const struct slice_result *results, size_t count,
                                                  struct evidence *evidence,
                                                  struct serin_error *err);

#endif
