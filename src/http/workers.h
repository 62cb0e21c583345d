/*
 * A bounded pool of threads for handlers that may wait, so that the threads which move bytes never
 * do. When all are busy and the queue is full the caller is told at once instead of waiting.
 */
#ifndef SERIN_HTTP_WORKERS_H
#define SERIN_HTTP_WORKERS_H

#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>

struct workers;

typedef void worker_job(void *context);

/*
 * Up to `threads` threads, started when there is work for them, behind a queue of `capacity` jobs.
 * NULL: no memory.
 */
struct workers *workers_create(size_t threads, size_t capacity);
/* Finishes what is queued and ends the threads; submitting then always fails. */
void workers_stop(struct workers *workers);

/* Stops and frees. NULL is fine. */
void workers_destroy(struct workers *workers);
DEFINE_CLEANUP(workers)

/* Queues a job; false when the queue is full, no thread can be started or the workers have stopped.
 */
bool workers_submit(struct workers *workers, worker_job *job, void *context);

#endif
