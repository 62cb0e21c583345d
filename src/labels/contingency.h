/*
 * A dense contingency table that owns its counts: rows are reference labels, columns emitted ones.
 */
#ifndef SERIN_LABELS_CONTINGENCY_H
#define SERIN_LABELS_CONTINGENCY_H

#include "base/memory.h"
#include "serin/error.h"
#include "serin/table.h"

#include <stddef.h>
#include <stdint.h>

struct contingency;

struct contingency *contingency_create(size_t rows, size_t columns); /* zeroed; NULL: no memory */
void contingency_destroy(struct contingency *table);                 /* NULL is fine */
DEFINE_CLEANUP(contingency)

/* The table as agreement reads it; valid until the table changes or goes. */
struct serin_table contingency_view(const struct contingency *table);

/* Adds to a cell; SERIN_RANGE when the total would pass 2^53. */
SERIN_MUST_CHECK enum serin_status contingency_add(struct contingency *table, size_t row,
                                                   size_t column, uint64_t count);

/*
 * A copy in which rows and columns beyond the cap are merged into one last `other`, by the ranking
 * of `row_mass` and `column_mass` (pooled over both arms, so that both are capped alike; ties keep
 * the earlier label). Where nothing exceeds a cap it is a plain copy.
 */
SERIN_MUST_CHECK enum serin_status contingency_cap(const struct contingency *table,
                                                   const uint64_t *row_mass,
                                                   const uint64_t *column_mass, size_t max_rows,
                                                   size_t max_columns, struct contingency **out);

#endif
