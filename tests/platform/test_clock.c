#include "platform/clock.h"

#include "platform/deadline.h"
#include "support/fake_clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(clock, the_monotonic_clock_never_goes_back)
{
    struct monotonic_time before = clock_monotonic(clock_system());
    for (int i = 0; i < 1000; i++) {
        struct monotonic_time now = clock_monotonic(clock_system());
        cr_assert(ge(i64, now.ns, before.ns));
        before = now;
    }
}

Test(clock, the_wall_clock_is_after_the_year_2020)
{
    cr_assert(gt(i64, clock_wall(clock_system()).unix_ms, INT64_C(1577836800000)));
}

Test(clock, elapsed_time_is_never_negative)
{
    const struct monotonic_time early = {.ns = 1000000};
    const struct monotonic_time late = {.ns = 3999999};
    cr_assert(eq(i64, monotonic_elapsed_ns(early, late), 2999999));
    cr_assert(eq(i64, monotonic_elapsed_ms(early, late), 2));
    cr_assert(eq(i64, monotonic_elapsed_ns(late, early), 0));
}

Test(deadline, counts_down_and_rounds_up)
{
    struct fake_clock fake = fake_clock_at(0);
    struct deadline deadline = deadline_after(&fake.clock, 100);
    cr_assert(eq(i64, deadline_left_ms(deadline), 100));
    fake_clock_advance(&fake, 99);
    fake.ticks.ns += 999999;
    cr_assert(eq(i64, deadline_left_ms(deadline), 1));
    cr_assert(not(deadline_passed(deadline)));
    fake.ticks.ns += 1;
    cr_assert(eq(i64, deadline_left_ms(deadline), 0));
    cr_assert(deadline_passed(deadline));
}

Test(deadline, ignores_jumps_of_the_wall_clock)
{
    struct fake_clock fake = fake_clock_at(0);
    struct deadline deadline = deadline_after(&fake.clock, 100);
    fake.now.unix_ms += INT64_C(3600000);
    cr_assert(eq(i64, deadline_left_ms(deadline), 100));
}

Test(deadline, a_negative_span_has_passed_and_a_huge_one_has_not)
{
    struct fake_clock fake = fake_clock_at(0);
    cr_assert(deadline_passed(deadline_after(&fake.clock, -1)));
    cr_assert(deadline_passed(deadline_after(&fake.clock, INT64_MIN)));
    cr_assert(gt(i64, deadline_left_ms(deadline_after(&fake.clock, INT64_MAX)), 1000000000));
}

Test(deadline, a_part_of_it_never_lasts_longer_than_the_whole)
{
    struct fake_clock fake = fake_clock_at(0);
    struct deadline whole = deadline_after(&fake.clock, 100);
    cr_assert(eq(i64, deadline_left_ms(deadline_within(whole, 30)), 30));
    cr_assert(eq(i64, deadline_left_ms(deadline_within(whole, 300)), 100));
}

Test(deadline, the_message_says_what_was_being_done)
{
    struct fake_clock fake = fake_clock_at(0);
    struct deadline deadline = deadline_after(&fake.clock, 10);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, deadline_check(deadline, "reading", &err), SERIN_OK));
    fake_clock_advance(&fake, 10);
    cr_assert(eq(int, deadline_check(deadline, "reading", &err), SERIN_TIMEOUT));
    cr_assert(eq(str, err.detail, "the deadline passed while reading"));
}
