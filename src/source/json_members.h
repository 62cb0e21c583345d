/*
 * Where the values of an object's members are: for JSON in which only some of them matter, and what
 * is inside is read later or not at all.
 */
#ifndef SERIN_SOURCE_JSON_MEMBERS_H
#define SERIN_SOURCE_JSON_MEMBERS_H

#include "source/json_scan.h"

/*
 * Reads an object and moves past it. `out[i]` becomes the value of the member `names[i]` (of
 * `count`), as it is written; empty where the member is absent or null. Other members may hold
 * anything. Fails with SERIN_INVALID, also when a wanted member comes twice.
 */
SERIN_MUST_CHECK enum serin_status json_read_members(struct json_scan *scan,
                                                     const struct text_view *names, size_t count,
                                                     struct text_view *out,
                                                     struct serin_error *err);

/* A scan of a value found in `scan`'s text; columns in messages stay those of the whole. */
struct json_scan json_within(const struct json_scan *scan, struct text_view value);

/* Whether a JSON text, written with its quotes, says `meaning`, which is at most 256 bytes. */
bool json_text_is(struct text_view text, struct text_view meaning);

#endif
