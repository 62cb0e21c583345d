/*
 * An arm's cells sorted by slice, in one pass over them however many slices there are.
 */
#ifndef SERIN_LABELS_SLICE_CELLS_H
#define SERIN_LABELS_SLICE_CELLS_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "serin/error.h"
#include "serin/jackknife.h"

#include <stdbool.h>
#include <stddef.h>

/* Which of neighbouring slices of one dimension are told apart, and which count as one. Borrowed.
 */
struct slice_groups {
    size_t first;      /* slice, as the tables number them */
    size_t slices;     /* entries of the map */
    const size_t *map; /* by slice − first: its group, or SLICE_UNGROUPED */
    size_t count;      /* groups */
    bool takes_rest;   /* the last group takes what falls into none, with or without a value too */
};
#define SLICE_UNGROUPED SIZE_MAX

/* Some cells, ordered by block, row, column, each once. */
struct cell_view {
    const struct serin_block_cell *cells;
    size_t count;
};

struct slice_cells;

/*
 * Takes the cells of the groups out of sealed tables, as block_tables_cells does for one slice.
 * Events without reference have row SERIN_NO_REFERENCE. Takes as much memory as the cells found, so
 * at most as all of the arm: the slices of a dimension do not overlap. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status slice_cells_create(const struct block_tables *tables,
                                                      enum arm arm,
                                                      const struct slice_groups *groups,
                                                      struct slice_cells **out);
void slice_cells_destroy(struct slice_cells *cells); /* NULL is fine */
DEFINE_CLEANUP(slice_cells)

/* A group's cells; valid as long as `cells` is. */
struct cell_view slice_cells_view(const struct slice_cells *cells, size_t group);

/*
 * Adds an arm's events to those of each slice, with or without reference: `totals` has as many
 * entries as the tables have slices. One pass over the cells.
 */
void slice_totals_add(const struct block_tables *tables, enum arm arm, uint64_t *totals);

#endif
