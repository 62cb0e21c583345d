/*
 * Batches that wait to be sent, as files of a folder: they survive the process.
 *
 * Batches go out in the order they came in. When the folder is full, by bytes or by
 * SPOOL_BATCHES_MAX, the oldest are dropped, and how many events were in them is told. One process
 * at a time uses a folder. Used by one thread.
 */
#ifndef SERIN_TAP_SPOOL_H
#define SERIN_TAP_SPOOL_H

#include "base/memory.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

struct spool;

enum { SPOOL_NAME_SIZE = 80, SPOOL_BATCH_MAX = 1024 * 1024, SPOOL_BATCHES_MAX = 8192 };

/*
 * Opens the folder, which is made when it is not there, and finds what an earlier process left.
 * `path` must outlive the spool. Fails with SERIN_DENIED, SERIN_NOT_FOUND (its parent),
 * SERIN_INVALID (no folder), SERIN_CONFLICT (another process uses it), SERIN_UNAVAILABLE and
 * SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status spool_open(const char *path, uint64_t bytes_max,
                                              struct spool **out, struct serin_error *err);
void spool_close(struct spool *spool); /* NULL is fine */

/*
 * Adds a batch of at most SPOOL_BATCH_MAX bytes; after SERIN_OK a crash cannot lose it. Its name is
 * unique over all starts: `now_ms` and a random part. Fails with SERIN_UNAVAILABLE (disk full, …)
 * and SERIN_DENIED; then nothing has changed but that old batches may have been dropped.
 */
SERIN_MUST_CHECK enum serin_status spool_put(struct spool *spool, const char *bytes, size_t length,
                                             uint64_t events, int64_t now_ms,
                                             struct serin_error *err);

/*
 * The oldest batch: its name and, freed by the caller with memory_free, its bytes. Fails with
 * SERIN_NOT_FOUND when there is none; batches that cannot be read are dropped.
 */
SERIN_MUST_CHECK enum serin_status spool_first(struct spool *spool, char name[SPOOL_NAME_SIZE],
                                               char **out, size_t *out_length);

/* Removes the oldest batch, which was sent or refused for good. */
void spool_remove_first(struct spool *spool);

struct spool_counts {
    uint64_t batches; /* waiting */
    uint64_t bytes;
    uint64_t dropped_batches; /* for want of room, or unreadable */
    uint64_t dropped_events;
};
struct spool_counts spool_counts(const struct spool *spool);

#endif
