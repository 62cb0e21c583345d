/*
 * Whatever a log holds: the tap survives it, counts the same however the bytes are cut, and its
 * counters add up to its events.
 */
#include "platform/clock.h"
#include "source/tap_report.h"
#include "tap/report.h"
#include "tap/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *slices[] = {"region", "device=client.device"};
static char *cuts[] = {"0.5", "1"};
static char *labels[] = {"s1", "s2"};

static const struct tap_options options = {.arm = "a",
                                           .pod = "p",
                                           .label_field = "label",
                                           .reference_field = "out.reference",
                                           .key_field = "key",
                                           .time_field = "time",
                                           .count_field = "n",
                                           .slices = slices,
                                           .slice_count = 2,
                                           .reference_cut_points = cuts,
                                           .reference_cut_point_count = 2,
                                           .labels = labels,
                                           .label_count = 2,
                                           .label_pattern = "[a-z0-9]*",
                                           .metric = "m",
                                           .series = 20,
                                           .budget = 8 << 20,
                                           .block_ms = 60000,
                                           .retention_ms = 86400000,
                                           .key_retention_ms = 1000};

static void require(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

static struct tap *new_tap(void)
{
    struct tap *tap = NULL;
    require(tap_create(&options, clock_system(), &tap, NULL) == SERIN_OK, "no tap");
    return tap;
}

/* In pieces of `piece` bytes. */
static void feed(struct tap *tap, const uint8_t *data, size_t size, size_t piece)
{
    owned(tap_intake) intake = tap_intake_create(tap);
    require(intake != NULL, "no intake");
    for (size_t at = 0; at < size; at += piece) {
        size_t left = size - at;
        tap_intake_push(intake, (const char *)data + at, left < piece ? left : piece);
    }
    tap_intake_finish(intake);
}

static uint64_t events_in_blocks(struct tap *tap)
{
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    struct tap_report report;
    uint64_t events = 0;
    require(tap_report_bytes(tap, &bytes, &length) == SERIN_OK, "no report");
    require(tap_report_decode(bytes, length, &report, NULL) == SERIN_OK, "a report is damaged");
    for (size_t i = 0; i < report.counts.increment_count; i++) {
        events += report.counts.increments[i].count;
    }
    event_counts_clear(&report.counts);
    return events;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    owned(tap) whole = new_tap();
    owned(tap) cut = new_tap();
    struct tap_counts first;
    struct tap_counts second;
    if (size == 0) {
        return 0;
    }
    feed(whole, data, size, size);
    feed(cut, data, size, 1 + data[0] % 7);
    tap_read_counts(whole, &first);
    tap_read_counts(cut, &second);
    require(memcmp(first.lines, second.lines, sizeof(first.lines)) == 0, "fates differ by cuts");
    require(first.events == second.events, "counts differ by cuts");
    /* Beyond 2^53 events a report is refused by whoever reads it. */
    if (first.events < UINT64_C(1) << 53) {
        require(events_in_blocks(whole) + first.late == first.events, "blocks do not add up");
    }
    return 0;
}
