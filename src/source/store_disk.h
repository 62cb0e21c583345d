/*
 * The store's file: what is in it and the statements that read and write it.
 *
 * Four things are kept. The journal holds each batch as it came, one row per stream. Buckets hold
 * the counts of all pods in one time bucket of a stream; a checkpoint folds the journal into them.
 * Journal rows of keyed streams stay after folding, because only they tell about items. Batches are
 * known by the hash of their name. Internal to the store; one thread at a time.
 */
#ifndef SERIN_SOURCE_STORE_DISK_H
#define SERIN_SOURCE_STORE_DISK_H

#include "base/hash.h"
#include "base/memory.h"
#include "platform/sqlite.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk;

/*
 * Opens the file for this process alone; what statements can fail with is in platform/sqlite.h.
 * `secret` is made at random for a new file and read from an old one.
 */
SERIN_MUST_CHECK enum serin_status disk_open(const char *path, struct disk **out,
                                             struct hash_key *out_secret, struct serin_error *err);
void disk_destroy(struct disk *disk); /* NULL is fine */
DEFINE_CLEANUP(disk)

const char *disk_path(const struct disk *disk);

/* A row of the streams. */
struct disk_stream {
    int64_t id;
    const char *name;
    int64_t block_ms;
    int64_t retention_ms;
    int64_t lookback_ms;
    int64_t pruned_before_ms;
};

/* What is not folded yet. */
struct disk_journal {
    uint64_t rows;
    uint64_t bytes;
};

/* ---- reading --------------------------------------------------------------------------------- */

/* Each gets one row; another status than SERIN_OK ends the reading with it. */
typedef enum serin_status disk_stream_sink(void *context, const struct disk_stream *stream,
                                           struct serin_error *err);
typedef enum serin_status disk_counts_sink(void *context, const uint8_t *counts, size_t length,
                                           bool is_folded, struct serin_error *err);

SERIN_MUST_CHECK enum serin_status disk_each_stream(struct disk *disk, disk_stream_sink *sink,
                                                    void *context, struct serin_error *err);
/* A stream's buckets, by time. */
SERIN_MUST_CHECK enum serin_status disk_each_bucket(struct disk *disk, int64_t stream,
                                                    disk_counts_sink *sink, void *context,
                                                    struct serin_error *err);
/* A stream's journal, in the order in which it was written. */
SERIN_MUST_CHECK enum serin_status disk_each_journal(struct disk *disk, int64_t stream,
                                                     disk_counts_sink *sink, void *context,
                                                     struct serin_error *err);
SERIN_MUST_CHECK enum serin_status disk_journal_size(struct disk *disk, struct disk_journal *out,
                                                     struct serin_error *err);

/* A batch that was accepted. */
struct disk_batch {
    struct hash128 name;
    uint64_t digest;
    uint64_t accepted;
    int64_t expires_ms;
};
/* `*out_found` tells whether there is one of that name. */
SERIN_MUST_CHECK enum serin_status disk_find_batch(struct disk *disk, struct hash128 name,
                                                   struct disk_batch *out, bool *out_found,
                                                   struct serin_error *err);

/* ---- writing, within a transaction ----------------------------------------------------------- */

SERIN_MUST_CHECK enum serin_status disk_begin(struct disk *disk, struct sqlite_transaction **out,
                                              struct serin_error *err);

/* Inserts a stream whose id is 0, giving it one in `*out_id`, or updates it. */
SERIN_MUST_CHECK enum serin_status disk_put_stream(struct disk *disk,
                                                   const struct disk_stream *stream,
                                                   int64_t *out_id, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status disk_add_batch(struct disk *disk, const struct disk_batch *batch,
                                                  struct serin_error *err);
/* `has_items`: the row outlives folding. */
SERIN_MUST_CHECK enum serin_status disk_add_journal(struct disk *disk, int64_t stream,
                                                    const uint8_t *counts, size_t length,
                                                    bool has_items, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status disk_put_bucket(struct disk *disk, int64_t stream,
                                                   int64_t start_ms, const uint8_t *counts,
                                                   size_t length, struct serin_error *err);
/* Everything journalled so far is in the buckets. */
SERIN_MUST_CHECK enum serin_status disk_fold_journal(struct disk *disk, struct serin_error *err);

/* Forgetting: buckets that start earlier; a stream's folded journal; batches expired by then. */
SERIN_MUST_CHECK enum serin_status disk_drop_buckets(struct disk *disk, int64_t stream,
                                                     int64_t before_ms, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status disk_drop_journal(struct disk *disk, int64_t stream,
                                                     struct serin_error *err);
SERIN_MUST_CHECK enum serin_status disk_drop_batches(struct disk *disk, int64_t now_ms,
                                                     struct serin_error *err);

#endif
