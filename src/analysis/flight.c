#include "analysis/flight.h"

#include "platform/thread.h"

#include <stdbool.h>
#include <string.h>

struct flight {
    struct flight *next;
    const char *question; /* the leader's */
    const void *generation;
    size_t waiting;
    bool is_done;
    enum serin_status status;
    struct serin_error err;
    struct analysis_result result;
};

struct flights {
    pthread_mutex_t mutex;
    pthread_cond_t landed;
    struct flight *first;
};

struct flights *flights_create(void)
{
    struct flights *flights = memory_allocate(1, sizeof(*flights));
    if (flights) {
        mutex_init(&flights->mutex);
        condition_init(&flights->landed);
    }
    return flights;
}

void flights_destroy(struct flights *flights)
{
    if (flights) {
        condition_clear(&flights->landed);
        mutex_clear(&flights->mutex);
        memory_free(flights);
    }
}

static struct flight *find(struct flights *flights, const char *question, const void *generation)
{
    for (struct flight *each = flights->first; each; each = each->next) {
        if (each->generation == generation && strcmp(each->question, question) == 0) {
            return each;
        }
    }
    return NULL;
}

static void unlink_flight(struct flights *flights, const struct flight *flight)
{
    struct flight **link = &flights->first;
    while (*link != flight) {
        link = &(*link)->next;
    }
    *link = flight->next;
}

static enum serin_status copy_result(const struct flight *flight, struct analysis_result *out,
                                     struct serin_error *err)
{
    if (flight->status == SERIN_OK) {
        *out = flight->result;
    } else if (err) {
        *err = flight->err;
    }
    return flight->status;
}

/* With the mutex held: waits for another thread's answer. The last one to leave frees the flight.
 */
static enum serin_status wait_for(struct flights *flights, struct flight *flight,
                                  struct deadline deadline, struct analysis_result *out,
                                  struct serin_error *err)
{
    flight->waiting++;
    while (!flight->is_done && condition_wait(&flights->landed, &flights->mutex, deadline)) {
    }
    enum serin_status status =
        flight->is_done ? copy_result(flight, out, err)
                        : serin_fail(err, SERIN_TIMEOUT,
                                     "the deadline passed while waiting for the same question, "
                                     "asked a moment earlier");
    flight->waiting--;
    if (flight->is_done && flight->waiting == 0) {
        memory_free(flight);
    }
    return status;
}

static enum serin_status land(struct flights *flights, struct flight *flight,
                              struct analysis_result *out, struct serin_error *err)
{
    scoped_lock held = mutex_hold(&flights->mutex);
    unlink_flight(flights, flight);
    flight->is_done = true;
    enum serin_status status = copy_result(flight, out, err);
    if (flight->waiting == 0) {
        memory_free(flight);
    } else {
        condition_wake_all(&flights->landed);
    }
    return status;
}

enum serin_status flight_join(struct flights *flights, const char *question, const void *generation,
                              struct deadline deadline, flight_work *work, void *context,
                              struct analysis_result *out, struct serin_error *err)
{
    struct flight *flight = memory_allocate(1, sizeof(*flight));
    if (!flight) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the analysis");
    }
    flight->question = question;
    flight->generation = generation;
    mutex_lock(&flights->mutex);
    struct flight *leader = find(flights, question, generation);
    if (leader) {
        enum serin_status status = wait_for(flights, leader, deadline, out, err);
        mutex_unlock(&flights->mutex);
        memory_free(flight);
        return status;
    }
    flight->next = flights->first;
    flights->first = flight;
    mutex_unlock(&flights->mutex);
    flight->status = work(context, &flight->result, &flight->err);
    return land(flights, flight, out, err);
}
