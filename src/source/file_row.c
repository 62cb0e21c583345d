#include "source/file_row.h"

#include "base/number.h"
#include "base/rfc3339.h"

void file_columns_init(const struct file_options *options, struct file_columns *out)
{
    const char *const names[] = {
        [COLUMN_LABEL] = options->label_column, [COLUMN_REFERENCE] = options->reference_column,
        [COLUMN_KEY] = options->key_column,     [COLUMN_COUNT] = options->count_column,
        [COLUMN_POD] = options->pod_column,     [COLUMN_TIME] = options->time_column,
    };
    *out = (struct file_columns){0};
    for (size_t place = 0; place < COLUMN_SLICES; place++) {
        out->names[place] = text_view_of(names[place]);
        out->is_required[place] = place != COLUMN_REFERENCE || options->needs_reference;
    }
    for (size_t i = 0; i < options->slice_count; i++) {
        out->names[COLUMN_SLICES + i] = text_view_of(options->slice_columns[i]);
        out->is_required[COLUMN_SLICES + i] = true;
    }
}

static enum serin_status check_text(struct text_view text, struct serin_error *err)
{
    if (text.length > FILE_TEXT_BYTES_MAX) {
        return serin_fail(err, SERIN_INVALID, "a text longer than %d bytes", FILE_TEXT_BYTES_MAX);
    }
    if (!text_is_printable(text)) {
        return serin_fail(err, SERIN_INVALID, "%s holds a control character", TEXT_QUOTE(text));
    }
    return SERIN_OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Reads a value that is there, not empty, into `member`. */
typedef enum serin_status read_value(struct text_view value, void *member, struct serin_error *err);

static enum serin_status read_text(struct text_view value, void *member, struct serin_error *err)
{
    struct text_view *text = member;
    TRY(check_text(value, err));
    *text = value;
    return SERIN_OK;
}

static enum serin_status read_count(struct text_view value, void *member, struct serin_error *err)
{
    uint64_t count = 0;
    enum serin_status status = number_parse_uint64(value, &count);
    if (status == SERIN_RANGE || (status == SERIN_OK && count > SERIN_TOTAL_MAX)) {
        return serin_fail(err, SERIN_RANGE, "%s is more than the 2^53 that can be counted exactly",
                          TEXT_QUOTE(value));
    }
    if (status != SERIN_OK) {
        return serin_fail(err, SERIN_INVALID, "%s is not a count; a whole number is needed",
                          TEXT_QUOTE(value));
    }
    uint64_t *out = member;
    *out = count;
    return SERIN_OK;
}

static bool is_whole_number(struct text_view value)
{
    for (size_t i = value.start[0] == '-' ? 1 : 0; i < value.length; i++) {
        if (value.start[i] < '0' || value.start[i] > '9') {
            return false;
        }
    }
    return true;
}

static enum serin_status read_time(struct text_view value, void *member, struct serin_error *err)
{
    enum serin_status status =
        is_whole_number(value) ? unix_ms_parse(value, member) : rfc3339_parse(value, member);
    if (status != SERIN_OK) {
        return serin_fail(err, SERIN_INVALID,
                          "%s is not a time; write \"2026-01-31T12:00:00.250Z\" or Unix "
                          "milliseconds",
                          TEXT_QUOTE(value));
    }
    return SERIN_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

struct column_row {
    read_value *read;
    size_t offset;
    bool may_be_empty;
};

static const struct column_row column_rows[COLUMN_SLICES] = {
    [COLUMN_LABEL] = {read_text,  offsetof(struct file_row, label),     false},
    [COLUMN_REFERENCE] = {read_text,  offsetof(struct file_row, reference), true },
    [COLUMN_KEY] = {read_text,  offsetof(struct file_row, key),       false},
    [COLUMN_COUNT] = {read_count, offsetof(struct file_row, count),     false},
    [COLUMN_POD] = {read_text,  offsetof(struct file_row, pod),       false},
    [COLUMN_TIME] = {read_time,  offsetof(struct file_row, time_ms),   false},
};

static enum serin_status read_column(enum file_column place, struct text_view value,
                                     struct file_row *row, struct serin_error *err)
{
    const struct column_row *column = &column_rows[place];
    if (value.length > 0) {
        return column->read(value, (char *)row + column->offset, err);
    }
    return column->may_be_empty ? SERIN_OK
                                : serin_fail(err, SERIN_INVALID, "%s; every row needs one",
                                             value.start ? "empty" : "missing");
}

static enum serin_status read_slice(struct text_view dimension, struct text_view value,
                                    struct file_row *row, struct serin_error *err)
{
    if (value.length == 0) {
        return SERIN_OK;
    }
    TRY(check_text(value, err));
    row->slices[row->slice_count++] = (struct slice_value){dimension, value};
    return SERIN_OK;
}

enum serin_status file_row_read(const struct file_columns *columns, const struct text_view *values,
                                struct file_row *out, struct serin_error *err)
{
    struct file_row row = {.count = 1};
    for (size_t place = 0; place < FILE_COLUMNS; place++) {
        struct text_view name = columns->names[place];
        if (!name.start) {
            continue;
        }
        enum serin_status status =
            place < COLUMN_SLICES ? read_column((enum file_column)place, values[place], &row, err)
                                  : read_slice(name, values[place], &row, err);
        if (status != SERIN_OK) {
            serin_error_at(err, "%s", name.start);
            return status;
        }
    }
    row.has_reference = row.reference.length > 0;
    *out = row;
    return SERIN_OK;
}
