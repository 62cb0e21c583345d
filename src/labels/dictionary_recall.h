/*
 * What a dictionary is made of, and its quick way from a text to an id; for dictionary.c and for
 * loops in this layer that look up a text or two per event.
 */
#ifndef SERIN_LABELS_DICTIONARY_RECALL_H
#define SERIN_LABELS_DICTIONARY_RECALL_H

#include "base/arena.h"
#include "labels/dictionary.h"

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

enum { SHORT_TEXT = 16 };

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

static inline bool dictionary_is_recent(const struct dictionary *dictionary,
                                        const struct fingerprint *print, struct text_view text,
                                        uint32_t *out_id)
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

/* dictionary_intern for texts that the quick way does not know. */
SERIN_MUST_CHECK enum serin_status
dictionary_intern_slowly(struct dictionary *dictionary, struct text_view text, uint32_t *out_id);

/* The same as dictionary_intern, without the cost of a call when the text is met again. */
SERIN_MUST_CHECK static inline enum serin_status
dictionary_recall(struct dictionary *dictionary, struct text_view text, uint32_t *out_id)
{
    struct fingerprint print = fingerprint_of(dictionary, text);
    if (dictionary->recent && dictionary_is_recent(dictionary, &print, text, out_id)) {
        return SERIN_OK;
    }
    return dictionary_intern_slowly(dictionary, text, out_id);
}

#endif
