#include "labels/contingency.h"

#include <assert.h>

struct contingency {
    size_t rows;
    size_t columns;
    uint64_t total;
    uint64_t counts[];
};

struct contingency *contingency_create(size_t rows, size_t columns)
{
    size_t cells = 0;
    size_t bytes = 0;
    if (__builtin_mul_overflow(rows, columns, &cells) ||
        __builtin_mul_overflow(cells, sizeof(uint64_t), &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct contingency), &bytes)) {
        return NULL;
    }
    struct contingency *table = memory_allocate(1, bytes);
    if (table) {
        table->rows = rows;
        table->columns = columns;
    }
    return table;
}

void contingency_destroy(struct contingency *table)
{
    memory_free(table);
}

struct serin_table contingency_view(const struct contingency *table)
{
    return (struct serin_table){table->counts, table->rows, table->columns};
}

enum serin_status contingency_add(struct contingency *table, size_t row, size_t column,
                                  uint64_t count)
{
    assert(row < table->rows && column < table->columns);
    if (count > SERIN_TOTAL_MAX - table->total) {
        return SERIN_RANGE;
    }
    table->total += count;
    table->counts[row * table->columns + column] += count;
    return SERIN_OK;
}
