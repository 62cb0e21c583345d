/*
 * CSV from outside: the reader survives anything, reads the same in one piece and in many, and what
 * it read, written with every field in quotes, reads the same again.
 */
#include "base/buffer.h"
#include "source/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_MAX = 1 << 24 };

/* Writes rows with every field in quotes. */
static enum serin_status write_row(void *context, const struct csv_row *row,
                                   struct serin_error *err)
{
    (void)err;
    struct buffer *out = context;
    for (size_t i = 0; i < row->count; i++) {
        buffer_append_text(out, i > 0 ? ",\"" : "\"");
        for (size_t at = 0; at < row->fields[i].length; at++) {
            char byte = row->fields[i].start[at];
            buffer_append_text(out, byte == '"' ? "\"" : "");
            buffer_append_char(out, byte);
        }
        buffer_append_char(out, '"');
    }
    buffer_append_text(out, "\n");
    return buffer_status(out);
}

static enum serin_status read_pieces(const char *bytes, size_t size, size_t piece,
                                     struct buffer *out)
{
    owned(csv_reader) reader = csv_reader_create(write_row, out);
    if (!reader) {
        return SERIN_NO_MEMORY;
    }
    for (size_t at = 0; at < size; at += piece) {
        TRY(csv_reader_push(reader, bytes + at, size - at < piece ? size - at : piece, NULL));
    }
    return csv_reader_finish(reader, NULL);
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    owned(buffer) whole = buffer_create(OUTPUT_MAX);
    owned(buffer) pieces = buffer_create(OUTPUT_MAX);
    owned(buffer) again = buffer_create(OUTPUT_MAX);
    enum serin_status status = read_pieces((const char *)data, size, size > 0 ? size : 1, whole);
    if (status != read_pieces((const char *)data, size, 3, pieces) ||
        !text_equal(buffer_view(whole), buffer_view(pieces))) {
        fail("reads differently in pieces");
    }
    struct text_view written = buffer_view(whole);
    if (written.length > 0 &&
        (read_pieces(written.start, written.length, written.length, again) != SERIN_OK ||
         !text_equal(buffer_view(again), written))) {
        fail("does not read what it wrote");
    }
    return 0;
}
