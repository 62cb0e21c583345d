/*
 * What is looked at beside the delta of NMI: the other measures of agreement, and whether both arms
 * saw the same mix of references.
 */
#ifndef SERIN_VERDICT_COMPANIONS_H
#define SERIN_VERDICT_COMPANIONS_H

#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"

/*
 * Sets the companions of both arms and the changes of MI/H(reference) and AMI, where both tables
 * can be scored and the design has references (or takes the stable arm's labels for them).
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status
companions_measure(const struct counts *counts, struct evidence *evidence, struct serin_error *err);

/*
 * Sets whether the arms' references come in different proportions: a G-test at SERIN_SAMPLE_RATIO_
 * ALPHA, over the design effect. Only in the design `reference`; pairs share their references.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status reference_mix_compare(const struct counts *counts,
                                                         struct evidence *evidence,
                                                         struct serin_error *err);

#endif
