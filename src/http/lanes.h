/*
 * Worker threads by lane: what waits for one thing cannot hold up what waits for another.
 *
 * Every source has a lane of its own, and so have event batches. A source that hangs then uses up
 * its own threads and its own queue; pushes and the analyses of other sources do not notice.
 */
#ifndef SERIN_HTTP_LANES_H
#define SERIN_HTTP_LANES_H

#include "base/memory.h"
#include "http/workers.h"

#include <stdbool.h>
#include <stddef.h>

struct lanes;

/* Each lane gets `threads` threads behind a queue of `capacity` jobs; NULL: no memory. */
struct lanes *lanes_create(size_t threads, size_t capacity);

/* Finishes what is queued and ends the threads; submitting then always fails. */
void lanes_stop(struct lanes *lanes);

/* Stops and frees. NULL is fine. */
void lanes_destroy(struct lanes *lanes);
DEFINE_CLEANUP(lanes)

/*
 * Queues a job on the lane called `name`, whose threads start as it needs them. False when its
 * queue is full, its threads cannot be started, or the lanes have stopped. Names must come from
 * the configuration: lanes are kept until the end.
 */
bool lanes_submit(struct lanes *lanes, const char *name, worker_job *job, void *context);

#endif
