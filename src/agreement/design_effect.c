#include "agreement/blocks.h"
#include "agreement/influence.h"
#include "agreement/jackknife.h"
#include "agreement/ln.h"
#include "agreement/measured.h"
#include "base/memory.h"
#include "serin/jackknife.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Whether a cell comes after the one before it: by block, then row, then column. */
static bool in_order(const struct serin_block_cell *before, const struct serin_block_cell *cell)
{
    if (before->block != cell->block) {
        return before->block < cell->block;
    }
    if (before->row != cell->row) {
        return before->row < cell->row;
    }
    return before->column < cell->column;
}

/* Adds the cells up into rows × columns zeroed counts. */
static enum serin_status pool(const struct serin_blocks *blocks, uint64_t *counts)
{
    uint64_t total = 0;
    for (size_t k = 0; k < blocks->count; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        if ((k > 0 && !in_order(cell - 1, cell)) || cell->column >= blocks->columns ||
            (cell->row >= blocks->rows && cell->row != SERIN_NO_REFERENCE)) {
            return SERIN_INVALID;
        }
        if (cell->row != SERIN_NO_REFERENCE) {
            if (cell->count > SERIN_TOTAL_MAX - total) {
                return SERIN_RANGE;
            }
            total += cell->count;
            counts[cell->row * blocks->columns + cell->column] += cell->count;
        }
    }
    return SERIN_OK;
}

/* The pooled table and what a block leaves of its margins. */
struct remainder {
    const struct measured *measured;
    uint64_t *rows;
    uint64_t *columns;
};

/*
 * NMI without the cells of one block. Each is a part of its pooled cell, so the cells' sum loses
 * c ln c and gains (c − x) ln(c − x).
 */
static double score_without(const struct remainder *left, const struct serin_block_cell *cells,
                            size_t count, uint64_t *out_removed)
{
    const struct measured *measured = left->measured;
    const struct serin_table *table = &measured->table;
    memcpy(left->rows, measured->margins.rows, table->rows * sizeof(uint64_t));
    memcpy(left->columns, measured->margins.columns, table->columns * sizeof(uint64_t));
    struct wide_sum lost = {0, 0};
    struct wide_sum gained = {0, 0};
    uint64_t removed = 0;
    for (size_t k = 0; k < count && cells[k].row != SERIN_NO_REFERENCE; k++) {
        uint64_t whole = table->counts[cells[k].row * table->columns + cells[k].column];
        uint64_t rest = whole - cells[k].count;
        wide_sum_add(&lost, whole, ln_fixed(whole));
        wide_sum_add(&gained, rest, ln_fixed(rest));
        left->rows[cells[k].row] -= cells[k].count;
        left->columns[cells[k].column] -= cells[k].count;
        removed += cells[k].count;
    }
    struct wide change = wide_subtract(wide_sum_total(&gained), wide_sum_total(&lost));
    struct information rest = {
        .total = measured->margins.total - removed,
        .whole = count_ln_count(measured->margins.total - removed),
        .rows = sum_count_ln_count(left->rows, table->rows),
        .columns = sum_count_ln_count(left->columns, table->columns),
        .cells = wide_add(measured->information.cells, change),
    };
    *out_removed = removed;
    return information_nmi(&rest, measured->normalizer);
}

static void score_blocks(const struct serin_blocks *blocks, const struct remainder *left,
                         struct block_scores *scores)
{
    for (size_t start = 0, end = 0; start < blocks->count; start = end) {
        while (end < blocks->count && blocks->cells[end].block == blocks->cells[start].block) {
            end++;
        }
        uint64_t removed = 0;
        double score = score_without(left, blocks->cells + start, end - start, &removed);
        if (removed > 0) {
            block_scores_add(scores, score - left->measured->nmi);
        }
    }
}

/* The larger of the two estimates for independent events. */
static enum serin_status independent_variance(const struct measured *measured, double *out)
{
    double deleted = 0.0;
    double influence = 0.0;
    TRY(jackknife_variance(measured, &deleted));
    TRY(influence_variance(measured, &influence));
    *out = fmax(deleted, influence / (double)measured->margins.total);
    return SERIN_OK;
}

/* The table that the blocks add up to, its counts owned by the caller. */
static enum serin_status pooled_table(const struct serin_blocks *blocks, uint64_t **out_counts,
                                      struct serin_table *out)
{
    size_t cells = 0;
    if (__builtin_mul_overflow(blocks->rows, blocks->columns, &cells)) {
        return SERIN_INVALID;
    }
    *out_counts = memory_allocate(cells, sizeof(uint64_t));
    if (!*out_counts) {
        return SERIN_NO_MEMORY;
    }
    *out = (struct serin_table){*out_counts, blocks->rows, blocks->columns};
    return pool(blocks, *out_counts);
}

enum serin_status serin_design_effect(const struct serin_blocks *blocks,
                                      enum serin_normalizer normalizer,
                                      struct serin_design_effect *out)
{
    owned_memory uint64_t *counts = NULL;
    struct serin_table table;
    TRY(pooled_table(blocks, &counts, &table));
    measured_scope measured;
    TRY(measured_init_defined(&measured, &table, normalizer));
    double independent = 0.0;
    TRY(independent_variance(&measured, &independent));

    scratch_scope scratch;
    scratch_init(&scratch);
    uint64_t *margins = scratch_take(&scratch, table.rows + table.columns, sizeof(*margins));
    if (!margins) {
        return SERIN_NO_MEMORY;
    }
    struct remainder left = {&measured, margins, margins + table.rows};
    struct block_scores scores = {{0}, {0}, 0};
    score_blocks(blocks, &left, &scores);
    if (scores.blocks < 2) {
        return SERIN_UNDEFINED;
    }
    double variance = block_scores_variance(&scores);
    *out = (struct serin_design_effect){
        .variance = variance,
        .deff = design_effect_of(variance, independent),
        .blocks = scores.blocks,
        .samples = measured.margins.total,
    };
    return SERIN_OK;
}
