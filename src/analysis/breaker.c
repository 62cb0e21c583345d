#include "analysis/breaker.h"

#include "platform/thread.h"

#include <stdio.h>

struct breaker {
    pthread_mutex_t mutex; /* guards what follows */
    enum breaker_state state;
    unsigned failures; /* running */
    struct monotonic_time opened;
    char cause[200]; /* of the last failure */
};

struct breaker *breaker_create(void)
{
    struct breaker *breaker = memory_allocate(1, sizeof(*breaker));
    if (breaker) {
        mutex_init(&breaker->mutex);
    }
    return breaker;
}

void breaker_destroy(struct breaker *breaker)
{
    if (breaker) {
        mutex_clear(&breaker->mutex);
        memory_free(breaker);
    }
}

static enum serin_status refuse(const struct breaker *breaker, const char *source, int64_t left_ms,
                                struct serin_error *err)
{
    if (breaker->state == BREAKER_TRYING) {
        return serin_fail(
            err, SERIN_UNAVAILABLE,
            "source \"%s\" failed %u times running and is being tried again; the last "
            "failure: %s",
            source, breaker->failures, breaker->cause);
    }
    return serin_fail(
        err, SERIN_UNAVAILABLE,
        "source \"%s\" failed %u times running and is left alone for %lld s more; the "
        "last failure: %s",
        source, breaker->failures, (long long)((left_ms + 999) / 1000), breaker->cause);
}

enum serin_status breaker_enter(struct breaker *breaker, const char *source,
                                struct monotonic_time now, struct serin_error *err)
{
    scoped_lock held = mutex_hold(&breaker->mutex);
    if (breaker->state == BREAKER_CLOSED) {
        return SERIN_OK;
    }
    int64_t left_ms = BREAKER_PAUSE_MS - monotonic_elapsed_ms(breaker->opened, now);
    if (breaker->state == BREAKER_TRYING || left_ms > 0) {
        return refuse(breaker, source, left_ms, err);
    }
    breaker->state = BREAKER_TRYING;
    return SERIN_OK;
}

/* Questions that were under way when it opened do not put the next try off. */
static void note_failure(struct breaker *breaker, const struct serin_error *cause,
                         struct monotonic_time now)
{
    breaker->failures++;
    (void)snprintf(breaker->cause, sizeof(breaker->cause), "%.*s", (int)sizeof(breaker->cause) - 1,
                   cause ? cause->detail : "unknown");
    bool opens = breaker->state == BREAKER_TRYING ||
                 (breaker->state == BREAKER_CLOSED && breaker->failures >= BREAKER_FAILURES);
    if (opens) {
        breaker->state = BREAKER_OPEN;
        breaker->opened = now;
    }
}

void breaker_leave(struct breaker *breaker, enum serin_status status,
                   const struct serin_error *cause, struct monotonic_time now)
{
    scoped_lock held = mutex_hold(&breaker->mutex);
    if (status == SERIN_UNAVAILABLE || status == SERIN_TIMEOUT) {
        note_failure(breaker, cause, now);
        return;
    }
    breaker->state = BREAKER_CLOSED;
    breaker->failures = 0;
}

enum breaker_state breaker_state(struct breaker *breaker)
{
    scoped_lock held = mutex_hold(&breaker->mutex);
    return breaker->state;
}
