/*
 * The point in monotonic time by which a call must have come back.
 *
 * Passed by value down every call that can wait; nobody below adds time to it. Deadlines cannot
 * jump with the wall clock.
 */
#ifndef SERIN_PLATFORM_DEADLINE_H
#define SERIN_PLATFORM_DEADLINE_H

#include "platform/clock.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stdint.h>

struct deadline {
    const struct clock *clock; /* must outlive the deadline */
    struct monotonic_time at;
};

/* `ms` milliseconds from now; a negative `ms` has passed already, a huge one lies far ahead. */
struct deadline deadline_after(const struct clock *clock, int64_t ms);

/* The sooner of `outer` and `ms` milliseconds from now: a step that may use only part of it. */
struct deadline deadline_within(struct deadline outer, int64_t ms);

/* Milliseconds left, rounded up, so that 0 means it has passed; never negative. */
int64_t deadline_left_ms(struct deadline deadline);

bool deadline_passed(struct deadline deadline);

/*
 * SERIN_OK while time is left; else SERIN_TIMEOUT with the message "the deadline passed while
 * <doing>", e.g. doing = "reading from the store".
 */
SERIN_MUST_CHECK enum serin_status deadline_check(struct deadline deadline, const char *doing,
                                                  struct serin_error *err);

#endif
