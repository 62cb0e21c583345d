/*
 * Mutexes and conditions whose failures are bugs, checked once here.
 *
 * pthread_mutex_t and pthread_cond_t fail only when misused; these wrappers then end the process
 * instead of letting every caller check or, worse, ignore it.
 */
#ifndef SERIN_PLATFORM_THREAD_H
#define SERIN_PLATFORM_THREAD_H

#include "platform/deadline.h"

#include <pthread.h>
#include <stdbool.h>

void mutex_init(pthread_mutex_t *mutex);
void mutex_lock(pthread_mutex_t *mutex);
void mutex_unlock(pthread_mutex_t *mutex);
void mutex_clear(pthread_mutex_t *mutex);

/* Holds a mutex until the end of the scope: `scoped_lock held = mutex_hold(&log->mutex);`. */
#define scoped_lock __attribute__((cleanup(mutex_release))) pthread_mutex_t *
pthread_mutex_t *mutex_hold(pthread_mutex_t *mutex);
void mutex_release(pthread_mutex_t **mutex);

/*
 * A lock that many may hold for reading or one for writing. Who waits to write goes before who
 * comes later to read, so that readers cannot keep a writer out; nobody may read-lock it twice.
 */
void rwlock_init(pthread_rwlock_t *lock);
void rwlock_unlock(pthread_rwlock_t *lock);
void rwlock_clear(pthread_rwlock_t *lock);

/* Holds it until the end of the scope: `scoped_rwlock held = rwlock_read(&store->memory);`. */
#define scoped_rwlock __attribute__((cleanup(rwlock_release))) pthread_rwlock_t *
pthread_rwlock_t *rwlock_read(pthread_rwlock_t *lock);
pthread_rwlock_t *rwlock_write(pthread_rwlock_t *lock);
void rwlock_release(pthread_rwlock_t **lock);

/* The condition waits on the monotonic clock. */
void condition_init(pthread_cond_t *condition);
void condition_wake_all(pthread_cond_t *condition);
void condition_clear(pthread_cond_t *condition);

/* Waits until woken (true) or until the deadline passes (false). Wakes may be spurious. */
bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, struct deadline deadline);

#endif
