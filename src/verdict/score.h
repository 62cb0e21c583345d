/*
 * One labelling against its reference: what `serin score` tells. No second arm, no guards.
 */
#ifndef SERIN_VERDICT_SCORE_H
#define SERIN_VERDICT_SCORE_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "serin/scores.h"
#include "verdict/judge.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct score {
    struct estimate nmi;        /* corrected, with its interval; undefined for a single label */
    struct serin_scores scores; /* plug-in values; for degenerate tables those of display */
    enum serin_normalizer normalizer;
    enum interval_kind interval;
    double level;
    uint64_t samples;      /* events with a reference */
    uint64_t unreferenced; /* events without one, left out */
    uint64_t merged;       /* events whose label or reference is among the rare ones merged */
    double design_effect;
    size_t blocks; /* with at least one event; 0 also for a single one, or when NMI is undefined */
    bool blocks_known;
};

/*
 * Scores the canary arm of sealed tables (whoever fills them uses that arm for the labelling); of
 * the judgement count normalizer, interval, level, plan and label_cap.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status score_measure(const struct block_tables *tables,
                                                 const struct judgement *judgement,
                                                 struct score *out, struct serin_error *err);

/* Blocks are known but fewer than BLOCKS_LEAST, so that the interval is not to be trusted. */
bool score_has_few_blocks(const struct score *score);

/*
 * How far the estimate of a sample is at most, at the interval's level, from that of all the rows
 * it was drawn from: the interval's longer side times √(1 − share). Drawing without replacement
 * leaves that much of the chance; what a sparse sample hides, which the interval allows for too,
 * shrinks at least as fast. 0 where there is no estimate.
 */
double score_sample_reach(const struct estimate *estimate, double share);

/*
 * The score against a least NMI: promote when the whole interval lies at or above it, rollback when
 * it lies below, inconclusive otherwise and where NMI is undefined or blocks are few.
 */
enum decision score_gate(const struct score *score, double min_nmi);

#endif
