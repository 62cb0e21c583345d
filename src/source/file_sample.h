/*
 * Some of a file's rows instead of all: by a hash of their key, or a fixed number at random.
 */
#ifndef SERIN_SOURCE_FILE_SAMPLE_H
#define SERIN_SOURCE_FILE_SAMPLE_H

#include "source/file_rows.h"

/*
 * As file_rows_read, but passes on only the rows that the options sample: those whose key is kept,
 * and of these `sample_rows` at random, in the file's order. The choice depends on the seed, the
 * arm and the order of rows alone. Tells options->sampled, where there is one, how many rows
 * there were and how many were passed on. Fails likewise; memory follows the rows kept.
 * Source: Vitter, ACM Trans. Math. Softw. 11 (1985), algorithm R.
 */
SERIN_MUST_CHECK enum serin_status sampled_rows_read(const char *path,
                                                     const struct file_options *options,
                                                     const struct deadline *deadline, enum arm arm,
                                                     file_row_sink *sink, void *context,
                                                     struct serin_error *err);

#endif
