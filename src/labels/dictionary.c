#include "labels/dictionary.h"

#include "base/arena.h"

#include <assert.h>
#include <string.h>

/*
 * Two tables lead from a text to its id. `slots` is the truth: open addressing under SipHash, which
 * a sender cannot make collide. In front of it, `recent` remembers for each of a few places the
 * text that was asked for last, under a hash that costs a third of SipHash. It may be made to
 * collide; then a lookup goes on to the slots, and nothing worse happens.
 */
struct slot {
    uint32_t tag; /* high half of the hash */
    uint32_t id_plus_one;
};

struct recent {
    uint64_t head; /* first eight bytes of the text */
    uint64_t tail; /* last eight */
    uint32_t length;
    uint32_t id_plus_one;
};

enum { SLOTS_MIN = 64, RECENT_PER_SLOT = 4, RECENT_MAX = 16384, SHORT_TEXT = 16 };

struct dictionary {
    struct hash_key key;
    uint64_t recent_key[2];
    size_t capacity;
    size_t size;
    bool capped;
    struct text_view *texts; /* by id */
    size_t text_room;
    struct slot *slots;
    size_t slot_count; /* a power of two, at least twice `size` */
    struct recent *recent;
    size_t recent_count; /* a power of two */
    struct arena *arena;
};

/* What identifies a text of up to SHORT_TEXT bytes, and nearly always a longer one. */
struct fingerprint {
    uint64_t head;
    uint64_t tail;
    uint64_t place;
};

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

static inline uint64_t load_eight(const char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static inline uint64_t load_four(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

/* The high half of a product depends on all bits of both factors. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct fingerprint fingerprint_of(const struct dictionary *dictionary,
                                                struct text_view text)
{
    const char *start = text.start;
    size_t length = text.length;
    struct fingerprint print = {0};
    uint64_t middle = 0;
    if (length >= 8) {
        print.head = load_eight(start);
        print.tail = load_eight(start + length - 8);
        middle = length > SHORT_TEXT ? load_eight(start + length / 2 - 4) : 0;
    } else if (length >= 4) {
        print.head = load_four(start);
        print.tail = load_four(start + length - 4);
    } else if (length > 0) {
        print.head = (uint64_t)(uint8_t)start[0] | (uint64_t)(uint8_t)start[length / 2] << 8 |
                     (uint64_t)(uint8_t)start[length - 1] << 16;
    }
    print.place = fold(print.head ^ dictionary->recent_key[0] ^ length,
                       (print.tail + middle) ^ dictionary->recent_key[1]);
    return print;
}

static inline bool is_text(const struct dictionary *dictionary, uint32_t id, struct text_view text)
{
    struct text_view known = dictionary->texts[id];
    return known.length == text.length &&
           (text.length == 0 || memcmp(known.start, text.start, text.length) == 0);
}

static inline bool recall(const struct dictionary *dictionary, const struct fingerprint *print,
                          struct text_view text, uint32_t *out_id)
{
    const struct recent *recent =
        &dictionary->recent[print->place & (dictionary->recent_count - 1)];
    if (recent->head != print->head || recent->tail != print->tail ||
        recent->length != text.length || recent->id_plus_one == 0) {
        return false;
    }
    uint32_t id = recent->id_plus_one - 1;
    if (text.length > SHORT_TEXT && !is_text(dictionary, id, text)) {
        return false;
    }
    *out_id = id;
    return true;
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

static enum serin_status intern_slowly(struct dictionary *dictionary, struct text_view text,
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
    struct fingerprint print = fingerprint_of(dictionary, text);
    if (dictionary->recent && recall(dictionary, &print, text, out_id)) {
        return SERIN_OK;
    }
    return intern_slowly(dictionary, text, out_id);
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
