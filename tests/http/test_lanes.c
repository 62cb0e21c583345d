#include "http/lanes.h"

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

static void wait_for(const _Atomic int *value, int wanted)
{
    while (atomic_load(value) < wanted) {
        sched_yield();
    }
}

Test(lanes, a_lane_that_hangs_holds_up_no_other, .timeout = 60)
{
    struct gate gate = {.entered = 0};
    _Atomic int done = 0;
    owned(lanes) lanes = lanes_create(2, 3);
    mutex_init(&gate.mutex);
    mutex_lock(&gate.mutex);
    for (int i = 0; i < 2; i++) {
        cr_assert(lanes_submit(lanes, "slow", wait_at, &gate));
    }
    wait_for(&gate.entered, 2);
    for (int i = 0; i < 3; i++) {
        cr_assert(lanes_submit(lanes, "slow", wait_at, &gate));
    }
    cr_assert(not(lanes_submit(lanes, "slow", count, &done)), "a full lane refuses at once");
    cr_assert(lanes_submit(lanes, "", count, &done));
    wait_for(&done, 1);
    mutex_unlock(&gate.mutex);
}

Test(lanes, what_was_queued_is_done_before_they_stop)
{
    static const char *const names[] = {"a", "b", "c"};
    _Atomic int done = 0;
    struct lanes *lanes = lanes_create(1, 100);
    for (int i = 0; i < 99; i++) {
        cr_assert(lanes_submit(lanes, names[i % 3], count, &done));
    }
    lanes_stop(lanes);
    cr_assert(eq(int, done, 99));
    cr_assert(not(lanes_submit(lanes, "a", count, &done)));
    cr_assert(not(lanes_submit(lanes, "d", count, &done)));
    lanes_destroy(lanes);
}
