#include "platform/clock.h"

#include <stdlib.h>
#include <time.h>

enum { NS_PER_MS = 1000000 };
#define NS_PER_SECOND INT64_C(1000000000)

/* Both clocks exist on every Linux; without them nothing in this program would hold. */
static struct timespec read_clock(clockid_t which)
{
    struct timespec now;
    if (clock_gettime(which, &now) != 0) {
        abort();
    }
    return now;
}

static struct wall_time system_wall(const struct clock *self)
{
    (void)self;
    struct timespec now = read_clock(CLOCK_REALTIME);
    return (struct wall_time){.unix_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS};
}

static struct monotonic_time system_monotonic(const struct clock *self)
{
    (void)self;
    struct timespec now = read_clock(CLOCK_MONOTONIC);
    return (struct monotonic_time){.ns = (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec};
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = {.wall = system_wall, .monotonic = system_monotonic};
    return &system_clock;
}

struct wall_time clock_wall(const struct clock *clock)
{
    return clock->wall(clock);
}

struct monotonic_time clock_monotonic(const struct clock *clock)
{
    return clock->monotonic(clock);
}

int64_t monotonic_elapsed_ns(struct monotonic_time earlier, struct monotonic_time later)
{
    return later.ns > earlier.ns ? later.ns - earlier.ns : 0;
}

int64_t monotonic_elapsed_ms(struct monotonic_time earlier, struct monotonic_time later)
{
    return monotonic_elapsed_ns(earlier, later) / NS_PER_MS;
}
