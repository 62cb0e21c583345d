#include "platform/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_SECOND INT64_C(1000000000)

static void require(int result)
{
    if (result != 0) {
        abort();
    }
}

void mutex_init(pthread_mutex_t *mutex)
{
    require(pthread_mutex_init(mutex, NULL));
}

void mutex_lock(pthread_mutex_t *mutex)
{
    require(pthread_mutex_lock(mutex));
}

void mutex_unlock(pthread_mutex_t *mutex)
{
    require(pthread_mutex_unlock(mutex));
}

void mutex_clear(pthread_mutex_t *mutex)
{
    require(pthread_mutex_destroy(mutex));
}

pthread_mutex_t *mutex_hold(pthread_mutex_t *mutex)
{
    mutex_lock(mutex);
    return mutex;
}

void mutex_release(pthread_mutex_t **mutex)
{
    mutex_unlock(*mutex);
}

/* glibc lets readers go first unless told otherwise; other C libraries favour writers anyway. */
#ifdef __GLIBC__
static void prefer_writers(pthread_rwlockattr_t *attributes)
{
    require(
        pthread_rwlockattr_setkind_np(attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP));
}
#else
static void prefer_writers(pthread_rwlockattr_t *attributes)
{
    (void)attributes;
}
#endif

void rwlock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    require(pthread_rwlockattr_init(&attributes));
    prefer_writers(&attributes);
    require(pthread_rwlock_init(lock, &attributes));
    require(pthread_rwlockattr_destroy(&attributes));
}

void rwlock_unlock(pthread_rwlock_t *lock)
{
    require(pthread_rwlock_unlock(lock));
}

void rwlock_clear(pthread_rwlock_t *lock)
{
    require(pthread_rwlock_destroy(lock));
}

pthread_rwlock_t *rwlock_read(pthread_rwlock_t *lock)
{
    require(pthread_rwlock_rdlock(lock));
    return lock;
}

pthread_rwlock_t *rwlock_write(pthread_rwlock_t *lock)
{
    require(pthread_rwlock_wrlock(lock));
    return lock;
}

void rwlock_release(pthread_rwlock_t **lock)
{
    rwlock_unlock(*lock);
}

void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    require(pthread_condattr_init(&attributes));
    require(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    require(pthread_cond_init(condition, &attributes));
    require(pthread_condattr_destroy(&attributes));
}

void condition_wake_all(pthread_cond_t *condition)
{
    require(pthread_cond_broadcast(condition));
}

void condition_clear(pthread_cond_t *condition)
{
    require(pthread_cond_destroy(condition));
}

bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, struct deadline deadline)
{
    /* Counted from now on the system's clock, since that of the deadline may be a test's. */
    struct deadline until = deadline_after(clock_system(), deadline_left_ms(deadline));
    struct timespec at = {
        .tv_sec = (time_t)(until.at.ns / NS_PER_SECOND),
        .tv_nsec = (long)(until.at.ns % NS_PER_SECOND),
    };
    int result = pthread_cond_timedwait(condition, mutex, &at);
    if (result != 0 && result != ETIMEDOUT) {
        abort();
    }
    return result == 0;
}
