/*
 * Parts of the traffic judged by themselves, so that a loss in one does not drown in the whole.
 */
#ifndef SERIN_VERDICT_SLICES_H
#define SERIN_VERDICT_SLICES_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/evidence.h"
#include "verdict/grouping.h"
#include "verdict/judge.h"
#include "verdict/slice_measure.h"
#include "verdict/spec.h"
#include "verdict/strata.h"

/*
 * Judges every value of the spec's slice dimensions (the SLICES_JUDGED_MAX with most events) by
 * the same guards and margin as the whole, and fills the verdict's slices and evidence->slices.
 * What is too small is judged together, as the rest of its dimension. The slices of the dimension
 * that the spec names first, where there are two or more, also carry the delta of the whole: see
 * verdict/strata_delta.h.
 *
 * With many slices one is bound to look bad by chance. So those with data enough are tested
 * together: a slice is rolled back when Holm's correction of its one-sided p-value is still at most
 * (1 − level)/2, otherwise it stays undecided. The p-value is the smallest error at which the
 * slice's interval, of the kind asked for and with Student's tails where its blocks are few, would
 * still lie beyond the margin.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status slices_judge(const struct block_tables *tables,
                                                const struct spec *spec,
                                                const struct grouping *grouping,
                                                struct evidence *evidence, struct verdict *verdict,
                                                struct serin_error *err);

/*
 * Does to the evidence of the whole what slices_judge does where slices carry delta, for whoever
 * explains it. `*out` are then the slices it was made of, which borrow from `*out_results`; both
 * are the caller's, and stay as they are where the spec names none. Fails with SERIN_NO_MEMORY and
 * SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status
slices_stratify(const struct block_tables *tables, const struct spec *spec,
                const struct grouping *grouping, struct evidence *evidence,
                struct slice_results **out_results, struct strata **out, struct serin_error *err);

/*
 * The p-value of "not beyond the margin" of measured evidence: 1 when nothing speaks for a loss.
 * Exposed for tests.
 */
double slices_p_value(const struct evidence *evidence);

#endif
