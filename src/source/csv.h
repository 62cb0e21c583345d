/*
 * CSV as RFC 4180 defines it, that arrives in pieces: bytes → rows of fields.
 *
 * Strict, because a guess would silently count something else: every row has as many fields as the
 * first, a quote stands around a whole field or is doubled inside one, the text is UTF-8 without
 * zero bytes. Lines end with LF or CRLF, quoted fields may hold both, the last row may do without.
 * A byte order mark is skipped, and so are empty lines where a row has more than one field.
 * Memory is one row, whatever the input.
 */
#ifndef SERIN_SOURCE_CSV_H
#define SERIN_SOURCE_CSV_H

#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>

enum { CSV_FIELD_BYTES_MAX = 64 * 1024, CSV_ROW_BYTES_MAX = 1024 * 1024, CSV_COLUMNS_MAX = 4096 };

struct csv_row {
    const struct text_view *fields;
    size_t count;
    size_t line; /* where the row starts, from 1 */
};

/* Gets each row, the header first; it lives only during the call. A failure ends the reading. */
typedef enum serin_status csv_sink(void *context, const struct csv_row *row,
                                   struct serin_error *err);

struct csv_reader;

/* NULL when memory is short. */
struct csv_reader *csv_reader_create(csv_sink *sink, void *context);
void csv_reader_destroy(struct csv_reader *reader); /* NULL is fine */
DEFINE_CLEANUP(csv_reader)

/*
 * Reads the next piece. Fails with SERIN_INVALID, SERIN_TOO_LARGE (one of the maxima above),
 * SERIN_NO_MEMORY or what the sink returned; err->field is then "line 7, column 12", the column in
 * characters, or, where the sink failed, "line 7" and what it named. After a failure only destroy
 * the reader.
 */
SERIN_MUST_CHECK enum serin_status csv_reader_push(struct csv_reader *reader, const char *bytes,
                                                   size_t length, struct serin_error *err);

/* Tells that no more input comes; reads a last row without line end. Fails as above. */
SERIN_MUST_CHECK enum serin_status csv_reader_finish(struct csv_reader *reader,
                                                     struct serin_error *err);

#endif
