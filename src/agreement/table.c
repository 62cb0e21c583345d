#include "serin/table.h"

#include "agreement/margins.h"
#include "base/memory.h"

static const char *const state_names[] = {
    [SERIN_TABLE_OK] = "ok",
    [SERIN_TABLE_EMPTY] = "empty",
    [SERIN_TABLE_SINGLE_REFERENCE] = "single_reference",
    [SERIN_TABLE_SINGLE_LABEL] = "single_label",
    [SERIN_TABLE_SINGLE_BOTH] = "single_both",
};

const char *serin_table_state_name(enum serin_table_state state)
{
    size_t index = (size_t)state;
    return index < ARRAY_LENGTH(state_names) ? state_names[index] : "unknown";
}

static void count_cells(const struct serin_table *table, struct serin_table_summary *summary)
{
    for (size_t k = 0; k < table->rows * table->columns; k++) {
        summary->cells += table->counts[k] > 0;
        summary->singletons += table->counts[k] == 1;
    }
}

enum serin_status serin_table_inspect(const struct serin_table *table,
                                      struct serin_table_summary *out)
{
    margins_scope margins;
    TRY(margins_init(&margins, table));
    struct serin_table_summary summary = {
        .state = margins_state(&margins),
        .total = margins.total,
        .rows = margins.occupied_rows,
        .columns = margins.occupied_columns,
    };
    count_cells(table, &summary);
    *out = summary;
    return SERIN_OK;
}
