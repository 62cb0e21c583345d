/*
 * Counts per cell and time bucket, within a fixed number of bytes.
 *
 * When the room is used up, buckets are widened first: that loses resolution in time but not an
 * event. Only when they are as wide as allowed is one event of two left out from then on (again and
 * again, as need be) and the oldest quarter of the buckets forgotten. All of it can be asked for.
 */
#ifndef SERIN_TAP_BLOCK_LOG_H
#define SERIN_TAP_BLOCK_LOG_H

#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_log;

struct block_log_options {
    size_t bytes;         /* at least BLOCK_LOG_BYTES_MIN(cells) */
    int64_t width_ms;     /* of a bucket; buckets start at multiples of it since the Unix epoch */
    int64_t width_max_ms; /* doubled at most up to this */
    int64_t retention_ms; /* older buckets are forgotten */
};

/* Room for one bucket with every one of `cells` cells, after it has grown, while it grows. */
enum { BLOCK_LOG_CELL_BYTES = 4 * 16 };
#define BLOCK_LOG_BYTES_MIN(cells) (BLOCK_LOG_CELL_BYTES * ((cells) + 16))

/* NULL when memory is short. */
struct block_log *block_log_create(const struct block_log_options *options);
void block_log_destroy(struct block_log *log); /* NULL is fine */
DEFINE_CLEANUP(block_log)

/* Whether an event is within the share that is counted; `place` is a hash of it, in [0, 1). */
bool block_log_keeps(const struct block_log *log, double place);

/*
 * Counts an event that is kept, at `time_ms`, which is at most `now_ms`. False when it is older
 * than what is remembered, or memory is short: then it is not counted.
 */
bool block_log_add(struct block_log *log, int64_t time_ms, int64_t now_ms, uint32_t cell,
                   uint64_t count);

/* ---- reading --------------------------------------------------------------------------------- */

struct block_view {
    int64_t start_ms; /* of the bucket */
    int64_t first_ms; /* earliest and latest event */
    int64_t last_ms;
};

size_t block_log_size(const struct block_log *log);    /* buckets, oldest first */
size_t block_log_entries(const struct block_log *log); /* cells of all buckets together */
struct block_view block_log_block(const struct block_log *log, size_t block);

/* Where a reading of all counts is; zeroed at first. */
struct block_cursor {
    size_t block;
    size_t place;
};
struct block_entry {
    size_t block;
    uint32_t cell;
    uint64_t count;
};
/* The next count, oldest bucket first, within a bucket in no order; false at the end. */
bool block_log_next(const struct block_log *log, struct block_cursor *at, struct block_entry *out);

int64_t block_log_width_ms(const struct block_log *log);
double block_log_rate(const struct block_log *log); /* share of events counted, 2^-k */
int64_t
block_log_since_ms(const struct block_log *log); /* what came before is forgotten; 0: none */
size_t block_log_bytes(const struct block_log *log);

#endif
