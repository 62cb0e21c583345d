/*
 * What the parts of the store share. Internal to store*.c.
 *
 * Two locks, always taken in this order: `writer` is held by whoever changes the store, for as long
 * as that takes, the disk included; `memory` guards what readers see, and a writer holds it only
 * while it changes that, never while it waits for the disk. A writer may read memory without it.
 */
#ifndef SERIN_SOURCE_STORE_STATE_H
#define SERIN_SOURCE_STORE_STATE_H

#include "base/hash.h"
#include "platform/clock.h"
#include "platform/thread.h"
#include "serin/error.h"
#include "source/event_counts.h"
#include "source/store.h"
#include "source/store_disk.h"
#include "source/store_stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the store writes for: a batch can go well while housekeeping fails, and the reverse. */
enum store_job { STORE_APPEND, STORE_UPKEEP };
enum { STORE_JOBS = STORE_UPKEEP + 1 };

struct store {
    struct store_limits limits;
    const struct clock *clock;
    struct hash_key item_key;  /* hashes item keys */
    struct hash_key batch_key; /* hashes names of batches, and what is in them */
    struct hash_key table_key; /* seeds hash tables; new at every start */

    pthread_mutex_t writer;
    struct disk *disk;
    struct disk_journal journal; /* not folded yet */
    int64_t maintained_ms;       /* when store_maintain_held ran last */

    pthread_rwlock_t memory;
    struct store_stream **streams;
    size_t stream_count;
    size_t stream_room;
    struct serin_error failures[STORE_JOBS]; /* of each job's last attempt; SERIN_OK: none */
    uint64_t batches_accepted;
    uint64_t batches_repeated;
    uint64_t events_accepted;
};

/* ---- batches (store_batch.c) ----------------------------------------------------------------- */

/* The part of a batch that belongs to one stream. */
struct batch_part {
    char *name;
    int64_t block_ms;
    int64_t retention_ms;
    int64_t lookback_ms;
    struct counts_builder *builder;

    /* Where the event before this one went, since most are followed by their like. */
    bool has_last;
    struct counts_block last_block;
};

struct store_batch {
    struct hash_key item_key;
    struct hash_key table_key;
    struct batch_part *parts;
    size_t part_count;
    size_t part_room;
    size_t size;    /* events */
    uint64_t total; /* sum of their counts */
    bool has_digest;
    uint64_t digest; /* of what was added, once it was tried to append it */
};

/* ---- reading the file (store_load.c) --------------------------------------------------------- */

SERIN_MUST_CHECK enum serin_status store_load_all(struct store *store, struct serin_error *err);

/* Reads one stream anew; the caller puts it in the place of the old one. */
SERIN_MUST_CHECK enum serin_status store_load_stream(struct store *store,
                                                     const struct disk_stream *row,
                                                     struct store_stream **out,
                                                     struct serin_error *err);

/* ---- parts for writers, who hold `writer` ---------------------------------------------------- */

struct store_stream *store_find_stream(const struct store *store, const char *name);

/* The row of a stream in the file. */
struct disk_stream store_stream_row(const struct store_stream *stream);

/* Sums over all streams. */
size_t store_cells(const struct store *store);
size_t store_keys(const struct store *store);

SERIN_MUST_CHECK enum serin_status store_checkpoint_held(struct store *store,
                                                         struct serin_error *err);
SERIN_MUST_CHECK enum serin_status store_maintain_held(struct store *store,
                                                       struct serin_error *err);

/*
 * Within a transaction, writes a stream's items anew without those that were seen last before
 * `before_ms`, and gives what stays in `*out`; where there is too little to drop for the effort,
 * `*out` is left alone.
 */
SERIN_MUST_CHECK enum serin_status store_sweep_items(struct store *store,
                                                     const struct store_stream *stream,
                                                     int64_t before_ms, struct items **out,
                                                     struct serin_error *err);

/* Remembers how a job's last attempt to write went, for readiness and metrics; returns `status`. */
enum serin_status store_note_write(struct store *store, enum store_job job,
                                   enum serin_status status, const struct serin_error *err);

#endif
