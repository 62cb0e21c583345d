/*
 * Bytes that arrive in pieces → lines. Lines end with a line feed, the last one may do without.
 * Memory is one line, whatever the input.
 */
#ifndef SERIN_SOURCE_LINE_READER_H
#define SERIN_SOURCE_LINE_READER_H

#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>

/* Gets each line without its line feed, for the time of the call. A failure ends the reading. */
typedef enum serin_status line_sink(void *context, struct text_view line, struct serin_error *err);

struct line_reader;

/* Lines of at most `maximum` bytes. NULL when memory is short. */
struct line_reader *line_reader_create(size_t maximum, line_sink *sink, void *context);
void line_reader_destroy(struct line_reader *reader); /* NULL is fine */
DEFINE_CLEANUP(line_reader)

/*
 * Reads the next piece. Fails with SERIN_TOO_LARGE (a line above the maximum) or what the sink
 * returned; err->field is then "line 7" or "line 7: label". After a failure only destroy the
 * reader.
 */
SERIN_MUST_CHECK enum serin_status line_reader_push(struct line_reader *reader, const char *bytes,
                                                    size_t length, struct serin_error *err);

/* Tells that no more input comes; reads a last line without line feed. Fails as above. */
SERIN_MUST_CHECK enum serin_status line_reader_finish(struct line_reader *reader,
                                                      struct serin_error *err);

#endif
