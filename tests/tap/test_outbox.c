#include "tap/outbox.h"

#include "support/fake_clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake_clock now;

static struct tap_options options = {.arm = "7d9f",
                                     .pod = "shop-1",
                                     .label_field = "label",
                                     .reference_field = "reference",
                                     .time_field = "time",
                                     .metric = "m",
                                     .series = 5000,
                                     .budget = 8 << 20,
                                     .block_ms = 60000,
                                     .retention_ms = 3600000,
                                     .key_retention_ms = 600000};

struct scene {
    struct tap *tap;
    struct outbox *outbox;
    struct buffer *batch;
};

static struct scene set_up(void)
{
    static char *slices[] = {"region"};
    struct scene scene = {0};
    now = fake_clock_at(INT64_C(1769860800000));
    options.slices = slices;
    options.slice_count = 1;
    cr_assert(eq(int, tap_create(&options, &now.clock, &scene.tap, NULL), SERIN_OK));
    cr_assert(eq(int, outbox_create(scene.tap, "checkout", &scene.outbox, NULL), SERIN_OK));
    scene.batch = buffer_create(1 << 20);
    return scene;
}

static void tear_down(struct scene *scene)
{
    buffer_destroy(scene->batch);
    outbox_destroy(scene->outbox);
    tap_destroy(scene->tap);
}

static void feed(struct tap *tap, const char *lines)
{
    owned(tap_intake) intake = tap_intake_create(tap);
    tap_intake_push(intake, lines, strlen(lines));
    tap_intake_finish(intake);
}

static uint64_t next(struct scene *scene, size_t bytes_max)
{
    uint64_t events = 0;
    buffer_clear(scene->batch);
    cr_assert(eq(int, outbox_next(scene->outbox, bytes_max, scene->batch, &events), SERIN_OK));
    return events;
}

Test(outbox, a_line_is_all_events_of_a_cell_in_a_bucket)
{
    struct scene scene = set_up();
    feed(scene.tap, "{\"label\":\"s1\",\"reference\":\"s2\",\"region\":\"eu\"}\n"
                    "{\"label\":\"s1\",\"reference\":\"s2\",\"region\":\"eu\"}\n");
    cr_assert(eq(u64, next(&scene, 10000), 2));
    cr_assert(
        eq(str, (char *)buffer_text(scene.batch),
           "{\"stream\":\"checkout\",\"time\":1769860800000,\"arm\":\"7d9f\",\"pod\":\"shop-1\","
           "\"label\":\"s1\",\"reference\":\"s2\",\"slices\":{\"region\":\"eu\"},\"count\":2}\n"));
    tear_down(&scene);
}

Test(outbox, a_batch_comes_again_until_it_is_taken_and_then_never)
{
    struct scene scene = set_up();
    feed(scene.tap, "{\"label\":\"s1\"}\n");
    cr_assert(eq(u64, next(&scene, 10000), 1));
    feed(scene.tap, "{\"label\":\"s1\"}\n{\"label\":\"s2\"}\n");
    cr_assert(eq(u64, next(&scene, 10000), 1));
    outbox_taken(scene.outbox);
    cr_assert(eq(u64, next(&scene, 10000), 2));
    outbox_taken(scene.outbox);
    cr_assert(eq(u64, next(&scene, 10000), 0));
    cr_assert(eq(u64, next(&scene, 10000), 0));
    feed(scene.tap, "{\"label\":\"s3\"}\n");
    cr_assert(eq(u64, next(&scene, 10000), 1));
    tear_down(&scene);
}

Test(outbox, many_cells_become_many_batches_that_add_up)
{
    enum { LABELS = 1000 };
    struct scene scene = set_up();
    for (int i = 0; i < 3 * LABELS; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "{\"label\":\"s%d\"}\n", i % LABELS);
        feed(scene.tap, line);
    }
    uint64_t total = 0;
    size_t batches = 0;
    for (uint64_t events = next(&scene, 4096); events > 0; events = next(&scene, 4096)) {
        cr_assert(lt(sz, buffer_view(scene.batch).length, 4096 + 512));
        total += events;
        batches++;
        outbox_taken(scene.outbox);
    }
    cr_assert(eq(u64, total, 3 * LABELS));
    cr_assert(gt(sz, batches, 10));
    tear_down(&scene);
}

Test(outbox, one_that_is_never_emptied_stays_within_its_share_and_tells_what_it_lost)
{
    struct scene scene = set_up();
    struct tap_usage usage;
    struct tap_counts counts;
    for (int i = 0; i < 100000; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "{\"label\":\"s%d\"}\n", i * 7 % 2000);
        feed(scene.tap, line);
        fake_clock_advance(&now, 200);
        if (i % 1000 == 0) {
            tap_read_usage(scene.tap, &usage);
            cr_assert(le(sz, usage.bytes[TAP_PART_OUTBOX], usage.budgets[TAP_PART_OUTBOX] / 2));
        }
    }
    tap_read_counts(scene.tap, &counts);
    tap_read_usage(scene.tap, &usage);
    cr_assert(eq(u64, counts.events, 100000));
    cr_assert(gt(sz, usage.bytes[TAP_PART_OUTBOX], 0));
    tear_down(&scene);
}
