#include "platform/deadline.h"

enum { NS_PER_MS = 1000000 };

struct deadline deadline_after(const struct clock *clock, int64_t ms)
{
    struct monotonic_time now = clock_monotonic(clock);
    int64_t ns = 0;
    int64_t at = 0;
    if (__builtin_mul_overflow(ms, (int64_t)NS_PER_MS, &ns) ||
        __builtin_add_overflow(now.ns, ns, &at)) {
        at = ms < 0 ? now.ns : INT64_MAX;
    }
    return (struct deadline){.clock = clock, .at = {.ns = at}};
}

struct deadline deadline_within(struct deadline outer, int64_t ms)
{
    struct deadline inner = deadline_after(outer.clock, ms);
    return inner.at.ns < outer.at.ns ? inner : outer;
}

int64_t deadline_left_ms(struct deadline deadline)
{
    int64_t left_ns = monotonic_elapsed_ns(clock_monotonic(deadline.clock), deadline.at);
    return left_ns / NS_PER_MS + (left_ns % NS_PER_MS != 0);
}

bool deadline_passed(struct deadline deadline)
{
    return deadline_left_ms(deadline) == 0;
}

enum serin_status deadline_check(struct deadline deadline, const char *doing,
                                 struct serin_error *err)
{
    if (deadline_passed(deadline)) {
        return serin_fail(err, SERIN_TIMEOUT, "the deadline passed while %s", doing);
    }
    return SERIN_OK;
}
