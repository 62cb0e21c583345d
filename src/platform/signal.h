/*
 * SIGTERM, SIGINT and SIGHUP as events that one thread waits for, instead of handlers.
 */
#ifndef SERIN_PLATFORM_SIGNAL_H
#define SERIN_PLATFORM_SIGNAL_H

#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stdint.h>

struct signals;

enum signal_event {
    SIGNAL_NONE,     /* the wait ended without a signal */
    SIGNAL_RELOAD,   /* SIGHUP */
    SIGNAL_STOP,     /* the first SIGTERM or SIGINT: finish what was accepted */
    SIGNAL_STOP_NOW, /* a further one: leave at once */
};

/*
 * Blocks the three signals in the calling thread and ignores SIGPIPE; threads started later inherit
 * that, so call it before starting any. Fails with SERIN_BUG or SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status signals_create(struct signals **out, struct serin_error *err);
/* Puts the previous handling back. NULL is fine. */
void signals_destroy(struct signals *signals);
DEFINE_CLEANUP(signals)

/*
 * Waits up to `timeout_ms` (negative: without end) for the next signal. One thread only. Signals
 * that arrived meanwhile are told one by one; the same signal twice counts once, as the kernel
 * keeps it.
 */
SERIN_MUST_CHECK enum serin_status signals_wait(struct signals *signals, int64_t timeout_ms,
                                                enum signal_event *out, struct serin_error *err);

/* Whether signals_wait has told of a stop; from any thread. */
bool signals_stop_requested(const struct signals *signals);

#endif
