/*
 * One stream of the store in memory: its texts, its counts, its items.
 *
 * Internal to the store, which sees to locking. What is here is a function of what the file holds:
 * the same batches in the same order give the same counts.
 */
#ifndef SERIN_SOURCE_STORE_STREAM_H
#define SERIN_SOURCE_STORE_STREAM_H

#include "base/hash.h"
#include "base/memory.h"
#include "labels/dictionary.h"
#include "platform/thread.h"
#include "serin/error.h"
#include "source/cube.h"
#include "source/event_counts.h"
#include "source/fetch_plan.h"
#include "source/items.h"
#include "source/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUPLE_NO_SLICES 0 /* the first tuple of every stream */

struct store_stream {
    int64_t id; /* in the file */
    char *name;
    int64_t block_ms;
    int64_t retention_ms;
    int64_t lookback_ms;
    int64_t wide_ms;          /* width of the wide level's buckets */
    int64_t pruned_before_ms; /* blocks that start earlier are gone */
    struct dictionary *texts[TEXT_KINDS];

    /* Series: arm, pod. Cells: tuple, reference, label. */
    struct cube *events;
    /* Series: canary's arm, stable arm, canary's pod. Cells: canary's label, stable label,
     * reference. Every two arms that saw the same item are here twice, either one as canary; an arm
     * that saw it on two pods is here with itself, its later label as the canary's. */
    struct cube *pairs;
    struct items *items;

    int64_t
        *dirty; /* starts of buckets that changed since the file's blocks were written, rising */
    size_t dirty_count;
    size_t dirty_room;
    size_t pruned_blocks; /* since the stream was read from the file */

    pthread_rwlock_t *memory; /* guards what readers see; NULL while there are none */
    pthread_mutex_t planning; /* guards making the plan; reading it needs the memory's lock */
    struct fetch_plan plan;
};

/* Names the stream, and how long it takes and keeps what. NULL when memory is short. */
struct disk_stream;
struct store_stream *store_stream_create(const struct disk_stream *row,
                                         const struct store_limits *limits,
                                         const struct hash_key *key);
void store_stream_destroy(struct store_stream *stream); /* NULL is fine */
DEFINE_CLEANUP(store_stream)

static inline uint32_t series_arm(struct index_key series)
{
    return (uint32_t)(series.high >> 32);
}

static inline uint32_t series_pod(struct index_key series)
{
    return (uint32_t)series.high;
}

/*
 * While a large batch is prepared, readers must not wait for the whole of it. Between two steps
 * everything is consistent, so a writer that holds the memory's lock can let them in: for as long
 * as it works on what is its own, or, with breathe, for a moment after every so many steps.
 */
void store_stream_pause(const struct store_stream *stream);
void store_stream_resume(const struct store_stream *stream);
void store_stream_breathe(const struct store_stream *stream, size_t step);

/* The builder's id for one of the stream's texts; ID_OTHER and ID_ABSENT stay what they are. */
SERIN_MUST_CHECK enum serin_status store_stream_copy_text(const struct store_stream *stream,
                                                          enum text_kind kind, uint32_t id,
                                                          struct counts_builder *builder,
                                                          uint32_t *out_id);

/* Drops the blocks before `before_ms`. */
void store_stream_prune(struct store_stream *stream, int64_t before_ms);

/* Room for `count` more dirty buckets; SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status store_stream_reserve_dirty(struct store_stream *stream,
                                                              size_t count);
/* Marks a bucket as changed; room must have been made. */
void store_stream_mark_dirty(struct store_stream *stream, int64_t start_ms);

size_t store_stream_bytes(const struct store_stream *stream);

#endif
