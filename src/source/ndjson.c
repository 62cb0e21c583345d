#include "source/ndjson.h"

#include "source/event_line.h"
#include "source/json_scan.h"
#include "source/line_reader.h"

struct ndjson_reader {
    ndjson_sink *sink;
    void *context;
    struct line_reader *lines;
    struct event_scratch scratch;
    struct label_event event;
};

static enum serin_status read_line(void *context, struct text_view line, struct serin_error *err)
{
    struct ndjson_reader *reader = context;
    if (json_is_blank(line)) {
        return SERIN_OK;
    }
    TRY(event_line_parse(line, &reader->scratch, &reader->event, err));
    return reader->sink(reader->context, &reader->event, err);
}

struct ndjson_reader *ndjson_reader_create(ndjson_sink *sink, void *context)
{
    owned(ndjson_reader) reader = memory_allocate(1, sizeof(*reader));
    if (!reader) {
        return NULL;
    }
    reader->sink = sink;
    reader->context = context;
    reader->lines = line_reader_create(EVENT_LINE_BYTES_MAX, read_line, reader);
    return reader->lines ? give(reader) : NULL;
}

void ndjson_reader_destroy(struct ndjson_reader *reader)
{
    if (reader) {
        line_reader_destroy(reader->lines);
        memory_free(reader);
    }
}

enum serin_status ndjson_reader_push(struct ndjson_reader *reader, const char *bytes, size_t length,
                                     struct serin_error *err)
{
    return line_reader_push(reader->lines, bytes, length, err);
}

enum serin_status ndjson_reader_finish(struct ndjson_reader *reader, struct serin_error *err)
{
    return line_reader_finish(reader->lines, err);
}
