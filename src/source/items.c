#include "source/items.h"

#include "source/event_counts.h"
#include "source/index_map.h"

#include <assert.h>

/* ---- one item -------------------------------------------------------------------------------- */

void item_state_init(struct item_state *state)
{
    state->reference = ID_ABSENT;
    state->latest_ms = INT64_MIN;
    state->count = 0;
}

bool item_state_refer(struct item_state *state, uint32_t reference)
{
    if (state->reference != ID_ABSENT) {
        return false;
    }
    state->reference = reference;
    return true;
}

static bool same_place(const struct item_observation *a, const struct item_observation *b)
{
    return a->start_ms == b->start_ms && a->series == b->series && a->tuple == b->tuple &&
           a->label == b->label;
}

bool item_state_observe(struct item_state *state, const struct item_observation *observation)
{
    for (size_t i = 0; i < state->count; i++) {
        if (same_place(&state->observations[i], observation)) {
            state->observations[i].count += observation->count;
            return true;
        }
    }
    if (state->count == ITEM_OBSERVATIONS_MAX) {
        return false;
    }
    state->observations[state->count++] = *observation;
    return true;
}

/* ---- all items ------------------------------------------------------------------------------- */

#define LINK_NONE UINT32_MAX

/* Observations of an item are chained in the order they came. */
struct link {
    struct item_observation observation;
    uint32_t next;
};

struct item {
    int64_t latest_ms;
    uint32_t reference;
    uint32_t first; /* link */
};

struct items {
    struct index_map *keys;
    struct item *items;
    size_t item_room;
    struct link *links;
    size_t link_count;
    size_t link_room;
};

struct items *items_create(uint64_t seed)
{
    owned(items) items = memory_allocate(1, sizeof(*items));
    if (!items) {
        return NULL;
    }
    items->keys = index_map_create(seed);
    return items->keys ? give(items) : NULL;
}

void items_destroy(struct items *items)
{
    if (items) {
        index_map_destroy(items->keys);
        memory_free(items->items);
        memory_free(items->links);
        memory_free(items);
    }
}

size_t items_count(const struct items *items)
{
    return index_map_size(items->keys);
}

size_t items_bytes(const struct items *items)
{
    return index_map_bytes(items->keys) + items->item_room * sizeof(*items->items) +
           items->link_room * sizeof(*items->links);
}

static struct index_key map_key(struct hash128 key)
{
    return (struct index_key){key.high, key.low};
}

static void read_item(const struct items *items, uint32_t index, struct item_state *out)
{
    const struct item *item = &items->items[index];
    out->reference = item->reference;
    out->latest_ms = item->latest_ms;
    out->count = 0;
    for (uint32_t link = item->first; link != LINK_NONE; link = items->links[link].next) {
        assert(out->count < ITEM_OBSERVATIONS_MAX);
        out->observations[out->count++] = items->links[link].observation;
    }
}

void items_get(const struct items *items, struct hash128 key, struct item_state *out)
{
    uint32_t index = index_map_find(items->keys, map_key(key));
    if (index == INDEX_NONE) {
        item_state_init(out);
        return;
    }
    read_item(items, index, out);
}

enum serin_status items_reserve(struct items *items, size_t items_more, size_t observations_more)
{
    TRY(index_map_reserve(items->keys, items_more));
    TRY(memory_grow((void **)&items->items, &items->item_room, items_count(items) + items_more,
                    sizeof(*items->items), SIZE_MAX));
    return memory_grow((void **)&items->links, &items->link_room,
                       items->link_count + observations_more, sizeof(*items->links), LINK_NONE - 1);
}

/* Writes the observations along the item's chain, and lengthens it where there are more. */
static void write_observations(struct items *items, struct item *item,
                               const struct item_state *state)
{
    uint32_t *link = &item->first;
    for (size_t i = 0; i < state->count; i++) {
        if (*link == LINK_NONE) {
            assert(items->link_count < items->link_room);
            *link = (uint32_t)items->link_count++;
            items->links[*link].next = LINK_NONE;
        }
        items->links[*link].observation = state->observations[i];
        link = &items->links[*link].next;
    }
}

void items_put(struct items *items, struct hash128 key, const struct item_state *state)
{
    size_t before = items_count(items);
    uint32_t index = 0;
    enum serin_status status = index_map_intern(items->keys, map_key(key), &index);
    assert(status == SERIN_OK && index < items->item_room);
    if (status != SERIN_OK) {
        return;
    }
    struct item *item = &items->items[index];
    if (index == before) {
        item->first = LINK_NONE;
    }
    item->reference = state->reference;
    item->latest_ms = state->latest_ms;
    write_observations(items, item, state);
}

void items_at(const struct items *items, size_t index, struct hash128 *out_key,
              struct item_state *out)
{
    struct index_key key = index_map_key(items->keys, (uint32_t)index);
    *out_key = (struct hash128){.low = key.low, .high = key.high};
    read_item(items, (uint32_t)index, out);
}

size_t items_older_than(const struct items *items, int64_t before_ms)
{
    size_t older = 0;
    for (size_t i = 0; i < items_count(items); i++) {
        older += items->items[i].latest_ms < before_ms;
    }
    return older;
}
