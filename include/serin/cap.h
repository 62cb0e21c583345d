/*
 * Merging rare labels into one `other`. A capped NMI is another quantity than an uncapped one, but
 * the same for both arms when both are capped by one pooled ranking.
 */
#ifndef SERIN_CAP_H
#define SERIN_CAP_H

#include "serin/table.h"

/* Where a label that never occurs goes. */
#define SERIN_DROPPED SIZE_MAX

/*
 * Plans the merge: labels that occur keep their order; when there are more than `keep` (at least 1)
 * of them, the rarest go into one group after the others, so that `keep` groups are left. Of
 * equally frequent labels the later one is merged first.
 *
 *   masses   events per label, over both arms
 *   out_map  `count` entries: the group of each label, or SERIN_DROPPED
 *
 * Fails with SERIN_INVALID when keep is 0, and SERIN_NO_MEMORY.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_cap_labels(const uint64_t *masses, size_t count,
                                                              size_t keep, size_t *out_map,
                                                              size_t *out_groups);

/*
 * Adds each cell of `table` to the cell of its groups: rows by `row_map`, columns by `column_map`.
 *
 *   out   out_rows × out_columns counts of the caller, row-major; overwritten
 *
 * Fails with SERIN_INVALID when a map names a group out of range or drops a cell that is not empty.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_table_merge(const struct serin_table *table, const size_t *row_map, const size_t *column_map,
                  uint64_t *out, size_t out_rows, size_t out_columns);

#endif
