#include "source/ndjson.h"

#include "source/event_line.h"

#include <stdio.h>
#include <string.h>

struct ndjson_reader {
    ndjson_sink *sink;
    void *context;
    size_t line_number; /* of the line being read, from 1 */
    size_t carried;
    char carry[EVENT_LINE_BYTES_MAX]; /* the start of a line whose end is still to come */
    struct event_scratch scratch;
    struct label_event event;
};

struct ndjson_reader *ndjson_reader_create(ndjson_sink *sink, void *context)
{
    struct ndjson_reader *reader = memory_allocate(1, sizeof(*reader));
    if (reader) {
        reader->sink = sink;
        reader->context = context;
        reader->line_number = 1;
    }
    return reader;
}

void ndjson_reader_destroy(struct ndjson_reader *reader)
{
    memory_free(reader);
}

/* Puts the line's number in front of the field that the failure named. */
static void name_line(const struct ndjson_reader *reader, struct serin_error *err)
{
    if (!err) {
        return;
    }
    char field[sizeof(err->field)];
    memcpy(field, err->field, sizeof(field));
    serin_error_at(err, "line %zu%s%s", reader->line_number, field[0] ? ": " : "", field);
}

static bool is_blank(struct text_view line)
{
    for (size_t i = 0; i < line.length; i++) {
        if (line.start[i] != ' ' && line.start[i] != '\t' && line.start[i] != '\r') {
            return false;
        }
    }
    return true;
}

static enum serin_status line_too_long(const struct ndjson_reader *reader, struct serin_error *err)
{
    serin_error_at(err, "line %zu", reader->line_number);
    return serin_fail(err, SERIN_TOO_LARGE, "longer than %d bytes; write one event a line",
                      EVENT_LINE_BYTES_MAX);
}

static enum serin_status read_line(struct ndjson_reader *reader, struct text_view line,
                                   struct serin_error *err)
{
    if (line.length > EVENT_LINE_BYTES_MAX) {
        return line_too_long(reader, err);
    }
    enum serin_status status = SERIN_OK;
    if (!is_blank(line)) {
        status = event_line_parse(line, &reader->scratch, &reader->event, err);
        if (status == SERIN_OK) {
            status = reader->sink(reader->context, &reader->event, err);
        }
    }
    if (status != SERIN_OK) {
        name_line(reader, err);
        return status;
    }
    reader->line_number++;
    return SERIN_OK;
}

/* Keeps the start of a line. */
static enum serin_status carry(struct ndjson_reader *reader, const char *bytes, size_t length,
                               struct serin_error *err)
{
    if (length > sizeof(reader->carry) - reader->carried) {
        return line_too_long(reader, err);
    }
    memcpy(reader->carry + reader->carried, bytes, length);
    reader->carried += length;
    return SERIN_OK;
}

static enum serin_status read_carried(struct ndjson_reader *reader, struct serin_error *err)
{
    struct text_view line = {reader->carry, reader->carried};
    reader->carried = 0;
    return read_line(reader, line, err);
}

enum serin_status ndjson_reader_push(struct ndjson_reader *reader, const char *bytes, size_t length,
                                     struct serin_error *err)
{
    const char *at = bytes;
    const char *end = bytes + length;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t piece = (size_t)((line_end ? line_end : end) - at);
        if (!line_end) {
            return carry(reader, at, piece, err);
        }
        if (reader->carried > 0) {
            TRY(carry(reader, at, piece, err));
            TRY(read_carried(reader, err));
        } else {
            TRY(read_line(reader, (struct text_view){at, piece}, err));
        }
        at = line_end + 1;
    }
    return SERIN_OK;
}

enum serin_status ndjson_reader_finish(struct ndjson_reader *reader, struct serin_error *err)
{
    return reader->carried > 0 ? read_carried(reader, err) : SERIN_OK;
}
