/*
 * A progress bar for people: on a terminal, and only when the work takes more than a second.
 */
#ifndef SERIN_PLATFORM_PROGRESS_H
#define SERIN_PLATFORM_PROGRESS_H

#include "base/memory.h"
#include "platform/clock.h"
#include "platform/terminal.h"

#include <stdint.h>

struct progress;

struct progress_settings {
    int fd;                   /* where to draw; usually STDERR_FILENO */
    struct terminal terminal; /* what fd is; not a terminal: nothing is ever written */
    const struct clock *clock;
    const char *label; /* "reading events"; borrowed */
    uint64_t total;    /* in the unit of progress_advance; 0: unknown, a count is shown */
};

/* NULL when memory is short; every function accepts NULL and then shows nothing. */
struct progress *progress_create(const struct progress_settings *settings);

/* `more` is done than at the last call, in any unit; cheap, call it often. Draws at most ten times
   a second. */
void progress_advance(struct progress *progress, uint64_t more);

/* Wipes the bar and frees. */
void progress_destroy(struct progress *progress);
DEFINE_CLEANUP(progress)

#endif
