#include "source/counts_codec.h"
#include "source/store_state.h"
#include "source/stream_change.h"

#include <string.h>

/* How a batch can be told when it comes again: by its name, by the ids in it, or not at all. */
struct identity {
    struct text_view name; /* empty: none */
    struct event_ids *ids; /* NULL: none */
};

/* One stream's part of a batch on its way to disk and memory. */
struct pending_part {
    const struct batch_part *part;
    struct event_counts *counts;
    uint8_t *bytes; /* the counts, encoded */
    size_t length;
    struct store_stream *stream;
    bool is_new; /* the stream is ours until the batch is durable */
    int64_t id;  /* of the stream in the file */
    struct stream_change change;
};

struct pending {
    struct pending_part *parts;
    size_t count;
    uint64_t digest; /* of what the sender sent */
};

static void clear_pending(struct pending *pending)
{
    for (size_t i = 0; i < pending->count; i++) {
        struct pending_part *part = &pending->parts[i];
        stream_change_clear(&part->change);
        memory_free(part->bytes);
        if (part->is_new) {
            store_stream_destroy(part->stream);
        }
    }
    memory_free(pending->parts);
}

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the batch");
}

/* ---- before the lock ------------------------------------------------------------------------- */

/* What the batch holds, as a number: other names, other counts, another order, another digest. */
static uint64_t add_to_digest(const struct store *store, uint64_t digest,
                              const struct pending_part *part)
{
    uint64_t words[3] = {
        digest,
        hash_siphash64(&store->batch_key, part->part->name, strlen(part->part->name)),
        hash_siphash64(&store->batch_key, part->bytes, part->length),
    };
    return hash_siphash64(&store->batch_key, words, sizeof(words));
}

static enum serin_status encode(struct pending_part *part)
{
    uint8_t *bytes = NULL;
    TRY(counts_encode(part->counts, &bytes, &part->length));
    memory_free(part->bytes);
    part->bytes = bytes;
    return SERIN_OK;
}

static enum serin_status encode_parts(const struct store *store, struct store_batch *batch,
                                      struct pending *pending)
{
    pending->parts = memory_allocate(batch->part_count, sizeof(*pending->parts));
    if (!pending->parts) {
        return SERIN_NO_MEMORY;
    }
    pending->count = batch->part_count;
    for (size_t i = 0; i < batch->part_count; i++) {
        struct pending_part *part = &pending->parts[i];
        part->part = &batch->parts[i];
        TRY(counts_builder_view(batch->parts[i].builder, &part->counts));
        TRY(encode(part));
        pending->digest = add_to_digest(store, pending->digest, part);
    }
    /* Folding labels changes the counts, so only the first attempt sees what was sent. */
    if (!batch->has_digest) {
        batch->digest = pending->digest;
        batch->has_digest = true;
    }
    pending->digest = batch->digest;
    return SERIN_OK;
}

/* ---- under the writer's lock ----------------------------------------------------------------- */

static struct hash128 batch_name(const struct store *store, struct text_view name)
{
    return hash_siphash128(&store->batch_key, name.start, name.length);
}

static enum serin_status find_name(struct store *store, struct text_view name,
                                   const struct pending *pending, struct append_result *out,
                                   struct serin_error *err)
{
    struct disk_batch known = {0};
    bool found = false;
    TRY(disk_find_batch(store->disk, batch_name(store, name), &known, &found, err));
    if (!found) {
        return SERIN_OK;
    }
    if (known.digest != pending->digest) {
        serin_error_at(err, "Idempotency-Key");
        return serin_fail(
            err, SERIN_CONFLICT,
            "%s was used for other events before; every batch needs a name of its own",
            TEXT_QUOTE(name));
    }
    *out = (struct append_result){.accepted = known.accepted, .duplicate = true};
    return SERIN_OK;
}

/* Marks the ids that the store knows; SERIN_CONFLICT when some of them were not known to be. */
static enum serin_status find_ids(struct store *store, struct event_ids *ids,
                                  struct serin_error *err)
{
    enum serin_status status = SERIN_OK;
    for (size_t i = 0; i < event_ids_count(ids); i++) {
        struct disk_batch known = {0};
        bool found = false;
        if (event_ids_is_known(ids, i)) {
            continue;
        }
        TRY(disk_find_batch(store->disk, event_ids_at(ids, i), &known, &found, err));
        if (found) {
            event_ids_set_known(ids, i);
            status = serin_fail(err, SERIN_CONFLICT, "some of the events have been counted before");
        }
    }
    return status;
}

static enum serin_status find_repeat(struct store *store, const struct identity *identity,
                                     const struct pending *pending, struct append_result *out,
                                     struct serin_error *err)
{
    if (identity->ids) {
        out->duplicate = out->accepted == 0 && event_ids_count(identity->ids) > 0;
        return find_ids(store, identity->ids, err);
    }
    return identity->name.length > 0 ? find_name(store, identity->name, pending, out, err)
                                     : SERIN_OK;
}

/* A clock that was set back makes maintenance due. */
static int64_t since_maintenance_ms(const struct store *store)
{
    int64_t since_ms = clock_wall(store->clock).unix_ms - store->maintained_ms;
    return since_ms >= 0 ? since_ms : INT64_MAX;
}

/* A store that is full frees what it may before it refuses. */
static enum serin_status check_room(struct store *store, struct serin_error *err)
{
    enum { LEAST_PAUSE_MS = 1000 };
    if (store_cells(store) < store->limits.cells && store_keys(store) < store->limits.keys) {
        return SERIN_OK;
    }
    if (since_maintenance_ms(store) >= LEAST_PAUSE_MS) {
        TRY(store_maintain_held(store, err));
    }
    if (store_cells(store) >= store->limits.cells) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "the store is full: it holds %zu cells; shorten a stream's lookback, or "
                          "give its blocks more time, or count fewer labels or slices",
                          store_cells(store));
    }
    if (store_keys(store) >= store->limits.keys) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "the store is full: it remembers %zu item keys; shorten the retention of "
                          "keyed streams",
                          store_keys(store));
    }
    return SERIN_OK;
}

/* The stream as the configuration has it now. */
static struct disk_stream configured_row(const struct batch_part *part)
{
    return (struct disk_stream){
        .name = part->name,
        .block_ms = part->block_ms,
        .retention_ms = part->retention_ms,
        .lookback_ms = part->lookback_ms,
    };
}

static enum serin_status prepare_part(struct store *store, struct pending_part *part,
                                      struct serin_error *err)
{
    bool folded = false;
    part->stream = store_find_stream(store, part->part->name);
    if (!part->stream) {
        struct disk_stream row = configured_row(part->part);
        part->stream = store_stream_create(&row, &store->limits, &store->table_key);
        part->is_new = true;
        if (!part->stream) {
            return no_memory(err);
        }
        part->stream->memory = &store->memory;
    }
    TRY(stream_change_prepare(part->stream, part->counts, CHANGE_EVERYTHING, &store->limits,
                              &part->change, &folded, err));
    return folded && encode(part) != SERIN_OK ? no_memory(err) : SERIN_OK;
}

static enum serin_status prepare_parts(struct store *store, struct pending *pending,
                                       struct serin_error *err)
{
    scoped_rwlock held = rwlock_write(&store->memory);
    if (memory_grow((void **)&store->streams, &store->stream_room,
                    store->stream_count + pending->count, sizeof(struct store_stream *),
                    SIZE_MAX) != SERIN_OK) {
        return no_memory(err);
    }
    for (size_t i = 0; i < pending->count; i++) {
        TRY(prepare_part(store, &pending->parts[i], err));
    }
    return SERIN_OK;
}

static bool has_other_times(const struct store_stream *stream, const struct batch_part *part)
{
    return stream->block_ms != part->block_ms || stream->retention_ms != part->retention_ms ||
           stream->lookback_ms != part->lookback_ms;
}

/* The configuration may have changed since the stream's last batch. */
static enum serin_status write_stream(struct store *store, struct pending_part *part,
                                      struct serin_error *err)
{
    part->id = part->stream->id;
    if (!part->is_new && !has_other_times(part->stream, part->part)) {
        return SERIN_OK;
    }
    struct disk_stream row = configured_row(part->part);
    row.id = part->stream->id;
    row.pruned_before_ms = part->stream->pruned_before_ms;
    return disk_put_stream(store->disk, &row, &part->id, err);
}

static int64_t expiry(const struct store *store, const struct pending *pending, int64_t most_ms)
{
    int64_t longest_ms = 0;
    for (size_t i = 0; i < pending->count; i++) {
        int64_t retention_ms = pending->parts[i].part->retention_ms;
        longest_ms = retention_ms > longest_ms ? retention_ms : longest_ms;
    }
    return clock_wall(store->clock).unix_ms + (longest_ms < most_ms ? longest_ms : most_ms);
}

static enum serin_status write_name(struct store *store, struct text_view name, uint64_t accepted,
                                    const struct pending *pending, struct serin_error *err)
{
    struct disk_batch batch = {batch_name(store, name), pending->digest, accepted,
                               expiry(store, pending, INT64_MAX)};
    return disk_add_batch(store->disk, &batch, err);
}

static enum serin_status write_ids(struct store *store, const struct event_ids *ids,
                                   const struct pending *pending, struct serin_error *err)
{
    struct disk_batch batch = {.accepted = 1,
                               .expires_ms = expiry(store, pending, EVENT_IDS_KEPT_MS)};
    for (size_t i = 0; i < event_ids_count(ids); i++) {
        if (!event_ids_is_known(ids, i)) {
            batch.name = event_ids_at(ids, i);
            TRY(disk_add_batch(store->disk, &batch, err));
        }
    }
    return SERIN_OK;
}

static enum serin_status write_identity(struct store *store, const struct identity *identity,
                                        uint64_t accepted, const struct pending *pending,
                                        struct serin_error *err)
{
    if (identity->ids) {
        return write_ids(store, identity->ids, pending, err);
    }
    return identity->name.length > 0 ? write_name(store, identity->name, accepted, pending, err)
                                     : SERIN_OK;
}

/* The one transaction: when it is through, the batch is in the store for good. */
static enum serin_status write(struct store *store, const struct identity *identity,
                               uint64_t accepted, struct pending *pending, struct serin_error *err)
{
    owned(sqlite_transaction) transaction = NULL;
    TRY(disk_begin(store->disk, &transaction, err));
    for (size_t i = 0; i < pending->count; i++) {
        struct pending_part *part = &pending->parts[i];
        TRY(write_stream(store, part, err));
        TRY(disk_add_journal(store->disk, part->id, part->bytes, part->length,
                             part->counts->item_count > 0, err));
    }
    TRY(write_identity(store, identity, accepted, pending, err));
    return sqlite_commit(give(transaction), err);
}

static void apply(struct store *store, struct pending *pending)
{
    scoped_rwlock held = rwlock_write(&store->memory);
    for (size_t i = 0; i < pending->count; i++) {
        struct pending_part *part = &pending->parts[i];
        part->stream->id = part->id;
        part->stream->block_ms = part->part->block_ms;
        part->stream->retention_ms = part->part->retention_ms;
        part->stream->lookback_ms = part->part->lookback_ms;
        stream_change_apply(&part->change);
        if (part->is_new) {
            store->streams[store->stream_count++] = part->stream;
            part->is_new = false;
        }
        store->journal.rows++;
        store->journal.bytes += part->length;
    }
}

/* Keeps house after a batch; a failure is for the next batch to meet, this one is durable. */
static void tidy_up(struct store *store)
{
    enum { JOURNAL_ROWS_MAX = 8192, MAINTENANCE_EVERY_MS = 60000 };
    struct serin_error err = {0};
    bool is_due = since_maintenance_ms(store) >= MAINTENANCE_EVERY_MS;
    bool is_long =
        store->journal.bytes >= store->limits.journal || store->journal.rows >= JOURNAL_ROWS_MAX;
    if (is_due || is_long) {
        enum serin_status status =
            is_due ? store_maintain_held(store, &err) : store_checkpoint_held(store, &err);
        (void)store_note_write(store, STORE_UPKEEP, status, &err);
    }
}

static enum serin_status append_held(struct store *store, const struct identity *identity,
                                     uint64_t size, struct pending *pending,
                                     struct append_result *out, struct serin_error *err)
{
    struct append_result result = {.accepted = size};
    TRY(find_repeat(store, identity, pending, &result, err));
    if (!result.duplicate && size > 0) {
        TRY(check_room(store, err));
        TRY(prepare_parts(store, pending, err));
        TRY(write(store, identity, size, pending, err));
        apply(store, pending);
    }
    *out = result;
    return SERIN_OK;
}

static void count_result(struct store *store, const struct append_result *result)
{
    scoped_rwlock held = rwlock_write(&store->memory);
    if (result->duplicate) {
        store->batches_repeated++;
    } else {
        store->batches_accepted++;
        store->events_accepted += result->accepted;
    }
}

static enum serin_status append(struct store *store, const struct identity *identity, uint64_t size,
                                struct pending *pending, struct append_result *out,
                                struct serin_error *err)
{
    scoped_lock held = mutex_hold(&store->writer);
    struct append_result result = {0};
    enum serin_status status = append_held(store, identity, size, pending, &result, err);
    /* A repeat is acknowledged without writing, and tells nothing about it. */
    bool is_written = status == SERIN_OK && !result.duplicate && size > 0;
    if (is_written || status == SERIN_UNAVAILABLE) {
        (void)store_note_write(store, STORE_APPEND, status, err);
    }
    if (status != SERIN_OK) {
        return status;
    }
    count_result(store, &result);
    if (!result.duplicate) {
        tidy_up(store);
    }
    *out = result;
    return SERIN_OK;
}

static enum serin_status append_batch(struct store *store, const struct identity *identity,
                                      struct store_batch *batch, struct append_result *out,
                                      struct serin_error *err)
{
    struct pending pending = {0};
    enum serin_status status = encode_parts(store, batch, &pending) == SERIN_OK
                                   ? append(store, identity, batch->size, &pending, out, err)
                                   : no_memory(err);
    clear_pending(&pending);
    return status;
}

enum serin_status store_append(struct store *store, struct text_view name,
                               struct store_batch *batch, struct append_result *out,
                               struct serin_error *err)
{
    if (name.length > STORE_BATCH_NAME_MAX) {
        serin_error_at(err, "Idempotency-Key");
        return serin_fail(err, SERIN_INVALID, "longer than %d bytes", STORE_BATCH_NAME_MAX);
    }
    struct identity identity = {.name = name};
    return append_batch(store, &identity, batch, out, err);
}

struct event_ids *store_event_ids(const struct store *store)
{
    return event_ids_create(&store->batch_key);
}

enum serin_status store_append_once(struct store *store, struct event_ids *ids,
                                    struct store_batch *batch, struct append_result *out,
                                    struct serin_error *err)
{
    struct identity identity = {.ids = ids};
    return append_batch(store, &identity, batch, out, err);
}
