/*
 * Counting pairs of reference and label: of ids into a contingency table, of texts into a counter
 * of their own. For many events of one block; nothing here knows arms, blocks or slices.
 */
#ifndef SERIN_LABELS_COUNTER_H
#define SERIN_LABELS_COUNTER_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "labels/block_tables.h"
#include "labels/contingency.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Adds `pairs` events to `table`: event i has the row references[i] and the column labels[i].
 *
 * Fails with SERIN_INVALID when an id is negative or beyond the table, SERIN_RANGE when the total
 * would pass 2^53, SERIN_TOO_LARGE beyond 2^32 - 1 pairs, and SERIN_NO_MEMORY; then the table is
 * unchanged. O(pairs + rows * columns).
 */
SERIN_MUST_CHECK enum serin_status count_pairs_uint8(struct contingency *table,
                                                     const uint8_t *references,
                                                     const uint8_t *labels, size_t pairs);
SERIN_MUST_CHECK enum serin_status count_pairs_uint16(struct contingency *table,
                                                      const uint16_t *references,
                                                      const uint16_t *labels, size_t pairs);
SERIN_MUST_CHECK enum serin_status count_pairs_int64(struct contingency *table,
                                                     const int64_t *references,
                                                     const int64_t *labels, size_t pairs);

struct pair_counter;

/*
 * Counts pairs of texts. As many references and as many labels are told apart as the limits say,
 * more become BLOCK_TABLES_OTHER. NULL when memory is short.
 */
struct pair_counter *pair_counter_create(const struct table_limits *limits);
void pair_counter_destroy(struct pair_counter *counter); /* NULL is fine */
DEFINE_CLEANUP(pair_counter)

/*
 * Adds `count` events; `reference` is NULL for events without one. Texts are copied. Fails with
 * SERIN_RANGE when the total would pass 2^53, SERIN_TOO_LARGE beyond the limit of cells, and
 * SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status pair_counter_add(struct pair_counter *counter,
                                                    const struct text_view *reference,
                                                    struct text_view label, uint64_t count);

/*
 * The table of the events with a reference: rows and columns in order of first appearance, those
 * beyond the limit last. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status pair_counter_table(const struct pair_counter *counter,
                                                      struct contingency **out);

/*
 * Adds all that was counted to one block: arm, pod, time and slices as in `block`, whose label,
 * reference and count are ignored. Fails as block_tables_add does.
 */
SERIN_MUST_CHECK enum serin_status pair_counter_pour(const struct pair_counter *counter,
                                                     const struct block_count *block,
                                                     struct block_tables *tables,
                                                     struct serin_error *err);

#endif
