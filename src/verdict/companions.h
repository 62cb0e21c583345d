/*
 * What is looked at beside the delta of NMI: the other measures of agreement.
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

#endif
