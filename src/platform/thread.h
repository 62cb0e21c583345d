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

/* The condition waits on the monotonic clock. */
void condition_init(pthread_cond_t *condition);
void condition_wake_all(pthread_cond_t *condition);
void condition_clear(pthread_cond_t *condition);

/* Waits until woken (true) or until the deadline passes (false). Wakes may be spurious. */
bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, struct deadline deadline);

#endif
