#include "labels/block_tables_state.h"

#include <assert.h>
#include <string.h>

static const struct block_set *sealed_set(const struct block_tables *tables, size_t set)
{
    assert(tables->sealed && set < SET_COUNT);
    return &tables->sets[set];
}

/* ---- the whole ------------------------------------------------------------------------------- */

size_t block_tables_block_count(const struct block_tables *tables, enum arm arm)
{
    return sealed_set(tables, arm)->block_count;
}

size_t block_tables_pod_count(const struct block_tables *tables, enum arm arm)
{
    return dictionary_size(sealed_set(tables, arm)->pods);
}

const struct arm_coverage *block_tables_coverage(const struct block_tables *tables, enum arm arm)
{
    return &tables->coverage[arm];
}

int64_t block_tables_window_start_ms(const struct block_tables *tables)
{
    return tables->window_start_ms;
}

int64_t block_tables_window_end_ms(const struct block_tables *tables)
{
    return tables->window_end_ms;
}

const char *block_tables_incomplete_reason(const struct block_tables *tables)
{
    return tables->incomplete.status == SERIN_OK ? NULL : tables->incomplete.detail;
}

bool block_tables_blocks_known(const struct block_tables *tables)
{
    return !tables->blocks_unknown;
}

bool block_tables_capped(const struct block_tables *tables)
{
    return tables->capped || dictionary_capped(tables->labels.texts) ||
           dictionary_capped(tables->references.texts);
}

uint64_t block_tables_events(const struct block_tables *tables, enum arm arm)
{
    return tables->sets[arm].events;
}

uint64_t block_tables_unreferenced(const struct block_tables *tables, enum arm arm)
{
    return tables->sets[arm].unreferenced;
}

uint64_t block_tables_pairs(const struct block_tables *tables)
{
    return tables->sets[SET_PAIRS].events;
}

static struct block_identity identify(const struct block_set *set, size_t block)
{
    assert(block < set->block_count);
    return (struct block_identity){set->pod_names[set->blocks[block].pod],
                                   set->blocks[block].start_ms};
}

uint64_t block_tables_self_pairs(const struct block_tables *tables)
{
    return tables->sets[SET_SELF_PAIRS].events;
}

struct block_identity block_tables_block(const struct block_tables *tables, enum arm arm,
                                         size_t block)
{
    return identify(sealed_set(tables, arm), block);
}

static void block_pods(const struct block_set *set, uint32_t *out)
{
    for (size_t i = 0; i < set->block_count; i++) {
        out[i] = set->blocks[i].pod;
    }
}

void block_tables_block_pods(const struct block_tables *tables, enum arm arm, uint32_t *out)
{
    block_pods(sealed_set(tables, arm), out);
}

/* ---- labels and slices ----------------------------------------------------------------------- */

static struct text_view ranked_text(const struct label_space *space, size_t rank)
{
    assert(rank < space->ranking.count);
    return space->ranking.texts[rank];
}

size_t block_tables_label_count(const struct block_tables *tables)
{
    return tables->labels.ranking.count;
}

size_t block_tables_reference_count(const struct block_tables *tables)
{
    return tables->references.ranking.count;
}

struct text_view block_tables_label(const struct block_tables *tables, size_t column)
{
    return ranked_text(&tables->labels, column);
}

struct text_view block_tables_reference(const struct block_tables *tables, size_t row)
{
    return ranked_text(&tables->references, row);
}

size_t block_tables_slice_count(const struct block_tables *tables)
{
    return tables->slices.name_count;
}

struct slice_value block_tables_slice(const struct block_tables *tables, size_t slice)
{
    assert(slice < tables->slices.name_count);
    return tables->slices.names[slice];
}

/* ---- cells ----------------------------------------------------------------------------------- */

static bool is_within(const struct slices *slices, uint32_t tuple, size_t slice)
{
    if (slice == ALL_SLICES) {
        return true;
    }
    const uint32_t *members = &slices->members[slices->by_tuple[tuple].first];
    for (size_t i = 0; i < slices->by_tuple[tuple].count; i++) {
        if (members[i] == slice) {
            return true;
        }
    }
    return false;
}

/* The cells of a block or of all. */
struct cell_range {
    const struct cell *cells;
    size_t count;
};

static struct cell_range range_of(const struct block_set *set, size_t block)
{
    if (block == ALL_BLOCKS) {
        return (struct cell_range){set->cells.cells, set->cells.count};
    }
    assert(block < set->block_count);
    size_t first = set->first_cells[block];
    return (struct cell_range){set->cells.cells + first, set->first_cells[block + 1] - first};
}

enum serin_status block_tables_contingency(const struct block_tables *tables, enum arm arm,
                                           size_t slice, size_t block, struct contingency **out)
{
    struct cell_range range = range_of(sealed_set(tables, arm), block);
    size_t rows = tables->references.ranking.count;
    owned(contingency) table = contingency_create(rows, tables->labels.ranking.count);
    if (!table) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < range.count; i++) {
        const uint32_t *keys = range.cells[i].keys;
        if (keys[CELL_ROW] < rows && is_within(&tables->slices, keys[CELL_EXTRA], slice)) {
            TRY(contingency_add(table, keys[CELL_ROW], keys[CELL_COLUMN], range.cells[i].count));
        }
    }
    *out = give(table);
    return SERIN_OK;
}

void block_tables_label_totals(const struct block_tables *tables, enum arm arm, size_t slice,
                               size_t block, uint64_t *out)
{
    struct cell_range range = range_of(sealed_set(tables, arm), block);
    memset(out, 0, tables->labels.ranking.count * sizeof(*out));
    for (size_t i = 0; i < range.count; i++) {
        if (is_within(&tables->slices, range.cells[i].keys[CELL_EXTRA], slice)) {
            out[range.cells[i].keys[CELL_COLUMN]] += range.cells[i].count;
        }
    }
}

static uint32_t statistics_row(const struct block_tables *tables, uint32_t row)
{
    return row < tables->references.ranking.count ? row : SERIN_NO_REFERENCE;
}

/* Adds a cell to the list, or to its last entry when only the slices differ. */
static size_t append_cell(struct serin_block_cell *list, size_t count,
                          const struct serin_block_cell *cell)
{
    if (count > 0) {
        struct serin_block_cell *last = &list[count - 1];
        if (last->block == cell->block && last->row == cell->row && last->column == cell->column) {
            last->count += cell->count;
            return count;
        }
    }
    list[count] = *cell;
    return count + 1;
}

enum serin_status block_tables_cells(const struct block_tables *tables, enum arm arm, size_t slice,
                                     struct serin_block_cell **out_cells, size_t *out_count)
{
    struct cell_range range = range_of(sealed_set(tables, arm), ALL_BLOCKS);
    struct serin_block_cell *list = memory_allocate(range.count, sizeof(*list));
    size_t count = 0;
    if (!list) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < range.count; i++) {
        const uint32_t *keys = range.cells[i].keys;
        if (is_within(&tables->slices, keys[CELL_EXTRA], slice)) {
            struct serin_block_cell cell = {keys[CELL_BLOCK],
                                            statistics_row(tables, keys[CELL_ROW]),
                                            keys[CELL_COLUMN], range.cells[i].count};
            count = append_cell(list, count, &cell);
        }
    }
    *out_cells = list;
    *out_count = count;
    return SERIN_OK;
}

/* ---- pairs ----------------------------------------------------------------------------------- */

size_t block_tables_paired_block_count(const struct block_tables *tables)
{
    return sealed_set(tables, SET_PAIRS)->block_count;
}

struct block_identity block_tables_paired_block(const struct block_tables *tables, size_t block)
{
    return identify(sealed_set(tables, SET_PAIRS), block);
}

void block_tables_paired_block_pods(const struct block_tables *tables, uint32_t *out)
{
    block_pods(sealed_set(tables, SET_PAIRS), out);
}

size_t block_tables_self_paired_block_count(const struct block_tables *tables)
{
    return sealed_set(tables, SET_SELF_PAIRS)->block_count;
}

struct block_identity block_tables_self_paired_block(const struct block_tables *tables,
                                                     size_t block)
{
    return identify(sealed_set(tables, SET_SELF_PAIRS), block);
}

void block_tables_self_paired_block_pods(const struct block_tables *tables, uint32_t *out)
{
    block_pods(sealed_set(tables, SET_SELF_PAIRS), out);
}

static enum serin_status set_triples(const struct block_tables *tables, size_t set,
                                     struct serin_triple **out_triples, size_t *out_count)
{
    struct cell_range range = range_of(sealed_set(tables, set), ALL_BLOCKS);
    struct serin_triple *list = memory_allocate(range.count, sizeof(*list));
    if (!list) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < range.count; i++) {
        const uint32_t *keys = range.cells[i].keys;
        list[i] = (struct serin_triple){keys[CELL_BLOCK], statistics_row(tables, keys[CELL_ROW]),
                                        keys[CELL_COLUMN], keys[CELL_EXTRA], range.cells[i].count};
    }
    *out_triples = list;
    *out_count = range.count;
    return SERIN_OK;
}

enum serin_status block_tables_triples(const struct block_tables *tables,
                                       struct serin_triple **out_triples, size_t *out_count)
{
    return set_triples(tables, SET_PAIRS, out_triples, out_count);
}

enum serin_status block_tables_self_triples(const struct block_tables *tables,
                                            struct serin_triple **out_triples, size_t *out_count)
{
    return set_triples(tables, SET_SELF_PAIRS, out_triples, out_count);
}
