/*
 * What became of the labels, in words: split, merge, swap, swallowed, renamed, new, lost.
 */
#ifndef SERIN_VERDICT_DIAGNOSIS_H
#define SERIN_VERDICT_DIAGNOSIS_H

#include "base/buffer.h"
#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/effects.h"
#include "verdict/evidence.h"
#include "verdict/judge.h"

/*
 * Fills the verdict's diagnoses, those that moved the most traffic first, at most DIAGNOSES_MAX.
 * They follow from the flows between labels (verdict/label_flows.h), so that chance makes none but
 * with a probability of 1 − level. Of the references where a label lost anything, it has left when
 * half of its events there went to other labels, and is gone with four fifths; these references
 * must hold half of its events. A label takes part where it has a fifth of a flow, and has nearly
 * all of one with four fifths.
 *
 *   swap       labels in a ring have left, each for the next
 *   split      a label is gone to two or more labels; or new labels consist of its events, and it
 *              keeps the others
 *   merge      two or more labels have left for one whose own events are few
 *   renamed    one label has left for such a label
 *   swallowed  labels have left for one that keeps events of its own
 *   new, lost  only one arm emits the label, too often for chance, and nothing above explains it
 *
 * In `shift` only the last two can be told. Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status diagnoses_find(const struct counts *counts,
                                                  const struct block_tables *tables,
                                                  const struct evidence *evidence,
                                                  const struct effects *effects,
                                                  struct verdict *verdict, struct serin_error *err);

/*
 * Appends a diagnosis in words, as "label 7 split into 2 and 9; 61 % of the loss". Labels are
 * written as they are: whoever shows the text makes it safe for where it is shown.
 */
void diagnosis_write(const struct diagnosis *diagnosis, const struct verdict *verdict,
                     struct buffer *out);

#endif
