/*
 * What a keyed stream remembers of each item: who labelled it how, and its reference.
 *
 * Items are known by a keyed hash of their key. The first reference of an item wins, and so does,
 * for comparing arms item by item, the first label of each arm.
 */
#ifndef SERIN_SOURCE_ITEMS_H
#define SERIN_SOURCE_ITEMS_H

#include "base/hash.h"
#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Events of an item that fell into the same block and got the same label. Ids of the stream. */
struct item_observation {
    int64_t start_ms; /* of the block's time bucket */
    uint64_t count;
    uint32_t series; /* arm and pod */
    uint32_t tuple;
    uint32_t label;
};

/* Further observations of an item are counted, but a late reference does not reach them. */
enum { ITEM_OBSERVATIONS_MAX = 8 };

struct item_state {
    uint32_t reference; /* ID_ABSENT while unknown */
    int64_t latest_ms;  /* latest event of the item */
    size_t count;
    struct item_observation observations[ITEM_OBSERVATIONS_MAX]; /* in the order they came */
};

/* A state in which nothing is known. */
void item_state_init(struct item_state *state);

/* Takes a reference; false when the item has one already. */
bool item_state_refer(struct item_state *state, uint32_t reference);

/* Takes an observation; false when there is no room to remember it. */
bool item_state_observe(struct item_state *state, const struct item_observation *observation);

struct items;

/* NULL when memory is short. */
struct items *items_create(uint64_t seed);
void items_destroy(struct items *items); /* NULL is fine */
DEFINE_CLEANUP(items)

size_t items_count(const struct items *items);
size_t items_bytes(const struct items *items);

/* What is known of an item: the initial state when it is new. */
void items_get(const struct items *items, struct hash128 key, struct item_state *out);

/*
 * Makes room so that items_put cannot fail for `items_more` new items with `observations_more` new
 * observations in all. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status items_reserve(struct items *items, size_t items_more,
                                                 size_t observations_more);

/* Stores a state that was got and then only added to. Room must have been made. */
void items_put(struct items *items, struct hash128 key, const struct item_state *state);

/* Walks all items in order of first appearance, index 0 … items_count - 1. */
void items_at(const struct items *items, size_t index, struct hash128 *out_key,
              struct item_state *out);

/* Items whose latest event was before `before_ms`. */
size_t items_older_than(const struct items *items, int64_t before_ms);

#endif
