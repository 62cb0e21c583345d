#include "source/event_ids.h"

#include "source/index_map.h"

struct id_state {
    bool is_met; /* in the present reading */
    bool is_known;
};

struct event_ids {
    struct hash_key key;
    struct index_map *map;
    struct id_state *states; /* by index in the map */
    size_t room;
};

struct event_ids *event_ids_create(const struct hash_key *key)
{
    owned(event_ids) ids = memory_allocate(1, sizeof(*ids));
    if (!ids) {
        return NULL;
    }
    ids->key = *key;
    /* The keys of the map are hashes that no sender can foresee. */
    ids->map = index_map_create(0);
    return ids->map ? give(ids) : NULL;
}

void event_ids_destroy(struct event_ids *ids)
{
    if (ids) {
        index_map_destroy(ids->map);
        memory_free(ids->states);
        memory_free(ids);
    }
}

enum serin_status event_ids_note(struct event_ids *ids, struct text_view id, bool *out_is_new)
{
    struct hash128 hash = hash_siphash128(&ids->key, id.start, id.length);
    uint32_t index = 0;
    TRY(memory_grow((void **)&ids->states, &ids->room, index_map_size(ids->map) + 1,
                    sizeof(*ids->states), SIZE_MAX));
    TRY(index_map_intern(ids->map, (struct index_key){hash.high, hash.low}, &index));
    struct id_state *state = &ids->states[index];
    *out_is_new = !state->is_met && !state->is_known;
    state->is_met = true;
    return SERIN_OK;
}

void event_ids_rewind(struct event_ids *ids)
{
    for (size_t i = 0; i < index_map_size(ids->map); i++) {
        ids->states[i].is_met = false;
    }
}

size_t event_ids_count(const struct event_ids *ids)
{
    return index_map_size(ids->map);
}

struct hash128 event_ids_at(const struct event_ids *ids, size_t index)
{
    struct index_key key = index_map_key(ids->map, (uint32_t)index);
    return (struct hash128){.low = key.low, .high = key.high};
}

bool event_ids_is_known(const struct event_ids *ids, size_t index)
{
    return ids->states[index].is_known;
}

void event_ids_set_known(struct event_ids *ids, size_t index)
{
    ids->states[index].is_known = true;
}
