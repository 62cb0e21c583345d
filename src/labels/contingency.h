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

#endif
