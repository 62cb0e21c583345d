/*
 * A clock that stands still until the test moves it.
 */
#ifndef SERIN_TESTS_FAKE_CLOCK_H
#define SERIN_TESTS_FAKE_CLOCK_H

#include "platform/clock.h"

#include <stdint.h>

struct fake_clock {
    struct clock clock; /* what the code under test gets: &fake.clock */
    struct wall_time now;
    struct monotonic_time ticks;
};

/* Starts at `unix_ms` of wall time. */
struct fake_clock fake_clock_at(int64_t unix_ms);

/* Lets both kinds of time pass. */
void fake_clock_advance(struct fake_clock *fake, int64_t ms);

#endif
