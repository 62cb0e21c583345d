#include "verdict/counts.h"

#include "verdict/label_ranking.h"

#include <stdlib.h>
#include <string.h>

static enum serin_status arm_allocate(struct arm_counts *arm, size_t rows, size_t columns)
{
    arm->table = memory_allocate(rows * columns + 1, sizeof(*arm->table));
    arm->totals = memory_allocate(columns + 1, sizeof(*arm->totals));
    return arm->table && arm->totals ? SERIN_OK : SERIN_NO_MEMORY;
}

/* Pools the cells, which carry groups already. */
static void arm_pool(struct arm_counts *arm, const struct grouping *grouping)
{
    for (size_t i = 0; i < arm->cell_count; i++) {
        const struct serin_block_cell *cell = &arm->cells[i];
        bool has_row = cell->row != SERIN_NO_REFERENCE;
        arm->events += cell->count;
        arm->totals[cell->column] += cell->count;
        if (has_row) {
            arm->table[cell->row * grouping->columns.count + cell->column] += cell->count;
        } else {
            arm->unreferenced += cell->count;
        }
        if (label_groups_is_rare(&grouping->columns, cell->column) ||
            (has_row && label_groups_is_rare(&grouping->rows, cell->row))) {
            arm->merged += cell->count;
        }
    }
}

static int by_place(const void *left, const void *right)
{
    const struct serin_block_cell *a = left;
    const struct serin_block_cell *b = right;
    if (a->block != b->block) {
        return a->block < b->block ? -1 : 1;
    }
    if (a->row != b->row) {
        return a->row < b->row ? -1 : 1;
    }
    return a->column < b->column ? -1 : a->column > b->column;
}

size_t cells_settle(struct serin_block_cell *cells, size_t count)
{
    size_t ordered = 1;
    while (ordered < count && by_place(&cells[ordered - 1], &cells[ordered]) < 0) {
        ordered++;
    }
    if (ordered >= count) {
        return count;
    }
    qsort(cells, count, sizeof(*cells), by_place);
    size_t kept = 0;
    for (size_t i = 1; i < count; i++) {
        if (by_place(&cells[kept], &cells[i]) == 0) {
            cells[kept].count += cells[i].count;
        } else {
            cells[++kept] = cells[i];
        }
    }
    return kept + 1;
}

size_t cells_take_pods(struct serin_block_cell *cells, size_t count, const uint32_t *pods)
{
    for (size_t i = 0; i < count; i++) {
        cells[i].block = pods[cells[i].block];
    }
    return cells_settle(cells, count);
}

/* ---- loading: labels as the tables number them ---------------------------------------------- */

/* One arm's view of the keys, before or after grouping. */
static enum serin_status arm_project(const struct counts *counts, enum arm which, bool is_agreement,
                                     struct arm_counts *arm)
{
    arm->cells = memory_allocate(counts->triple_count + 1, sizeof(*arm->cells));
    if (!arm->cells) {
        return SERIN_NO_MEMORY;
    }
    arm->cell_count = counts->triple_count;
    for (size_t i = 0; i < counts->triple_count; i++) {
        const struct serin_triple *triple = &counts->triples[i];
        arm->cells[i] = (struct serin_block_cell){
            .block = triple->block,
            .row = is_agreement ? triple->stable : triple->row,
            .column = which == ARM_CANARY ? triple->canary : triple->stable,
            .count = triple->count,
        };
    }
    return SERIN_OK;
}

static bool has_reference(const struct counts *counts)
{
    for (size_t i = 0; i < counts->triple_count; i++) {
        if (counts->triples[i].row != SERIN_NO_REFERENCE) {
            return true;
        }
    }
    return false;
}

/* The stable arm against itself: its first label of a key is the reference of its second. */
static enum serin_status self_load(const struct block_tables *tables, struct arm_counts *arm)
{
    owned_memory struct serin_triple *triples = NULL;
    size_t count = 0;
    TRY(block_tables_self_triples(tables, &triples, &count));
    memory_free(arm->cells);
    arm->cells = memory_allocate(count + 1, sizeof(*arm->cells));
    if (!arm->cells) {
        return SERIN_NO_MEMORY;
    }
    arm->cell_count = count;
    for (size_t i = 0; i < count; i++) {
        arm->cells[i] = (struct serin_block_cell){
            .block = triples[i].block,
            .row = triples[i].stable,
            .column = triples[i].canary,
            .count = triples[i].count,
        };
    }
    return SERIN_OK;
}

static enum serin_status pairs_load(const struct block_tables *tables,
                                    const struct judgement *judgement, struct counts *counts,
                                    bool *out_is_agreement)
{
    TRY(block_tables_triples(tables, &counts->triples, &counts->triple_count));
    *out_is_agreement = !has_reference(counts);
    TRY(arm_project(counts, ARM_CANARY, *out_is_agreement, &counts->arms[ARM_CANARY]));
    TRY(arm_project(counts, ARM_STABLE, *out_is_agreement, &counts->arms[ARM_STABLE]));
    counts->has_self_pairs =
        *out_is_agreement && block_tables_self_pairs(tables) >= judgement->min_samples;
    return counts->has_self_pairs ? self_load(tables, &counts->arms[ARM_STABLE]) : SERIN_OK;
}

static enum serin_status arms_load(const struct block_tables *tables, struct counts *counts)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_counts *out = &counts->arms[arm];
        TRY(block_tables_cells(tables, (enum arm)arm, ALL_SLICES, &out->cells, &out->cell_count));
    }
    return SERIN_OK;
}

static enum serin_status arm_copy(struct cell_view from, struct arm_counts *out)
{
    out->cells = memory_allocate(from.count + 1, sizeof(*out->cells));
    if (!out->cells) {
        return SERIN_NO_MEMORY;
    }
    if (from.count > 0) {
        memcpy(out->cells, from.cells, from.count * sizeof(*out->cells));
    }
    out->cell_count = from.count;
    return SERIN_OK;
}

/* ---- the merged labels ------------------------------------------------------------------------
 */

/* What the arms do among the merged labels, before these are one. */
static enum serin_status tail_find(const struct ranking *ranking, const struct grouping *grouping,
                                   struct counts *counts)
{
    const struct arm_counts *canary = &counts->arms[ARM_CANARY];
    const struct arm_counts *stable = &counts->arms[ARM_STABLE];
    counts->has_tail = (grouping->rows.merged || grouping->columns.merged) &&
                       !ranking->is_agreement && ranking->judgement->design != DESIGN_SHIFT;
    if (!counts->has_tail) {
        return SERIN_OK;
    }
    return tail_measure(grouping, &(struct tail_cells){canary->cells, canary->cell_count},
                        &(struct tail_cells){stable->cells, stable->cell_count}, &counts->tail);
}

/* ---- grouping ------------------------------------------------------------------------------- */

static uint32_t group_row(const struct grouping *grouping, uint32_t row)
{
    return row == SERIN_NO_REFERENCE ? row : (uint32_t)grouping->rows.map[row];
}

static uint32_t group_column(const struct grouping *grouping, uint32_t column)
{
    return (uint32_t)grouping->columns.map[column];
}

static void triples_group(struct counts *counts)
{
    for (size_t i = 0; i < counts->triple_count; i++) {
        struct serin_triple *triple = &counts->triples[i];
        if (counts->grouping->is_agreement) {
            triple->row = SERIN_NO_REFERENCE;
        } else {
            triple->row = group_row(counts->grouping, triple->row);
        }
        triple->canary = group_column(counts->grouping, triple->canary);
        triple->stable = group_column(counts->grouping, triple->stable);
    }
}

/* Takes the groups for labels and pools over the blocks. */
static enum serin_status counts_group(const struct grouping *grouping, struct counts *counts)
{
    counts->grouping = grouping;
    counts->rows = grouping->rows.count;
    counts->columns = grouping->columns.count;
    triples_group(counts);
    for (size_t a = 0; a < ARM_COUNT; a++) {
        struct arm_counts *arm = &counts->arms[a];
        for (size_t i = 0; i < arm->cell_count; i++) {
            arm->cells[i].row = group_row(grouping, arm->cells[i].row);
            arm->cells[i].column = group_column(grouping, arm->cells[i].column);
        }
        arm->cell_count = cells_settle(arm->cells, arm->cell_count);
        TRY(arm_allocate(arm, counts->rows, counts->columns));
        arm_pool(arm, grouping);
    }
    return SERIN_OK;
}

static enum serin_status counts_rank(struct ranking *ranking, struct counts *counts,
                                     struct grouping **out)
{
    TRY(ranking->judgement->design == DESIGN_PAIRED
            ? pairs_load(ranking->tables, ranking->judgement, counts, &ranking->is_agreement)
            : arms_load(ranking->tables, counts));
    TRY(labels_rank(ranking, counts, out));
    TRY(tail_find(ranking, *out, counts));
    return counts_group(*out, counts);
}

static enum serin_status counts_create_by(struct ranking *ranking, struct grouping **out_grouping,
                                          struct counts **out_counts, struct serin_error *err)
{
    owned(grouping) grouping = NULL;
    owned(counts) counts = memory_allocate(1, sizeof(*counts));
    if (!counts || counts_rank(ranking, counts, &grouping) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "counts of the arms");
    }
    *out_grouping = give(grouping);
    *out_counts = give(counts);
    return SERIN_OK;
}

enum serin_status counts_create_ranked(const struct block_tables *tables,
                                       const struct judgement *judgement,
                                       struct grouping **out_grouping, struct counts **out_counts,
                                       struct serin_error *err)
{
    struct ranking ranking = {.tables = tables, .judgement = judgement};
    return counts_create_by(&ranking, out_grouping, out_counts, err);
}

enum serin_status counts_create_merged(const struct block_tables *tables,
                                       const struct judgement *judgement, size_t halvings,
                                       struct grouping **out_grouping, struct counts **out_counts,
                                       struct serin_error *err)
{
    struct ranking ranking = {
        .tables = tables, .judgement = judgement, .is_merged = true, .halvings = halvings};
    return counts_create_by(&ranking, out_grouping, out_counts, err);
}

enum serin_status counts_create(struct cell_view canary, struct cell_view stable,
                                const struct grouping *grouping, struct counts **out,
                                struct serin_error *err)
{
    owned(counts) counts = memory_allocate(1, sizeof(*counts));
    if (!counts || arm_copy(canary, &counts->arms[ARM_CANARY]) != SERIN_OK ||
        arm_copy(stable, &counts->arms[ARM_STABLE]) != SERIN_OK ||
        counts_group(grouping, counts) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "counts of a slice");
    }
    *out = give(counts);
    return SERIN_OK;
}

void counts_destroy(struct counts *counts)
{
    if (!counts) {
        return;
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        memory_free(counts->arms[arm].cells);
        memory_free(counts->arms[arm].table);
        memory_free(counts->arms[arm].totals);
    }
    memory_free(counts->triples);
    memory_free(counts);
}

struct serin_table counts_table(const struct counts *counts, enum arm arm)
{
    return (struct serin_table){
        .counts = counts->arms[arm].table, .rows = counts->rows, .columns = counts->columns};
}

struct serin_blocks counts_blocks(const struct counts *counts, enum arm arm)
{
    return (struct serin_blocks){
        .cells = counts->arms[arm].cells,
        .count = counts->arms[arm].cell_count,
        .rows = counts->rows,
        .columns = counts->columns,
    };
}

static bool cell_occupied(const struct counts *counts, size_t row, size_t column)
{
    size_t cell = row * counts->columns + column;
    return counts->arms[ARM_CANARY].table[cell] > 0 || counts->arms[ARM_STABLE].table[cell] > 0;
}

size_t counts_occupied_rows(const struct counts *counts)
{
    size_t occupied = 0;
    for (size_t row = 0; row < counts->rows; row++) {
        size_t column = 0;
        while (column < counts->columns && !cell_occupied(counts, row, column)) {
            column++;
        }
        occupied += column < counts->columns;
    }
    return occupied;
}

size_t counts_occupied_columns(const struct counts *counts)
{
    size_t occupied = 0;
    for (size_t column = 0; column < counts->columns; column++) {
        size_t row = 0;
        while (row < counts->rows && !cell_occupied(counts, row, column)) {
            row++;
        }
        occupied += row < counts->rows;
    }
    return occupied;
}
