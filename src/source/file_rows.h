/*
 * A label file → its rows: opens, unpacks, finds out the format, reads.
 */
#ifndef SERIN_SOURCE_FILE_ROWS_H
#define SERIN_SOURCE_FILE_ROWS_H

#include "platform/deadline.h"
#include "source/file.h"
#include "source/file_row.h"

/* Gets each row, which lives only during the call. A failure ends the reading with it. */
typedef enum serin_status file_row_sink(void *context, const struct file_row *row,
                                        struct serin_error *err);

/*
 * Reads all rows of `path`. `deadline` may be NULL. Fails as label_file_read does, with
 * SERIN_TIMEOUT, and with what the sink returned; err->field names the file and the line.
 */
SERIN_MUST_CHECK enum serin_status file_rows_read(const char *path,
                                                  const struct file_options *options,
                                                  const struct deadline *deadline,
                                                  file_row_sink *sink, void *context,
                                                  struct serin_error *err);

/* Puts the file's name in front of what the failure named. */
void file_name_place(const char *path, struct serin_error *err);

#endif
