#include "http/workers.h"

#include "platform/thread.h"

struct job {
    worker_job *run;
    void *context;
};

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct job *queue; /* a ring */
    size_t capacity;
    size_t first;
    size_t queued;
    bool is_stopping;
    pthread_t *threads;
    size_t thread_count;
};

/* Waits for the next job; false when there will be none any more. */
static bool take_job(struct workers *workers, struct job *out)
{
    scoped_lock held = mutex_hold(&workers->mutex);
    while (workers->queued == 0 && !workers->is_stopping) {
        (void)pthread_cond_wait(&workers->changed, &workers->mutex);
    }
    if (workers->queued == 0) {
        return false;
    }
    *out = workers->queue[workers->first];
    workers->first = (workers->first + 1) % workers->capacity;
    workers->queued--;
    return true;
}

static void *work(void *context)
{
    struct workers *workers = context;
    struct job job;
    while (take_job(workers, &job)) {
        job.run(job.context);
    }
    return NULL;
}

bool workers_submit(struct workers *workers, worker_job *job, void *context)
{
    scoped_lock held = mutex_hold(&workers->mutex);
    if (workers->queued == workers->capacity || workers->is_stopping) {
        return false;
    }
    size_t last = (workers->first + workers->queued) % workers->capacity;
    workers->queue[last] = (struct job){job, context};
    workers->queued++;
    (void)pthread_cond_signal(&workers->changed);
    return true;
}

void workers_stop(struct workers *workers)
{
    mutex_lock(&workers->mutex);
    workers->is_stopping = true;
    condition_wake_all(&workers->changed);
    mutex_unlock(&workers->mutex);
    for (size_t i = 0; i < workers->thread_count; i++) {
        (void)pthread_join(workers->threads[i], NULL);
    }
    workers->thread_count = 0;
}

void workers_destroy(struct workers *workers)
{
    if (!workers) {
        return;
    }
    workers_stop(workers);
    condition_clear(&workers->changed);
    mutex_clear(&workers->mutex);
    memory_free(workers->threads);
    memory_free(workers->queue);
    memory_free(workers);
}

enum serin_status workers_create(size_t threads, size_t capacity, struct workers **out,
                                 struct serin_error *err)
{
    struct workers *created = memory_allocate(1, sizeof(*created));
    if (!created) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the worker threads");
    }
    mutex_init(&created->mutex);
    condition_init(&created->changed);
    owned(workers) workers = created;
    workers->capacity = capacity;
    workers->queue = memory_allocate(capacity, sizeof(*workers->queue));
    workers->threads = memory_allocate(threads, sizeof(*workers->threads));
    if (!workers->queue || !workers->threads) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the worker threads");
    }
    for (size_t i = 0; i < threads; i++) {
        if (pthread_create(&workers->threads[i], NULL, work, workers) != 0) {
            return serin_fail(err, SERIN_UNAVAILABLE, "cannot start worker thread %zu", i + 1);
        }
        workers->thread_count++;
    }
    *out = give(workers);
    return SERIN_OK;
}
