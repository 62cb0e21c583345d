#include "labels/dictionary_recall.h"

#include <assert.h>
#include <string.h>

enum { SLOTS_MIN = 64, RECENT_PER_SLOT = 4, RECENT_MAX = 16384 };

struct dictionary *dictionary_create(size_t capacity, const struct hash_key *key)
{
    assert(capacity < UINT32_MAX);
    owned(dictionary) dictionary = memory_allocate(1, sizeof(*dictionary));
    if (!dictionary) {
        return NULL;
    }
    dictionary->capacity = capacity;
    dictionary->key = *key;
    dictionary->recent_key[0] = hash_siphash64(key, "0", 1);
    dictionary->recent_key[1] = hash_siphash64(key, "1", 1);
    dictionary->arena = arena_create();
    return dictionary->arena ? give(dictionary) : NULL;
}

void dictionary_destroy(struct dictionary *dictionary)
{
    if (dictionary) {
        memory_free(dictionary->texts);
        memory_free(dictionary->slots);
        memory_free(dictionary->recent);
        arena_destroy(dictionary->arena);
        memory_free(dictionary);
    }
}

static void remember(struct dictionary *dictionary, const struct fingerprint *print, size_t length,
                     uint32_t id)
{
    assert(dictionary->recent);
    if (length < UINT32_MAX) {
        dictionary->recent[print->place & (dictionary->recent_count - 1)] =
            (struct recent){print->head, print->tail, (uint32_t)length, id + 1};
    }
}

/* The slot that holds `text`, or the empty one where it belongs. */
static struct slot *slot_of(const struct dictionary *dictionary, struct text_view text,
                            uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    size_t mask = dictionary->slot_count - 1;
    size_t place = (size_t)hash & mask;
    for (;; place = (place + 1) & mask) {
        struct slot *slot = &dictionary->slots[place];
        if (slot->id_plus_one == 0 ||
            (slot->tag == tag && is_text(dictionary, slot->id_plus_one - 1, text))) {
            return slot;
        }
    }
}

static void fill_slots(struct dictionary *dictionary)
{
    for (size_t id = 0; id < dictionary->size; id++) {
        struct text_view text = dictionary->texts[id];
        uint64_t hash = hash_siphash64(&dictionary->key, text.start, text.length);
        *slot_of(dictionary, text, hash) =
            (struct slot){(uint32_t)(hash >> 32), (uint32_t)(id + 1)};
    }
}

/* Makes both tables large enough for one more text. */
static enum serin_status grow(struct dictionary *dictionary)
{
    if ((dictionary->size + 1) * 2 <= dictionary->slot_count) {
        return SERIN_OK;
    }
    size_t slot_count = dictionary->slot_count > 0 ? dictionary->slot_count * 4 : SLOTS_MIN;
    size_t recent_count = slot_count * RECENT_PER_SLOT;
    recent_count = recent_count > RECENT_MAX ? RECENT_MAX : recent_count;
    owned_memory struct slot *slots = memory_allocate(slot_count, sizeof(*slots));
    owned_memory struct recent *recent = memory_allocate(recent_count, sizeof(*recent));
    if (!slots || !recent) {
        return SERIN_NO_MEMORY;
    }
    memory_free(dictionary->slots);
    memory_free(dictionary->recent);
    dictionary->slots = give(slots);
    dictionary->slot_count = slot_count;
    dictionary->recent = give(recent);
    dictionary->recent_count = recent_count;
    fill_slots(dictionary);
    return SERIN_OK;
}

static enum serin_status append(struct dictionary *dictionary, struct text_view text,
                                uint32_t *out_id)
{
    size_t id = dictionary->size;
    TRY(memory_grow((void **)&dictionary->texts, &dictionary->text_room, id + 1,
                    sizeof(*dictionary->texts), dictionary->capacity));
    const char *copy = arena_copy_text(dictionary->arena, text);
    if (!copy) {
        return SERIN_NO_MEMORY;
    }
    dictionary->texts[id] = (struct text_view){copy, text.length};
    dictionary->size++;
    *out_id = (uint32_t)id;
    return SERIN_OK;
}

enum serin_status dictionary_intern_slowly(struct dictionary *dictionary, struct text_view text,
                                           uint32_t *out_id)
{
    TRY(grow(dictionary));
    uint64_t hash = hash_siphash64(&dictionary->key, text.start, text.length);
    struct slot *slot = slot_of(dictionary, text, hash);
    uint32_t id = slot->id_plus_one - 1;
    if (slot->id_plus_one == 0) {
        if (dictionary->size == dictionary->capacity) {
            dictionary->capped = true;
            *out_id = DICTIONARY_OTHER;
            return SERIN_OK;
        }
        TRY(append(dictionary, text, &id));
        *slot = (struct slot){(uint32_t)(hash >> 32), id + 1};
    }
    struct fingerprint print = fingerprint_of(dictionary, text);
    remember(dictionary, &print, text.length, id);
    *out_id = id;
    return SERIN_OK;
}

enum serin_status dictionary_intern(struct dictionary *dictionary, struct text_view text,
                                    uint32_t *out_id)
{
    return dictionary_recall(dictionary, text, out_id);
}

bool dictionary_find(const struct dictionary *dictionary, struct text_view text, uint32_t *out_id)
{
    if (dictionary->slot_count == 0) {
        return false;
    }
    uint64_t hash = hash_siphash64(&dictionary->key, text.start, text.length);
    const struct slot *slot = slot_of(dictionary, text, hash);
    if (slot->id_plus_one == 0) {
        return false;
    }
    *out_id = slot->id_plus_one - 1;
    return true;
}

struct text_view dictionary_text(const struct dictionary *dictionary, uint32_t id)
{
    assert(id < dictionary->size);
    return dictionary->texts[id];
}

size_t dictionary_size(const struct dictionary *dictionary)
{
    return dictionary->size;
}

bool dictionary_capped(const struct dictionary *dictionary)
{
    return dictionary->capped;
}
