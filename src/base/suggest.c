#include "base/suggest.h"

#include <string.h>

enum {
    WORD_LENGTH_MAX = 48 /* a longer word is not a slip of the finger */
};

struct suggestion suggestion_for(struct text_view word)
{
    return (struct suggestion){.word = word, .distance = 2 + word.length / 3};
}

static bool same_letter(char a, char b)
{
    return text_equal_ignoring_case((struct text_view){&a, 1}, (struct text_view){&b, 1});
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Optimal string alignment distance, row by row of `a`: insertions, deletions, replacements and
 * swaps of neighbours cost 1 each. Source: Damerau, "A technique for computer detection and
 * correction of spelling errors", CACM 7 (1964), in its restricted form.
 */
static size_t edit_distance(struct text_view a, struct text_view b)
{
    size_t rows[3][WORD_LENGTH_MAX + 1] = {0};
    size_t *before = rows[0];
    size_t *previous = rows[1];
    size_t *current = rows[2];
    for (size_t j = 0; j <= b.length; j++) {
        previous[j] = j;
    }
    for (size_t i = 1; i <= a.length; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t replaced = previous[j - 1] + !same_letter(a.start[i - 1], b.start[j - 1]);
            current[j] = smaller(replaced, smaller(previous[j], current[j - 1]) + 1);
            if (i > 1 && j > 1 && same_letter(a.start[i - 1], b.start[j - 2]) &&
                same_letter(a.start[i - 2], b.start[j - 1])) {
                current[j] = smaller(current[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[b.length];
}

void suggestion_offer(struct suggestion *suggestion, const char *known)
{
    struct text_view candidate = text_view_of(known);
    if (suggestion->word.length > WORD_LENGTH_MAX || candidate.length > WORD_LENGTH_MAX) {
        return;
    }
    size_t distance = edit_distance(suggestion->word, candidate);
    /* What shares no letter with the word is not a correction of it. */
    if (distance < suggestion->distance && distance < candidate.length) {
        suggestion->distance = distance;
        suggestion->best = known;
    }
}

const char *suggestion_best(const struct suggestion *suggestion)
{
    return suggestion->best;
}
