/*
 * Event lines from outside: the reader survives anything, reads the same in one piece and in many,
 * and agrees with an independent reading of each line.
 */
#include "base/text.h"
#include "source/ndjson.h"
#include "support/event_oracle.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum serin_status add_up(void *context, const struct label_event *event,
                                struct serin_error *err)
{
    (void)err;
    uint64_t *sum = context;
    *sum = *sum * 31 + (uint64_t)event->time_ms + event->count + event->label.length;
    return SERIN_OK;
}

static enum serin_status read_pieces(const char *bytes, size_t size, size_t piece, uint64_t *sum)
{
    owned(ndjson_reader) reader = ndjson_reader_create(add_up, sum);
    if (!reader) {
        return SERIN_NO_MEMORY;
    }
    for (size_t at = 0; at < size; at += piece) {
        TRY(ndjson_reader_push(reader, bytes + at, size - at < piece ? size - at : piece, NULL));
    }
    return ndjson_reader_finish(reader, NULL);
}

static void check_lines(const char *bytes, size_t size)
{
    const char *end = bytes + size;
    for (const char *at = bytes; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((line_end ? line_end : end) - at);
        const char *found = oracle_disagreement(at, length);
        if (found) {
            (void)fprintf(stderr, "%s: %.*s\n", found, (int)length, at);
            abort();
        }
        at += length + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    uint64_t whole = 0;
    uint64_t pieces = 0;
    enum serin_status status = read_pieces(bytes, size, size > 0 ? size : 1, &whole);
    if (status != read_pieces(bytes, size, 7, &pieces) || whole != pieces) {
        (void)fprintf(stderr, "reads differently in pieces\n");
        abort();
    }
    check_lines(bytes, size);
    return 0;
}
