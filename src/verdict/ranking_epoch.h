/*
 * From which events labels are ranked. The judge keeps nothing between looks, and yet all looks of
 * a rollout should merge the same labels: so the ranking follows from the earliest events, which
 * every later look sees again.
 */
#ifndef SERIN_VERDICT_RANKING_EPOCH_H
#define SERIN_VERDICT_RANKING_EPOCH_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The shortest run of time buckets, from the first on, in which both arms have min_samples × 4^e
 * events, e as large as the data allow: the ranking of the first look serves until there are four
 * times as many events, and so on. With fewer than min_samples events it is all there are.
 */
struct ranking_epoch {
    int64_t until_ms; /* start of its last bucket */
    uint64_t events;  /* of the smaller arm within it */
};

/*
 * Finds the epoch of counts whose cells carry the tables' own blocks and labels. Events without
 * reference count in `shift` only. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status ranking_epoch_find(const struct counts *counts,
                                                      const struct block_tables *tables,
                                                      const struct judgement *judgement,
                                                      struct ranking_epoch *out);

/*
 * Which of the blocks that an arm's cells are numbered by lie within the epoch, one flag each; the
 * caller frees `*out` with memory_free. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status ranking_epoch_blocks(const struct ranking_epoch *epoch,
                                                        const struct counts *counts,
                                                        const struct block_tables *tables,
                                                        enum design design, enum arm arm,
                                                        bool **out);

#endif
