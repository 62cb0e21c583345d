#include "labels/contingency.h"
#include "serin/cap.h"

/* Where each row or column goes, and how many are left. */
struct merge {
    size_t *map;
    size_t groups;
};

static size_t occupied(const uint64_t *mass, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += mass[i] > 0;
    }
    return found;
}

static enum serin_status merge_plan(const uint64_t *mass, size_t count, size_t keep,
                                    struct merge *out)
{
    out->map = memory_allocate(count, sizeof(*out->map));
    if (!out->map) {
        return SERIN_NO_MEMORY;
    }
    if (occupied(mass, count) > keep) {
        return serin_cap_labels(mass, count, keep, out->map, &out->groups);
    }
    for (size_t i = 0; i < count; i++) {
        out->map[i] = i;
    }
    out->groups = count;
    return SERIN_OK;
}

static enum serin_status merge_apply(const struct contingency *table, const struct merge *rows,
                                     const struct merge *columns, struct contingency **out)
{
    struct serin_table view = contingency_view(table);
    owned(contingency) merged = contingency_create(rows->groups, columns->groups);
    if (!merged) {
        return SERIN_NO_MEMORY;
    }
    for (size_t row = 0; row < view.rows; row++) {
        for (size_t column = 0; column < view.columns; column++) {
            uint64_t count = view.counts[row * view.columns + column];
            if (count > 0) {
                TRY(contingency_add(merged, rows->map[row], columns->map[column], count));
            }
        }
    }
    *out = give(merged);
    return SERIN_OK;
}

enum serin_status contingency_cap(const struct contingency *table, const uint64_t *row_mass,
                                  const uint64_t *column_mass, size_t max_rows, size_t max_columns,
                                  struct contingency **out)
{
    struct serin_table view = contingency_view(table);
    struct merge rows = {0};
    struct merge columns = {0};
    enum serin_status status = merge_plan(row_mass, view.rows, max_rows, &rows);
    if (status == SERIN_OK) {
        status = merge_plan(column_mass, view.columns, max_columns, &columns);
    }
    if (status == SERIN_OK) {
        status = merge_apply(table, &rows, &columns, out);
    }
    memory_free(rows.map);
    memory_free(columns.map);
    return status;
}
