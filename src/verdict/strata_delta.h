/*
 * The whole's delta at a traffic mix common to both arms, from the slices of one dimension.
 */
#ifndef SERIN_VERDICT_STRATA_DELTA_H
#define SERIN_VERDICT_STRATA_DELTA_H

#include "serin/error.h"
#include "verdict/evidence.h"
#include "verdict/slice_measure.h"
#include "verdict/strata.h"

#include <stddef.h>

/*
 * Puts the weighted mean of the strata's deltas, with its interval, in the place of the pooled one
 * (serin/stratified.h), and does the same for what the guards read beside it: gaps, unseen cells,
 * design effects, whether pods differ or one drives it, the changes of MI/H(reference) and AMI.
 *
 *   results   what the strata were chosen from
 *   evidence  of the whole, measured; is_stratified tells whether anything was changed
 *
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status strata_delta_measure(const struct slice_question *question,
                                                        const struct strata *strata,
                                                        const struct slice_result *results,
                                                        size_t count, struct evidence *evidence,
                                                        struct serin_error *err);

#endif
