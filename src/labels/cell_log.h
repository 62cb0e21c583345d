/*
 * Counts by cell, kept as a list that is sorted and merged whenever it is full.
 *
 * Adding is an append, in any order, or an addition to a cell that was met not long ago; there is
 * no hash for a sender to attack, and memory follows the number of distinct cells, not of
 * additions. A cell is named by four small integers whose meaning is the owner's; their order is
 * the order of the sorted list.
 */
#ifndef SERIN_LABELS_CELL_LOG_H
#define SERIN_LABELS_CELL_LOG_H

#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_key { CELL_BLOCK, CELL_ROW, CELL_COLUMN, CELL_EXTRA };
enum { CELL_KEYS = 4 };

struct cell {
    uint32_t keys[CELL_KEYS]; /* by enum cell_key */
    uint64_t count;
};

/* All zero is an empty log. */
struct cell_log {
    struct cell *cells;
    size_t count;
    size_t capacity;
    uint32_t *recent; /* where in `cells` a cell was last seen; may be out of date */
};

void cell_log_clear(struct cell_log *log);

/*
 * Adds to a cell. Fails with SERIN_TOO_LARGE when there is no room, so that the owner can compact
 * and reserve; the log is unchanged then.
 */
SERIN_MUST_CHECK enum serin_status cell_log_add(struct cell_log *log, const struct cell *cell);

/* The same for a cell that is most likely new: does not look for it. */
SERIN_MUST_CHECK enum serin_status cell_log_append(struct cell_log *log, const struct cell *cell);

/* Sorts by the keys and merges equal cells. Fails with SERIN_NO_MEMORY; then nothing is lost. */
SERIN_MUST_CHECK enum serin_status cell_log_compact(struct cell_log *log);

/* Whether the log is so small that it should rather grow than be compacted. */
bool cell_log_is_small(const struct cell_log *log);

/*
 * Room for as many cells again as there are now, so that compacting costs little per addition.
 * Fails with SERIN_NO_MEMORY, and SERIN_TOO_LARGE beyond 2^32 - 1 cells.
 */
SERIN_MUST_CHECK enum serin_status cell_log_reserve(struct cell_log *log);

#endif
