/* Many senders, readers and a housekeeper on one store: every event is counted once. */
#include "platform/clock.h"
#include "source/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENDERS = 3, READERS = 2, BATCHES = 60, EVENTS = 20 };
#define MINUTE_MS INT64_C(60000)

static const struct stream streams[] = {
    {.name = "plain", .block_ms = MINUTE_MS, .retention_ms = 86400000, .lookback_ms = 3600000},
    {.name = "keyed",
     .keyed = true,
     .block_ms = MINUTE_MS,
     .retention_ms = 86400000,
     .lookback_ms = 3600000},
};

static struct store *store;
static int64_t start_ms; /* events count back from here */
static atomic_int sending = SENDERS;

static void require(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "race_store: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static void require_ok(enum serin_status status, const struct serin_error *err)
{
    require(status == SERIN_OK, err->detail);
}

static int64_t now_ms(void)
{
    return clock_wall(clock_system()).unix_ms;
}

/* Event i of a batch: its label is new now and then, so that what readers walk keeps growing. */
static void add_event(struct store_batch *batch, int sender, int number, int i)
{
    struct serin_error err = {0};
    char key[32];
    char pod[32];
    char label[32];
    (void)snprintf(key, sizeof(key), "%d-%d", number, i);
    (void)snprintf(pod, sizeof(pod), "pod-%d-%d", sender, i % 4);
    (void)snprintf(label, sizeof(label), "label-%d", i % (number / 10 + 1));
    struct label_event event = {
        .arm = text_view_of(sender % 2 ? "canary" : "stable"),
        .pod = text_view_of(pod),
        .label = text_view_of(label),
        .key = text_view_of(key),
        .has_label = true,
        .has_key = true,
        .time_ms = start_ms - (number % 5) * MINUTE_MS,
        .count = 1,
    };
    for (size_t stream = 0; stream < 2; stream++) {
        require_ok(store_batch_add(batch, &streams[stream], &event, &err), &err);
    }
}

static void send_batch(int sender, int number)
{
    struct serin_error err = {0};
    struct append_result result = {0};
    char name[48];
    (void)snprintf(name, sizeof(name), "batch-%d-%d", sender, number);
    owned(store_batch) batch = store_batch_create(store);
    require(batch != NULL, "no batch");
    for (int i = 0; i < EVENTS; i++) {
        add_event(batch, sender, number, i);
    }
    require_ok(store_append(store, text_view_of(name), batch, &result, &err), &err);
    require(result.accepted == 2 * (uint64_t)EVENTS, "not all events were accepted");
}

static void *send_all(void *context)
{
    int sender = *(int *)context;
    for (int number = 0; number < BATCHES; number++) {
        send_batch(sender, number);
        if (number % 7 == 0) {
            send_batch(sender, number / 2);
        }
    }
    (void)atomic_fetch_sub(&sending, 1);
    return NULL;
}

static struct block_tables *fetch(size_t stream)
{
    struct serin_error err = {0};
    struct block_tables *tables = NULL;
    struct table_query query = {
        .stream = &streams[stream],
        .arms = {"canary", "stable"},
        .since_first_canary = true,
        .now_ms = now_ms(),
        .paired = streams[stream].keyed,
        .limits = table_limits_default,
    };
    require_ok(store_fetch(store, &query, &tables, &err), &err);
    return tables;
}

static void *read_all(void *context)
{
    (void)context;
    uint64_t before = 0;
    while (atomic_load(&sending) > 0) {
        struct store_stats stats;
        struct store_arm *arms = NULL;
        size_t count = 0;
        owned(block_tables) plain = fetch(0);
        owned(block_tables) keyed = fetch(1);
        uint64_t events = block_tables_events(plain, ARM_CANARY);
        require(events >= before, "events went away");
        require(events % EVENTS == 0, "half a batch was seen");
        before = events;
        store_stats(store, &stats);
        require(store_arms(store, "plain", &arms, &count) == SERIN_OK, "no list of arms");
        store_arms_free(arms, count);
    }
    return NULL;
}

static void *keep_house(void *context)
{
    (void)context;
    while (atomic_load(&sending) > 0) {
        struct serin_error err = {0};
        require_ok(store_checkpoint(store, &err), &err);
        require_ok(store_maintain(store, &err), &err);
        (void)usleep(1000);
    }
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[SENDERS + READERS + 1];
    int senders[SENDERS];
    size_t started = 0;
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = i;
        require(pthread_create(&threads[started++], NULL, send_all, &senders[i]) == 0, "thread");
    }
    for (int i = 0; i < READERS; i++) {
        require(pthread_create(&threads[started++], NULL, read_all, NULL) == 0, "thread");
    }
    require(pthread_create(&threads[started++], NULL, keep_house, NULL) == 0, "thread");
    for (size_t i = 0; i < started; i++) {
        require(pthread_join(threads[i], NULL) == 0, "join");
    }
}

/* Senders 0 and 2 are the stable arm, sender 1 the canary; all label the same items. */
static void check_counts(void)
{
    const uint64_t events = (uint64_t)BATCHES * EVENTS;
    owned(block_tables) plain = fetch(0);
    owned(block_tables) keyed = fetch(1);
    require(block_tables_events(plain, ARM_CANARY) == events, "canary's events");
    require(block_tables_events(plain, ARM_STABLE) == 2 * events, "stable arm's events");
    require(block_tables_pairs(keyed) == events, "pairs");
}

int main(void)
{
    char folder[] = "/tmp/serin-race-XXXXXX";
    char path[64];
    char log_path[64];
    start_ms = now_ms();
    require(mkdtemp(folder) != NULL, "no folder");
    (void)snprintf(path, sizeof(path), "%s/s.db", folder);
    (void)snprintf(log_path, sizeof(log_path), "%s/s.db-wal", folder);
    struct store_options options = {.path = path};
    struct serin_error err = {0};
    for (int round = 0; round < 2; round++) {
        require_ok(store_open(&options, &store, &err), &err);
        if (round == 0) {
            run_threads();
        }
        check_counts();
        store_close(store);
    }
    (void)unlink(path);
    (void)unlink(log_path);
    (void)rmdir(folder);
    return EXIT_SUCCESS;
}
