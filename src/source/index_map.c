#include "source/index_map.h"

#include <assert.h>
#include <string.h>

enum { SLOTS_MIN = 64 };
#define KEYS_MAX ((size_t)1 << 31)

/* Open addressing; a slot holds an index + 1, or 0. At most half of the slots are taken. */
struct index_map {
    uint64_t seed;
    struct index_key *keys; /* by index */
    size_t key_room;
    size_t size;
    uint32_t *slots;
    size_t slot_count; /* a power of two, or 0 */
};

struct index_map *index_map_create(uint64_t seed)
{
    struct index_map *map = memory_allocate(1, sizeof(*map));
    if (map) {
        map->seed = seed | 1;
    }
    return map;
}

void index_map_destroy(struct index_map *map)
{
    if (map) {
        memory_free(map->keys);
        memory_free(map->slots);
        memory_free(map);
    }
}

size_t index_map_size(const struct index_map *map)
{
    return map->size;
}

/* Both halves of a 128-bit product depend on all bits of both factors. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash(const struct index_map *map, struct index_key key)
{
    return fold(fold(key.high ^ map->seed, UINT64_C(0x9E3779B97F4A7C15)) + key.low,
                map->seed ^ UINT64_C(0xD1B54A32D192ED03));
}

static inline bool same(struct index_key a, struct index_key b)
{
    return a.high == b.high && a.low == b.low;
}

/* The slot that holds the key, or the free one where it belongs. */
static inline size_t find_slot(const struct index_map *map, struct index_key key)
{
    size_t mask = map->slot_count - 1;
    size_t at = (size_t)hash(map, key) & mask;
    while (map->slots[at] != 0 && !same(map->keys[map->slots[at] - 1], key)) {
        at = (at + 1) & mask;
    }
    return at;
}

uint32_t index_map_find(const struct index_map *map, struct index_key key)
{
    if (map->slot_count == 0) {
        return INDEX_NONE;
    }
    return map->slots[find_slot(map, key)] - 1; /* 0 - 1 is INDEX_NONE */
}

static enum serin_status grow_slots(struct index_map *map, size_t keys)
{
    size_t count = map->slot_count > 0 ? map->slot_count : SLOTS_MIN;
    while (count / 2 < keys) {
        count *= 2;
    }
    uint32_t *slots = memory_allocate(count, sizeof(*slots));
    if (!slots) {
        return SERIN_NO_MEMORY;
    }
    memory_free(map->slots);
    map->slots = slots;
    map->slot_count = count;
    for (size_t i = 0; i < map->size; i++) {
        map->slots[find_slot(map, map->keys[i])] = (uint32_t)i + 1;
    }
    return SERIN_OK;
}

enum serin_status index_map_reserve(struct index_map *map, size_t count)
{
    size_t wanted = map->size + count;
    TRY(memory_grow((void **)&map->keys, &map->key_room, wanted, sizeof(*map->keys), KEYS_MAX));
    return map->slot_count / 2 < wanted ? grow_slots(map, wanted) : SERIN_OK;
}

enum serin_status index_map_intern(struct index_map *map, struct index_key key, uint32_t *out_index)
{
    uint32_t known = index_map_find(map, key);
    if (known != INDEX_NONE) {
        *out_index = known;
        return SERIN_OK;
    }
    TRY(index_map_reserve(map, 1));
    map->keys[map->size] = key;
    map->slots[find_slot(map, key)] = (uint32_t)map->size + 1;
    *out_index = (uint32_t)map->size++;
    return SERIN_OK;
}

struct index_key index_map_key(const struct index_map *map, uint32_t index)
{
    assert(index < map->size);
    return map->keys[index];
}

size_t index_map_bytes(const struct index_map *map)
{
    return map->key_room * sizeof(*map->keys) + map->slot_count * sizeof(*map->slots);
}
