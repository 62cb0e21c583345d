#include "labels/slice_cells.h"

#include "labels/block_tables_state.h"

#include <assert.h>

/* Where a group's cells lie in the list of all. */
struct span {
    size_t first;
    size_t count;
};

struct slice_cells {
    struct serin_block_cell *cells;
    struct span *spans; /* by group */
    size_t groups;
};

void slice_cells_destroy(struct slice_cells *cells)
{
    if (cells) {
        memory_free(cells->cells);
        memory_free(cells->spans);
        memory_free(cells);
    }
}

struct cell_view slice_cells_view(const struct slice_cells *cells, size_t group)
{
    assert(group < cells->groups);
    struct span span = cells->spans[group];
    return (struct cell_view){cells->cells + span.first, span.count};
}

/* The group a tuple of slices falls into: at most one, for it has one value of the dimension. */
static size_t group_of(const struct slices *slices, uint32_t tuple,
                       const struct slice_groups *groups)
{
    size_t group = SLICE_UNGROUPED;
    const uint32_t *members = &slices->members[slices->by_tuple[tuple].first];
    for (size_t i = 0; i < slices->by_tuple[tuple].count; i++) {
        if (members[i] >= groups->first && members[i] - groups->first < groups->slices) {
            group = groups->map[members[i] - groups->first];
            break;
        }
    }
    return group == SLICE_UNGROUPED && groups->takes_rest ? groups->count - 1 : group;
}

/* Room for each group's cells, one group after the other. */
static enum serin_status spans_allot(const struct block_tables *tables, const struct cell_log *from,
                                     const struct slice_groups *groups, struct slice_cells *out)
{
    size_t all = 0;
    for (size_t i = 0; i < from->count; i++) {
        size_t group = group_of(&tables->slices, from->cells[i].keys[CELL_EXTRA], groups);
        if (group != SLICE_UNGROUPED) {
            out->spans[group].count++;
        }
    }
    for (size_t i = 0; i < groups->count; i++) {
        out->spans[i].first = all;
        all += out->spans[i].count;
        out->spans[i].count = 0;
    }
    out->cells = memory_allocate(all + 1, sizeof(*out->cells));
    return out->cells ? SERIN_OK : SERIN_NO_MEMORY;
}

/* Cells that differ only in their slices are neighbours, also within a group. */
static void span_add(struct serin_block_cell *cells, struct span *span,
                     const struct serin_block_cell *cell)
{
    struct serin_block_cell *next = &cells[span->first + span->count];
    if (span->count > 0) {
        struct serin_block_cell *last = next - 1;
        if (last->block == cell->block && last->row == cell->row && last->column == cell->column) {
            last->count += cell->count;
            return;
        }
    }
    *next = *cell;
    span->count++;
}

static void spans_fill(const struct block_tables *tables, const struct cell_log *from,
                       const struct slice_groups *groups, struct slice_cells *out)
{
    for (size_t i = 0; i < from->count; i++) {
        const uint32_t *keys = from->cells[i].keys;
        size_t group = group_of(&tables->slices, keys[CELL_EXTRA], groups);
        if (group != SLICE_UNGROUPED) {
            bool has_row = keys[CELL_ROW] < tables->references.ranking.count;
            struct serin_block_cell cell = {keys[CELL_BLOCK],
                                            has_row ? keys[CELL_ROW] : SERIN_NO_REFERENCE,
                                            keys[CELL_COLUMN], from->cells[i].count};
            span_add(out->cells, &out->spans[group], &cell);
        }
    }
}

enum serin_status slice_cells_create(const struct block_tables *tables, enum arm arm,
                                     const struct slice_groups *groups, struct slice_cells **out)
{
    assert(tables->sealed && groups->first + groups->slices <= tables->slices.name_count);
    const struct cell_log *from = &tables->sets[arm].cells;
    owned(slice_cells) cells = memory_allocate(1, sizeof(*cells));
    if (!cells) {
        return SERIN_NO_MEMORY;
    }
    cells->groups = groups->count;
    cells->spans = memory_allocate(groups->count + 1, sizeof(*cells->spans));
    if (!cells->spans) {
        return SERIN_NO_MEMORY;
    }
    TRY(spans_allot(tables, from, groups, cells));
    spans_fill(tables, from, groups, cells);
    *out = give(cells);
    return SERIN_OK;
}

void slice_totals_add(const struct block_tables *tables, enum arm arm, uint64_t *totals)
{
    assert(tables->sealed);
    const struct slices *slices = &tables->slices;
    const struct cell_log *from = &tables->sets[arm].cells;
    for (size_t i = 0; i < from->count; i++) {
        struct tuple tuple = slices->by_tuple[from->cells[i].keys[CELL_EXTRA]];
        for (size_t member = tuple.first; member < tuple.first + tuple.count; member++) {
            totals[slices->members[member]] += from->cells[i].count;
        }
    }
}
