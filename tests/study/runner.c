#include "study/runner.h"

#include "base/hash.h"
#include "platform/thread.h"
#include "study/remaining.h"

#include <stdlib.h>
#include <string.h>

enum { STAGES = 2, THREADS_MAX = 256 };

struct chunk_job {
    size_t result; /* index into the results */
    size_t chunk;
    size_t repetitions;
    uint64_t order; /* pseudo-random, so that the time left can be told from the time taken */
    struct tallies tallies;
};

struct finished_study {
    struct cell_list *cells;
    struct result *items;
    struct results results;
};

void finished_study_destroy(struct finished_study *finished)
{
    if (finished) {
        memory_free(finished->items);
        cell_list_destroy(finished->cells);
        memory_free(finished);
    }
}

const struct results *finished_study_results(const struct finished_study *finished)
{
    return &finished->results;
}

/* One stage under way, shared by the threads. */
struct stage_run {
    const struct run_settings *settings;
    const struct result *results;
    struct chunk_job *jobs;
    size_t count;
    pthread_mutex_t mutex; /* guards what follows, and the journal's writing */
    size_t next;
    struct remaining remaining;
    enum serin_status status;
    struct serin_error err;
};

static struct journal_key key_of(const struct stage_run *run, const struct chunk_job *job)
{
    const struct result *result = &run->results[job->result];
    return (struct journal_key){cell_digest(result->cell), result->stage, job->chunk};
}

static enum serin_status simulate(const struct stage_run *run, struct chunk_job *job,
                                  struct serin_error *err)
{
    const struct study *study = run->settings->study;
    struct journal_key key = key_of(run, job);
    struct random_place place = {study->name, key.cell, key.stage, key.chunk};
    owned(random) random = random_create(&place);
    if (!random) {
        return serin_fail(err, SERIN_NO_MEMORY, "random numbers");
    }
    return study->run(run->results[job->result].cell, random, job->repetitions, &job->tallies, err);
}

static struct chunk_job *take_job(struct stage_run *run)
{
    scoped_lock held = mutex_hold(&run->mutex);
    bool is_over = run->status != SERIN_OK || run->next == run->count;
    return is_over ? NULL : &run->jobs[run->next++];
}

static void finish_job(struct stage_run *run, const struct chunk_job *job, enum serin_status status,
                       const struct serin_error *err)
{
    scoped_lock held = mutex_hold(&run->mutex);
    struct serin_error problem = *err;
    if (status == SERIN_OK && run->settings->journal) {
        struct journal_key key = key_of(run, job);
        status = journal_add(run->settings->journal, &key, &job->tallies, &problem);
    }
    if (status != SERIN_OK && run->status == SERIN_OK) {
        run->status = status;
        run->err = problem;
    }
    remaining_advance(&run->remaining, false);
}

static void *work(void *context)
{
    struct stage_run *run = context;
    struct chunk_job *job = take_job(run);
    while (job) {
        struct serin_error err = {.status = SERIN_OK};
        struct tallies known = {.measure_count = job->tallies.measure_count};
        struct journal_key key = key_of(run, job);
        if (run->settings->journal && journal_find(run->settings->journal, &key, &known)) {
            job->tallies = known;
            scoped_lock held = mutex_hold(&run->mutex);
            remaining_advance(&run->remaining, true);
        } else {
            finish_job(run, job, simulate(run, job, &err), &err);
        }
        job = take_job(run);
    }
    return NULL;
}

/* The calling thread works too. */
static void work_together(struct stage_run *run)
{
    pthread_t threads[THREADS_MAX];
    size_t wanted = run->settings->jobs < THREADS_MAX ? run->settings->jobs : THREADS_MAX;
    size_t started = 0;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, run) == 0) {
        started++;
    }
    (void)work(run);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static size_t chunks_of(const struct result *result)
{
    return (result->repetitions + result->cell->chunk - 1) / result->cell->chunk;
}

static void add_jobs(const struct result *results, size_t index, size_t measure_count,
                     struct chunk_job *jobs, size_t *count)
{
    static const struct hash_key key = {{0}};
    const struct result *result = &results[index];
    for (size_t chunk = 0; chunk < chunks_of(result); chunk++) {
        size_t first = chunk * result->cell->chunk;
        size_t left = result->repetitions - first;
        uint64_t place[2] = {cell_digest(result->cell), chunk};
        jobs[(*count)++] = (struct chunk_job){
            .result = index,
            .chunk = chunk,
            .repetitions = left < result->cell->chunk ? left : result->cell->chunk,
            .order = hash_siphash64(&key, place, sizeof(place)),
            .tallies = {.measure_count = measure_count},
        };
    }
}

static int compare_order(const void *left, const void *right)
{
    const struct chunk_job *a = left;
    const struct chunk_job *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

static int compare_place(const void *left, const void *right)
{
    const struct chunk_job *a = left;
    const struct chunk_job *b = right;
    if (a->result != b->result) {
        return a->result < b->result ? -1 : 1;
    }
    return (a->chunk > b->chunk) - (a->chunk < b->chunk);
}

static enum serin_status list_jobs(const struct result *results, size_t result_count, size_t stage,
                                   size_t measure_count, struct chunk_job **out, size_t *out_count)
{
    size_t total = 0;
    size_t count = 0;
    for (size_t i = 0; i < result_count; i++) {
        total += results[i].stage == stage ? chunks_of(&results[i]) : 0;
    }
    struct chunk_job *jobs = memory_allocate(total + 1, sizeof(*jobs));
    if (!jobs) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < result_count; i++) {
        if (results[i].stage == stage) {
            add_jobs(results, i, measure_count, jobs, &count);
        }
    }
    qsort(jobs, count, sizeof(*jobs), compare_order);
    *out = jobs;
    *out_count = count;
    return SERIN_OK;
}

/* Sums in the order of the chunks, whoever did them, so that not even a rounding differs. */
static void collect(struct chunk_job *jobs, size_t count, struct result *results)
{
    qsort(jobs, count, sizeof(*jobs), compare_place);
    for (size_t i = 0; i < count; i++) {
        tallies_merge(&results[jobs[i].result].tallies, &jobs[i].tallies);
    }
}

static enum serin_status run_stage(const struct run_settings *settings, struct result *results,
                                   size_t result_count, size_t stage, struct serin_error *err)
{
    owned_memory struct chunk_job *jobs = NULL;
    size_t count = 0;
    if (list_jobs(results, result_count, stage, settings->study->measure_count, &jobs, &count) !=
        SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the chunks of a study");
    }
    if (count == 0) {
        return SERIN_OK;
    }
    struct stage_run run = {.settings = settings, .results = results, .jobs = jobs, .count = count};
    mutex_init(&run.mutex);
    remaining_begin(&run.remaining, settings->study->name, count, settings->is_quiet);
    work_together(&run);
    remaining_end(&run.remaining);
    mutex_clear(&run.mutex);
    if (run.status != SERIN_OK) {
        *err = run.err;
        return run.status;
    }
    collect(jobs, count, results);
    return SERIN_OK;
}

/* ---- both stages ----------------------------------------------------------------------------- */

static bool is_doubtful(const struct result *result)
{
    for (size_t i = 0; i < result->measure_count; i++) {
        const struct measure *measure = &result->measures[i];
        struct estimate_of estimate = tally_estimate(&result->tallies.measures[i], measure->kind);
        if (measure->confirm_above > 0.0 && estimate.value > measure->confirm_above) {
            return true;
        }
    }
    return false;
}

static struct result begin_result(const struct study *study, const struct cell *cell, size_t stage)
{
    return (struct result){
        .cell = cell,
        .stage = stage,
        .repetitions = stage > 0 ? cell->confirmation : cell->repetitions,
        .is_last = true,
        .tallies = {.measure_count = study->measure_count},
        .measures = study->measures,
        .measure_count = study->measure_count,
    };
}

static size_t add_confirmations(const struct study *study, struct result *items, size_t count)
{
    size_t all = count;
    for (size_t i = 0; i < count; i++) {
        if (is_doubtful(&items[i])) {
            items[i].is_last = false;
            items[all++] = begin_result(study, items[i].cell, 1);
        }
    }
    return all;
}

/* Cells lie in one array, so their addresses are their order. */
static int compare_results(const void *left, const void *right)
{
    const struct result *a = left;
    const struct result *b = right;
    if (a->cell != b->cell) {
        return a->cell < b->cell ? -1 : 1;
    }
    return (a->stage > b->stage) - (a->stage < b->stage);
}

static enum serin_status run_all(const struct run_settings *settings,
                                 struct finished_study *finished, struct serin_error *err)
{
    const struct study *study = settings->study;
    size_t count = cell_list_count(finished->cells);
    finished->items = memory_allocate(STAGES * count + 1, sizeof(*finished->items));
    if (!finished->items) {
        return serin_fail(err, SERIN_NO_MEMORY, "the results of a study");
    }
    for (size_t i = 0; i < count; i++) {
        finished->items[i] = begin_result(study, cell_list_get(finished->cells, i), 0);
    }
    TRY(run_stage(settings, finished->items, count, 0, err));
    size_t all = add_confirmations(study, finished->items, count);
    TRY(run_stage(settings, finished->items, all, 1, err));
    qsort(finished->items, all, sizeof(*finished->items), compare_results);
    finished->results = (struct results){finished->items, all};
    return SERIN_OK;
}

enum serin_status runner_run(const struct run_settings *settings, struct finished_study **out,
                             struct serin_error *err)
{
    owned(finished_study) finished = memory_allocate(1, sizeof(*finished));
    if (finished) {
        finished->cells = cell_list_create();
    }
    if (!finished || !finished->cells) {
        return serin_fail(err, SERIN_NO_MEMORY, "a study");
    }
    settings->study->plan(settings->profile, finished->cells);
    TRY(cell_list_status(finished->cells, err));
    TRY(run_all(settings, finished, err));
    *out = give(finished);
    return SERIN_OK;
}
