/*
 * Files: read whole with a cap or piece by piece, replaced atomically.
 */
#ifndef SERIN_PLATFORM_FILE_H
#define SERIN_PLATFORM_FILE_H

#include "serin/error.h"

#include <stddef.h>

/*
 * Reads `path` whole; "-" is standard input. `*out` is zero-terminated (not counted) and freed by
 * the caller with memory_free. Fails with SERIN_NOT_FOUND, SERIN_DENIED (permissions),
 * SERIN_TOO_LARGE (more than `limit` bytes), SERIN_INVALID (a directory), SERIN_UNAVAILABLE (I/O),
 * SERIN_NO_MEMORY; the message names the path.
 */
SERIN_MUST_CHECK enum serin_status file_read(const char *path, size_t limit, char **out,
                                             size_t *out_length, struct serin_error *err);

/* Gets a piece of a file, never empty. Another status than SERIN_OK ends the reading with it. */
typedef enum serin_status file_sink(void *context, const char *bytes, size_t length,
                                    struct serin_error *err);

/*
 * Reads `path` piece by piece; "-" is standard input. Fails as file_read does, but at no length,
 * and with what the sink returned.
 */
SERIN_MUST_CHECK enum serin_status file_stream(const char *path, file_sink *sink, void *context,
                                               struct serin_error *err);

/*
 * Replaces `path` with `length` bytes, mode 0644 as the umask allows: written beside it, fsynced
 * and renamed, so that after a crash the file is either the old or the new one, whole. Fails with
 * SERIN_DENIED, SERIN_NOT_FOUND (no such folder) or SERIN_UNAVAILABLE; then `path` is as it was.
 */
SERIN_MUST_CHECK enum serin_status file_write_atomic(const char *path, const void *bytes,
                                                     size_t length, struct serin_error *err);

/*
 * Makes the name `path`, created or renamed just now, durable by syncing the folder it stands in.
 * Fails with SERIN_DENIED, SERIN_UNAVAILABLE or SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status file_sync_folder(const char *path, struct serin_error *err);

#endif
