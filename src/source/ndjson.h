/*
 * Label events from NDJSON that arrives in pieces: bytes → lines → events.
 *
 * Lines end with a line feed, the last one may do without; lines of nothing but white space are
 * skipped. Memory is one line, whatever the input.
 */
#ifndef SERIN_SOURCE_NDJSON_H
#define SERIN_SOURCE_NDJSON_H

#include "base/memory.h"
#include "labels/event.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

/* Gets each event, which lives only during the call. A failure ends the reading with it. */
typedef enum serin_status ndjson_sink(void *context, const struct label_event *event,
                                      struct serin_error *err);

struct ndjson_reader;

/* NULL when memory is short. */
struct ndjson_reader *ndjson_reader_create(ndjson_sink *sink, void *context);
void ndjson_reader_destroy(struct ndjson_reader *reader); /* NULL is fine */
DEFINE_CLEANUP(ndjson_reader)

/*
 * Reads the next piece. Fails with SERIN_INVALID, SERIN_TOO_LARGE (a line above
 * EVENT_LINE_BYTES_MAX) or what the sink returned; err->field is then "line 7" or "line 7: label".
 * After a failure only destroy the reader.
 */
SERIN_MUST_CHECK enum serin_status ndjson_reader_push(struct ndjson_reader *reader,
                                                      const char *bytes, size_t length,
                                                      struct serin_error *err);

/* Tells that no more input comes; reads a last line without line feed. Fails as above. */
SERIN_MUST_CHECK enum serin_status ndjson_reader_finish(struct ndjson_reader *reader,
                                                        struct serin_error *err);

#endif
