#include "platform/signal.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <unistd.h>

static enum signal_event next_event(struct signals *signals, int64_t timeout_ms)
{
    enum signal_event event = SIGNAL_NONE;
    cr_assert(eq(int, signals_wait(signals, timeout_ms, &event, NULL), SERIN_OK));
    return event;
}

Test(signals, without_a_signal_the_wait_ends_with_none)
{
    owned(signals) signals = NULL;
    cr_assert(eq(int, signals_create(&signals, NULL), SERIN_OK));
    cr_assert(eq(int, next_event(signals, 0), SIGNAL_NONE));
    cr_assert(not(signals_stop_requested(signals)));
}

Test(signals, the_first_stop_is_gentle_and_the_second_is_not)
{
    owned(signals) signals = NULL;
    cr_assert(eq(int, signals_create(&signals, NULL), SERIN_OK));
    (void)kill(getpid(), SIGTERM);
    cr_assert(eq(int, next_event(signals, 5000), SIGNAL_STOP));
    cr_assert(signals_stop_requested(signals));
    (void)kill(getpid(), SIGINT);
    cr_assert(eq(int, next_event(signals, 5000), SIGNAL_STOP_NOW));
}

Test(signals, a_hang_up_asks_for_a_reload)
{
    owned(signals) signals = NULL;
    cr_assert(eq(int, signals_create(&signals, NULL), SERIN_OK));
    (void)kill(getpid(), SIGHUP);
    cr_assert(eq(int, next_event(signals, -1), SIGNAL_RELOAD));
    cr_assert(not(signals_stop_requested(signals)));
}

Test(signals, a_broken_pipe_does_not_end_the_process)
{
    owned(signals) signals = NULL;
    cr_assert(eq(int, signals_create(&signals, NULL), SERIN_OK));
    int ends[2];
    cr_assert(eq(int, pipe(ends), 0));
    (void)close(ends[0]);
    cr_assert(eq(int, (int)write(ends[1], "x", 1), -1));
    (void)close(ends[1]);
}

Test(signals, afterwards_signals_have_their_usual_effect, .signal = SIGTERM)
{
    struct signals *signals = NULL;
    cr_assert(eq(int, signals_create(&signals, NULL), SERIN_OK));
    signals_destroy(signals);
    (void)kill(getpid(), SIGTERM);
}

Test(signals, running_out_of_memory_is_reported)
{
    struct signals *signals = NULL;
    memory_fail_after(1);
    enum serin_status status = signals_create(&signals, NULL);
    memory_fail_after(0);
    cr_assert(eq(int, status, SERIN_NO_MEMORY));
}
