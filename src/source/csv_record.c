#include "source/csv_record.h"

#include "base/memory.h"
#include "source/csv.h"

#include <stdbool.h>
#include <string.h>

/* What is being split, for the positions in messages. */
struct scan {
    struct text_view bytes;
    size_t line;
    bool is_simple; /* neither quotes nor carriage returns: commas alone matter */
};

void csv_record_clear(struct csv_record *record)
{
    memory_free(record->fields);
    memory_free(record->unfolded);
    *record = (struct csv_record){0};
}

/* Names line and column of a byte. Columns count characters: bytes that do not continue one. */
static void name_place(const struct scan *scan, const char *at, struct serin_error *err)
{
    size_t line = scan->line;
    size_t column = 1;
    for (const char *byte = scan->bytes.start; byte < at; byte++) {
        if (*byte == '\n') {
            line++;
            column = 1;
        } else {
            column += ((unsigned char)*byte & 0xC0) != 0x80;
        }
    }
    serin_error_at(err, "line %zu, column %zu", line, column);
}

static enum serin_status fail_at(const struct scan *scan, const char *at, const char *what,
                                 struct serin_error *err)
{
    name_place(scan, at, err);
    return serin_fail(err, SERIN_INVALID, "%s", what);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static enum serin_status fail_encoding(const struct scan *scan, struct serin_error *err)
{
    const char *end = scan->bytes.start + scan->bytes.length;
    const char *at = scan->bytes.start;
    uint32_t code_point = 0;
    size_t length = 1;
    while (at < end && length > 0) {
        length = text_first_character((struct text_view){at, (size_t)(end - at)}, &code_point);
        at += length;
    }
    name_place(scan, at, err);
    return serin_fail(err, SERIN_INVALID, "not UTF-8: byte 0x%02x; save the file as UTF-8",
                      (unsigned)(unsigned char)*at);
}

static enum serin_status check_bytes(const struct scan *scan, struct serin_error *err)
{
    struct text_view bytes = scan->bytes;
    if (!text_is_utf8(bytes)) {
        return fail_encoding(scan, err);
    }
    const char *zero = bytes.length > 0 ? memchr(bytes.start, '\0', bytes.length) : NULL;
    return zero ? fail_at(scan, zero, "a zero byte; this is not a text file", err) : SERIN_OK;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static enum serin_status add_field(struct csv_record *record, const struct scan *scan,
                                   const char *at, struct text_view field, struct serin_error *err)
{
    if (field.length > CSV_FIELD_BYTES_MAX) {
        name_place(scan, at, err);
        return serin_fail(err, SERIN_TOO_LARGE, "a field longer than %d bytes",
                          CSV_FIELD_BYTES_MAX);
    }
    enum serin_status status =
        memory_grow((void **)&record->fields, &record->room, record->count + 1,
                    sizeof(*record->fields), CSV_COLUMNS_MAX);
    if (status == SERIN_TOO_LARGE) {
        name_place(scan, at, err);
        return serin_fail(err, status, "more than %d fields in one row", CSV_COLUMNS_MAX);
    }
    if (status != SERIN_OK) {
        return serin_fail(err, status, "no memory left for a row");
    }
    record->fields[record->count++] = field;
    return SERIN_OK;
}

/* Takes a field without quotes at `*at` and moves past it, to the comma or the end. */
static enum serin_status take_plain(struct csv_record *record, const struct scan *scan,
                                    const char **at, struct serin_error *err)
{
    const char *start = *at;
    size_t rest = (size_t)(scan->bytes.start + scan->bytes.length - start);
    const char *comma = rest > 0 ? memchr(start, ',', rest) : NULL;
    struct text_view field = {start, comma ? (size_t)(comma - start) : rest};
    if (!scan->is_simple && field.length > 0) {
        const char *quote = memchr(start, '"', field.length);
        if (quote) {
            return fail_at(scan, quote,
                           "a quote inside a field that does not start with one; put quotes "
                           "around the whole field and double those inside",
                           err);
        }
        const char *carriage_return = memchr(start, '\r', field.length);
        if (carriage_return) {
            return fail_at(scan, carriage_return,
                           "a carriage return without a line feed; end lines with LF or CRLF", err);
        }
    }
    *at = start + field.length;
    return add_field(record, scan, start, field, err);
}

/* The quote that closes the field opened at `open`, or NULL; `*out_doubled` counts pairs inside. */
static const char *closing_quote(const struct scan *scan, const char *open, size_t *out_doubled)
{
    const char *end = scan->bytes.start + scan->bytes.length;
    const char *at = open + 1;
    *out_doubled = 0;
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote || quote + 1 == end || quote[1] != '"') {
            return quote;
        }
        *out_doubled += 1;
        at = quote + 2;
    }
    return NULL;
}

/* Copies `quoted` with each doubled quote written once. There is room: see make_room. */
static struct text_view unfold(struct csv_record *record, struct text_view quoted)
{
    char *start = record->unfolded + record->unfolded_used;
    char *to = start;
    for (size_t i = 0; i < quoted.length; i++) {
        *to++ = quoted.start[i];
        if (quoted.start[i] == '"') {
            i++;
        }
    }
    record->unfolded_used += (size_t)(to - start);
    return (struct text_view){start, (size_t)(to - start)};
}

static enum serin_status take_quoted(struct csv_record *record, const struct scan *scan,
                                     const char **at, struct serin_error *err)
{
    const char *open = *at;
    const char *end = scan->bytes.start + scan->bytes.length;
    size_t doubled = 0;
    const char *close = closing_quote(scan, open, &doubled);
    if (!close) {
        return fail_at(scan, open, "the quote that opens here is never closed", err);
    }
    if (close + 1 < end && close[1] != ',') {
        return fail_at(scan, close + 1,
                       "text after the closing quote; double a quote that belongs to the field",
                       err);
    }
    struct text_view field = {open + 1, (size_t)(close - open - 1)};
    *at = close + 1;
    return add_field(record, scan, open, doubled > 0 ? unfold(record, field) : field, err);
}

/* All fields together are never longer unfolded than written. */
static enum serin_status make_room(struct csv_record *record, const struct scan *scan,
                                   struct serin_error *err)
{
    record->count = 0;
    record->unfolded_used = 0;
    if (scan->is_simple) {
        return SERIN_OK;
    }
    enum serin_status status = memory_grow((void **)&record->unfolded, &record->unfolded_room,
                                           scan->bytes.length, 1, SIZE_MAX);
    return status == SERIN_OK ? SERIN_OK : serin_fail(err, status, "no memory left for a row");
}

enum serin_status csv_record_split(struct csv_record *record, struct text_view bytes, size_t line,
                                   struct serin_error *err)
{
    struct scan scan = {.bytes = bytes, .line = line};
    scan.is_simple = bytes.length == 0 || (!memchr(bytes.start, '"', bytes.length) &&
                                           !memchr(bytes.start, '\r', bytes.length));
    TRY(check_bytes(&scan, err));
    TRY(make_room(record, &scan, err));
    const char *at = bytes.start;
    const char *end = bytes.start + bytes.length;
    for (;;) {
        TRY(at < end && *at == '"' ? take_quoted(record, &scan, &at, err)
                                   : take_plain(record, &scan, &at, err));
        if (at == end) {
            return SERIN_OK;
        }
        at++; /* the comma; after the last one stands an empty field */
    }
}
