/* Many threads count into one registry while another renders it: nothing is lost. */
#include "base/buffer.h"
#include "platform/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 2000 };

static const double bounds[] = {1.0, 2.0};
static const struct metric_family counted = {
    .name = "counted_total", .kind = METRIC_COUNTER, .help = "Counted.", .labels = {"name"}};
static const struct metric_family timed = {
    .name = "timed_seconds",
    .kind = METRIC_HISTOGRAM,
    .help = "Timed.",
    .buckets = bounds,
    .bucket_count = 2,
};
static const struct metric_family current = {
    .name = "current", .kind = METRIC_GAUGE, .help = "Current.", .labels = {"name"}};

static struct metrics *shared;
static atomic_int running = THREADS;

static void require(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "race_metrics: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static void *count(void *context)
{
    (void)context;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(shared, &counted, METRIC_LABELS(names[i % 7]), 1.0);
        metrics_observe(shared, &timed, METRIC_UNLABELLED, 1.5);
        metrics_set(shared, &current, METRIC_LABELS(names[i % 3]), (double)i);
        if (i % 100 == 0) {
            metrics_clear(shared, &current);
        }
    }
    (void)atomic_fetch_sub(&running, 1);
    return NULL;
}

static struct buffer *render(void)
{
    struct buffer *out = buffer_create(1 << 20);
    require(out && metrics_render(shared, METRICS_OPENMETRICS, out, NULL) == SERIN_OK, "no text");
    return out;
}

/* The sum over every sample whose line starts with `name`. */
static double sum_of(const char *text, const char *name)
{
    double sum = 0.0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, strlen(name)) == 0) {
            const char *space = strchr(line, ' ');
            sum += space ? strtod(space, NULL) : 0.0;
        }
    }
    return sum;
}

int main(void)
{
    pthread_t threads[THREADS];
    shared = metrics_create(100);
    require(shared && metrics_register(shared, &counted, NULL) == SERIN_OK &&
                metrics_register(shared, &timed, NULL) == SERIN_OK &&
                metrics_register(shared, &current, NULL) == SERIN_OK,
            "no registry");
    for (int i = 0; i < THREADS; i++) {
        require(pthread_create(&threads[i], NULL, count, NULL) == 0, "no thread");
    }
    while (atomic_load(&running) > 0) {
        buffer_destroy(render());
    }
    for (int i = 0; i < THREADS; i++) {
        require(pthread_join(threads[i], NULL) == 0, "no join");
    }
    owned(buffer) out = render();
    require((int)sum_of(buffer_text(out), "counted_total{") == THREADS * ROUNDS, "counts are lost");
    require((int)sum_of(buffer_text(out), "timed_seconds_count ") == THREADS * ROUNDS,
            "observations are lost");
    metrics_destroy(shared);
    return 0;
}
