/*
 * Label text ↔ dense id.
 *
 * Ids count up from 0 in the order of first appearance. The hash is keyed, so that texts chosen by
 * an attacker cannot be made to collide. Beyond the cap every new text gets DICTIONARY_OTHER and
 * the dictionary is flagged as capped: nothing is lost from the totals, only told apart no longer.
 */
#ifndef SERIN_LABELS_DICTIONARY_H
#define SERIN_LABELS_DICTIONARY_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dictionary;

#define DICTIONARY_OTHER UINT32_MAX /* the folded tail: texts beyond the cap */

/*
 * A dictionary of at most `capacity` texts (fewer than 2^32 - 1). `key` seeds the hash, it never
 * influences ids or order. NULL when memory is short.
 */
struct dictionary *dictionary_create(size_t capacity, const struct hash_key *key);
void dictionary_destroy(struct dictionary *dictionary); /* NULL is fine */
DEFINE_CLEANUP(dictionary)

/* The id of `text`, which is copied when new. Fails only with SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status dictionary_intern(struct dictionary *dictionary,
                                                     struct text_view text, uint32_t *out_id);

/* The id of a text already known; false when it is not. */
bool dictionary_find(const struct dictionary *dictionary, struct text_view text, uint32_t *out_id);

/* The text of an id below dictionary_size, zero-terminated, valid as long as the dictionary. */
struct text_view dictionary_text(const struct dictionary *dictionary, uint32_t id);

size_t dictionary_size(const struct dictionary *dictionary);

/* Whether a text was ever folded into DICTIONARY_OTHER. */
bool dictionary_capped(const struct dictionary *dictionary);

#endif
