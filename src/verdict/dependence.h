/*
 * How much dependence between events inflates variances, as far as the blocks show it. Blocks are
 * time buckets of pods; where whole pods differ, their buckets depend on each other, so that each
 * effect is the larger of that between blocks and that between pods.
 */
#ifndef SERIN_VERDICT_DEPENDENCE_H
#define SERIN_VERDICT_DEPENDENCE_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "serin/jackknife.h"
#include "verdict/counts.h"
#include "verdict/spec.h"

#include <stdbool.h>

struct dependence {
    struct serin_design_effect effect;
    double within_pods; /* design effect of the blocks by themselves */
    bool pods_differ;   /* whole pods differ: more events of the same pods tell little more */
};

/* What the effects of an arm's blocks and of its whole pods tell together. */
struct dependence dependence_nest(const struct serin_design_effect *blocks,
                                  const struct serin_design_effect *pods);

/*
 * The design effect of an arm's NMI, of its label shares, and of the difference between pairs.
 * Counts and tables are of the design given. SERIN_INDEPENDENT where blocks are unknown or there
 * is nothing to learn from. Fail with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status dependence_of_table(const struct counts *counts,
                                                       const struct block_tables *tables,
                                                       const struct judgement *judgement,
                                                       enum arm arm, struct dependence *out,
                                                       struct serin_error *err);
SERIN_MUST_CHECK enum serin_status dependence_of_labels(const struct counts *counts,
                                                        const struct block_tables *tables,
                                                        const struct judgement *judgement,
                                                        enum arm arm, struct dependence *out,
                                                        struct serin_error *err);
SERIN_MUST_CHECK enum serin_status dependence_of_pairs(const struct counts *counts,
                                                       const struct block_tables *tables,
                                                       const struct judgement *judgement,
                                                       struct dependence *out,
                                                       struct serin_error *err);

#endif
