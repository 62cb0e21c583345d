/*
 * Two kinds of time that must not be mixed up, and the seam through which tests replace both.
 *
 * Wall time says when something happened and may jump when the clock is set; monotonic time says
 * how long something took and never goes back. They are different types, so that a deadline cannot
 * be computed from a wall clock by mistake. Text forms of wall time are in base/rfc3339.h.
 */
#ifndef SERIN_PLATFORM_CLOCK_H
#define SERIN_PLATFORM_CLOCK_H

#include <stdint.h>

struct wall_time {
    int64_t unix_ms; /* milliseconds since 1970-01-01T00:00:00Z */
};

struct monotonic_time {
    int64_t ns; /* nanoseconds since an arbitrary start that is fixed while the process lives */
};

/* Where time comes from. Both functions may be called from several threads at once. */
struct clock {
    struct wall_time (*wall)(const struct clock *self);
    struct monotonic_time (*monotonic)(const struct clock *self);
};

/* The machine's clocks. Lives for ever. */
const struct clock *clock_system(void);

struct wall_time clock_wall(const struct clock *clock);
struct monotonic_time clock_monotonic(const struct clock *clock);

/* later − earlier; 0 when `later` is in fact the earlier one. */
int64_t monotonic_elapsed_ns(struct monotonic_time earlier, struct monotonic_time later);
int64_t monotonic_elapsed_ms(struct monotonic_time earlier, struct monotonic_time later);

#endif
