#include "source/counts_codec.h"
#include "source/store_state.h"
#include "source/stream_change.h"

#include <string.h>

/* A stream on its way from the file to memory. */
struct loading {
    const struct store *store;
    struct store_stream *stream;
};

static enum serin_status damaged(const struct loading *loading, struct serin_error *err)
{
    return serin_fail(
        err, SERIN_UNAVAILABLE,
        "\"%s\" is damaged: counts of stream \"%s\" are unreadable; restore it from a "
        "backup, or move it away to begin anew",
        disk_path(loading->store->disk), loading->stream->name);
}

static enum serin_status load_change(struct loading *loading, struct event_counts *counts,
                                     enum change_scope scope)
{
    struct stream_change change = {0};
    /* Whatever was beyond the cap was folded before it was written. */
    struct store_limits limits = loading->store->limits;
    limits.tuples = SIZE_MAX;
    enum serin_status status =
        stream_change_prepare(loading->stream, counts, scope, &limits, &change, NULL, NULL);
    if (status == SERIN_OK) {
        stream_change_apply(&change);
    }
    stream_change_clear(&change);
    return status;
}

static enum serin_status load_counts(struct loading *loading, const uint8_t *bytes, size_t length,
                                     enum change_scope scope, struct serin_error *err)
{
    struct event_counts counts = {0};
    enum serin_status status = counts_decode(bytes, length, &counts);
    if (status == SERIN_OK) {
        status = load_change(loading, &counts, scope);
    }
    event_counts_clear(&counts);
    if (status == SERIN_NO_MEMORY) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to read \"%s\"",
                          disk_path(loading->store->disk));
    }
    return status == SERIN_OK ? SERIN_OK : damaged(loading, err);
}

static enum serin_status load_bucket(void *context, const uint8_t *counts, size_t length,
                                     bool is_folded, struct serin_error *err)
{
    (void)is_folded;
    return load_counts(context, counts, length, CHANGE_EVERYTHING, err);
}

/* What is folded is in the buckets already and tells only about items. */
static enum serin_status load_journal(void *context, const uint8_t *counts, size_t length,
                                      bool is_folded, struct serin_error *err)
{
    return load_counts(context, counts, length, is_folded ? CHANGE_ITEMS : CHANGE_EVERYTHING, err);
}

enum serin_status store_load_stream(struct store *store, const struct disk_stream *row,
                                    struct store_stream **out, struct serin_error *err)
{
    owned(store_stream) stream = store_stream_create(row, &store->limits, &store->table_key);
    if (!stream) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to read \"%s\"",
                          disk_path(store->disk));
    }
    struct loading loading = {store, stream};
    TRY(disk_each_bucket(store->disk, row->id, load_bucket, &loading, err));
    stream->dirty_count = 0;
    TRY(disk_each_journal(store->disk, row->id, load_journal, &loading, err));
    stream->memory = &store->memory;
    *out = give(stream);
    return SERIN_OK;
}

static enum serin_status load_row(void *context, const struct disk_stream *row,
                                  struct serin_error *err)
{
    struct store *store = context;
    if (memory_grow((void **)&store->streams, &store->stream_room, store->stream_count + 1,
                    sizeof(struct store_stream *), SIZE_MAX) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to read \"%s\"",
                          disk_path(store->disk));
    }
    TRY(store_load_stream(store, row, &store->streams[store->stream_count], err));
    store->stream_count++;
    return SERIN_OK;
}

enum serin_status store_load_all(struct store *store, struct serin_error *err)
{
    TRY(disk_each_stream(store->disk, load_row, store, err));
    return disk_journal_size(store->disk, &store->journal, err);
}
