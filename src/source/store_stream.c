#include "source/store_stream.h"

#include "source/store_disk.h"

#include <assert.h>
#include <string.h>

/* Combinations of values beyond the cap become one per set of dimensions: 2^8 at most. */
enum { FOLDED_TUPLES_MAX = 1 << SLICE_DIMENSIONS_MAX };

static bool create_texts(struct store_stream *stream, const struct store_limits *limits,
                         const struct hash_key *key)
{
    const size_t capacity[TEXT_KINDS] = {
        [TEXT_ARM] = limits->arms,
        [TEXT_POD] = limits->pods,
        [TEXT_LABEL] = limits->labels,
        [TEXT_REFERENCE] = limits->labels,
        [TEXT_TUPLE] = limits->tuples + FOLDED_TUPLES_MAX,
    };
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        stream->texts[kind] = dictionary_create(capacity[kind], key);
        if (!stream->texts[kind]) {
            return false;
        }
    }
    uint32_t id = 0;
    struct text_view no_slices = {0};
    return dictionary_intern(stream->texts[TEXT_TUPLE], no_slices, &id) == SERIN_OK &&
           id == TUPLE_NO_SLICES;
}

/* Wide buckets hold so many fine ones: enough to make long windows quick, few enough that the ends
 * of a window, which the fine level has to fill, stay short. */
enum { FINE_PER_WIDE = 8 };

struct store_stream *store_stream_create(const struct disk_stream *row,
                                         const struct store_limits *limits,
                                         const struct hash_key *key)
{
    owned(store_stream) stream = memory_allocate(1, sizeof(*stream));
    if (!stream) {
        return NULL;
    }
    mutex_init(&stream->planning);
    stream->id = row->id;
    stream->block_ms = row->block_ms;
    stream->retention_ms = row->retention_ms;
    stream->lookback_ms = row->lookback_ms;
    stream->wide_ms = row->block_ms * FINE_PER_WIDE;
    stream->pruned_before_ms = row->pruned_before_ms;
    stream->name = memory_copy_text(row->name, strlen(row->name));
    if (!stream->name || !create_texts(stream, limits, key)) {
        return NULL;
    }
    uint64_t seed = hash_siphash64(key, "stream", 6);
    stream->events = cube_create(seed);
    stream->pairs = cube_create(seed);
    stream->items = items_create(seed);
    bool is_whole = stream->events && stream->pairs && stream->items;
    return is_whole ? give(stream) : NULL;
}

void store_stream_destroy(struct store_stream *stream)
{
    if (!stream) {
        return;
    }
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        dictionary_destroy(stream->texts[kind]);
    }
    cube_destroy(stream->events);
    cube_destroy(stream->pairs);
    items_destroy(stream->items);
    mutex_clear(&stream->planning);
    fetch_plan_clear(&stream->plan);
    memory_free(stream->dirty);
    memory_free(stream->name);
    memory_free(stream);
}

void store_stream_pause(const struct store_stream *stream)
{
    if (stream->memory) {
        rwlock_unlock(stream->memory);
    }
}

void store_stream_resume(const struct store_stream *stream)
{
    if (stream->memory) {
        (void)rwlock_write(stream->memory);
    }
}

void store_stream_breathe(const struct store_stream *stream, size_t step)
{
    enum { STEPS = 2048 };
    if (step % STEPS == STEPS - 1) {
        store_stream_pause(stream);
        store_stream_resume(stream);
    }
}

enum serin_status store_stream_copy_text(const struct store_stream *stream, enum text_kind kind,
                                         uint32_t id, struct counts_builder *builder,
                                         uint32_t *out_id)
{
    if (id == ID_OTHER || id == ID_ABSENT) {
        *out_id = id;
        return SERIN_OK;
    }
    return counts_builder_text(builder, kind, dictionary_text(stream->texts[kind], id), out_id);
}

void store_stream_prune(struct store_stream *stream, int64_t before_ms)
{
    size_t before = cube_block_count(stream->events);
    cube_prune(stream->events, before_ms);
    cube_prune(stream->pairs, before_ms);
    stream->pruned_blocks += before - cube_block_count(stream->events);
    stream->pruned_before_ms = before_ms;
}

/* The first dirty bucket that is not before `start_ms`. */
static size_t dirty_place(const struct store_stream *stream, int64_t start_ms)
{
    size_t low = 0;
    size_t high = stream->dirty_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stream->dirty[middle] < start_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum serin_status store_stream_reserve_dirty(struct store_stream *stream, size_t count)
{
    return memory_grow((void **)&stream->dirty, &stream->dirty_room, stream->dirty_count + count,
                       sizeof(*stream->dirty), SIZE_MAX);
}

void store_stream_mark_dirty(struct store_stream *stream, int64_t start_ms)
{
    size_t at = dirty_place(stream, start_ms);
    if (at < stream->dirty_count && stream->dirty[at] == start_ms) {
        return;
    }
    assert(stream->dirty_count < stream->dirty_room);
    memmove(&stream->dirty[at + 1], &stream->dirty[at],
            (stream->dirty_count - at) * sizeof(*stream->dirty));
    stream->dirty[at] = start_ms;
    stream->dirty_count++;
}

size_t store_stream_bytes(const struct store_stream *stream)
{
    return cube_bytes(stream->events) + cube_bytes(stream->pairs) + items_bytes(stream->items);
}
