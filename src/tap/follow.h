/*
 * Reads a log file as it grows, through rotation: by renaming, by copying and truncating.
 *
 * A file that is renamed is read on until the new one under its name holds something, for that is
 * when its writer has moved. What a file lost by being truncated while it was not being looked at
 * nobody can know: one that shrinks and outgrows its old length between two looks is such a case.
 */
#ifndef SERIN_TAP_FOLLOW_H
#define SERIN_TAP_FOLLOW_H

#include "base/memory.h"
#include "serin/error.h"
#include "tap/tap.h"

#include <stdbool.h>
#include <stdint.h>

struct follower;

enum follow_start {
    FOLLOW_FROM_END, /* of a file that is there already; one that comes later is read whole */
    FOLLOW_FROM_BEGINNING
};

/*
 * A file that does not exist yet is waited for. `path` and `intake` must outlive the follower.
 * Fails with SERIN_INVALID (a directory), SERIN_DENIED, SERIN_UNAVAILABLE and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status follower_create(const char *path, enum follow_start start,
                                                   struct tap_intake *intake, struct follower **out,
                                                   struct serin_error *err);
void follower_destroy(struct follower *follower); /* NULL is fine */
DEFINE_CLEANUP(follower)

/* Takes what has come since the last look, up to a limit; whether there may be more at once. */
bool follower_look(struct follower *follower);

struct follower_counts {
    uint64_t rotations;   /* another file under the name */
    uint64_t truncations; /* the file became shorter */
    uint64_t failures;    /* it could not be read */
};
struct follower_counts follower_counts(const struct follower *follower);

#endif
