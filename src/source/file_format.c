#include "source/file_format.h"

#include "base/buffer.h"
#include "source/csv.h"
#include "source/event_line.h"
#include "source/json_row.h"
#include "source/json_scan.h"
#include "source/line_reader.h"

#include <string.h>

struct format_reader {
    const struct file_columns *columns;
    file_row_sink *sink;
    void *context;
    struct csv_reader *csv; /* one of the two is NULL */
    struct line_reader *lines;
    bool has_header;
    size_t fields[FILE_COLUMNS]; /* of the CSV: by place; CSV_COLUMNS_MAX where there is none */
    struct json_row_scratch scratch;
};

static enum serin_status deliver(struct format_reader *reader, const struct text_view *values,
                                 struct serin_error *err)
{
    struct file_row row;
    TRY(file_row_read(reader->columns, values, &row, err));
    return reader->sink(reader->context, &row, err);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* Tables saved by programs of many countries look like one long column. */
static const char *separator_hint(const struct csv_row *header)
{
    struct text_view only = header->fields[0];
    bool is_other_separator = header->count == 1 && (memchr(only.start, ';', only.length) ||
                                                     memchr(only.start, '\t', only.length));
    return is_other_separator ? "; separate the columns by commas" : "";
}

static enum serin_status missing_column(const struct csv_row *header, const char *name,
                                        struct serin_error *err)
{
    enum { LIST_BYTES = 200 };
    owned(buffer) list = buffer_create(LIST_BYTES);
    if (!list) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for a message");
    }
    for (size_t i = 0; i < header->count && buffer_status(list) == SERIN_OK; i++) {
        buffer_printf(list, "%s%s", i > 0 ? ", " : "", TEXT_QUOTE(header->fields[i]));
    }
    return serin_fail(err, SERIN_INVALID, "no column \"%s\"; the file has %s%s%s", name,
                      buffer_text(list), buffer_status(list) == SERIN_OK ? "" : ", …",
                      separator_hint(header));
}

static enum serin_status find_column(const struct csv_row *header, struct text_view name,
                                     size_t *out_field, struct serin_error *err)
{
    size_t found = CSV_COLUMNS_MAX;
    for (size_t i = 0; i < header->count; i++) {
        if (!text_equal(header->fields[i], name)) {
            continue;
        }
        if (found < CSV_COLUMNS_MAX) {
            return serin_fail(err, SERIN_INVALID, "column \"%s\" occurs twice: as %zu and as %zu",
                              name.start, found + 1, i + 1);
        }
        found = i;
    }
    *out_field = found;
    return SERIN_OK;
}

static enum serin_status read_header(struct format_reader *reader, const struct csv_row *header,
                                     struct serin_error *err)
{
    for (size_t place = 0; place < FILE_COLUMNS; place++) {
        struct text_view name = reader->columns->names[place];
        reader->fields[place] = CSV_COLUMNS_MAX;
        if (!name.start) {
            continue;
        }
        TRY(find_column(header, name, &reader->fields[place], err));
        if (reader->columns->is_required[place] && reader->fields[place] == CSV_COLUMNS_MAX) {
            return missing_column(header, name.start, err);
        }
    }
    reader->has_header = true;
    return SERIN_OK;
}

static enum serin_status read_csv_row(void *context, const struct csv_row *row,
                                      struct serin_error *err)
{
    struct format_reader *reader = context;
    struct text_view values[FILE_COLUMNS] = {{0}};
    if (!reader->has_header) {
        return read_header(reader, row, err);
    }
    for (size_t place = 0; place < FILE_COLUMNS; place++) {
        if (reader->fields[place] < CSV_COLUMNS_MAX) {
            values[place] = row->fields[reader->fields[place]];
        }
    }
    return deliver(reader, values, err);
}

/* ---- NDJSON ---------------------------------------------------------------------------------- */

static enum serin_status read_json_row(void *context, struct text_view line,
                                       struct serin_error *err)
{
    struct format_reader *reader = context;
    struct text_view values[FILE_COLUMNS];
    if (json_is_blank(line)) {
        return SERIN_OK;
    }
    TRY(json_row_parse(line, reader->columns->names, FILE_COLUMNS, &reader->scratch, values, err));
    return deliver(reader, values, err);
}

/* ---- both ------------------------------------------------------------------------------------ */

struct format_reader *format_reader_create(enum file_format format,
                                           const struct file_columns *columns, file_row_sink *sink,
                                           void *context)
{
    owned(format_reader) reader = memory_allocate(1, sizeof(*reader));
    if (!reader) {
        return NULL;
    }
    reader->columns = columns;
    reader->sink = sink;
    reader->context = context;
    if (format == FILE_FORMAT_NDJSON) {
        reader->lines = line_reader_create(EVENT_LINE_BYTES_MAX, read_json_row, reader);
    } else {
        reader->csv = csv_reader_create(read_csv_row, reader);
    }
    return reader->csv || reader->lines ? give(reader) : NULL;
}

void format_reader_destroy(struct format_reader *reader)
{
    if (reader) {
        csv_reader_destroy(reader->csv);
        line_reader_destroy(reader->lines);
        memory_free(reader);
    }
}

enum serin_status format_reader_push(struct format_reader *reader, const char *bytes, size_t length,
                                     struct serin_error *err)
{
    return reader->csv ? csv_reader_push(reader->csv, bytes, length, err)
                       : line_reader_push(reader->lines, bytes, length, err);
}

enum serin_status format_reader_finish(struct format_reader *reader, struct serin_error *err)
{
    if (reader->lines) {
        return line_reader_finish(reader->lines, err);
    }
    TRY(csv_reader_finish(reader->csv, err));
    return reader->has_header
               ? SERIN_OK
               : serin_fail(err, SERIN_INVALID, "empty; a header row naming the columns is needed");
}

/* ---- telling the format ---------------------------------------------------------------------- */

static bool ends_with(struct text_view text, struct text_view end)
{
    if (text.length < end.length) {
        return false;
    }
    struct text_view tail = {text.start + text.length - end.length, end.length};
    return text_equal_ignoring_case(tail, end);
}

enum file_format file_format_of_name(const char *path)
{
    static const struct text_view gzip = TEXT_VIEW(".gz");
    static const struct {
        struct text_view end;
        enum file_format format;
    } endings[] = {
        {TEXT_VIEW(".csv"),    FILE_FORMAT_CSV   },
        {TEXT_VIEW(".ndjson"), FILE_FORMAT_NDJSON},
        {TEXT_VIEW(".jsonl"),  FILE_FORMAT_NDJSON},
        {TEXT_VIEW(".json"),   FILE_FORMAT_NDJSON},
    };
    struct text_view name = text_view_of(path);
    name.length -= ends_with(name, gzip) ? gzip.length : 0;
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        if (ends_with(name, endings[i].end)) {
            return endings[i].format;
        }
    }
    return FILE_FORMAT_AUTO;
}

enum file_format file_format_of_bytes(struct text_view bytes)
{
    struct json_scan scan = {.at = bytes.start, .end = bytes.start + bytes.length};
    return json_take(&scan, '{') ? FILE_FORMAT_NDJSON : FILE_FORMAT_CSV;
}
