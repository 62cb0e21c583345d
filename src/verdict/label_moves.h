/*
 * Which emitted labels moved, and how much of the change each explains.
 */
#ifndef SERIN_VERDICT_LABEL_MOVES_H
#define SERIN_VERDICT_LABEL_MOVES_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/effects.h"
#include "verdict/evidence.h"
#include "verdict/judge.h"

/*
 * Fills the verdict's moves, largest |contribution| first, then by how far the share moved, then in
 * the labels' own order, at most LABEL_MOVES_MAX; and what is beside them: moves_left_out and
 * moves_rest. Intervals end at −1 and 1, as delta's does. There are none when an arm has no events.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status
label_moves_find(const struct counts *counts, const struct block_tables *tables,
                 const struct evidence *evidence, const struct effects *effects,
                 struct verdict *verdict, struct serin_error *err);

#endif
