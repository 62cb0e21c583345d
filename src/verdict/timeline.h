/*
 * An arm's events over time, block by block.
 */
#ifndef SERIN_VERDICT_TIMELINE_H
#define SERIN_VERDICT_TIMELINE_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/spec.h"

#include <stddef.h>
#include <stdint.h>

struct timeline_bucket {
    int64_t start_ms;
    uint64_t events;
};

struct timeline {
    struct timeline_bucket *buckets; /* one per block, earliest first */
    size_t count;
    uint64_t events; /* in all */
};
#define TIMELINE_NONE ((struct timeline){NULL, 0, 0})

void timeline_clear(struct timeline *timeline);

/* Runs timeline_clear when the name leaves scope; to be initialized at once. */
#define timeline_scope __attribute__((cleanup(timeline_clear))) struct timeline

/*
 * Of counts whose cells carry the tables' blocks. Events without reference count in `shift` only.
 *
 *   width_ms  the buckets' starts are those of buckets so wide; 0: as they are
 *   out       has to be TIMELINE_NONE
 *
 * Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status timeline_make(const struct counts *counts,
                                                 const struct block_tables *tables,
                                                 enum design design, enum arm arm, int64_t width_ms,
                                                 struct timeline *out);

#endif
