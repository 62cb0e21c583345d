#include "source/line_reader.h"

#include <string.h>

struct line_reader {
    line_sink *sink;
    void *context;
    size_t line_number; /* of the line being read, from 1 */
    size_t maximum;
    size_t carried;
    char carry[]; /* the start of a line whose end is still to come */
};

struct line_reader *line_reader_create(size_t maximum, line_sink *sink, void *context)
{
    struct line_reader *reader = memory_allocate(1, sizeof(*reader) + maximum);
    if (reader) {
        reader->sink = sink;
        reader->context = context;
        reader->line_number = 1;
        reader->maximum = maximum;
    }
    return reader;
}

void line_reader_destroy(struct line_reader *reader)
{
    memory_free(reader);
}

/* Puts the line's number in front of the field that the failure named. */
static void name_line(const struct line_reader *reader, struct serin_error *err)
{
    if (!err) {
        return;
    }
    char field[sizeof(err->field)];
    memcpy(field, err->field, sizeof(field));
    serin_error_at(err, "line %zu%s%s", reader->line_number, field[0] ? ": " : "", field);
}

static enum serin_status line_too_long(const struct line_reader *reader, struct serin_error *err)
{
    serin_error_at(err, "line %zu", reader->line_number);
    return serin_fail(err, SERIN_TOO_LARGE, "longer than %zu bytes; write one event a line",
                      reader->maximum);
}

static enum serin_status read_line(struct line_reader *reader, struct text_view line,
                                   struct serin_error *err)
{
    if (line.length > reader->maximum) {
        return line_too_long(reader, err);
    }
    enum serin_status status = reader->sink(reader->context, line, err);
    if (status != SERIN_OK) {
        name_line(reader, err);
        return status;
    }
    reader->line_number++;
    return SERIN_OK;
}

/* Keeps the start of a line. */
static enum serin_status carry(struct line_reader *reader, const char *bytes, size_t length,
                               struct serin_error *err)
{
    if (length > reader->maximum - reader->carried) {
        return line_too_long(reader, err);
    }
    memcpy(reader->carry + reader->carried, bytes, length);
    reader->carried += length;
    return SERIN_OK;
}

static enum serin_status read_carried(struct line_reader *reader, struct serin_error *err)
{
    struct text_view line = {reader->carry, reader->carried};
    reader->carried = 0;
    return read_line(reader, line, err);
}

enum serin_status line_reader_push(struct line_reader *reader, const char *bytes, size_t length,
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

enum serin_status line_reader_finish(struct line_reader *reader, struct serin_error *err)
{
    return reader->carried > 0 ? read_carried(reader, err) : SERIN_OK;
}
