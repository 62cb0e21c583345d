/*
 * One emitted label in one arm: how often it came, and which reference is behind it.
 */
#ifndef SERIN_VERDICT_COLUMNS_H
#define SERIN_VERDICT_COLUMNS_H

#include "verdict/counts.h"
#include "verdict/spec.h"

#include <stddef.h>
#include <stdint.h>

struct column {
    uint64_t total;     /* events of the label that are compared */
    size_t top_row;     /* the commonest reference behind them; the first of equals */
    uint64_t top_count; /* how many it is behind; 0 in the design `shift` */
};

/* Describes column `column` (a group of the counts) of an arm. O(rows). */
struct column column_describe(const struct counts *counts, enum design design, enum arm arm,
                              size_t column);

/* Events of an arm that are compared. */
uint64_t columns_total(const struct counts *counts, enum design design, enum arm arm);

#endif
