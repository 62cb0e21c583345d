#include "verdict/counts.h"

#include <stdlib.h>

static enum serin_status arm_allocate(struct arm_counts *arm, size_t rows, size_t columns)
{
    arm->table = memory_allocate(rows * columns + 1, sizeof(*arm->table));
    arm->totals = memory_allocate(columns + 1, sizeof(*arm->totals));
    return arm->table && arm->totals ? SERIN_OK : SERIN_NO_MEMORY;
}

static bool is_rare(const struct label_groups *groups, uint32_t group)
{
    return groups->merged && group + 1 == groups->count;
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
        if (is_rare(&grouping->columns, cell->column) ||
            (has_row && is_rare(&grouping->rows, cell->row))) {
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

/*
 * Grouping lets cells coincide and one arm's view of the pairs takes them out of order; the
 * statistics want each once, in order. Where nothing was merged they are so already.
 */
static void cells_settle(struct arm_counts *arm)
{
    size_t ordered = 1;
    while (ordered < arm->cell_count &&
           by_place(&arm->cells[ordered - 1], &arm->cells[ordered]) < 0) {
        ordered++;
    }
    if (ordered >= arm->cell_count) {
        return;
    }
    qsort(arm->cells, arm->cell_count, sizeof(*arm->cells), by_place);
    size_t kept = 0;
    for (size_t i = 1; i < arm->cell_count; i++) {
        if (by_place(&arm->cells[kept], &arm->cells[i]) == 0) {
            arm->cells[kept].count += arm->cells[i].count;
        } else {
            arm->cells[++kept] = arm->cells[i];
        }
    }
    arm->cell_count = kept + 1;
}

static enum serin_status arm_load(const struct block_tables *tables, enum arm which, size_t slice,
                                  const struct grouping *grouping, struct arm_counts *arm)
{
    TRY(block_tables_cells(tables, which, slice, &arm->cells, &arm->cell_count));
    for (size_t i = 0; i < arm->cell_count; i++) {
        arm->cells[i].row = grouping_row(grouping, arm->cells[i].row);
        arm->cells[i].column = grouping_column(grouping, arm->cells[i].column);
    }
    cells_settle(arm);
    return SERIN_OK;
}

/* One arm's view of the keys. */
static enum serin_status arm_project(const struct counts *counts, enum arm which,
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
            .row = counts->grouping->is_agreement ? triple->stable : triple->row,
            .column = which == ARM_CANARY ? triple->canary : triple->stable,
            .count = triple->count,
        };
    }
    cells_settle(arm);
    return SERIN_OK;
}

static enum serin_status pairs_load(const struct block_tables *tables, struct counts *counts)
{
    TRY(block_tables_triples(tables, &counts->triples, &counts->triple_count));
    for (size_t i = 0; i < counts->triple_count; i++) {
        struct serin_triple *triple = &counts->triples[i];
        triple->row = counts->grouping->is_agreement ? SERIN_NO_REFERENCE
                                                     : grouping_row(counts->grouping, triple->row);
        triple->canary = grouping_column(counts->grouping, triple->canary);
        triple->stable = grouping_column(counts->grouping, triple->stable);
    }
    TRY(arm_project(counts, ARM_CANARY, &counts->arms[ARM_CANARY]));
    return arm_project(counts, ARM_STABLE, &counts->arms[ARM_STABLE]);
}

static enum serin_status counts_fill(const struct block_tables *tables, enum design design,
                                     size_t slice, struct counts *counts)
{
    if (design == DESIGN_PAIRED) {
        TRY(pairs_load(tables, counts));
    } else {
        TRY(arm_load(tables, ARM_CANARY, slice, counts->grouping, &counts->arms[ARM_CANARY]));
        TRY(arm_load(tables, ARM_STABLE, slice, counts->grouping, &counts->arms[ARM_STABLE]));
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        TRY(arm_allocate(&counts->arms[arm], counts->rows, counts->columns));
        arm_pool(&counts->arms[arm], counts->grouping);
    }
    return SERIN_OK;
}

enum serin_status counts_create(const struct block_tables *tables,
                                const struct judgement *judgement, size_t slice,
                                const struct grouping *grouping, struct counts **out,
                                struct serin_error *err)
{
    owned(counts) counts = memory_allocate(1, sizeof(*counts));
    if (!counts) {
        return serin_fail(err, SERIN_NO_MEMORY, "counts of the arms");
    }
    counts->grouping = grouping;
    counts->rows = grouping->rows.count;
    counts->columns = grouping->columns.count;
    if (counts_fill(tables, judgement->design, slice, counts) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "counts of the arms");
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
