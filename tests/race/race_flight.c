/* Many threads ask few questions through one set of flights, on lanes, while configurations change.
 */
#include "analysis/flight.h"
#include "http/lanes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { JOBS = 4000, LANES = 3, QUESTIONS = 5, PATIENCE_MS = 60000 };

static struct flights *flights;
static _Atomic int asked;
static _Atomic int answered;
static _Atomic int late;

static void require(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "race_flight: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static enum serin_status answer(void *context, struct analysis_result *out, struct serin_error *err)
{
    const size_t *number = context;
    (void)err;
    (void)atomic_fetch_add(&asked, 1);
    *out = (struct analysis_result){.length = *number % QUESTIONS};
    return SERIN_OK;
}

static void ask(void *context)
{
    static const char *const questions[QUESTIONS] = {"a", "b", "c", "d", "e"};
    static const char generations[] = "123";
    const size_t *number = context;
    struct analysis_result result;
    struct serin_error err = {0};
    /* Some have no time at all. */
    int64_t patience_ms = *number % 50 == 0 ? 0 : PATIENCE_MS;
    enum serin_status status =
        flight_join(flights, questions[*number % QUESTIONS], &generations[*number / 100 % 3],
                    deadline_after(clock_system(), patience_ms), answer, context, &result, &err);
    if (status == SERIN_TIMEOUT) {
        (void)atomic_fetch_add(&late, 1);
        return;
    }
    require(status == SERIN_OK && result.length == *number % QUESTIONS, "a wrong answer");
    (void)atomic_fetch_add(&answered, 1);
}

int main(void)
{
    static const char *const names[LANES] = {"", "store", "metrics"};
    static size_t numbers[JOBS];
    flights = flights_create();
    struct lanes *lanes = lanes_create(4, JOBS);
    require(flights && lanes, "no memory");
    for (size_t i = 0; i < JOBS; i++) {
        numbers[i] = i;
        require(lanes_submit(lanes, names[i % LANES], ask, &numbers[i]), "a lane refused");
    }
    lanes_stop(lanes);
    require(answered + late == JOBS, "a question was lost");
    require(asked <= answered && late <= JOBS / 50, "more work than questions");
    lanes_destroy(lanes);
    flights_destroy(flights);
    return EXIT_SUCCESS;
}
