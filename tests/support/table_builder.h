/*
 * Block tables from small dense arrays, for tests. Labels are called "l000", "l001", …, references
 * "r000", …, so that their order is that of the array. Whatever fails ends the test.
 */
#ifndef SERIN_TESTS_SUPPORT_TABLE_BUILDER_H
#define SERIN_TESTS_SUPPORT_TABLE_BUILDER_H

#include "labels/block_tables.h"

#include <stddef.h>
#include <stdint.h>

enum { TABLE_BUCKET_MS = 60000 };
#define TABLE_START_MS INT64_C(1700000040000) /* of bucket 0: a multiple of the bucket's width */

/* Where counts go: "pod-<pod>" in bucket `bucket`, with a region and a device where given. */
struct table_place {
    enum arm arm;
    unsigned pod;
    unsigned bucket;
    const char *region; /* NULL: no slice */
    const char *device;
};

struct block_tables *table_begin(void);

/* Adds rows × columns counts, row-major, to one block. */
void table_put(struct block_tables *tables, const struct table_place *place, const uint64_t *counts,
               size_t rows, size_t columns);

/* The same spread as evenly as possible over pods 0 … pods-1 and buckets 0 … buckets-1. */
void table_spread(struct block_tables *tables, const struct table_place *place, unsigned pods,
                  unsigned buckets, const uint64_t *counts, size_t rows, size_t columns);

/* Adds counts of emitted labels without reference. */
void table_put_labels(struct block_tables *tables, const struct table_place *place,
                      const uint64_t *counts, size_t columns);

/*
 * Adds keys: counts[(row * columns + canary) * columns + stable]; 0 rows: one layer of keys without
 * reference. Placed in the stable arm they are keys that this arm labelled twice.
 */
void table_put_pairs(struct block_tables *tables, const struct table_place *place,
                     const uint64_t *counts, size_t rows, size_t columns);

/* Sets the coverage of both arms to these event times, and seals. Returns `tables`. */
struct block_tables *table_end(struct block_tables *tables, int64_t first_ms, int64_t last_ms);

/* Two arms' tables as independent events: blocks unknown. Sealed. */
struct block_tables *table_of_arms(const uint64_t *canary, const uint64_t *stable, size_t rows,
                                   size_t columns);

#endif
