#include "agreement/exact_sum.h"
#include "base/memory.h"
#include "serin/shift.h"

#include <math.h>
#include <stdbool.h>

struct totals {
    uint64_t *labels; /* events per label */
    uint64_t *block;  /* events per label of the block at hand */
    size_t columns;
    uint64_t all;
};

static enum serin_status add_up(const struct serin_blocks *blocks, struct totals *totals)
{
    for (size_t k = 0; k < blocks->count; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        bool in_order = k == 0 || blocks->cells[k - 1].block <= cell->block;
        if (!in_order || cell->column >= blocks->columns) {
            return SERIN_INVALID;
        }
        if (cell->count > SERIN_TOTAL_MAX - totals->all) {
            return SERIN_RANGE;
        }
        totals->all += cell->count;
        totals->labels[cell->column] += cell->count;
    }
    return SERIN_OK;
}

static size_t count_labels(const struct totals *totals)
{
    size_t labels = 0;
    for (size_t j = 0; j < totals->columns; j++) {
        labels += totals->labels[j] > 0;
    }
    return labels;
}

/* Σ over labels of the block's squared excess (x − p m)² / p, over n², p the label's share. */
static double block_spread(const struct totals *totals, uint64_t block_total)
{
    struct exact_sum sum = {0};
    double all = (double)totals->all;
    double block_share = (double)block_total / all;
    for (size_t j = 0; j < totals->columns; j++) {
        if (totals->labels[j] > 0) {
            double share = (double)totals->labels[j] / all;
            double excess = (double)totals->block[j] / all - share * block_share;
            exact_sum_add(&sum, excess / share * excess);
        }
    }
    return exact_sum_value(&sum);
}

struct spread {
    struct exact_sum sum;
    size_t blocks;
};

/* Adds the block that starts at `start`; returns where the next one does. */
static size_t add_block(const struct serin_blocks *blocks, size_t start, struct totals *totals,
                        struct spread *spread)
{
    const struct serin_block_cell *cells = blocks->cells;
    uint64_t block_total = 0;
    size_t end = start;
    for (; end < blocks->count && cells[end].block == cells[start].block; end++) {
        totals->block[cells[end].column] += cells[end].count;
        block_total += cells[end].count;
    }
    if (block_total > 0) {
        exact_sum_add(&spread->sum, block_spread(totals, block_total));
        spread->blocks++;
    }
    for (size_t k = start; k < end; k++) {
        totals->block[cells[k].column] = 0;
    }
    return end;
}

enum serin_status serin_shift_design_effect(const struct serin_blocks *blocks,
                                            struct serin_design_effect *out)
{
    size_t columns = blocks->columns;
    owned_memory uint64_t *label_totals = memory_allocate(columns, sizeof(*label_totals));
    owned_memory uint64_t *block_totals = memory_allocate(columns, sizeof(*block_totals));
    if (!label_totals || !block_totals) {
        return SERIN_NO_MEMORY;
    }
    struct totals totals = {label_totals, block_totals, columns, 0};
    TRY(add_up(blocks, &totals));
    size_t labels = count_labels(&totals);
    struct spread spread = {{0}, 0};
    for (size_t k = 0; k < blocks->count;) {
        k = add_block(blocks, k, &totals, &spread);
    }
    if (spread.blocks < 2 || labels < 2) {
        return SERIN_UNDEFINED;
    }
    double count = (double)spread.blocks;
    double samples = (double)totals.all;
    double variance = count / (count - 1.0) * exact_sum_value(&spread.sum);
    double deff = fmax(1.0, samples * variance / (double)(labels - 1));
    *out = (struct serin_design_effect){
        .variance = deff / samples,
        .deff = deff,
        .blocks = spread.blocks,
        .samples = totals.all,
    };
    return SERIN_OK;
}
