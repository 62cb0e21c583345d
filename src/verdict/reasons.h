/*
 * Every reason and warning that a verdict can carry, in words: what it means and what to do.
 * The answer carries the names; reports, logs and documentation take the words from here.
 */
#ifndef SERIN_VERDICT_REASONS_H
#define SERIN_VERDICT_REASONS_H

#include <stdbool.h>
#include <stddef.h>

/* Names are stable: users match on them. At most REASON_NAME_MAX bytes. */
struct reason {
    const char *name;    /* "too_few_samples" */
    const char *meaning; /* one sentence, without a full stop */
    const char *advice;  /* what to do, one sentence without a full stop; "": nothing */
};
enum { REASON_NAME_MAX = 24 };

extern const struct reason reasons[];
extern const size_t reason_count;

/* The row of a name; NULL when there is none. */
const struct reason *reason_find(const char *name);

#endif
