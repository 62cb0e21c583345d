#include "tap/push.h"

#include "platform/client.h"
#include "platform/digest.h"
#include "platform/thread.h"
#include "tap/outbox.h"
#include "tap/spool.h"

#include <stdbool.h>

enum {
    BATCH_BYTES = 256 * 1024, /* a line may go beyond it */
    ANSWER_BYTES = 64 * 1024,
    SEND_MS = 10000,
    LAST_SEND_MS = 3000,
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MOST_MS = 60000
};

struct pusher {
    const struct push_options *options;
    struct tap *tap;
    struct log *log;
    struct metrics *metrics;
    struct client *client;
    struct spool *spool;
    struct outbox *outbox;
    struct buffer *batch;
    unsigned failures;         /* in a row */
    struct deadline next_take; /* when to take the next batches from the tap */
    struct deadline next_send; /* when to send again after a failure */

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t woken;
    bool is_stopping;
};

/* ---- metrics --------------------------------------------------------------------------------- */

static const struct metric_family sent = {.name = "serin_tap_push_batches_total",
                                          .kind = METRIC_COUNTER,
                                          .help = "Attempts to send a batch, by what came of them.",
                                          .labels = {"outcome"}};
static const struct metric_family dropped = {
    .name = "serin_tap_push_dropped_events_total",
    .kind = METRIC_COUNTER,
    .help = "Events in batches that the spool had no room for or could not read."};
static const struct metric_family spool_failures = {.name = "serin_tap_spool_failures_total",
                                                    .kind = METRIC_COUNTER,
                                                    .help = "Failures to write a batch to disk."};
static const struct metric_family waiting = {.name = "serin_tap_spool_batches",
                                             .kind = METRIC_GAUGE,
                                             .help = "Batches that wait to be sent."};
static const struct metric_family waiting_bytes = {
    .name = "serin_tap_spool_bytes", .kind = METRIC_GAUGE, .help = "Bytes of them."};

enum serin_status push_register(struct metrics *metrics, struct serin_error *err)
{
    static const struct metric_family *const families[] = {&sent, &dropped, &spool_failures,
                                                           &waiting, &waiting_bytes};
    return metrics_register_all(metrics, families, ARRAY_LENGTH(families), err);
}

static void tell_of_spool(const struct pusher *pusher)
{
    struct spool_counts counts = spool_counts(pusher->spool);
    metrics_set(pusher->metrics, &dropped, METRIC_UNLABELLED, (double)counts.dropped_events);
    metrics_set(pusher->metrics, &waiting, METRIC_UNLABELLED, (double)counts.batches);
    metrics_set(pusher->metrics, &waiting_bytes, METRIC_UNLABELLED, (double)counts.bytes);
}

/* ---- from the tap to the disk ---------------------------------------------------------------- */

/* One batch; whether there may be another. A failure leaves it for the next time. */
static bool spool_one(struct pusher *pusher)
{
    struct serin_error err = {0};
    uint64_t events = 0;
    buffer_clear(pusher->batch);
    enum serin_status status = outbox_next(pusher->outbox, BATCH_BYTES, pusher->batch, &events);
    if (status == SERIN_OK && events == 0) {
        return false;
    }
    struct text_view batch = buffer_view(pusher->batch);
    if (status == SERIN_OK) {
        status = spool_put(pusher->spool, batch.start, batch.length, events,
                           clock_wall(clock_system()).unix_ms, &err);
    }
    if (status != SERIN_OK) {
        metrics_add(pusher->metrics, &spool_failures, METRIC_UNLABELLED, 1.0);
        log_error(pusher->log, "a batch cannot be kept; counts wait in memory",
                  log_text("detail", err.detail));
        return false;
    }
    outbox_taken(pusher->outbox);
    return true;
}

static void spool_all(struct pusher *pusher)
{
    while (spool_one(pusher)) {
    }
}

/* ---- from the disk to the service ------------------------------------------------------------ */

enum outcome { OUTCOME_SENT, OUTCOME_REJECTED, OUTCOME_FAILED };

/* Is it the batch that is refused, which will not get better, or its sender or the moment? */
static enum outcome refusal_of(int code)
{
    static const int about_the_batch[] = {400, 409, 413, 415, 422};
    for (size_t i = 0; i < ARRAY_LENGTH(about_the_batch); i++) {
        if (code == about_the_batch[i]) {
            return OUTCOME_REJECTED;
        }
    }
    return OUTCOME_FAILED;
}

static enum outcome send_batch(const struct pusher *pusher, const char *name, const char *bytes,
                               size_t length, int64_t timeout_ms, struct serin_error *err)
{
    const struct client_header headers[] = {
        {"Idempotency-Key", name}
    };
    const struct client_request request = {.method = CLIENT_POST,
                                           .url = pusher->options->url,
                                           .headers = headers,
                                           .header_count = ARRAY_LENGTH(headers),
                                           .content_type = "application/x-ndjson",
                                           .body = bytes,
                                           .body_length = length,
                                           .response_limit = ANSWER_BYTES};
    struct client_response response;
    struct deadline deadline = deadline_after(clock_system(), timeout_ms);
    if (client_send(pusher->client, &request, deadline, NULL, NULL, &response, err) != SERIN_OK) {
        return OUTCOME_FAILED;
    }
    return client_require_success(&request, &response, err) == SERIN_OK
               ? OUTCOME_SENT
               : refusal_of(response.status);
}

int64_t push_backoff_ms(unsigned failures, double chance)
{
    int64_t most_ms = BACKOFF_FIRST_MS;
    for (unsigned i = 1; i < failures && most_ms < BACKOFF_MOST_MS; i++) {
        most_ms *= 2;
    }
    most_ms = most_ms < BACKOFF_MOST_MS ? most_ms : BACKOFF_MOST_MS;
    int64_t least_ms = most_ms / 2;
    int64_t spread_ms = most_ms - least_ms;
    return least_ms + (int64_t)(chance * (double)spread_ms);
}

static void back_off(struct pusher *pusher, const struct serin_error *err)
{
    uint32_t random = 0;
    if (random_bytes(&random, sizeof(random), NULL) != SERIN_OK) {
        random = 0;
    }
    pusher->failures++;
    int64_t wait_ms = push_backoff_ms(pusher->failures, random * 0x1p-32);
    pusher->next_send = deadline_after(clock_system(), wait_ms);
    log_warning(pusher->log, "a batch was not acknowledged; it is sent again",
                log_text("detail", err->detail), log_i64("wait_ms", wait_ms));
}

/* The oldest batch; whether there may be another to send at once. */
static bool send_one(struct pusher *pusher, int64_t timeout_ms)
{
    static const char *const names[] = {"sent", "rejected", "failed"};
    char name[SPOOL_NAME_SIZE];
    owned_memory char *bytes = NULL;
    size_t length = 0;
    struct serin_error err = {0};
    if (spool_first(pusher->spool, name, &bytes, &length) != SERIN_OK) {
        return false;
    }
    enum outcome outcome = send_batch(pusher, name, bytes, length, timeout_ms, &err);
    metrics_add(pusher->metrics, &sent, METRIC_LABELS(names[outcome]), 1.0);
    if (outcome == OUTCOME_FAILED) {
        back_off(pusher, &err);
        return false;
    }
    if (outcome == OUTCOME_REJECTED) {
        log_error(pusher->log, "a batch was refused and is dropped", log_text("batch", name),
                  log_text("detail", err.detail));
    }
    pusher->failures = 0;
    spool_remove_first(pusher->spool);
    return true;
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Until something is due, or until it is time to stop: then false. */
static bool wait_for_turn(struct pusher *pusher)
{
    bool has_backlog = spool_counts(pusher->spool).batches > 0;
    int64_t take_ms = deadline_left_ms(pusher->next_take);
    int64_t send_ms = has_backlog ? deadline_left_ms(pusher->next_send) : take_ms;
    struct deadline turn = deadline_after(clock_system(), take_ms < send_ms ? take_ms : send_ms);
    scoped_lock held = mutex_hold(&pusher->mutex);
    while (!pusher->is_stopping && condition_wait(&pusher->woken, &pusher->mutex, turn)) {
    }
    return !pusher->is_stopping;
}

static bool is_stopping(struct pusher *pusher)
{
    scoped_lock held = mutex_hold(&pusher->mutex);
    return pusher->is_stopping;
}

static void *run(void *context)
{
    struct pusher *pusher = context;
    do {
        if (deadline_passed(pusher->next_take)) {
            spool_all(pusher);
            pusher->next_take = deadline_after(clock_system(), pusher->options->interval_ms);
        }
        while (deadline_passed(pusher->next_send) && !is_stopping(pusher) &&
               send_one(pusher, SEND_MS)) {
        }
        tell_of_spool(pusher);
    } while (wait_for_turn(pusher));
    return NULL;
}

/* ---- starting and stopping ------------------------------------------------------------------- */

static enum serin_status open_parts(struct pusher *pusher, struct serin_error *err)
{
    const struct push_options *options = pusher->options;
    struct client_settings settings = {.bearer_token_file = options->token_file,
                                       .ca_file = options->ca_file,
                                       .idle_connections = 1};
    pusher->batch = buffer_create(SPOOL_BATCH_MAX);
    if (!pusher->batch) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for batches");
    }
    TRY(client_create(&settings, &pusher->client, err));
    serin_error_at(err, "spool");
    TRY(spool_open(options->spool, options->spool_bytes, &pusher->spool, err));
    serin_error_clear(err);
    return outbox_create(pusher->tap, options->stream, &pusher->outbox, err);
}

static enum serin_status start_thread(struct pusher *pusher, struct serin_error *err)
{
    pusher->next_take = deadline_after(clock_system(), pusher->options->interval_ms);
    pusher->next_send = deadline_after(clock_system(), 0);
    if (pthread_create(&pusher->thread, NULL, run, pusher) != 0) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot start to send: threads are short");
    }
    pusher->has_thread = true;
    return SERIN_OK;
}

static void destroy(struct pusher *pusher)
{
    outbox_destroy(pusher->outbox);
    spool_close(pusher->spool);
    client_destroy(pusher->client);
    buffer_destroy(pusher->batch);
    condition_clear(&pusher->woken);
    mutex_clear(&pusher->mutex);
    memory_free(pusher);
}

enum serin_status pusher_start(const struct push_options *options, struct tap *tap, struct log *log,
                               struct metrics *metrics, struct pusher **out,
                               struct serin_error *err)
{
    struct pusher *pusher = memory_allocate(1, sizeof(*pusher));
    if (!pusher) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for sending");
    }
    pusher->options = options;
    pusher->tap = tap;
    pusher->log = log;
    pusher->metrics = metrics;
    mutex_init(&pusher->mutex);
    condition_init(&pusher->woken);
    enum serin_status status = open_parts(pusher, err);
    if (status == SERIN_OK) {
        status = start_thread(pusher, err);
    }
    if (status != SERIN_OK) {
        destroy(pusher);
        return status;
    }
    *out = pusher;
    return SERIN_OK;
}

static void stop_thread(struct pusher *pusher)
{
    mutex_lock(&pusher->mutex);
    pusher->is_stopping = true;
    condition_wake_all(&pusher->woken);
    mutex_unlock(&pusher->mutex);
    (void)pthread_join(pusher->thread, NULL);
}

void pusher_destroy(struct pusher *pusher)
{
    if (!pusher) {
        return;
    }
    if (pusher->has_thread) {
        stop_thread(pusher);
        spool_all(pusher);
        struct deadline end = deadline_after(clock_system(), LAST_SEND_MS);
        while (!deadline_passed(end) && send_one(pusher, deadline_left_ms(end))) {
        }
        log_info(pusher->log, "stopped sending",
                 log_u64("waiting_batches", spool_counts(pusher->spool).batches));
    }
    destroy(pusher);
}
