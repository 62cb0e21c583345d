#include "serin/cap.h"

#include "agreement/margins.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct label {
    uint64_t mass;
    size_t position;
};

/* The most frequent first; of equals the earlier. */
static int compare_labels(const void *left, const void *right)
{
    const struct label *a = left;
    const struct label *b = right;
    if (a->mass != b->mass) {
        return a->mass > b->mass ? -1 : 1;
    }
    return (a->position > b->position) - (a->position < b->position);
}

static size_t rank_labels(const uint64_t *masses, size_t count, struct label *labels)
{
    size_t occurring = 0;
    for (size_t i = 0; i < count; i++) {
        if (masses[i] > 0) {
            labels[occurring++] = (struct label){masses[i], i};
        }
    }
    qsort(labels, occurring, sizeof(*labels), compare_labels);
    return occurring;
}

/* Gives the kept ones their numbers in order, and the last number to all other labels. */
static void number_groups(const uint64_t *masses, size_t count, size_t groups, size_t *map)
{
    const size_t kept = 0;
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (masses[i] == 0) {
            map[i] = SERIN_DROPPED;
        } else {
            map[i] = map[i] == kept ? next++ : groups - 1;
        }
    }
}

enum serin_status serin_cap_labels(const uint64_t *masses, size_t count, size_t keep,
                                   size_t *out_map, size_t *out_groups)
{
    if (keep == 0) {
        return SERIN_INVALID;
    }
    owned_memory struct label *labels = memory_allocate(count, sizeof(*labels));
    if (!labels) {
        return SERIN_NO_MEMORY;
    }
    size_t occurring = rank_labels(masses, count, labels);
    size_t groups = occurring > keep ? keep : occurring;
    size_t kept = occurring > keep ? keep - 1 : occurring;
    memset(out_map, 0, count * sizeof(*out_map));
    for (size_t i = kept; i < occurring; i++) {
        out_map[labels[i].position] = 1;
    }
    number_groups(masses, count, groups, out_map);
    *out_groups = groups;
    return SERIN_OK;
}

static bool maps_into(const uint64_t *masses, const size_t *map, size_t count, size_t groups)
{
    for (size_t i = 0; i < count; i++) {
        bool fits = map[i] < groups || (map[i] == SERIN_DROPPED && masses[i] == 0);
        if (!fits) {
            return false;
        }
    }
    return true;
}

enum serin_status serin_table_merge(const struct serin_table *table, const size_t *row_map,
                                    const size_t *column_map, uint64_t *out, size_t out_rows,
                                    size_t out_columns)
{
    margins_scope margins;
    TRY(margins_init(&margins, table));
    if (!maps_into(margins.rows, row_map, table->rows, out_rows) ||
        !maps_into(margins.columns, column_map, table->columns, out_columns)) {
        return SERIN_INVALID;
    }
    memset(out, 0, out_rows * out_columns * sizeof(*out));
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            uint64_t count = table->counts[i * table->columns + j];
            if (count > 0) {
                out[row_map[i] * out_columns + column_map[j]] += count;
            }
        }
    }
    return SERIN_OK;
}
