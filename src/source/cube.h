/*
 * Counts per series × time bucket × cell, in memory, on two levels of bucket width.
 *
 * What series and cells are is the caller's business: a pair of numbers each (index_map.h). For the
 * events of an arm a series is arm and pod, a cell slices, reference and label; for items labelled
 * by both arms a series is both arms and the canary's pod, a cell both labels and the reference.
 *
 * A block (series × bucket) keeps its cells ordered by index in arrays of their own, so that
 * pooling blocks is a walk through contiguous memory. The wide level holds the same counts as the
 * fine one in buckets several times as wide, for whoever pools long windows; what belongs there is
 * decided by the start of the fine block.
 */
#ifndef SERIN_SOURCE_CUBE_H
#define SERIN_SOURCE_CUBE_H

#include "base/memory.h"
#include "serin/error.h"
#include "source/index_map.h"

#include <stddef.h>
#include <stdint.h>

struct cube;

enum cube_level { CUBE_FINE, CUBE_WIDE };
enum { CUBE_LEVELS = CUBE_WIDE + 1 };

struct cube_block {
    int64_t start_ms; /* of the time bucket */
    int64_t first_ms; /* earliest and latest event */
    int64_t last_ms;
    uint64_t total;   /* sum of counts */
    size_t count;     /* of cells; 0 in a block that only got room so far */
    uint32_t *cells;  /* indexes of cells, rising */
    uint64_t *counts; /* theirs; may be 0 */
    size_t cell_room;
    size_t count_room;
};

/* A change of one cell. */
struct cube_delta {
    uint32_t series;
    uint32_t cell;
    int64_t start_ms;
    int64_t count;
};

/* When a block had its events. On the wide level the start is that of the wide bucket. */
struct cube_times {
    uint32_t series;
    int64_t start_ms;
    int64_t first_ms;
    int64_t last_ms;
};

/* NULL when memory is short. */
struct cube *cube_create(uint64_t seed);
void cube_destroy(struct cube *cube); /* NULL is fine */
DEFINE_CLEANUP(cube)

/* The indexes of a series and of a cell, which are added when new. SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status cube_series(struct cube *cube, struct index_key key,
                                               uint32_t *out_series);
SERIN_MUST_CHECK enum serin_status cube_cell(struct cube *cube, struct index_key key,
                                             uint32_t *out_cell);

size_t cube_series_count(const struct cube *cube);
struct index_key cube_series_key(const struct cube *cube, uint32_t series);
size_t cube_cell_count(const struct cube *cube); /* distinct ones, over all blocks */
struct index_key cube_cell_key(const struct cube *cube, uint32_t cell);

/* The blocks of a series, ordered by time; valid until the cube changes. */
const struct cube_block *cube_blocks(const struct cube *cube, enum cube_level level,
                                     uint32_t series, size_t *out_count);

/* The first of `count` blocks that starts at `start_ms` or later; `count` when none does. */
size_t cube_blocks_from(const struct cube_block *blocks, size_t count, int64_t start_ms);

/* Brings changes into the order the functions below need; adds up those of a cell, drops zeros. */
void cube_sort_deltas(struct cube_delta *deltas, size_t *count);

/*
 * Makes room for sorted changes, so that cube_apply cannot fail; counts stay as they are. Fails
 * with SERIN_NO_MEMORY, and with SERIN_BUG when a count would become negative.
 */
SERIN_MUST_CHECK enum serin_status cube_reserve(struct cube *cube, enum cube_level level,
                                                const struct cube_delta *deltas, size_t count);

/* Applies sorted changes that cube_reserve was called for and nothing else since. */
void cube_apply(struct cube *cube, enum cube_level level, const struct cube_delta *deltas,
                size_t count);

/* Widens a block's first and last event; a block that does not exist is left alone. */
void cube_note_times(struct cube *cube, enum cube_level level, const struct cube_times *times);

/* Drops the blocks of both levels that start before `before_ms`, the start of a wide bucket. */
void cube_prune(struct cube *cube, int64_t before_ms);

/* Of the fine level: blocks, cells of all blocks, sum of all counts. Of both: memory. */
size_t cube_block_count(const struct cube *cube);
size_t cube_occupied(const struct cube *cube);
uint64_t cube_total(const struct cube *cube);
size_t cube_bytes(const struct cube *cube);

#endif
