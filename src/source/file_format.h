/*
 * Bytes of a label file, already unpacked → rows, in either format.
 */
#ifndef SERIN_SOURCE_FILE_FORMAT_H
#define SERIN_SOURCE_FILE_FORMAT_H

#include "base/memory.h"
#include "source/file_rows.h"

struct format_reader;

/* `format` is CSV or NDJSON. `columns` is borrowed. NULL when memory is short. */
struct format_reader *format_reader_create(enum file_format format,
                                           const struct file_columns *columns, file_row_sink *sink,
                                           void *context);
void format_reader_destroy(struct format_reader *reader); /* NULL is fine */
DEFINE_CLEANUP(format_reader)

/* Reads the next piece; fails as file_rows_read does, err->field naming the line. */
SERIN_MUST_CHECK enum serin_status format_reader_push(struct format_reader *reader,
                                                      const char *bytes, size_t length,
                                                      struct serin_error *err);
/* No more input comes. SERIN_INVALID where even the header is missing. */
SERIN_MUST_CHECK enum serin_status format_reader_finish(struct format_reader *reader,
                                                        struct serin_error *err);

/* What the name of a file tells of its format; FILE_FORMAT_AUTO: nothing. */
enum file_format file_format_of_name(const char *path);
/* What the first bytes tell: an object is NDJSON, anything else CSV. */
enum file_format file_format_of_bytes(struct text_view bytes);

#endif
