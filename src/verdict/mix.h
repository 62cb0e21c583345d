/*
 * Whether both arms saw the same traffic: the same mix of references, the same mix of slices.
 *
 * A canary that gets another kind of traffic than the stable arm can differ from it for that alone.
 * The test (serin_mix_anytime) is valid however often one looks, and takes bursts into account:
 * over all looks together it alarms falsely in SERIN_SAMPLE_RATIO_ALPHA of rollouts.
 */
#ifndef SERIN_VERDICT_MIX_H
#define SERIN_VERDICT_MIX_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"
#include "verdict/spec.h"

/*
 * Sets evidence->reference_mix_differs, and completeness_differs when the arms' shares of events
 * without reference differ by more than chance and by more than a quarter of the margin: then which
 * events lack one depends on the arm, and what is left of the two cannot be compared. Only in the
 * design `reference`; pairs share their references. Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status reference_mix_compare(const struct counts *counts,
                                                         struct evidence *evidence,
                                                         struct serin_error *err);

/*
 * How many values of a dimension the mix tells apart: those with the most events of both arms (of
 * equals the earlier), the last standing for all others. A dimension such as the tenant has
 * thousands, most of them too small for the test to hear. Beyond it `slices_left_out` warns anyway,
 * for no more than SLICE_VERDICTS_MAX are judged.
 */
enum { SLICE_MIX_VALUES_MAX = 256 };

/*
 * Sets evidence->strata_mix_differs when the arms' events spread over the values of the spec's
 * first dimension differently, and slice_mix_differs for another dimension. Fails with
 * SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status slice_mix_compare(const struct block_tables *tables,
                                                     const struct spec *spec,
                                                     struct evidence *evidence,
                                                     struct serin_error *err);

#endif
