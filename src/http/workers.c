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
    size_t thread_count; /* started */
    size_t thread_limit;
    size_t idle; /* threads waiting for a job */
};

/* Waits for the next job; false when there will be none any more. */
static bool take_job(struct workers *workers, struct job *out)
{
    scoped_lock held = mutex_hold(&workers->mutex);
    workers->idle++;
    while (workers->queued == 0 && !workers->is_stopping) {
        (void)pthread_cond_wait(&workers->changed, &workers->mutex);
    }
    workers->idle--;
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

/* With the mutex held. Threads that cannot be started are done without as long as there is one. */
static bool start_thread(struct workers *workers)
{
    if (pthread_create(&workers->threads[workers->thread_count], NULL, work, workers) == 0) {
        workers->thread_count++;
    }
    return workers->thread_count > 0;
}

bool workers_submit(struct workers *workers, worker_job *job, void *context)
{
    scoped_lock held = mutex_hold(&workers->mutex);
    if (workers->queued == workers->capacity || workers->is_stopping) {
        return false;
    }
    bool needs_thread =
        workers->queued >= workers->idle && workers->thread_count < workers->thread_limit;
    if (needs_thread && !start_thread(workers)) {
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

struct workers *workers_create(size_t threads, size_t capacity)
{
    struct workers *created = memory_allocate(1, sizeof(*created));
    if (!created) {
        return NULL;
    }
    mutex_init(&created->mutex);
    condition_init(&created->changed);
    owned(workers) workers = created;
    workers->capacity = capacity;
    workers->thread_limit = threads;
    workers->queue = memory_allocate(capacity, sizeof(*workers->queue));
    workers->threads = memory_allocate(threads, sizeof(*workers->threads));
    return workers->queue && workers->threads ? give(workers) : NULL;
}
