/*
 * Rows of a label file → counts of one arm.
 */
#ifndef SERIN_SOURCE_FILE_COUNT_H
#define SERIN_SOURCE_FILE_COUNT_H

#include "labels/counter.h"
#include "labels/dictionary.h"
#include "source/file_rows.h"

/* What bounds a reading from outside; all zero: nothing does. */
struct file_bounds {
    bool has_window; /* rows of other times are left out; without times there is no window */
    int64_t start_ms;
    int64_t end_ms;
    bool may_be_empty;               /* a file without rows is no mistake */
    const struct deadline *deadline; /* NULL: none */
};

/* The rows of one file on their way into one arm. */
struct arm_count {
    const struct file_options *options;
    const struct file_bounds *bounds;
    struct block_tables *tables;
    enum arm arm;
    struct pair_counter *pairs; /* NULL where there are blocks or slices */
    struct dictionary *pods;    /* seen so far; NULL without times */
    int64_t width_ms;           /* of the buckets so far */
    int64_t first_ms;           /* of the times so far */
    int64_t last_ms;
    uint64_t rows;
    uint64_t referenced; /* rows with a reference */
};

/* `bounds` may be NULL. All is borrowed. Fails with SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status arm_count_init(struct arm_count *count,
                                                  const struct file_options *options,
                                                  const struct file_bounds *bounds, enum arm arm,
                                                  struct block_tables *tables,
                                                  struct serin_error *err);
void arm_count_clear(struct arm_count *count);

/* Whether the row is within the window. */
bool arm_count_takes(const struct arm_count *count, const struct file_row *row);

/* Counts a row; `*out_block_ms` is where the block of its time starts so far. */
SERIN_MUST_CHECK enum serin_status arm_count_add(struct arm_count *count,
                                                 const struct file_row *row, int64_t *out_block_ms,
                                                 struct serin_error *err);

/* All rows were added: hands what is left to the tables and tells them times and blocks. */
SERIN_MUST_CHECK enum serin_status arm_count_finish(struct arm_count *count, const char *path,
                                                    struct serin_error *err);

/* Reads a whole file. */
SERIN_MUST_CHECK enum serin_status arm_count_file(const char *path,
                                                  const struct file_options *options,
                                                  const struct file_bounds *bounds, enum arm arm,
                                                  struct block_tables *tables,
                                                  struct serin_error *err);

#endif
