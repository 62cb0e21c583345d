#include "tap/tap.h"

#include "source/tap_report.h"
#include "support/fake_clock.h"
#include "support/random.h"
#include "support/temp_folder.h"
#include "tap/exposition.h"
#include "tap/report.h"
#include "tap/tap_state.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1769860800000)

static struct fake_clock now;

static struct tap_options some_options(void)
{
    return (struct tap_options){.arm = "7d9f",
                                .pod = "shop-1",
                                .label_field = "label",
                                .reference_field = "reference",
                                .key_field = "key",
                                .time_field = "time",
                                .metric = "labels_total",
                                .series = 1000,
                                .budget = 8 << 20,
                                .block_ms = 60000,
                                .retention_ms = 3600000,
                                .key_retention_ms = 600000};
}

static struct tap *new_tap(const struct tap_options *options)
{
    struct tap *tap = NULL;
    struct serin_error err = {0};
    now = fake_clock_at(NOW_MS);
    cr_assert(eq(int, tap_create(options, &now.clock, &tap, &err), SERIN_OK), "%s: %s", err.field,
              err.detail);
    return tap;
}

static void feed(struct tap *tap, const char *lines)
{
    owned(tap_intake) intake = tap_intake_create(tap);
    tap_intake_push(intake, lines, strlen(lines));
    tap_intake_finish(intake);
}

static struct buffer *expose(struct tap *tap)
{
    struct buffer *out = buffer_create(16 << 20);
    owned(buffer) piece = buffer_create(1 << 20);
    struct exposition at = {0};
    do {
        buffer_clear(piece);
        cr_assert(eq(int, exposition_next(tap, &at, piece), SERIN_OK));
        cr_assert(le(sz, buffer_view(piece).length, EXPOSITION_PIECE_MAX));
        buffer_append_view(out, buffer_view(piece));
    } while (buffer_view(piece).length > 0);
    return out;
}

static void expect_line(struct tap *tap, const char *line)
{
    owned(buffer) text = expose(tap);
    cr_expect(strstr(buffer_text(text), line) != NULL, "%s is not in\n%s", line, buffer_text(text));
}

/* ---- counters -------------------------------------------------------------------------------- */

Test(tap, events_become_counters_by_reference_label_and_slices)
{
    static char *slices[] = {"region"};
    struct tap_options options = some_options();
    options.slices = slices;
    options.slice_count = 1;
    owned(tap) tap = new_tap(&options);
    feed(tap, "{\"label\":\"s1\",\"reference\":\"s2\",\"region\":\"eu\"}\n"
              "{\"label\":\"s1\",\"reference\":\"s2\",\"region\":\"eu\"}\n"
              "{\"label\":\"s1\",\"region\":\"eu\"}\n"
              "{\"label\":\"a\\\"b\\\\c\",\"reference\":\"s2\"}\n");
    expect_line(tap, "labels_total{arm=\"7d9f\",pod=\"shop-1\",reference=\"s2\",label=\"s1\","
                     "region=\"eu\"} 2\n");
    expect_line(tap, "labels_total{arm=\"7d9f\",pod=\"shop-1\",label=\"s1\",region=\"eu\"} 1\n");
    expect_line(tap, "reference=\"s2\",label=\"a\\\"b\\\\c\"} 1\n");
}

Test(tap, what_looks_personal_leaves_the_pod_nowhere)
{
    static char *slices[] = {"who"};
    struct tap_options options = some_options();
    options.slices = slices;
    options.slice_count = 1;
    options.sample_keys = 1.0;
    options.key_secret_file = (char *)temp_file("secret", "0123456789abcdef", 16);
    owned(tap) tap = new_tap(&options);
    feed(tap, "{\"label\":\"bob@example.com\",\"reference\":\"+49 30 1234567\","
              "\"who\":\"eve@example.com\",\"key\":\"mallory@example.com\"}\n");
    owned(buffer) text = expose(tap);
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    cr_assert(eq(int, tap_report_bytes(tap, &bytes, &length), SERIN_OK));
    static const char *const secrets[] = {"example.com", "1234567", "mallory"};
    for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++) {
        cr_expect(strstr(buffer_text(text), secrets[i]) == NULL);
        cr_expect(memmem(bytes, length, secrets[i], strlen(secrets[i])) == NULL);
    }
    struct tap_counts counts;
    tap_read_counts(tap, &counts);
    cr_assert(eq(u64, counts.masked[PERSONAL_EMAIL], 2));
    cr_assert(eq(u64, counts.masked[PERSONAL_PHONE], 1));
    expect_line(tap, "reference=\"(masked)\",label=\"(masked)\",who=\"(masked)\"} 1\n");
}

Test(tap, labels_that_are_not_allowed_are_counted_together)
{
    static char *allowed[] = {"s1"};
    struct tap_options options = some_options();
    options.labels = allowed;
    options.label_count = 1;
    owned(tap) tap = new_tap(&options);
    feed(tap, "{\"label\":\"s1\"}\n{\"label\":\"s2\"}\n{\"label\":\"s3\"}\n");
    expect_line(tap, "label=\"s1\"} 1\n");
    expect_line(tap, "label=\"(other)\"} 2\n");
    struct tap_counts counts;
    tap_read_counts(tap, &counts);
    cr_assert(eq(u64, counts.not_allowed, 2));
}

Test(tap, every_line_has_one_fate)
{
    struct tap_options options = some_options();
    owned(tap) tap = new_tap(&options);
    owned(tap_intake) intake = tap_intake_create(tap);
    static const char lines[] = "{\"label\":\"s1\"}\n\nnot json\n{\"x\":1}\n{\"label\":\"s2\"}";
    tap_intake_push(intake, lines, strlen(lines));
    cr_assert(eq(u64, tap_intake_counts(intake).counted, 1));
    tap_intake_finish(intake);
    cr_assert(eq(u64, tap_intake_counts(intake).counted, 2));
    cr_assert(eq(u64, tap_intake_counts(intake).refused, 2));
    struct tap_counts counts;
    tap_read_counts(tap, &counts);
    cr_assert(eq(u64, counts.lines[LINE_BLANK], 1));
    cr_assert(eq(u64, counts.lines[LINE_NOT_JSON], 1));
    cr_assert(eq(u64, counts.lines[LINE_WITHOUT_LABEL], 1));
    cr_assert(eq(u64, counts.events, 2));
}

/* ---- the report ------------------------------------------------------------------------------ */

static uint8_t *report_of(struct tap *tap, struct tap_report *out)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct serin_error err = {0};
    cr_assert(eq(int, tap_report_bytes(tap, &bytes, &length), SERIN_OK));
    cr_assert(eq(int, tap_report_decode(bytes, length, out, &err), SERIN_OK), "%s", err.detail);
    return bytes;
}

Test(tap, the_report_holds_blocks_by_time)
{
    struct tap_options options = some_options();
    owned(tap) tap = new_tap(&options);
    feed(tap, "{\"label\":\"s1\",\"reference\":\"s1\",\"time\":1769860740}\n"); /* a minute ago */
    feed(tap, "{\"label\":\"s1\",\"reference\":\"s1\"}\n{\"label\":\"s2\",\"time\":9e9}\n");
    struct tap_report report;
    owned_memory uint8_t *bytes = report_of(tap, &report);
    cr_assert(text_equals(report.counts.texts[TEXT_ARM][0], "7d9f"));
    cr_assert(text_equals(report.counts.texts[TEXT_POD][0], "shop-1"));
    cr_assert(eq(u64, report.start_id, tap->start_id));
    cr_assert(eq(i64, report.start_ms, NOW_MS));
    cr_assert(eq(dbl, report.block_rate, 1.0));
    cr_assert(eq(sz, report.counts.block_count, 2));
    cr_assert(eq(i64, report.counts.blocks[0].start_ms, NOW_MS - 60000));
    cr_assert(eq(i64, report.counts.blocks[1].last_ms, NOW_MS), "the future counts as now");
    cr_assert(eq(sz, report.counts.increment_count, 3));
    event_counts_clear(&report.counts);
}

Test(tap, another_start_is_another_id)
{
    struct tap_options options = some_options();
    owned(tap) first = new_tap(&options);
    owned(tap) second = new_tap(&options);
    cr_assert(ne(u64, first->start_id, second->start_id));
}

Test(tap, pods_with_the_same_secret_sample_the_same_keys_under_the_same_hash)
{
    enum { KEYS = 2000 };
    struct tap_options options = some_options();
    options.sample_keys = 0.1;
    options.key_secret_file = (char *)temp_file("secret", "0123456789abcdef", 16);
    owned(tap) first = new_tap(&options);
    owned(tap) second = new_tap(&options);
    for (int i = 0; i < KEYS; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "{\"label\":\"s1\",\"key\":\"order-%d\"}\n", i);
        feed(first, line);
        feed(second, line);
    }
    struct tap_report a;
    struct tap_report b;
    owned_memory uint8_t *a_bytes = report_of(first, &a);
    owned_memory uint8_t *b_bytes = report_of(second, &b);
    cr_assert(eq(sz, a.counts.item_count, b.counts.item_count));
    cr_assert(gt(sz, a.counts.item_count, KEYS / 20));
    cr_assert(lt(sz, a.counts.item_count, KEYS / 5));
    for (size_t i = 0; i < a.counts.item_count; i++) {
        cr_assert(eq(u64, a.counts.items[i].key.low, b.counts.items[i].key.low));
        cr_assert(eq(u64, a.counts.items[i].key.high, b.counts.items[i].key.high));
    }
    event_counts_clear(&a.counts);
    event_counts_clear(&b.counts);
}

Test(tap, a_reference_that_comes_later_is_kept_under_the_key_of_its_item)
{
    struct tap_options options = some_options();
    options.sample_keys = 1.0;
    options.key_secret_file = (char *)temp_file("secret", "0123456789abcdef", 16);
    owned(tap) tap = new_tap(&options);
    feed(tap, "{\"label\":\"s1\",\"key\":\"k\"}\n{\"reference\":\"s2\",\"key\":\"k\"}\n");
    struct tap_report report;
    owned_memory uint8_t *bytes = report_of(tap, &report);
    const struct event_counts *counts = &report.counts;
    cr_assert(eq(sz, counts->item_count, 2));
    const struct counts_item *late = &counts->items[1];
    cr_assert(eq(u64, late->key.low, counts->items[0].key.low));
    cr_assert(eq(u32, late->block, BLOCK_NONE));
    cr_assert(eq(u32, counts->cells[late->cell].label, ID_ABSENT));
    cr_assert(
        text_equals(counts->texts[TEXT_REFERENCE][counts->cells[late->cell].reference], "s2"));
    cr_assert(eq(sz, counts->increment_count, 1));
    struct tap_counts read;
    tap_read_counts(tap, &read);
    cr_assert(eq(u64, read.events, 1));
    cr_assert(eq(u64, read.lines[LINE_REFERENCE], 1));
    owned(buffer) text = expose(tap);
    cr_assert(eq(int, strstr(buffer_text(text), "s2") == NULL, 1));
    event_counts_clear(&report.counts);
}

Test(tap, keys_are_not_sampled_without_a_secret)
{
    struct tap_options options = some_options();
    struct tap *tap = NULL;
    struct serin_error err = {0};
    options.sample_keys = 0.5;
    now = fake_clock_at(NOW_MS);
    cr_assert(eq(int, tap_create(&options, &now.clock, &tap, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "key_secret_file"));
    options.key_secret_file = (char *)temp_file("short", "short", 5);
    cr_assert(eq(int, tap_create(&options, &now.clock, &tap, &err), SERIN_INVALID));
}

/* ---- the budget ------------------------------------------------------------------------------ */

static void check_budget(struct tap *tap)
{
    struct tap_usage usage;
    tap_read_usage(tap, &usage);
    for (size_t part = 0; part < TAP_PARTS; part++) {
        cr_assert(le(sz, usage.bytes[part], usage.budgets[part]), "%s",
                  tap_part_name((enum tap_part)part));
    }
}

Test(tap, a_flood_stays_within_the_budget_and_is_told)
{
    enum { LINES = 200000 };
    static char *slices[] = {"region"};
    struct tap_options options = some_options();
    struct random random = {.state = 23};
    options.slices = slices;
    options.slice_count = 1;
    options.series = 100000;
    options.sample_keys = 1.0;
    options.key_secret_file = (char *)temp_file("secret", "0123456789abcdef", 16);
    owned(tap) tap = new_tap(&options);
    owned(tap_intake) intake = tap_intake_create(tap);
    for (int i = 0; i < LINES; i++) {
        char line[256];
        (void)snprintf(
            line, sizeof(line),
            "{\"label\":\"l%zu\",\"reference\":\"r%zu\",\"region\":\"g%zu\",\"key\":%d}\n",
            random_below(&random, 40), random_below(&random, 40), random_below(&random, 3), i);
        tap_intake_push(intake, line, strlen(line));
        fake_clock_advance(&now, 15);
        if (i % 1000 == 0) {
            check_budget(tap);
        }
    }
    check_budget(tap);
    struct tap_usage usage;
    struct tap_counts counts;
    tap_read_usage(tap, &usage);
    tap_read_counts(tap, &counts);
    cr_assert(eq(u64, counts.events, LINES));
    cr_assert(gt(u64, usage.folded, 0));
    cr_assert(lt(dbl, usage.key_rate, 1.0));
    cr_assert(usage.block_ms > 60000 || usage.block_rate < 1.0);
}

Test(tap, counters_never_fall_and_add_up_to_the_events)
{
    struct tap_options options = some_options();
    struct random random = {.state = 29};
    options.series = 20;
    owned(tap) tap = new_tap(&options);
    uint64_t before = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 100; i++) {
            char line[64];
            (void)snprintf(line, sizeof(line), "{\"label\":\"l%zu\"}\n", random_below(&random, 40));
            feed(tap, line);
        }
        owned(buffer) text = expose(tap);
        uint64_t sum = 0;
        for (const char *at = strstr(buffer_text(text), "\"} "); at; at = strstr(at + 1, "\"} ")) {
            sum += strtoull(at + 3, NULL, 10);
        }
        cr_assert(eq(u64, sum, (uint64_t)(round + 1) * 100));
        cr_assert(gt(u64, sum, before));
        before = sum;
    }
}

Test(tap, every_allocation_of_its_creation_may_fail)
{
    struct tap_options options = some_options();
    struct tap *tap = NULL;
    uint64_t failures = 0;
    now = fake_clock_at(NOW_MS);
    while (!tap) {
        memory_fail_after(failures + 1);
        enum serin_status status = tap_create(&options, &now.clock, &tap, NULL);
        memory_fail_after(0);
        failures += status != SERIN_OK;
    }
    tap_destroy(tap);
    cr_assert(ge(u64, failures, 12));
}

Test(tap, every_allocation_of_a_report_may_fail)
{
    struct tap_options options = some_options();
    owned(tap) tap = new_tap(&options);
    feed(tap, "{\"label\":\"s1\",\"reference\":\"s1\"}\n");
    enum serin_status status = SERIN_NO_MEMORY;
    uint64_t failures = 0;
    while (status == SERIN_NO_MEMORY) {
        owned_memory uint8_t *bytes = NULL;
        size_t length = 0;
        memory_fail_after(failures + 1);
        status = tap_report_bytes(tap, &bytes, &length);
        memory_fail_after(0);
        failures += status == SERIN_NO_MEMORY;
    }
    cr_assert(eq(int, status, SERIN_OK));
    cr_assert(ge(u64, failures, 10));
}
