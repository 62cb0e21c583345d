/*
 * The embedded store: label events pushed to Serin, counted per arm, pod, time bucket, slices,
 * reference and label, durable in one SQLite file and held in memory for answers.
 *
 * A batch of events is all or nothing. It is acknowledged only after one transaction has made it
 * durable; then, and only then, it is counted in memory. So memory and disk tell the same after a
 * crash at any moment, and a batch with an idempotency key is counted once however often it comes.
 *
 * Events become counts at once: memory and disk follow the number of occupied cells, not of events.
 * Only keyed streams remember items, as keyed hashes (the key itself is never stored), for as long
 * as the stream's retention: for references that arrive late, and for items labelled by both arms.
 * Of an item, the first reference wins, and so does the first label of each arm in paired counts.
 *
 * Everything may be called from several threads at once. A file belongs to one process at a time.
 */
#ifndef SERIN_SOURCE_STORE_H
#define SERIN_SOURCE_STORE_H

#include "base/hash.h"
#include "base/memory.h"
#include "labels/block_tables.h"
#include "labels/event.h"
#include "labels/stream.h"
#include "platform/clock.h"
#include "platform/deadline.h"
#include "serin/error.h"
#include "source/event_ids.h"
#include "source/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_batch;

/* Where a text stands for more than one item there is a cap, so that no sender can fill memory. */
struct store_limits {
    size_t labels;  /* a stream's labels, and its references, told apart; more become `other` */
    size_t tuples;  /* a stream's combinations of slice values; more have values `other` */
    size_t arms;    /* of a stream within its retention; more are refused */
    size_t pods;    /* of a stream within its retention; more are refused */
    size_t cells;   /* of all streams together; see store_maintain */
    size_t keys;    /* of all streams together; more are refused */
    size_t journal; /* bytes of batches not yet folded into the file's blocks */
};
/* 10,000 labels, 4,096 tuples, 1,024 arms, 65,536 pods, 64 Mi cells, 4 Mi keys, 16 MiB journal */
extern const struct store_limits store_limits_default;

struct store_options {
    const char *path;           /* of the SQLite file; created when absent */
    const struct clock *clock;  /* NULL: the system's */
    const struct hash_key *key; /* of the item keys' hashes; NULL: made at random and kept in the
                                   file. Giving another one later loses all item keys' matches. */
    const struct store_limits *limits; /* NULL: store_limits_default */
};

/*
 * Opens the file and reads it into memory. Fails with SERIN_UNAVAILABLE (disk, corrupt file),
 * SERIN_BUSY (another process has it), SERIN_CONFLICT (not a store of this Serin), SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status store_open(const struct store_options *options,
                                              struct store **out, struct serin_error *err);

/* Folds the journal, best effort, and closes. NULL is fine. Nobody may be using it any more. */
void store_close(struct store *store);

/* ---- writing --------------------------------------------------------------------------------- */

/* Events of one request, checked and counted but not yet part of the store. NULL: no memory. */
struct store_batch *store_batch_create(const struct store *store);
void store_batch_destroy(struct store_batch *batch); /* NULL is fine */
DEFINE_CLEANUP(store_batch)

/*
 * Adds an event of `stream`, whose slices are the stream's dimensions. Nothing is borrowed. Fails
 * with SERIN_INVALID (a key where the stream needs one and so on), SERIN_TOO_LARGE (more than
 * STORE_BATCH_EVENTS_MAX events) and SERIN_NO_MEMORY; then the batch must not be appended.
 */
enum { STORE_BATCH_EVENTS_MAX = 100000, STORE_BATCH_NAME_MAX = 256 };
SERIN_MUST_CHECK enum serin_status store_batch_add(struct store_batch *batch,
                                                   const struct stream *stream,
                                                   const struct label_event *event,
                                                   struct serin_error *err);

/* Events added so far. */
size_t store_batch_size(const struct store_batch *batch);

struct append_result {
    uint64_t accepted; /* events in the batch */
    bool duplicate;    /* the batch had been accepted before and was not counted again */
};

/*
 * Makes the batch durable and counts it. `name` is the batch's idempotency key (1 to
 * STORE_BATCH_NAME_MAX bytes), empty for none. Fails with SERIN_CONFLICT (the name was used for
 * other events), SERIN_INVALID (events older than the retention), SERIN_TOO_LARGE (a limit),
 * SERIN_RANGE (more than 2^53 events), SERIN_UNAVAILABLE (disk), SERIN_NO_MEMORY; then nothing has
 * changed and the batch may be tried again.
 */
SERIN_MUST_CHECK enum serin_status store_append(struct store *store, struct text_view name,
                                                struct store_batch *batch,
                                                struct append_result *out, struct serin_error *err);

/* Ids for store_append_once. NULL when memory is short. */
struct event_ids *store_event_ids(const struct store *store);

/*
 * The same for a batch without a name whose events have ids of their own: `ids` holds those of all
 * events of the request, the batch what is new of it. From then on the store knows the ids, for
 * EVENT_IDS_KEPT_MS. SERIN_CONFLICT: it knows some already, which are now marked in `ids`; count
 * the request again without them.
 */
SERIN_MUST_CHECK enum serin_status store_append_once(struct store *store, struct event_ids *ids,
                                                     struct store_batch *batch,
                                                     struct append_result *out,
                                                     struct serin_error *err);

/*
 * Folds the journal into the file's blocks, so that the next start is quick. Done by itself when
 * the journal grows.
 */
SERIN_MUST_CHECK enum serin_status store_checkpoint(struct store *store, struct serin_error *err);

/*
 * Forgets what is older than each stream's retention: blocks, items, batch names. When the cells
 * come near their limit, older blocks go before their time, but none that a rollout may look back
 * on. Called by itself about once a minute while events come; calling it oftener does no harm.
 */
SERIN_MUST_CHECK enum serin_status store_maintain(struct store *store, struct serin_error *err);

/* ---- reading --------------------------------------------------------------------------------- */

/* The row of drivers.c; its state is a `struct store *`, which its close leaves open. */
extern const struct source_driver store_driver;

/* Sealed tables of the query's window; see struct source_driver. */
SERIN_MUST_CHECK enum serin_status store_fetch(struct store *store, const struct table_query *query,
                                               struct block_tables **out, struct serin_error *err);

/* How fresh an arm's data are. */
struct store_arm {
    char *arm;
    uint64_t events; /* within the retention */
    uint64_t pods;
    int64_t first_ms; /* earliest and latest event */
    int64_t last_ms;
};
/*
 * The arms that have events in a stream, the one with the latest event first; none is an empty
 * list. The caller frees it with store_arms_free. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status store_arms(struct store *store, const char *stream,
                                              struct store_arm **out, size_t *out_count);
void store_arms_free(struct store_arm *arms, size_t count); /* NULL is fine */

struct store_stats {
    uint64_t streams;
    uint64_t cells;           /* occupied */
    uint64_t blocks;          /* pod × time bucket */
    uint64_t keys;            /* items remembered */
    uint64_t bytes;           /* of memory held by cells and keys, about */
    uint64_t journal_batches; /* not yet folded */
    uint64_t journal_bytes;
    uint64_t batches_accepted; /* since the start */
    uint64_t batches_repeated;
    uint64_t events_accepted;
    bool append_fails; /* the last batch could not be written … */
    bool upkeep_fails; /* … or the last checkpoint or maintenance: the journal grows */
};
void store_stats(struct store *store, struct store_stats *out);

#endif
