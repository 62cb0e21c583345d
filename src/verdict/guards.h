/*
 * Guards: what makes an answer more careful. The table in guards.c lists them in the order in which
 * they are asked; the first to fire names the reason.
 */
#ifndef SERIN_VERDICT_GUARDS_H
#define SERIN_VERDICT_GUARDS_H

#include "verdict/evidence.h"
#include "verdict/judge.h"

#include <stdbool.h>
#include <stddef.h>

enum guard_kind {
    GUARD_SILENCES,     /* the data do not suffice or are unsound: no verdict at all */
    GUARD_HOLDS_PROMOTE /* doubt about a promote; a rollback stands */
};

struct guard {
    const char *name; /* the reason; see verdict/reasons.h */
    enum guard_kind kind;
    bool (*fires)(const struct evidence *evidence);
};

extern const struct guard guards[];
extern const size_t guard_count;

/*
 * Whether the samples, enough for fewer labels, are too few for so many: merging rare ones may
 * help.
 */
bool guards_find_sparse(const struct evidence *evidence);

struct outcome {
    enum decision decision;
    const char *reason;
};

/* What the interval alone says against the margin; a collapsed canary is a rollback. */
struct outcome outcome_of_interval(const struct evidence *evidence);

/*
 * The outcome after the guards. Against outcome_of_interval a decision either stays or becomes
 * inconclusive; an inconclusive one stays so, with the reason of the first silencing guard.
 */
struct outcome outcome_decide(const struct evidence *evidence);

#endif
