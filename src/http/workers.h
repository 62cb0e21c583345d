/*
 * A bounded pool of threads for handlers that may wait, so that the threads which move bytes never
 * do. When all are busy and the queue is full the caller is told at once instead of waiting.
 */
#ifndef SERIN_HTTP_WORKERS_H
#define SERIN_HTTP_WORKERS_H

#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>

struct workers;

typedef void worker_job(void *context);

/* Starts `threads` threads behind a queue of `capacity` jobs. */
SERIN_MUST_CHECK enum serin_status workers_create(size_t threads, size_t capacity,
                                                  struct workers **out, struct serin_error *err);
/* Finishes what is queued and ends the threads; submitting then always fails. */
void workers_stop(struct workers *workers);

/* Stops and frees. NULL is fine. */
void workers_destroy(struct workers *workers);
DEFINE_CLEANUP(workers)

/* Queues a job; false when the queue is full or the workers have stopped. */
bool workers_submit(struct workers *workers, worker_job *job, void *context);

#endif
