/*
 * "Did you mean …?": the known word that is closest to a mistyped one.
 *
 *     struct suggestion suggestion = suggestion_for(word);
 *     for (...) suggestion_offer(&suggestion, known[i]);
 *     const char *best = suggestion_best(&suggestion);
 */
#ifndef SERIN_BASE_SUGGEST_H
#define SERIN_BASE_SUGGEST_H

#include "base/text.h"

#include <stddef.h>

struct suggestion {
    struct text_view word;
    const char *best;
    size_t distance; /* of the best so far; too far to be meant while `best` is NULL */
};

struct suggestion suggestion_for(struct text_view word);

/* Borrows `known` until the best is read. Of equally close words the first offered stays. */
void suggestion_offer(struct suggestion *suggestion, const char *known);

/*
 * The closest word offered, or NULL when none is close: one edit, and one more for each three
 * letters. An edit inserts, removes or replaces a letter or swaps two neighbours; case is ignored.
 */
const char *suggestion_best(const struct suggestion *suggestion);

#endif
