/*
 * The time buckets of both arms, which need not be equally wide: the more pods an arm has the wider
 * they are.
 */
#ifndef SERIN_VERDICT_TIME_BUCKETS_H
#define SERIN_VERDICT_TIME_BUCKETS_H

#include "labels/block_tables.h"

#include <stdint.h>

/* The width of an arm's buckets, as far as their starts tell it; 0 when there is but one. */
int64_t time_buckets_width_of(const struct block_tables *tables, enum arm arm);

/* The wider of both: widths are powers of two of one another, so it holds the other's whole. */
int64_t time_buckets_width(const struct block_tables *tables);

#endif
