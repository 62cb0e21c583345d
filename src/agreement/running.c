#include "agreement/running.h"

#include "agreement/ln.h"

struct running {
    struct serin_table shape;
    uint64_t total;
    uint64_t *cells;
    uint64_t *rows;
    uint64_t *columns;
    struct wide removed; /* what Σ count · ln count of the cells has lost by removals */
};

struct running *running_create(size_t rows, size_t columns)
{
    size_t cells = 0;
    size_t labels = 0;
    size_t counts = 0;
    if (__builtin_mul_overflow(rows, columns, &cells) ||
        __builtin_add_overflow(rows, columns, &labels) ||
        __builtin_add_overflow(cells, labels, &counts)) {
        return NULL;
    }
    owned(running) running = memory_allocate(1, sizeof(*running));
    if (!running) {
        return NULL;
    }
    running->cells = memory_allocate(counts, sizeof(uint64_t));
    if (!running->cells) {
        return NULL;
    }
    running->rows = running->cells + cells;
    running->columns = running->rows + rows;
    running->shape = (struct serin_table){running->cells, rows, columns};
    return give(running);
}

void running_destroy(struct running *running)
{
    if (running) {
        memory_free(running->cells);
    }
    memory_free(running);
}

static void put(struct running *running, size_t row, size_t column, uint64_t count)
{
    running->cells[row * running->shape.columns + column] += count;
    running->rows[row] += count;
    running->columns[column] += count;
    running->total += count;
}

enum serin_status running_add(struct running *running, size_t row, size_t column, uint64_t count)
{
    if (count > SERIN_TOTAL_MAX - running->total) {
        return SERIN_RANGE;
    }
    put(running, row, column, count);
    return SERIN_OK;
}

struct serin_table running_table(const struct running *running)
{
    return running->shape;
}

void running_remove(struct running *running, size_t row, size_t column, uint64_t count)
{
    uint64_t *cell = &running->cells[row * running->shape.columns + column];
    struct wide before = count_ln_count(*cell);
    *cell -= count;
    struct wide loss = wide_subtract(before, count_ln_count(*cell));
    running->removed = wide_add(running->removed, loss);
    running->rows[row] -= count;
    running->columns[column] -= count;
    running->total -= count;
}

void running_restore(struct running *running, size_t row, size_t column, uint64_t count)
{
    put(running, row, column, count);
    running->removed = (struct wide){0, 0};
}

double running_nmi(const struct running *running, const struct information *whole,
                   enum serin_normalizer normalizer)
{
    struct information rest = {
        .total = running->total,
        .whole = count_ln_count(running->total),
        .rows = sum_count_ln_count(running->rows, running->shape.rows),
        .columns = sum_count_ln_count(running->columns, running->shape.columns),
        .cells = wide_subtract(whole->cells, running->removed),
    };
    return information_nmi(&rest, normalizer);
}
