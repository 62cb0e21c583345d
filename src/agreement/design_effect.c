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

static uint64_t block_and_row(const struct serin_block_cell *cell)
{
    return (uint64_t)cell->block << 32 | cell->row;
}

/* Whether a cell comes after the one before it: by block, then row, then column. */
static bool in_order(const struct serin_block_cell *before, const struct serin_block_cell *cell)
{
    uint64_t earlier = block_and_row(before);
    uint64_t later = block_and_row(cell);
    return earlier < later || (earlier == later && before->column < cell->column);
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

/*
 * The scores without one block each are only ever compared with each other, so the accuracy of a
 * double is enough, and logarithms of 54 bits do. Sums of count · ln count are still exact.
 */
static int128 sum_short(const uint64_t *counts, size_t count)
{
    uint128 sum = 0;
    for (size_t k = 0; k < count; k++) {
        sum += (uint128)counts[k] * ln_short(counts[k]);
    }
    return (int128)sum;
}

static double nats(int128 scaled, uint64_t total)
{
    return total > 0 ? (double)scaled * 0x1p-54 / (double)total : 0.0;
}

/* What a block leaves of the pooled table's margins, and what all blocks need. Not to be copied. */
struct remainder {
    const struct measured *measured;
    uint64_t *logarithms; /* of the pooled table's counts */
    int128 cells;         /* Σ count · ln count of these */
    uint64_t *rows;
    uint64_t *columns;
    uint64_t total;
    struct scratch scratch;
};

static void remainder_clear(struct remainder *left)
{
    scratch_clear(&left->scratch);
}

static enum serin_status remainder_init(struct remainder *left, const struct measured *measured)
{
    const struct serin_table *table = &measured->table;
    size_t cells = table->rows * table->columns;
    size_t words = 0;
    scratch_init(&left->scratch);
    if (__builtin_add_overflow(cells, table->rows + table->columns, &words)) {
        return SERIN_INVALID;
    }
    left->logarithms = scratch_take(&left->scratch, words, sizeof(uint64_t));
    if (!left->logarithms) {
        return SERIN_NO_MEMORY;
    }
    left->measured = measured;
    left->rows = left->logarithms + cells;
    left->columns = left->rows + table->rows;
    for (size_t k = 0; k < cells; k++) {
        left->logarithms[k] = ln_short(table->counts[k]);
    }
    left->cells = sum_short(table->counts, cells);
    return SERIN_OK;
}

/*
 * Takes a block's cells out of the margins; what the cells' sum of count · ln count gains. Each is
 * a part of its pooled cell, so that sum loses c ln c and gains (c − x) ln(c − x).
 */
static int128 remove_block(struct remainder *left, const struct serin_block_cell *cells,
                           size_t count)
{
    const struct margins *margins = &left->measured->margins;
    const struct serin_table *table = &left->measured->table;
    memcpy(left->rows, margins->rows, table->rows * sizeof(uint64_t));
    memcpy(left->columns, margins->columns, table->columns * sizeof(uint64_t));
    uint128 lost = 0;
    uint128 gained = 0;
    uint64_t removed = 0;
    for (size_t k = 0; k < count && cells[k].row != SERIN_NO_REFERENCE; k++) {
        size_t pooled = cells[k].row * table->columns + cells[k].column;
        uint64_t whole = table->counts[pooled];
        uint64_t rest = whole - cells[k].count;
        lost += (uint128)whole * left->logarithms[pooled];
        gained += (uint128)rest * ln_short(rest);
        left->rows[cells[k].row] -= cells[k].count;
        left->columns[cells[k].column] -= cells[k].count;
        removed += cells[k].count;
    }
    left->total = margins->total - removed;
    return (int128)(gained - lost);
}

/* NMI of the pooled table whose cells' sum has gained `change` and whose margins are `left`. */
static double score_of(const struct remainder *left, int128 change)
{
    const struct measured *measured = left->measured;
    int128 whole = (int128)((uint128)left->total * ln_short(left->total));
    int128 reference = whole - sum_short(left->rows, measured->table.rows);
    int128 label = whole - sum_short(left->columns, measured->table.columns);
    int128 joint = whole - (left->cells + change);
    struct serin_entropies entropies = {
        .reference = nats(reference, left->total),
        .label = nats(label, left->total),
        .mutual_information = fmax(0.0, nats(reference + label - joint, left->total)),
    };
    return entropies_nmi(&entropies, measured->normalizer);
}

/* Blocks at most: where another starts. */
static size_t blocks_count(const struct serin_blocks *blocks)
{
    size_t count = 0;
    for (size_t k = 0; k < blocks->count; k++) {
        count += k == 0 || blocks->cells[k].block != blocks->cells[k - 1].block;
    }
    return count;
}

static void score_blocks(const struct serin_blocks *blocks, struct remainder *left,
                         struct block_deviations *scores)
{
    for (size_t start = 0, end = 0; start < blocks->count; start = end) {
        while (end < blocks->count && blocks->cells[end].block == blocks->cells[start].block) {
            end++;
        }
        int128 change = remove_block(left, blocks->cells + start, end - start);
        if (left->total < left->measured->margins.total) {
            scores->blocks[scores->count++] =
                (struct block_deviation){.block = blocks->cells[start].block,
                                         .deviation = score_of(left, change) - left->measured->nmi};
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

enum serin_status block_deviations_find(const struct serin_blocks *blocks,
                                        enum serin_normalizer normalizer,
                                        struct block_deviations *out)
{
    owned_memory uint64_t *counts = NULL;
    struct serin_table table;
    TRY(pooled_table(blocks, &counts, &table));
    measured_scope measured;
    TRY(measured_init_defined(&measured, &table, normalizer));
    struct block_deviations found = {.samples = measured.margins.total};
    TRY(independent_variance(&measured, &found.independent));

    __attribute__((cleanup(remainder_clear))) struct remainder left;
    TRY(remainder_init(&left, &measured));
    found.blocks = memory_allocate(blocks_count(blocks), sizeof(*found.blocks));
    if (!found.blocks) {
        return SERIN_NO_MEMORY;
    }
    score_blocks(blocks, &left, &found);
    *out = found;
    return SERIN_OK;
}

enum serin_status serin_design_effect(const struct serin_blocks *blocks,
                                      enum serin_normalizer normalizer,
                                      struct serin_design_effect *out)
{
    struct block_deviations found;
    TRY(block_deviations_find(blocks, normalizer, &found));
    owned_memory struct block_deviation *each = found.blocks;
    if (found.count < 2) {
        return SERIN_UNDEFINED;
    }
    struct block_scores scores = {{0}, {0}, 0};
    for (size_t i = 0; i < found.count; i++) {
        block_scores_add(&scores, each[i].deviation);
    }
    double variance = block_scores_variance(&scores);
    *out = (struct serin_design_effect){
        .variance = variance,
        .deff = design_effect_of(variance, found.independent),
        .blocks = found.count,
        .samples = found.samples,
    };
    return SERIN_OK;
}
