#include "agreement/margins.h"

#include "agreement/wide.h"
#include "base/memory.h"

#include <string.h>

static enum serin_status check_shape(const struct serin_table *table)
{
    size_t cells = 0;
    size_t labels = 0;
    if (__builtin_mul_overflow(table->rows, table->columns, &cells) ||
        __builtin_add_overflow(table->rows, table->columns, &labels)) {
        return SERIN_INVALID;
    }
    return cells > 0 && !table->counts ? SERIN_INVALID : SERIN_OK;
}

/* Row totals and column totals may wrap here, but then the total, which cannot, is out of range. */
static uint128 add_up(const struct serin_table *table, uint64_t *rows, uint64_t *columns)
{
    uint128 total = 0;
    for (size_t i = 0; i < table->rows; i++) {
        const uint64_t *row = table->counts + i * table->columns;
        uint128 sum = 0;
        for (size_t j = 0; j < table->columns; j++) {
            sum += row[j];
            columns[j] += row[j];
        }
        rows[i] = (uint64_t)sum;
        total += sum;
    }
    return total;
}

static size_t count_occupied(const uint64_t *totals, size_t count)
{
    size_t occupied = 0;
    for (size_t i = 0; i < count; i++) {
        occupied += totals[i] > 0;
    }
    return occupied;
}

enum serin_status margins_init(struct margins *margins, const struct serin_table *table)
{
    scratch_init(&margins->scratch);
    TRY(check_shape(table));
    uint64_t *totals =
        scratch_take(&margins->scratch, table->rows + table->columns, sizeof(uint64_t));
    if (!totals) {
        return SERIN_NO_MEMORY;
    }
    margins->rows = totals;
    margins->columns = totals + table->rows;
    memset(margins->columns, 0, table->columns * sizeof(uint64_t));
    uint128 total = add_up(table, margins->rows, margins->columns);
    if (total > SERIN_TOTAL_MAX) {
        return SERIN_RANGE;
    }
    margins->total = (uint64_t)total;
    margins->occupied_rows = count_occupied(margins->rows, table->rows);
    margins->occupied_columns = count_occupied(margins->columns, table->columns);
    return SERIN_OK;
}

void margins_clear(struct margins *margins)
{
    scratch_clear(&margins->scratch);
}

enum serin_table_state margins_state(const struct margins *margins)
{
    if (margins->total == 0) {
        return SERIN_TABLE_EMPTY;
    }
    if (margins->occupied_rows == 1) {
        return margins->occupied_columns == 1 ? SERIN_TABLE_SINGLE_BOTH
                                              : SERIN_TABLE_SINGLE_REFERENCE;
    }
    return margins->occupied_columns == 1 ? SERIN_TABLE_SINGLE_LABEL : SERIN_TABLE_OK;
}
