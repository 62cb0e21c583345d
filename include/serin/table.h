/*
 * Contingency tables: how often each reference label (row) met each emitted label (column).
 *
 * All statistics read tables through this view. Rows and columns that never occur are not labels:
 * they change no result, to the last bit, and neither does the order of rows or columns.
 */
#ifndef SERIN_TABLE_H
#define SERIN_TABLE_H

#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

/* The largest total of a table, and so the largest count: beyond it doubles skip integers. */
#define SERIN_TOTAL_MAX (UINT64_C(1) << 53)

/* Borrowed counts, rows × columns cells, row-major; `counts` may be NULL where there is no cell. */
struct serin_table {
    const uint64_t *counts;
    size_t rows;
    size_t columns;
};

/* What the mutual information is divided by, from the entropies of references and labels. */
enum serin_normalizer {
    SERIN_GEOMETRIC = 0, /* √(H(reference) · H(label)) */
    SERIN_ARITHMETIC,    /* their mean; NMI is then the V-measure */
    SERIN_MIN,
    SERIN_MAX
};
enum { SERIN_NORMALIZER_COUNT = 4 };

/* Why a table can or cannot be scored. A gate answers `inconclusive` for all but the first. */
enum serin_table_state {
    SERIN_TABLE_OK = 0,
    SERIN_TABLE_EMPTY,            /* no event at all */
    SERIN_TABLE_SINGLE_REFERENCE, /* one reference label, several emitted ones */
    SERIN_TABLE_SINGLE_LABEL,     /* one emitted label, several references: a collapsed arm */
    SERIN_TABLE_SINGLE_BOTH       /* one of each */
};

/* What a table holds; rows, columns and cells count only occupied ones. */
struct serin_table_summary {
    enum serin_table_state state;
    uint64_t total;
    size_t rows;
    size_t columns;
    size_t cells;
    size_t singletons; /* cells that hold exactly one event */
};

/* "geometric", "arithmetic", "min", "max"; never NULL. */
SERIN_API const char *serin_normalizer_name(enum serin_normalizer normalizer);

/* The normalizer of that name; SERIN_INVALID when there is none. */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_normalizer_find(const char *name,
                                                                   enum serin_normalizer *out);

/* "ok", "empty", "single_reference", "single_label", "single_both"; never NULL. */
SERIN_API const char *serin_table_state_name(enum serin_table_state state);

/*
 * Counts what a table holds.
 *
 * Fails with SERIN_INVALID when rows × columns overflows, SERIN_RANGE when the total exceeds
 * SERIN_TOTAL_MAX, and SERIN_NO_MEMORY. Every function that takes a table fails with these too;
 * their descriptions name only what comes on top. O(rows · columns).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_table_inspect(const struct serin_table *table,
                                                                 struct serin_table_summary *out);

#endif
