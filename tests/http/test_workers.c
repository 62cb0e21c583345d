#include "http/workers.h"

#include "platform/thread.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdatomic.h>

static void count(void *context)
{
    atomic_fetch_add((_Atomic int *)context, 1);
}

struct gate {
    pthread_mutex_t mutex;
    _Atomic int entered;
};

static void wait_at(void *context)
{
    struct gate *gate = context;
    atomic_fetch_add(&gate->entered, 1);
    mutex_lock(&gate->mutex);
    mutex_unlock(&gate->mutex);
}

Test(workers, what_was_queued_is_done_before_they_stop)
{
    _Atomic int done = 0;
    struct workers *workers = workers_create(2, 100);
    for (int i = 0; i < 100; i++) {
        cr_assert(workers_submit(workers, count, &done));
    }
    workers_destroy(workers);
    cr_assert(eq(int, done, 100));
}

Test(workers, a_full_queue_is_told_at_once)
{
    struct gate gate = {.entered = 0};
    struct workers *workers = workers_create(1, 2);
    mutex_init(&gate.mutex);
    mutex_lock(&gate.mutex);
    cr_assert(workers_submit(workers, wait_at, &gate));
    while (atomic_load(&gate.entered) == 0) {
    }
    cr_assert(workers_submit(workers, wait_at, &gate));
    cr_assert(workers_submit(workers, wait_at, &gate));
    cr_assert(not(workers_submit(workers, wait_at, &gate)));
    mutex_unlock(&gate.mutex);
    workers_stop(workers);
    cr_assert(not(workers_submit(workers, wait_at, &gate)));
    workers_destroy(workers);
    cr_assert(eq(int, gate.entered, 3));
}
