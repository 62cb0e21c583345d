/*
 * Which labels are told apart and which are merged: ranked by the events of the epoch.
 */
#ifndef SERIN_VERDICT_LABEL_RANKING_H
#define SERIN_VERDICT_LABEL_RANKING_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/grouping.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>

/* How labels are to be ranked. */
struct ranking {
    const struct block_tables *tables;
    const struct judgement *judgement;
    bool is_agreement;
    bool is_merged;  /* as few groups as make a dense table, */
    size_t halvings; /* and half as many so many times */
};

/*
 * Groups the labels of counts whose cells still carry the tables' own labels and blocks: by the
 * events of the epoch (verdict/ranking_epoch.h) where some have to be merged, else by all. Fills
 * the arms' merged_alone. The caller destroys `*out`. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status labels_rank(const struct ranking *ranking, struct counts *counts,
                                               struct grouping **out);

#endif
