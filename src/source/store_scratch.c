#include "source/store_scratch.h"

#include "source/store_state.h"
#include "source/stream_change.h"

#include <string.h>

struct store_scratch {
    struct store store; /* without a disk */
    struct store_stream *held;
    const struct stream *stream;
    struct store_batch *batch; /* what was added last */
};

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the events of a window");
}

static struct store_stream *create_held(const struct stream *stream, const struct hash_key *key)
{
    owned_memory char *name = memory_copy_text(stream->name, strlen(stream->name));
    if (!name) {
        return NULL;
    }
    struct disk_stream row = {
        .name = name,
        .block_ms = stream->block_ms,
        .retention_ms = stream->retention_ms,
        .lookback_ms = stream->lookback_ms,
    };
    return store_stream_create(&row, &store_limits_default, key);
}

struct store_scratch *store_scratch_create(const struct stream *stream, const struct hash_key *key)
{
    owned(store_scratch) scratch = memory_allocate(1, sizeof(*scratch));
    if (!scratch) {
        return NULL;
    }
    mutex_init(&scratch->store.writer);
    rwlock_init(&scratch->store.memory);
    scratch->store.limits = store_limits_default;
    scratch->store.item_key = *key;
    scratch->store.batch_key = *key;
    scratch->store.table_key = *key;
    scratch->stream = stream;
    scratch->held = create_held(stream, key);
    scratch->store.streams = &scratch->held;
    scratch->store.stream_count = 1;
    scratch->batch = store_batch_create(&scratch->store);
    return scratch->held && scratch->batch ? give(scratch) : NULL;
}

void store_scratch_destroy(struct store_scratch *scratch)
{
    if (scratch) {
        store_batch_destroy(scratch->batch);
        store_stream_destroy(scratch->held);
        rwlock_clear(&scratch->store.memory);
        mutex_clear(&scratch->store.writer);
        memory_free(scratch);
    }
}

/* Takes one part of the batch into the stream. */
static enum serin_status apply(struct store_scratch *scratch, struct counts_builder *builder,
                               struct serin_error *err)
{
    struct event_counts *counts = NULL;
    if (counts_builder_view(builder, &counts) != SERIN_OK) {
        return no_memory(err);
    }
    struct stream_change change = {0};
    enum serin_status status = stream_change_prepare(scratch->held, counts, CHANGE_EVERYTHING,
                                                     &scratch->store.limits, &change, NULL, err);
    if (status == SERIN_OK) {
        stream_change_apply(&change);
    }
    stream_change_clear(&change);
    return status;
}

static enum serin_status flush(struct store_scratch *scratch, struct serin_error *err)
{
    owned(store_batch) batch = scratch->batch;
    scratch->batch = store_batch_create(&scratch->store);
    if (!scratch->batch) {
        return no_memory(err);
    }
    for (size_t i = 0; i < batch->part_count; i++) {
        TRY(apply(scratch, batch->parts[i].builder, err));
    }
    return SERIN_OK;
}

enum serin_status store_scratch_add(struct store_scratch *scratch, const struct label_event *event,
                                    struct serin_error *err)
{
    if (store_batch_size(scratch->batch) == STORE_BATCH_EVENTS_MAX) {
        TRY(flush(scratch, err));
    }
    return store_batch_add(scratch->batch, scratch->stream, event, err);
}

enum serin_status store_scratch_fetch(struct store_scratch *scratch,
                                      const struct table_query *query, struct block_tables **out,
                                      struct serin_error *err)
{
    TRY(flush(scratch, err));
    return store_fetch(&scratch->store, query, out, err);
}
