#include "source/csv.h"

#include "source/csv_record.h"

#include <stdbool.h>
#include <string.h>

struct csv_reader {
    csv_sink *sink;
    void *context;
    struct csv_record record;
    size_t columns;   /* fields of the first row; 0 before it */
    size_t line;      /* where the record being read starts, from 1 */
    size_t next_line; /* where the bytes to come are */
    bool is_quoted;   /* an odd number of quotes so far: a line feed belongs to a field */
    char *carry;      /* the start of a record whose end is still to come */
    size_t carried;
    size_t carry_room;
};

struct csv_reader *csv_reader_create(csv_sink *sink, void *context)
{
    struct csv_reader *reader = memory_allocate(1, sizeof(*reader));
    if (reader) {
        reader->sink = sink;
        reader->context = context;
        reader->line = 1;
        reader->next_line = 1;
    }
    return reader;
}

void csv_reader_destroy(struct csv_reader *reader)
{
    if (reader) {
        csv_record_clear(&reader->record);
        memory_free(reader->carry);
        memory_free(reader);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct text_view without_mark(struct text_view bytes, size_t line)
{
    static const struct text_view mark = TEXT_VIEW("\xEF\xBB\xBF");
    if (line != 1 || !text_starts_with(bytes, mark)) {
        return bytes;
    }
    return (struct text_view){bytes.start + mark.length, bytes.length - mark.length};
}

static struct text_view without_carriage_return(struct text_view bytes)
{
    if (bytes.length > 0 && bytes.start[bytes.length - 1] == '\r') {
        bytes.length--;
    }
    return bytes;
}

static enum serin_status fail_ragged(const struct csv_reader *reader, struct serin_error *err)
{
    size_t count = reader->record.count;
    serin_error_at(err, "line %zu", reader->line);
    return serin_fail(err, SERIN_INVALID, "%zu field%s where the header has %zu", count,
                      count == 1 ? "" : "s", reader->columns);
}

/* Puts the row's line in front of what the sink named. */
static void name_line(const struct csv_reader *reader, struct serin_error *err)
{
    if (err) {
        struct serin_error told = *err;
        serin_error_at(err, "line %zu%s%s", reader->line, told.field[0] ? ": " : "", told.field);
    }
}

static enum serin_status deliver(struct csv_reader *reader, struct serin_error *err)
{
    struct csv_row row = {reader->record.fields, reader->record.count, reader->line};
    if (reader->columns == 0) {
        reader->columns = row.count;
    }
    if (row.count != reader->columns) {
        return fail_ragged(reader, err);
    }
    enum serin_status status = reader->sink(reader->context, &row, err);
    if (status != SERIN_OK) {
        name_line(reader, err);
    }
    return status;
}

/* Reads a record without its line feed, and makes ready for the next. */
static enum serin_status read_record(struct csv_reader *reader, struct text_view bytes,
                                     struct serin_error *err)
{
    bytes = without_carriage_return(without_mark(bytes, reader->line));
    bool is_blank = bytes.length == 0 && reader->columns != 1;
    if (!is_blank) {
        TRY(csv_record_split(&reader->record, bytes, reader->line, err));
        TRY(deliver(reader, err));
    }
    reader->line = reader->next_line;
    reader->carried = 0;
    return SERIN_OK;
}

/* ---- records --------------------------------------------------------------------------------- */

/* A row too long is mostly one whose quote was never closed; the splitter can tell. */
static enum serin_status fail_too_long(struct csv_reader *reader, struct serin_error *err)
{
    TRY(csv_record_split(&reader->record, (struct text_view){reader->carry, reader->carried},
                         reader->line, err));
    serin_error_at(err, "line %zu", reader->line);
    return serin_fail(err, SERIN_TOO_LARGE, "a row longer than %d bytes", CSV_ROW_BYTES_MAX);
}

static enum serin_status carry(struct csv_reader *reader, struct text_view bytes,
                               struct serin_error *err)
{
    size_t wanted = reader->carried + bytes.length;
    if (wanted > CSV_ROW_BYTES_MAX) {
        return fail_too_long(reader, err);
    }
    if (bytes.length == 0) {
        return SERIN_OK;
    }
    if (memory_grow((void **)&reader->carry, &reader->carry_room, wanted, 1, CSV_ROW_BYTES_MAX) !=
        SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for a row");
    }
    memcpy(reader->carry + reader->carried, bytes.start, bytes.length);
    reader->carried = wanted;
    return SERIN_OK;
}

static bool has_odd_quotes(struct text_view bytes)
{
    const char *at = bytes.start;
    const char *end = bytes.start + bytes.length;
    bool is_odd = false;
    while (at < end && (at = memchr(at, '"', (size_t)(end - at)))) {
        is_odd = !is_odd;
        at++;
    }
    return is_odd;
}

/* Takes a line, `bytes` with its line feed, which ends the record unless it stands in quotes. */
static enum serin_status take_line(struct csv_reader *reader, struct text_view bytes,
                                   struct serin_error *err)
{
    reader->is_quoted ^= has_odd_quotes(bytes);
    reader->next_line++;
    if (reader->is_quoted) {
        return carry(reader, bytes, err);
    }
    bytes.length--;
    if (reader->carried == 0 && bytes.length <= CSV_ROW_BYTES_MAX) {
        return read_record(reader, bytes, err);
    }
    TRY(carry(reader, bytes, err));
    return read_record(reader, (struct text_view){reader->carry, reader->carried}, err);
}

enum serin_status csv_reader_push(struct csv_reader *reader, const char *bytes, size_t length,
                                  struct serin_error *err)
{
    const char *at = bytes;
    const char *end = bytes + length;
    while (at < end) {
        const char *line_feed = memchr(at, '\n', (size_t)(end - at));
        if (!line_feed) {
            struct text_view rest = {at, (size_t)(end - at)};
            reader->is_quoted ^= has_odd_quotes(rest);
            return carry(reader, rest, err);
        }
        TRY(take_line(reader, (struct text_view){at, (size_t)(line_feed + 1 - at)}, err));
        at = line_feed + 1;
    }
    return SERIN_OK;
}

enum serin_status csv_reader_finish(struct csv_reader *reader, struct serin_error *err)
{
    if (reader->carried == 0) {
        return SERIN_OK;
    }
    return read_record(reader, (struct text_view){reader->carry, reader->carried}, err);
}
