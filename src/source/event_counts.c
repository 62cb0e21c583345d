#include "source/event_counts.h"

#include "source/index_map.h"

#include <assert.h>
#include <string.h>

void event_counts_clear(struct event_counts *counts)
{
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        memory_free(counts->texts[kind]);
    }
    memory_free(counts->blocks);
    memory_free(counts->cells);
    memory_free(counts->increments);
    memory_free(counts->items);
    *counts = (struct event_counts){0};
}

/* ---- building -------------------------------------------------------------------------------- */

/* The index maps lead to places in the arrays of `counts`; rooms are those arrays' capacities. */
struct counts_builder {
    struct event_counts counts;
    struct dictionary *texts[TEXT_KINDS];
    size_t text_room[TEXT_KINDS];
    struct index_map *blocks;
    size_t block_room;
    struct index_map *cells;
    size_t cell_room;
    struct index_map *increments;
    size_t increment_room;
    size_t item_room;
};

struct counts_builder *counts_builder_create(const struct hash_key *key)
{
    owned(counts_builder) builder = memory_allocate(1, sizeof(*builder));
    if (!builder) {
        return NULL;
    }
    uint64_t seed = hash_siphash64(key, "builder", 7);
    builder->blocks = index_map_create(seed);
    builder->cells = index_map_create(seed);
    builder->increments = index_map_create(seed);
    if (!builder->blocks || !builder->cells || !builder->increments) {
        return NULL;
    }
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        builder->texts[kind] = dictionary_create(ID_ABSENT, key);
        if (!builder->texts[kind]) {
            return NULL;
        }
    }
    return give(builder);
}

void counts_builder_destroy(struct counts_builder *builder)
{
    if (!builder) {
        return;
    }
    event_counts_clear(&builder->counts);
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        dictionary_destroy(builder->texts[kind]);
    }
    index_map_destroy(builder->blocks);
    index_map_destroy(builder->cells);
    index_map_destroy(builder->increments);
    memory_free(builder);
}

/* Room for one more item of an array that has `count`. */
#define GROW_BY_ONE(array, room, count)                                                            \
    memory_grow((void **)&(array), &(room), (count) + 1, sizeof(*(array)), SIZE_MAX)

enum serin_status counts_builder_text(struct counts_builder *builder, enum text_kind kind,
                                      struct text_view text, uint32_t *out_id)
{
    return dictionary_intern(builder->texts[kind], text, out_id);
}

struct text_view counts_builder_text_of(const struct counts_builder *builder, enum text_kind kind,
                                        uint32_t id)
{
    return dictionary_text(builder->texts[kind], id);
}

static struct index_key block_key(const struct counts_block *block)
{
    return (struct index_key){(uint64_t)block->arm << 32 | block->pod, (uint64_t)block->start_ms};
}

static void widen(struct counts_block *known, const struct counts_block *block)
{
    known->first_ms = block->first_ms < known->first_ms ? block->first_ms : known->first_ms;
    known->last_ms = block->last_ms > known->last_ms ? block->last_ms : known->last_ms;
}

enum serin_status counts_builder_block(struct counts_builder *builder,
                                       const struct counts_block *block, uint32_t *out_index)
{
    struct event_counts *counts = &builder->counts;
    uint32_t index = index_map_find(builder->blocks, block_key(block));
    if (index == INDEX_NONE) {
        TRY(GROW_BY_ONE(counts->blocks, builder->block_room, counts->block_count));
        TRY(index_map_intern(builder->blocks, block_key(block), &index));
        counts->blocks[counts->block_count++] = *block;
    }
    widen(&counts->blocks[index], block);
    *out_index = index;
    return SERIN_OK;
}

enum serin_status counts_builder_cell(struct counts_builder *builder, struct counts_cell cell,
                                      uint32_t *out_index)
{
    struct event_counts *counts = &builder->counts;
    struct index_key key = index_key(cell.tuple, cell.reference, cell.label, 0);
    uint32_t index = index_map_find(builder->cells, key);
    if (index == INDEX_NONE) {
        TRY(GROW_BY_ONE(counts->cells, builder->cell_room, counts->cell_count));
        TRY(index_map_intern(builder->cells, key, &index));
        counts->cells[counts->cell_count++] = cell;
    }
    *out_index = index;
    return SERIN_OK;
}

enum serin_status counts_builder_add(struct counts_builder *builder, uint32_t block, uint32_t cell,
                                     uint64_t count)
{
    struct event_counts *counts = &builder->counts;
    struct index_key key = {block, cell};
    uint32_t index = index_map_find(builder->increments, key);
    if (index == INDEX_NONE) {
        TRY(GROW_BY_ONE(counts->increments, builder->increment_room, counts->increment_count));
        TRY(index_map_intern(builder->increments, key, &index));
        counts->increments[counts->increment_count++] =
            (struct counts_increment){.block = block, .cell = cell};
    }
    counts->increments[index].count += count;
    return SERIN_OK;
}

enum serin_status counts_builder_item(struct counts_builder *builder,
                                      const struct counts_item *item)
{
    struct event_counts *counts = &builder->counts;
    TRY(GROW_BY_ONE(counts->items, builder->item_room, counts->item_count));
    counts->items[counts->item_count++] = *item;
    return SERIN_OK;
}

enum serin_status counts_builder_view(struct counts_builder *builder, struct event_counts **out)
{
    struct event_counts *counts = &builder->counts;
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        size_t size = dictionary_size(builder->texts[kind]);
        TRY(memory_grow((void **)&counts->texts[kind], &builder->text_room[kind], size,
                        sizeof(struct text_view), SIZE_MAX));
        /* All of them: folding may have put others in their place since the last view. */
        for (size_t id = 0; id < size; id++) {
            counts->texts[kind][id] = dictionary_text(builder->texts[kind], (uint32_t)id);
        }
        counts->text_count[kind] = size;
    }
    *out = counts;
    return SERIN_OK;
}
