/*
 * Whether the canary got the share of the traffic that it was promised.
 */
#ifndef SERIN_VERDICT_TRAFFIC_H
#define SERIN_VERDICT_TRAFFIC_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"

/* With fewer time buckets an excess that bursts might explain is told as doubt. */
enum { TRAFFIC_BUCKETS_LEAST = 20 };

/*
 * Sets evidence->sample_ratio_p, sample_ratio_mismatch and sample_ratio_unclear where a share is
 * promised; pairs have none. Events come in bursts, so the share's spread between time buckets is
 * taken into account, and with fewer than BLOCKS_LEAST of them p is 1. Unclear is what is no
 * mismatch yet, but would be if events were independent, with fewer than TRAFFIC_BUCKETS_LEAST
 * buckets. Where blocks are unknown events are taken as independent. Fails with SERIN_NO_MEMORY and
 * SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status traffic_compare(const struct counts *counts,
                                                   const struct block_tables *tables,
                                                   struct evidence *evidence,
                                                   struct serin_error *err);

#endif
