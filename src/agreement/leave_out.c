#include "serin/leave_out.h"

#include "agreement/running.h"

#include <stdbool.h>

static enum serin_status fill(const struct serin_blocks *blocks, struct running *running)
{
    for (size_t k = 0; k < blocks->count; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        bool in_order = k == 0 || blocks->cells[k - 1].block <= cell->block;
        bool has_row = cell->row != SERIN_NO_REFERENCE;
        if (!in_order || cell->column >= blocks->columns ||
            (has_row && cell->row >= blocks->rows)) {
            return SERIN_INVALID;
        }
        if (has_row) {
            TRY(running_add(running, cell->row, cell->column, cell->count));
        }
    }
    return SERIN_OK;
}

/* Removes the block that starts at `start`; returns where the next one does. */
static size_t remove_block(const struct serin_blocks *blocks, size_t start, struct running *running,
                           uint64_t *out_events)
{
    const struct serin_block_cell *cells = blocks->cells;
    uint64_t events = 0;
    size_t end = start;
    for (; end < blocks->count && cells[end].block == cells[start].block; end++) {
        if (cells[end].row != SERIN_NO_REFERENCE) {
            running_remove(running, cells[end].row, cells[end].column, cells[end].count);
            events += cells[end].count;
        }
    }
    *out_events = events;
    return end;
}

static void restore(const struct serin_blocks *blocks, size_t start, size_t end,
                    struct running *running)
{
    for (size_t k = start; k < end; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        if (cell->row != SERIN_NO_REFERENCE) {
            running_restore(running, cell->row, cell->column, cell->count);
        }
    }
}

static size_t leave_out_each(const struct serin_blocks *blocks, const struct measured *measured,
                             struct running *running, struct serin_left_out *out)
{
    size_t count = 0;
    for (size_t start = 0, end = 0; start < blocks->count; start = end) {
        uint64_t events = 0;
        end = remove_block(blocks, start, running, &events);
        if (events > 0) {
            double left = running_nmi(running, &measured->information, measured->normalizer);
            out[count++] = (struct serin_left_out){
                .block = blocks->cells[start].block,
                .events = events,
                .change = left - measured->nmi,
            };
        }
        restore(blocks, start, end, running);
    }
    return count;
}

enum serin_status serin_leave_out(const struct serin_blocks *blocks,
                                  enum serin_normalizer normalizer, struct serin_left_out *out,
                                  size_t *out_count)
{
    owned(running) running = running_create(blocks->rows, blocks->columns);
    if (!running) {
        return SERIN_NO_MEMORY;
    }
    TRY(fill(blocks, running));
    struct serin_table table = running_table(running);
    measured_scope measured;
    TRY(measured_init_defined(&measured, &table, normalizer));
    *out_count = leave_out_each(blocks, &measured, running, out);
    return SERIN_OK;
}
