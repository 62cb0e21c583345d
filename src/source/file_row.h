/*
 * One row of a label file, whatever the format: the values of its columns → what they mean.
 */
#ifndef SERIN_SOURCE_FILE_ROW_H
#define SERIN_SOURCE_FILE_ROW_H

#include "labels/event.h"
#include "source/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places of the columns; the slices come last. */
enum file_column {
    COLUMN_LABEL,
    COLUMN_REFERENCE,
    COLUMN_KEY,
    COLUMN_COUNT,
    COLUMN_POD,
    COLUMN_TIME,
    COLUMN_SLICES,
    FILE_COLUMNS = COLUMN_SLICES + SLICE_DIMENSIONS_MAX
};

/* What to look for, by place. A name whose start is NULL is looked for by nobody. */
struct file_columns {
    struct text_view names[FILE_COLUMNS];
    bool is_required[FILE_COLUMNS];
};
void file_columns_init(const struct file_options *options, struct file_columns *out);

enum { FILE_TEXT_BYTES_MAX = 256 }; /* of a label, reference, key, pod or slice value */

struct file_row {
    struct text_view label;
    struct text_view reference;
    bool has_reference;
    struct text_view key;
    struct text_view pod;
    int64_t time_ms;
    uint64_t count;
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    size_t slice_count;
};

/*
 * Reads a row from its values by place; a value whose start is NULL is absent. The row borrows from
 * both. Fails with SERIN_INVALID and SERIN_RANGE (a count beyond 2^53), naming the column.
 */
SERIN_MUST_CHECK enum serin_status file_row_read(const struct file_columns *columns,
                                                 const struct text_view *values,
                                                 struct file_row *out, struct serin_error *err);

#endif
