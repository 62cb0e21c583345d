/*
 * Which emitted labels moved, and how much of the change each explains.
 */
#ifndef SERIN_VERDICT_LABEL_MOVES_H
#define SERIN_VERDICT_LABEL_MOVES_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"
#include "verdict/judge.h"

/*
 * Fills the verdict's moves, largest |contribution| first, labels of equal contribution in their
 * own order, at most LABEL_MOVES_MAX. There are none when an arm has no events.
 *
 * A label's contribution is its term of the mutual information, Σ_i p_ij ln(p_ij / (p_i p_j)), in
 * the canary minus that in the stable arm, over the stable arm's normalizer; in the design `shift`
 * its term of the divergence, Σ over arms ½ p ln(p / m) / ln 2 with the mean m of both shares.
 * Contributions of all labels add up to the plug-in change: see struct label_move.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status
label_moves_find(const struct counts *counts, const struct block_tables *tables,
                 const struct evidence *evidence, struct verdict *verdict, struct serin_error *err);

#endif
