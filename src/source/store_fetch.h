/*
 * What the parts of a fetch from the store share. Internal to store_fetch*.c; the memory's lock is
 * held all the while.
 */
#ifndef SERIN_SOURCE_STORE_FETCH_H
#define SERIN_SOURCE_STORE_FETCH_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "source/slice_tuple.h"
#include "source/store_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
    int64_t start_ms;
    int64_t end_ms;
};

struct fetch {
    const struct store_stream *stream;
    const struct table_query *query;
    struct window window;
    uint32_t arms[ARM_COUNT]; /* the stream's ids; ID_ABSENT: never seen */
    struct block_tables *tables;
    struct serin_error *err;
};

enum serin_status fetch_no_memory(struct serin_error *err);

/* An arm's first and last event in the window (0 when none), and how many pods had any. */
size_t fetch_cover(const struct fetch *fetch, enum arm arm, struct arm_coverage *out);

/* The width of blocks for an arm of so many pods. */
int64_t fetch_width_ms(const struct fetch *fetch, size_t pods);

/* The blocks of a series that may lie in the window, those that began before it included. */
const struct cube_block *window_blocks(const struct cube *cube, uint32_t series,
                                       const struct window *window, size_t *out_count);

/* The text of a label or reference, the folded ones included. */
struct text_view fetch_text(const struct store_stream *stream, enum text_kind kind, uint32_t id);

/* Labels that the store folded must not pass for labels of their own. */
void fetch_note_folded(const struct fetch *fetch, uint32_t id);

/* Counts items that both arms labelled (store_fetch_pairs.c). */
SERIN_MUST_CHECK enum serin_status fetch_pairs(const struct fetch *fetch);

/* ---- sums by cell ---------------------------------------------------------------------------- */

struct pool {
    uint64_t *sums;
    uint32_t *touched; /* cells with a sum, where pool_touch is used */
    size_t touched_count;
};

SERIN_MUST_CHECK enum serin_status pool_create(size_t cells, struct pool *out);
void pool_clear(struct pool *pool);

/* Adds a block's counts to the sums. */
void pool_add(struct pool *pool, const struct cube_block *block);

/* The same, noting which cells have sums. */
void pool_touch(struct pool *pool, const struct cube_block *block);

#endif
