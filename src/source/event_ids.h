/*
 * Ids under which what a sender sends can be told again: of single events, or of whole requests.
 *
 * A sender that got no answer sends again, perhaps in other company, and what is in the store
 * already must not be counted a second time. Whether it is, only the store can say, at the moment
 * of writing. So a request is read, its ids noted and its events counted as if all were new; when
 * the store then knows some of the ids, it writes nothing, and the request is read once more
 * without what they stand for.
 */
#ifndef SERIN_SOURCE_EVENT_IDS_H
#define SERIN_SOURCE_EVENT_IDS_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>

struct event_ids;

/* How long an id is remembered, or for the retention of its stream where that is shorter. */
#define EVENT_IDS_KEPT_MS (INT64_C(24) * 3600 * 1000)

/* Ids are kept as hashes under `key`. NULL when memory is short. */
struct event_ids *event_ids_create(const struct hash_key *key);
void event_ids_destroy(struct event_ids *ids); /* NULL is fine */
DEFINE_CLEANUP(event_ids)

/*
 * Notes an id. `*out_is_new` tells whether what it stands for counts: this reading of the request
 * met it for the first time, and the store is not known to have it. Fails with SERIN_NO_MEMORY and
 * SERIN_TOO_LARGE.
 */
SERIN_MUST_CHECK enum serin_status event_ids_note(struct event_ids *ids, struct text_view id,
                                                  bool *out_is_new);

/* The request is read from its beginning once more. */
void event_ids_rewind(struct event_ids *ids);

/* ---- for the store --------------------------------------------------------------------------- */

/* All ids noted so far, whatever is known of them. */
size_t event_ids_count(const struct event_ids *ids);
struct hash128 event_ids_at(const struct event_ids *ids, size_t index);

bool event_ids_is_known(const struct event_ids *ids, size_t index);
void event_ids_set_known(struct event_ids *ids, size_t index);

#endif
