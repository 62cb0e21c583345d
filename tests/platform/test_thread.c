#include "platform/thread.h"

#include "support/fake_clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>

struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int value;
};

static void *set_value(void *context)
{
    struct shared *shared = context;
    scoped_lock held = mutex_hold(&shared->mutex);
    shared->value = 7;
    condition_wake_all(&shared->changed);
    return NULL;
}

Test(thread, a_waiter_is_woken_by_the_change)
{
    struct shared shared = {.value = 0};
    mutex_init(&shared.mutex);
    condition_init(&shared.changed);
    pthread_t thread;
    mutex_lock(&shared.mutex);
    cr_assert(eq(int, pthread_create(&thread, NULL, set_value, &shared), 0));
    struct deadline deadline = deadline_after(clock_system(), 60000);
    while (shared.value == 0 && condition_wait(&shared.changed, &shared.mutex, deadline)) {
    }
    cr_assert(eq(int, shared.value, 7));
    mutex_unlock(&shared.mutex);
    cr_assert(eq(int, pthread_join(thread, NULL), 0));
    condition_clear(&shared.changed);
    mutex_clear(&shared.mutex);
}

Test(thread, a_wait_ends_with_its_deadline)
{
    struct shared shared = {.value = 0};
    mutex_init(&shared.mutex);
    condition_init(&shared.changed);
    mutex_lock(&shared.mutex);
    struct deadline deadline = deadline_after(clock_system(), 1);
    while (condition_wait(&shared.changed, &shared.mutex, deadline)) {
    }
    cr_assert(deadline_passed(deadline));
    struct fake_clock fake = fake_clock_at(0);
    cr_assert(not(condition_wait(&shared.changed, &shared.mutex, deadline_after(&fake.clock, -1))));
    mutex_unlock(&shared.mutex);
}

Test(thread, a_misused_mutex_ends_the_process, .signal = SIGABRT)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    (void)pthread_mutex_init(&mutex, &attributes);
    mutex_unlock(&mutex);
}
