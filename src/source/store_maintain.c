#include "source/store_state.h"

/* ---- blocks ---------------------------------------------------------------------------------- */

/* How much of its retention a stream may use, when the cells are near their limit: a half, … */
static int64_t kept_ms(const struct store_stream *stream, unsigned halvings)
{
    int64_t shortened_ms = stream->retention_ms >> halvings;
    int64_t least_ms =
        stream->lookback_ms < stream->retention_ms ? stream->lookback_ms : stream->retention_ms;
    return shortened_ms > least_ms ? shortened_ms : least_ms;
}

static int64_t prune_limit(const struct store_stream *stream, int64_t now_ms, unsigned halvings)
{
    int64_t before_ms = block_start(now_ms - kept_ms(stream, halvings), stream->wide_ms);
    return before_ms > stream->pruned_before_ms ? before_ms : stream->pruned_before_ms;
}

static size_t cells_from(const struct cube *cube, int64_t before_ms)
{
    size_t cells = 0;
    for (uint32_t series = 0; series < cube_series_count(cube); series++) {
        size_t count = 0;
        const struct cube_block *blocks = cube_blocks(cube, CUBE_FINE, series, &count);
        for (size_t i = cube_blocks_from(blocks, count, before_ms); i < count; i++) {
            cells += blocks[i].count;
        }
    }
    return cells;
}

/* How often retentions must be halved so that a tenth of the cells is free; 0 as a rule. */
static unsigned needed_halvings(const struct store *store, int64_t now_ms)
{
    enum { HALVINGS_MAX = 16 };
    size_t limit = store->limits.cells - store->limits.cells / 10;
    if (store_cells(store) < limit) {
        return 0;
    }
    for (unsigned halvings = 0; halvings < HALVINGS_MAX; halvings++) {
        size_t cells = 0;
        for (size_t i = 0; i < store->stream_count; i++) {
            const struct store_stream *stream = store->streams[i];
            int64_t before_ms = prune_limit(stream, now_ms, halvings);
            cells += cells_from(stream->events, before_ms) + cells_from(stream->pairs, before_ms);
        }
        if (cells < limit) {
            return halvings;
        }
    }
    return HALVINGS_MAX;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What pruning does to one stream. */
struct pruning {
    int64_t before_ms;
    struct items *items; /* NULL: they stay */
};

static enum serin_status write_pruning(struct store *store, const struct store_stream *stream,
                                       struct pruning *pruning, struct serin_error *err)
{
    if (pruning->before_ms > stream->pruned_before_ms) {
        struct disk_stream row = store_stream_row(stream);
        row.pruned_before_ms = pruning->before_ms;
        TRY(disk_put_stream(store->disk, &row, &row.id, err));
        TRY(disk_drop_buckets(store->disk, stream->id, pruning->before_ms, err));
    }
    return store_sweep_items(store, stream, pruning->before_ms, &pruning->items, err);
}

static enum serin_status write_prunings(struct store *store, struct pruning *prunings,
                                        int64_t now_ms, struct serin_error *err)
{
    owned(sqlite_transaction) transaction = NULL;
    unsigned halvings = needed_halvings(store, now_ms);
    TRY(disk_begin(store->disk, &transaction, err));
    for (size_t i = 0; i < store->stream_count; i++) {
        prunings[i].before_ms = prune_limit(store->streams[i], now_ms, halvings);
        TRY(write_pruning(store, store->streams[i], &prunings[i], err));
    }
    TRY(disk_fold_journal(store->disk, err));
    TRY(disk_drop_batches(store->disk, now_ms, err));
    return sqlite_commit(give(transaction), err);
}

static void apply_prunings(struct store *store, struct pruning *prunings)
{
    scoped_rwlock held = rwlock_write(&store->memory);
    for (size_t i = 0; i < store->stream_count; i++) {
        struct store_stream *stream = store->streams[i];
        if (prunings[i].before_ms > stream->pruned_before_ms) {
            store_stream_prune(stream, prunings[i].before_ms);
        }
        if (prunings[i].items) {
            items_destroy(stream->items);
            stream->items = give(prunings[i].items);
        }
    }
}

/*
 * Texts, series and cells are told apart by indexes that only grow. When more blocks went than are
 * left, the stream is read anew from the file, which holds only what still occurs.
 */
static enum serin_status renew_streams(struct store *store, struct serin_error *err)
{
    enum { BLOCKS_MIN = 4096 };
    for (size_t i = 0; i < store->stream_count; i++) {
        struct store_stream *old = store->streams[i];
        size_t gone = old->pruned_blocks;
        if (gone < BLOCKS_MIN || gone < cube_block_count(old->events)) {
            continue;
        }
        struct disk_stream row = store_stream_row(old);
        struct store_stream *renewed = NULL;
        TRY(store_load_stream(store, &row, &renewed, err));
        {
            scoped_rwlock held = rwlock_write(&store->memory);
            store->streams[i] = renewed;
        }
        store_stream_destroy(old);
    }
    return SERIN_OK;
}

enum serin_status store_maintain_held(struct store *store, struct serin_error *err)
{
    int64_t now_ms = clock_wall(store->clock).unix_ms;
    store->maintained_ms = now_ms;
    TRY(store_checkpoint_held(store, err));
    struct pruning *prunings = memory_allocate(store->stream_count, sizeof(*prunings));
    if (!prunings) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to prune the store");
    }
    enum serin_status status = write_prunings(store, prunings, now_ms, err);
    if (status == SERIN_OK) {
        apply_prunings(store, prunings);
    }
    for (size_t i = 0; i < store->stream_count; i++) {
        items_destroy(prunings[i].items);
    }
    memory_free(prunings);
    return status == SERIN_OK ? renew_streams(store, err) : status;
}

enum serin_status store_maintain(struct store *store, struct serin_error *err)
{
    scoped_lock held = mutex_hold(&store->writer);
    struct serin_error own = {0};
    enum serin_status status = store_maintain_held(store, &own);
    if (err && status != SERIN_OK) {
        *err = own;
    }
    return store_note_write(store, STORE_UPKEEP, status, &own);
}
