#include "source/counts_codec.h"
#include "source/store_state.h"

/*
 * Items live in the journal rows that told of them. Once a quarter of a stream's items is older
 * than its retention, the others are written anew, as few rows, and all old rows go.
 */
enum { ITEMS_PER_ROW = 16384 };

static bool has_stale_items(const struct store_stream *stream, int64_t before_ms)
{
    size_t stale = items_older_than(stream->items, before_ms);
    return stale > 0 && stale >= items_count(stream->items) / 4;
}

static enum serin_status copy_observation(const struct store_stream *stream,
                                          const struct item_observation *observation,
                                          struct counts_item *item, struct counts_builder *builder)
{
    struct index_key series = cube_series_key(stream->events, observation->series);
    struct counts_block block = {.start_ms = observation->start_ms,
                                 .first_ms = observation->start_ms,
                                 .last_ms = observation->start_ms};
    struct counts_cell cell = {.reference = ID_ABSENT};
    TRY(store_stream_copy_text(stream, TEXT_ARM, series_arm(series), builder, &block.arm));
    TRY(store_stream_copy_text(stream, TEXT_POD, series_pod(series), builder, &block.pod));
    TRY(store_stream_copy_text(stream, TEXT_TUPLE, observation->tuple, builder, &cell.tuple));
    TRY(store_stream_copy_text(stream, TEXT_LABEL, observation->label, builder, &cell.label));
    TRY(counts_builder_block(builder, &block, &item->block));
    TRY(counts_builder_cell(builder, cell, &item->cell));
    item->count = observation->count;
    return counts_builder_item(builder, item);
}

/* Tells of an item by events that lead to its state: its reference, then its observations. */
static enum serin_status copy_item(const struct store_stream *stream, struct hash128 key,
                                   const struct item_state *state, struct counts_builder *builder)
{
    struct counts_item item = {.key = key, .time_ms = state->latest_ms};
    if (state->reference != ID_ABSENT) {
        struct counts_cell cell = {ID_ABSENT, ID_ABSENT, ID_ABSENT};
        item.block = BLOCK_NONE;
        item.count = 1;
        TRY(store_stream_copy_text(stream, TEXT_REFERENCE, state->reference, builder,
                                   &cell.reference));
        TRY(counts_builder_cell(builder, cell, &item.cell));
        TRY(counts_builder_item(builder, &item));
    }
    for (size_t i = 0; i < state->count; i++) {
        TRY(copy_observation(stream, &state->observations[i], &item, builder));
    }
    return SERIN_OK;
}

/* A stream's items without the stale ones, on their way to the file and back to memory. */
struct item_sweep {
    struct store *store;
    const struct store_stream *stream;
    int64_t before_ms;
    struct items *kept;
    struct counts_builder *builder; /* of the next row */
    size_t in_row;
};

static enum serin_status write_row(struct item_sweep *sweep, struct serin_error *err)
{
    struct event_counts *counts = NULL;
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    if (counts_builder_view(sweep->builder, &counts) != SERIN_OK ||
        counts_encode(counts, &bytes, &length) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to prune the store");
    }
    return disk_add_journal(sweep->store->disk, sweep->stream->id, bytes, length, true, err);
}

static enum serin_status keep_item(struct item_sweep *sweep, struct hash128 key,
                                   const struct item_state *state)
{
    if (!sweep->builder) {
        sweep->builder = counts_builder_create(&sweep->store->table_key);
        if (!sweep->builder) {
            return SERIN_NO_MEMORY;
        }
    }
    TRY(copy_item(sweep->stream, key, state, sweep->builder));
    TRY(items_reserve(sweep->kept, 1, state->count));
    items_put(sweep->kept, key, state);
    sweep->in_row++;
    return SERIN_OK;
}

static enum serin_status end_row(struct item_sweep *sweep, struct serin_error *err)
{
    if (sweep->in_row > 0) {
        TRY(write_row(sweep, err));
        counts_builder_destroy(sweep->builder);
        sweep->builder = NULL;
        sweep->in_row = 0;
    }
    return SERIN_OK;
}

static enum serin_status sweep_items(struct item_sweep *sweep, struct serin_error *err)
{
    TRY(disk_drop_journal(sweep->store->disk, sweep->stream->id, err));
    for (size_t i = 0; i < items_count(sweep->stream->items); i++) {
        struct hash128 key;
        struct item_state state;
        items_at(sweep->stream->items, i, &key, &state);
        if (state.latest_ms < sweep->before_ms) {
            continue;
        }
        if (keep_item(sweep, key, &state) != SERIN_OK) {
            return serin_fail(err, SERIN_NO_MEMORY, "no memory left to prune the store");
        }
        if (sweep->in_row == ITEMS_PER_ROW) {
            TRY(end_row(sweep, err));
        }
    }
    return end_row(sweep, err);
}

enum serin_status store_sweep_items(struct store *store, const struct store_stream *stream,
                                    int64_t before_ms, struct items **out, struct serin_error *err)
{
    if (!has_stale_items(stream, before_ms)) {
        return SERIN_OK;
    }
    uint64_t seed = hash_siphash64(&store->table_key, "items", 5);
    owned(items) kept = items_create(seed);
    if (!kept) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to prune the store");
    }
    struct item_sweep sweep = {
        .store = store, .stream = stream, .before_ms = before_ms, .kept = kept};
    enum serin_status status = sweep_items(&sweep, err);
    counts_builder_destroy(sweep.builder);
    if (status == SERIN_OK) {
        *out = give(kept);
    }
    return status;
}
