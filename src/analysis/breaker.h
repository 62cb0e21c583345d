/*
 * A circuit breaker: a source that failed several times running is left alone for a while, so that
 * questions about it are refused at once and do not pile up on what is down. After the while one
 * question tries it; when that succeeds all go through again.
 */
#ifndef SERIN_ANALYSIS_BREAKER_H
#define SERIN_ANALYSIS_BREAKER_H

#include "base/memory.h"
#include "platform/clock.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_FAILURES = 5, BREAKER_PAUSE_MS = 10000 };

enum breaker_state {
    BREAKER_CLOSED, /* questions go through */
    BREAKER_OPEN,   /* refused until the pause is over */
    BREAKER_TRYING  /* one question is under way to try the source; others are refused */
};

struct breaker;

struct breaker *breaker_create(void);          /* NULL when memory is out */
void breaker_destroy(struct breaker *breaker); /* NULL is fine */
DEFINE_CLEANUP(breaker)

/*
 * Asks to go through; from several threads at once. After SERIN_OK breaker_leave has to be called.
 * SERIN_UNAVAILABLE names the source, what its last failure was and when it is tried again.
 */
SERIN_MUST_CHECK enum serin_status breaker_enter(struct breaker *breaker, const char *source,
                                                 struct monotonic_time now,
                                                 struct serin_error *err);

/*
 * What came of it. SERIN_UNAVAILABLE and SERIN_TIMEOUT are failures of the source, explained by
 * `cause` (which may be NULL); after anything else it is well.
 */
void breaker_leave(struct breaker *breaker, enum serin_status status,
                   const struct serin_error *cause, struct monotonic_time now);

enum breaker_state breaker_state(struct breaker *breaker);

#endif
