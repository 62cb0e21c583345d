#include "analysis/flight.h"

#include "platform/thread.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdatomic.h>
#include <stdio.h>

/* Work that waits at a gate, so that others can come to ask the same. */
struct source {
    pthread_mutex_t gate;
    _Atomic int asked;
    enum serin_status status;
};

static enum serin_status answer(void *context, struct analysis_result *out, struct serin_error *err)
{
    struct source *source = context;
    int number = atomic_fetch_add(&source->asked, 1);
    mutex_lock(&source->gate);
    mutex_unlock(&source->gate);
    if (source->status != SERIN_OK) {
        return serin_fail(err, source->status, "answer %d failed", number);
    }
    *out = (struct analysis_result){.length = (size_t)number};
    return SERIN_OK;
}

struct asker {
    struct flights *flights;
    struct source *source;
    const char *question;
    const void *generation;
    int64_t patience_ms;
    pthread_t thread;
    enum serin_status status;
    struct analysis_result result;
    struct serin_error err;
};

static void *ask(void *context)
{
    struct asker *asker = context;
    asker->status = flight_join(asker->flights, asker->question, asker->generation,
                                deadline_after(clock_system(), asker->patience_ms), answer,
                                asker->source, &asker->result, &asker->err);
    return NULL;
}

static void start(struct asker *asker)
{
    cr_assert(eq(int, pthread_create(&asker->thread, NULL, ask, asker), 0));
}

static void wait_until_asked(const struct source *source, int times)
{
    while (atomic_load(&((struct source *)source)->asked) < times) {
        sched_yield();
    }
}

enum { ASKERS = 5, AMPLE_MS = 60000 };

static struct source closed_source(void)
{
    struct source source = {.asked = 0, .status = SERIN_OK};
    mutex_init(&source.gate);
    mutex_lock(&source.gate);
    return source;
}

/* Several threads ask; the first one's work has begun before the others come. */
static void ask_together(struct asker *askers, struct source *source, struct flights *flights)
{
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.flights = flights,
                                   .source = source,
                                   .question = "q",
                                   .generation = source,
                                   .patience_ms = AMPLE_MS};
        start(&askers[i]);
        wait_until_asked(source, 1);
    }
}

static void join(struct asker *askers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(int, pthread_join(askers[i].thread, NULL), 0));
    }
}

Test(flight, the_same_question_is_asked_once_and_all_get_the_answer, .timeout = 60)
{
    owned(flights) flights = flights_create();
    struct source source = closed_source();
    struct asker askers[ASKERS];
    ask_together(askers, &source, flights);
    mutex_unlock(&source.gate);
    join(askers, ASKERS);
    for (size_t i = 0; i < ASKERS; i++) {
        cr_assert(eq(int, askers[i].status, SERIN_OK));
        cr_assert(lt(sz, askers[i].result.length, (size_t)source.asked));
    }
}

Test(flight, a_failure_is_everybodys, .timeout = 60)
{
    owned(flights) flights = flights_create();
    struct source source = closed_source();
    source.status = SERIN_UNAVAILABLE;
    struct asker askers[ASKERS];
    ask_together(askers, &source, flights);
    mutex_unlock(&source.gate);
    join(askers, ASKERS);
    for (size_t i = 0; i < ASKERS; i++) {
        cr_assert(eq(int, askers[i].status, SERIN_UNAVAILABLE));
        cr_assert(ne(chr, askers[i].err.detail[0], '\0'));
    }
}

Test(flight, other_questions_and_configurations_are_asked_apart, .timeout = 60)
{
    owned(flights) flights = flights_create();
    struct source source = closed_source();
    static const char *const questions[] = {"q", "r", "q"};
    const void *const generations[] = {"1", "1", "2"};
    struct asker askers[3];
    for (size_t i = 0; i < 3; i++) {
        askers[i] = (struct asker){.flights = flights,
                                   .source = &source,
                                   .question = questions[i],
                                   .generation = generations[i],
                                   .patience_ms = AMPLE_MS};
        start(&askers[i]);
    }
    wait_until_asked(&source, 3);
    mutex_unlock(&source.gate);
    join(askers, 3);
    cr_assert(eq(int, source.asked, 3));
}

Test(flight, who_cannot_wait_any_longer_leaves_and_the_others_do_not_notice, .timeout = 60)
{
    owned(flights) flights = flights_create();
    struct source source = closed_source();
    struct asker patient = {
        .flights = flights, .source = &source, .question = "q", .patience_ms = AMPLE_MS};
    start(&patient);
    wait_until_asked(&source, 1);
    struct asker hasty = patient;
    hasty.patience_ms = 20;
    (void)ask(&hasty);
    cr_assert(eq(int, hasty.status, SERIN_TIMEOUT));
    mutex_unlock(&source.gate);
    join(&patient, 1);
    cr_assert(eq(int, patient.status, SERIN_OK));
    cr_assert(eq(int, source.asked, 1));
}
