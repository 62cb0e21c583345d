/* Many threads feed one tap while others read its counters, its blocks and its outbox: nothing is
 * lost, and what is read is whole. */
#include "source/tap_report.h"
#include "tap/exposition.h"
#include "tap/outbox.h"
#include "tap/report.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { FEEDERS = 3, ROUNDS = 4000 };

static struct tap *shared;
static struct outbox *outbox;
static atomic_int feeding = FEEDERS;
static atomic_int next_number;

static void require(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "race_tap: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static void *feed(void *context)
{
    (void)context;
    int number = atomic_fetch_add(&next_number, 1);
    owned(tap_intake) intake = tap_intake_create(shared);
    require(intake != NULL, "no intake");
    for (int i = 0; i < ROUNDS; i++) {
        char line[64];
        int length = snprintf(line, sizeof(line), "{\"label\":\"s%d\",\"reference\":\"r%d\"}\n",
                              i % 50, number);
        tap_intake_push(intake, line, (size_t)length);
    }
    (void)atomic_fetch_sub(&feeding, 1);
    return NULL;
}

static void *scrape(void *context)
{
    (void)context;
    while (atomic_load(&feeding) > 0) {
        owned(buffer) piece = buffer_create(1 << 20);
        struct exposition at = {0};
        struct tap_usage usage;
        do {
            buffer_clear(piece);
            require(exposition_next(shared, &at, piece) == SERIN_OK, "no counters");
        } while (buffer_view(piece).length > 0);
        tap_read_usage(shared, &usage);
    }
    return NULL;
}

static void *report(void *context)
{
    (void)context;
    while (atomic_load(&feeding) > 0) {
        owned_memory uint8_t *bytes = NULL;
        struct tap_report read;
        size_t length = 0;
        require(tap_report_bytes(shared, &bytes, &length) == SERIN_OK, "no report");
        require(tap_report_decode(bytes, length, &read, NULL) == SERIN_OK, "a report is damaged");
        event_counts_clear(&read.counts);
    }
    return NULL;
}

/* Events in all batches there are. */
static uint64_t take_batches(void)
{
    owned(buffer) batch = buffer_create(1 << 20);
    uint64_t total = 0;
    uint64_t events = 1;
    while (events > 0) {
        buffer_clear(batch);
        require(outbox_next(outbox, 4096, batch, &events) == SERIN_OK, "no batch");
        if (events > 0) {
            outbox_taken(outbox);
        }
        total += events;
    }
    return total;
}

static void *take(void *context)
{
    uint64_t *total = context;
    while (atomic_load(&feeding) > 0) {
        *total += take_batches();
    }
    *total += take_batches();
    return NULL;
}

int main(void)
{
    struct tap_options options = {.arm = "a",
                                  .pod = "p",
                                  .label_field = "label",
                                  .reference_field = "reference",
                                  .metric = "m",
                                  .series = 1000,
                                  .budget = 16 << 20,
                                  .block_ms = 1000,
                                  .retention_ms = 3600000,
                                  .key_retention_ms = 1000};
    pthread_t threads[FEEDERS + 3];
    uint64_t sent = 0;
    struct tap_counts counts;
    require(tap_create(&options, clock_system(), &shared, NULL) == SERIN_OK, "no tap");
    require(outbox_create(shared, "stream", &outbox, NULL) == SERIN_OK, "no outbox");
    for (int i = 0; i < FEEDERS; i++) {
        require(pthread_create(&threads[i], NULL, feed, NULL) == 0, "no thread");
    }
    require(pthread_create(&threads[FEEDERS], NULL, scrape, NULL) == 0, "no thread");
    require(pthread_create(&threads[FEEDERS + 1], NULL, report, NULL) == 0, "no thread");
    require(pthread_create(&threads[FEEDERS + 2], NULL, take, &sent) == 0, "no thread");
    for (int i = 0; i < FEEDERS + 3; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    tap_read_counts(shared, &counts);
    require(counts.events == (uint64_t)FEEDERS * ROUNDS, "events were lost");
    require(sent == (uint64_t)FEEDERS * ROUNDS, "events were not sent, or sent twice");
    outbox_destroy(outbox);
    tap_destroy(shared);
    return EXIT_SUCCESS;
}
