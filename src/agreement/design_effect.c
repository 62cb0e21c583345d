#include "agreement/blocks.h"
#include "agreement/influence.h"
#include "agreement/jackknife.h"
#include "agreement/running.h"
#include "base/memory.h"
#include "serin/jackknife.h"

#include <math.h>
#include <stdbool.h>

static bool is_counted(const struct serin_block_cell *cell)
{
    return cell->row != SERIN_NO_REFERENCE && cell->count > 0;
}

static enum serin_status add_cells(const struct serin_blocks *blocks, struct running *running)
{
    for (size_t k = 0; k < blocks->count; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        bool in_order = k == 0 || blocks->cells[k - 1].block <= cell->block;
        bool has_place = cell->row == SERIN_NO_REFERENCE || cell->row < blocks->rows;
        if (!in_order || !has_place || cell->column >= blocks->columns) {
            return SERIN_INVALID;
        }
        if (is_counted(cell)) {
            TRY(running_add(running, cell->row, cell->column, cell->count));
        }
    }
    return SERIN_OK;
}

/* Scores the table without the cells from `start` on that share its block; returns their end. */
static size_t score_without_block(const struct serin_blocks *blocks, size_t start,
                                  const struct measured *measured, struct running *running,
                                  struct block_scores *scores)
{
    uint64_t removed = 0;
    size_t end = start;
    for (; end < blocks->count && blocks->cells[end].block == blocks->cells[start].block; end++) {
        const struct serin_block_cell *cell = &blocks->cells[end];
        if (is_counted(cell)) {
            running_remove(running, cell->row, cell->column, cell->count);
            removed += cell->count;
        }
    }
    if (removed > 0) {
        double score = running_nmi(running, &measured->information, measured->normalizer);
        block_scores_add(scores, score - measured->nmi);
    }
    for (size_t k = start; k < end; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        if (is_counted(cell)) {
            running_restore(running, cell->row, cell->column, cell->count);
        }
    }
    return end;
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

enum serin_status serin_design_effect(const struct serin_blocks *blocks,
                                      enum serin_normalizer normalizer,
                                      struct serin_design_effect *out)
{
    owned(running) running = running_create(blocks->rows, blocks->columns);
    if (!running) {
        return SERIN_NO_MEMORY;
    }
    TRY(add_cells(blocks, running));
    struct serin_table table = running_table(running);
    measured_scope measured;
    TRY(measured_init_defined(&measured, &table, normalizer));
    double independent = 0.0;
    TRY(independent_variance(&measured, &independent));

    struct block_scores scores = {{0}, {0}, 0};
    for (size_t k = 0; k < blocks->count;) {
        k = score_without_block(blocks, k, &measured, running, &scores);
    }
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
