/*
 * 128-bit key ↔ dense index, in order of first appearance.
 *
 * Everything the store counts by (series, blocks, cells, items) is a pair of numbers; this map
 * turns such a pair into an array index. The hash is seeded, so that a sender who chooses the
 * numbers cannot make them collide on purpose.
 */
#ifndef SERIN_SOURCE_INDEX_MAP_H
#define SERIN_SOURCE_INDEX_MAP_H

#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_key {
    uint64_t high;
    uint64_t low;
};

/* Four ids side by side. */
static inline struct index_key index_key(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return (struct index_key){(uint64_t)a << 32 | b, (uint64_t)c << 32 | d};
}

#define INDEX_NONE UINT32_MAX

struct index_map;

/* NULL when memory is short. */
struct index_map *index_map_create(uint64_t seed);
void index_map_destroy(struct index_map *map); /* NULL is fine */
DEFINE_CLEANUP(index_map)

size_t index_map_size(const struct index_map *map);

/* The index of a key, or INDEX_NONE. */
uint32_t index_map_find(const struct index_map *map, struct index_key key);

/*
 * The index of a key, which is added when new: it is then the size before. Fails with
 * SERIN_NO_MEMORY, and with SERIN_TOO_LARGE beyond 2^31 keys.
 */
SERIN_MUST_CHECK enum serin_status index_map_intern(struct index_map *map, struct index_key key,
                                                    uint32_t *out_index);

/* Makes room so that `count` more keys can be interned without failure. Fails as above. */
SERIN_MUST_CHECK enum serin_status index_map_reserve(struct index_map *map, size_t count);

/* The key of an index below the size. */
struct index_key index_map_key(const struct index_map *map, uint32_t index);

/* Bytes held. */
size_t index_map_bytes(const struct index_map *map);

#endif
