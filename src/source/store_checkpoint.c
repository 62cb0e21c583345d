#include "source/counts_codec.h"
#include "source/index_map.h"
#include "source/store_state.h"

/* Builds the counts of all pods of a stream in one bucket, with texts of their own. */
struct bucket {
    const struct store_stream *stream;
    struct counts_builder *builder;
    struct index_map *cells; /* the stream's cells that occur so far … */
    uint32_t *local;         /* … and what they are called in the bucket, by index in `cells` */
    size_t local_room;
};

static void clear_bucket(struct bucket *bucket)
{
    counts_builder_destroy(bucket->builder);
    index_map_destroy(bucket->cells);
    memory_free(bucket->local);
}

static enum serin_status copy_cell(const struct bucket *bucket, uint32_t cell, uint32_t *out_index)
{
    struct index_key key = cube_cell_key(bucket->stream->events, cell);
    struct counts_cell copy = {0};
    TRY(store_stream_copy_text(bucket->stream, TEXT_TUPLE, (uint32_t)(key.high >> 32),
                               bucket->builder, &copy.tuple));
    TRY(store_stream_copy_text(bucket->stream, TEXT_REFERENCE, (uint32_t)key.high, bucket->builder,
                               &copy.reference));
    TRY(store_stream_copy_text(bucket->stream, TEXT_LABEL, (uint32_t)(key.low >> 32),
                               bucket->builder, &copy.label));
    return counts_builder_cell(bucket->builder, copy, out_index);
}

static enum serin_status local_cell(struct bucket *bucket, uint32_t cell, uint32_t *out_index)
{
    struct index_key key = index_key(cell, 0, 0, 0);
    uint32_t known = index_map_find(bucket->cells, key);
    if (known == INDEX_NONE) {
        TRY(memory_grow((void **)&bucket->local, &bucket->local_room,
                        index_map_size(bucket->cells) + 1, sizeof(*bucket->local), SIZE_MAX));
        uint32_t index = 0;
        TRY(copy_cell(bucket, cell, &index));
        TRY(index_map_intern(bucket->cells, key, &known));
        bucket->local[known] = index;
    }
    *out_index = bucket->local[known];
    return SERIN_OK;
}

static enum serin_status copy_block(struct bucket *bucket, uint32_t series,
                                    const struct cube_block *block)
{
    struct index_key key = cube_series_key(bucket->stream->events, series);
    struct counts_block copy = {
        .start_ms = block->start_ms, .first_ms = block->first_ms, .last_ms = block->last_ms};
    uint32_t index = 0;
    TRY(store_stream_copy_text(bucket->stream, TEXT_ARM, series_arm(key), bucket->builder,
                               &copy.arm));
    TRY(store_stream_copy_text(bucket->stream, TEXT_POD, series_pod(key), bucket->builder,
                               &copy.pod));
    TRY(counts_builder_block(bucket->builder, &copy, &index));
    for (size_t i = 0; i < block->count; i++) {
        uint32_t cell = 0;
        if (block->counts[i] > 0) {
            TRY(local_cell(bucket, block->cells[i], &cell));
            TRY(counts_builder_add(bucket->builder, index, cell, block->counts[i]));
        }
    }
    return SERIN_OK;
}

static enum serin_status fill_bucket(struct bucket *bucket, int64_t start_ms)
{
    const struct cube *cube = bucket->stream->events;
    for (uint32_t series = 0; series < cube_series_count(cube); series++) {
        size_t count = 0;
        const struct cube_block *blocks = cube_blocks(cube, CUBE_FINE, series, &count);
        size_t at = cube_blocks_from(blocks, count, start_ms);
        if (at < count && blocks[at].start_ms == start_ms && blocks[at].count > 0) {
            TRY(copy_block(bucket, series, &blocks[at]));
        }
    }
    return SERIN_OK;
}

static enum serin_status encode_bucket(const struct store *store, struct bucket *bucket,
                                       int64_t start_ms, uint8_t **out, size_t *out_length)
{
    struct event_counts *counts = NULL;
    bucket->builder = counts_builder_create(&store->table_key);
    bucket->cells = index_map_create(0);
    if (!bucket->builder || !bucket->cells) {
        return SERIN_NO_MEMORY;
    }
    TRY(fill_bucket(bucket, start_ms));
    TRY(counts_builder_view(bucket->builder, &counts));
    return counts_encode(counts, out, out_length);
}

static enum serin_status write_bucket(struct store *store, const struct store_stream *stream,
                                      int64_t start_ms, struct serin_error *err)
{
    struct bucket bucket = {.stream = stream};
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    enum serin_status status = encode_bucket(store, &bucket, start_ms, &bytes, &length);
    clear_bucket(&bucket);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "no memory left to write \"%s\"", disk_path(store->disk));
    }
    return disk_put_bucket(store->disk, stream->id, start_ms, bytes, length, err);
}

static enum serin_status write_dirty(struct store *store, struct serin_error *err)
{
    for (size_t i = 0; i < store->stream_count; i++) {
        const struct store_stream *stream = store->streams[i];
        for (size_t j = 0; j < stream->dirty_count; j++) {
            TRY(write_bucket(store, stream, stream->dirty[j], err));
        }
    }
    return SERIN_OK;
}

static void note_folded(struct store *store)
{
    scoped_rwlock held = rwlock_write(&store->memory);
    for (size_t i = 0; i < store->stream_count; i++) {
        store->streams[i]->dirty_count = 0;
    }
    store->journal = (struct disk_journal){0};
}

enum serin_status store_checkpoint_held(struct store *store, struct serin_error *err)
{
    owned(sqlite_transaction) transaction = NULL;
    if (store->journal.rows == 0) {
        return SERIN_OK;
    }
    TRY(disk_begin(store->disk, &transaction, err));
    TRY(write_dirty(store, err));
    TRY(disk_fold_journal(store->disk, err));
    TRY(sqlite_commit(give(transaction), err));
    note_folded(store);
    return SERIN_OK;
}

enum serin_status store_checkpoint(struct store *store, struct serin_error *err)
{
    scoped_lock held = mutex_hold(&store->writer);
    struct serin_error own = {0};
    enum serin_status status = store_checkpoint_held(store, &own);
    if (err && status != SERIN_OK) {
        *err = own;
    }
    return store_note_write(store, STORE_UPKEEP, status, &own);
}
