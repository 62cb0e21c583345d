#include "http/lanes.h"

#include "platform/thread.h"

#include <string.h>

struct lane {
    struct lane *next;
    char *name;
    struct workers *workers;
};

struct lanes {
    pthread_mutex_t mutex;
    struct lane *first;
    bool is_stopped;
    size_t threads;
    size_t capacity;
};

struct lanes *lanes_create(size_t threads, size_t capacity)
{
    struct lanes *lanes = memory_allocate(1, sizeof(*lanes));
    if (lanes) {
        mutex_init(&lanes->mutex);
        lanes->threads = threads;
        lanes->capacity = capacity;
    }
    return lanes;
}

static void lane_destroy(struct lane *lane)
{
    if (lane) {
        workers_destroy(lane->workers);
        memory_free(lane->name);
        memory_free(lane);
    }
}
DEFINE_CLEANUP(lane)

/* With the mutex held. NULL when memory or threads are short. */
static struct lane *open_lane(struct lanes *lanes, const char *name)
{
    owned(lane) lane = memory_allocate(1, sizeof(*lane));
    if (!lane) {
        return NULL;
    }
    lane->name = memory_copy_text(name, strlen(name));
    lane->workers = workers_create(lanes->threads, lanes->capacity);
    if (!lane->name || !lane->workers) {
        return NULL;
    }
    lane->next = lanes->first;
    lanes->first = lane;
    return give(lane);
}

static struct lane *find_lane(struct lanes *lanes, const char *name)
{
    scoped_lock held = mutex_hold(&lanes->mutex);
    if (lanes->is_stopped) {
        return NULL;
    }
    struct lane *lane = lanes->first;
    while (lane && strcmp(lane->name, name) != 0) {
        lane = lane->next;
    }
    return lane ? lane : open_lane(lanes, name);
}

bool lanes_submit(struct lanes *lanes, const char *name, worker_job *job, void *context)
{
    struct lane *lane = find_lane(lanes, name);
    return lane && workers_submit(lane->workers, job, context);
}

void lanes_stop(struct lanes *lanes)
{
    mutex_lock(&lanes->mutex);
    lanes->is_stopped = true;
    mutex_unlock(&lanes->mutex);
    /* No lane is added or removed any more; the last jobs may still ask for theirs. */
    for (struct lane *lane = lanes->first; lane; lane = lane->next) {
        workers_stop(lane->workers);
    }
}

void lanes_destroy(struct lanes *lanes)
{
    if (!lanes) {
        return;
    }
    lanes_stop(lanes);
    while (lanes->first) {
        struct lane *lane = lanes->first;
        lanes->first = lane->next;
        lane_destroy(lane);
    }
    mutex_clear(&lanes->mutex);
    memory_free(lanes);
}
