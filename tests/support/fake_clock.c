#include "support/fake_clock.h"

static struct wall_time fake_wall(const struct clock *self)
{
    return ((const struct fake_clock *)self)->now;
}

static struct monotonic_time fake_monotonic(const struct clock *self)
{
    return ((const struct fake_clock *)self)->ticks;
}

struct fake_clock fake_clock_at(int64_t unix_ms)
{
    return (struct fake_clock){
        .clock = {.wall = fake_wall, .monotonic = fake_monotonic},
        .now = {.unix_ms = unix_ms},
        .ticks = {.ns = INT64_C(5000000000)},
    };
}

void fake_clock_advance(struct fake_clock *fake, int64_t ms)
{
    fake->now.unix_ms += ms;
    fake->ticks.ns += ms * INT64_C(1000000);
}
