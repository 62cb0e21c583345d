/* The circuit breaker of a source, by a clock that the test moves. */
#include "analysis/breaker.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct monotonic_time at(int64_t ms)
{
    return (struct monotonic_time){ms * 1000000};
}

static const struct serin_error down = {.status = SERIN_UNAVAILABLE,
                                        .detail = "prometheus:9090 refused the connection"};

static enum serin_status enter(struct breaker *breaker, int64_t ms)
{
    return breaker_enter(breaker, "metrics", at(ms), NULL);
}

static void fail_at(struct breaker *breaker, int64_t ms)
{
    cr_assert(eq(int, enter(breaker, ms), SERIN_OK));
    breaker_leave(breaker, SERIN_UNAVAILABLE, &down, at(ms));
}

static struct breaker *opened_at(int64_t ms)
{
    struct breaker *breaker = breaker_create();
    for (int i = 0; i < BREAKER_FAILURES; i++) {
        fail_at(breaker, ms);
    }
    return breaker;
}

Test(breaker, opens_after_failures_running_and_says_why_and_until_when)
{
    owned(breaker) breaker = breaker_create();
    struct serin_error err = {.status = SERIN_OK};
    for (int i = 0; i < BREAKER_FAILURES; i++) {
        cr_assert(eq(int, (int)breaker_state(breaker), BREAKER_CLOSED));
        fail_at(breaker, i);
    }
    cr_assert(eq(int, (int)breaker_state(breaker), BREAKER_OPEN));
    cr_assert(eq(int, breaker_enter(breaker, "metrics", at(2500), &err), SERIN_UNAVAILABLE));
    cr_assert(eq(str, err.detail,
                 "source \"metrics\" failed 5 times running and is left alone for 8 s more; the "
                 "last failure: prometheus:9090 refused the connection"));
}

Test(breaker, one_success_between_failures_begins_anew)
{
    owned(breaker) breaker = breaker_create();
    for (int i = 0; i < 3 * BREAKER_FAILURES; i++) {
        if (i % (BREAKER_FAILURES - 1) == 0) {
            cr_assert(eq(int, enter(breaker, i), SERIN_OK));
            breaker_leave(breaker, SERIN_OK, NULL, at(i));
        }
        fail_at(breaker, i);
    }
    cr_assert(eq(int, (int)breaker_state(breaker), BREAKER_CLOSED));
}

Test(breaker, what_is_not_the_sources_fault_is_no_failure)
{
    static const enum serin_status others[] = {SERIN_TOO_LARGE, SERIN_INVALID, SERIN_NO_MEMORY};
    owned(breaker) breaker = breaker_create();
    for (int i = 0; i < 3 * BREAKER_FAILURES; i++) {
        cr_assert(eq(int, enter(breaker, i), SERIN_OK));
        breaker_leave(breaker, others[i % 3], &down, at(i));
    }
    cr_assert(eq(int, (int)breaker_state(breaker), BREAKER_CLOSED));
}

Test(breaker, one_question_tries_the_source_after_the_pause)
{
    owned(breaker) breaker = opened_at(0);
    cr_assert(eq(int, enter(breaker, BREAKER_PAUSE_MS - 1), SERIN_UNAVAILABLE));
    cr_assert(eq(int, enter(breaker, BREAKER_PAUSE_MS), SERIN_OK));
    cr_assert(eq(int, (int)breaker_state(breaker), BREAKER_TRYING));
    cr_assert(eq(int, enter(breaker, BREAKER_PAUSE_MS), SERIN_UNAVAILABLE));
    breaker_leave(breaker, SERIN_OK, NULL, at(BREAKER_PAUSE_MS + 5));
    cr_assert(eq(int, (int)breaker_state(breaker), BREAKER_CLOSED));
    fail_at(breaker, BREAKER_PAUSE_MS + 6);
    cr_assert(eq(int, (int)breaker_state(breaker), BREAKER_CLOSED));
}

Test(breaker, a_try_that_fails_opens_it_for_another_pause)
{
    owned(breaker) breaker = opened_at(0);
    cr_assert(eq(int, enter(breaker, BREAKER_PAUSE_MS), SERIN_OK));
    breaker_leave(breaker, SERIN_TIMEOUT, NULL, at(BREAKER_PAUSE_MS + 800));
    cr_assert(eq(int, enter(breaker, 2 * BREAKER_PAUSE_MS + 799), SERIN_UNAVAILABLE));
    cr_assert(eq(int, enter(breaker, 2 * BREAKER_PAUSE_MS + 800), SERIN_OK));
}

Test(breaker, questions_that_were_under_way_do_not_put_the_try_off)
{
    owned(breaker) breaker = breaker_create();
    cr_assert(eq(int, enter(breaker, 0), SERIN_OK));
    for (int i = 0; i < BREAKER_FAILURES; i++) {
        fail_at(breaker, 0);
    }
    breaker_leave(breaker, SERIN_TIMEOUT, &down, at(8000));
    cr_assert(eq(int, enter(breaker, BREAKER_PAUSE_MS), SERIN_OK));
}

Test(breaker, of_many_hours_down_each_pause_has_one_try)
{
    owned(breaker) breaker = opened_at(0);
    int tries = 0;
    for (int64_t ms = 0; ms < 600000; ms += 100) {
        if (enter(breaker, ms) == SERIN_OK) {
            tries++;
            breaker_leave(breaker, SERIN_UNAVAILABLE, &down, at(ms));
        }
    }
    cr_assert(eq(int, tries, 600000 / BREAKER_PAUSE_MS - 1));
}
