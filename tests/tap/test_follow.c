#include "tap/follow.h"

#include "support/fake_clock.h"
#include "support/random.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A tap, the file it follows, and the writer of that file. */
struct scene {
    struct fake_clock clock;
    struct tap_options options;
    struct tap *tap;
    struct tap_intake *intake;
    struct follower *follower;
    const char *path;
    const char *rotated;
    FILE *writer;
};

static struct scene scene;

static void set_up(void)
{
    scene.clock = fake_clock_at(INT64_C(1769860800000));
    scene.options = (struct tap_options){.arm = "a",
                                         .pod = "p",
                                         .label_field = "label",
                                         .budget = 8 << 20,
                                         .series = 1000,
                                         .block_ms = 60000,
                                         .retention_ms = 3600000,
                                         .metric = "m"};
    cr_assert(eq(int, tap_create(&scene.options, &scene.clock.clock, &scene.tap, NULL), SERIN_OK));
    scene.intake = tap_intake_create(scene.tap);
    scene.path = temp_path("app.log");
    scene.rotated = temp_path("app.log.1");
}

static void tear_down(void)
{
    if (scene.writer) {
        (void)fclose(scene.writer);
    }
    follower_destroy(scene.follower);
    tap_intake_destroy(scene.intake);
    tap_destroy(scene.tap);
}

TestSuite(follow, .init = set_up, .fini = tear_down);

static void open_writer(const char *mode)
{
    if (scene.writer) {
        (void)fclose(scene.writer);
    }
    scene.writer = fopen(scene.path, mode);
    cr_assert(scene.writer != NULL);
}

static void write_text(const char *text)
{
    cr_assert(ge(int, fputs(text, scene.writer), 0));
    cr_assert(eq(int, fflush(scene.writer), 0));
}

static void write_events(int count)
{
    for (int i = 0; i < count; i++) {
        write_text("{\"label\":\"s1\"}\n");
    }
}

static void follow(enum follow_start start)
{
    cr_assert(
        eq(int, follower_create(scene.path, start, scene.intake, &scene.follower, NULL), SERIN_OK));
}

static void look(void)
{
    while (follower_look(scene.follower)) {
    }
}

static uint64_t events(void)
{
    struct tap_counts counts;
    tap_read_counts(scene.tap, &counts);
    return counts.events;
}

Test(follow, a_file_that_is_there_is_read_from_its_end_or_its_beginning)
{
    open_writer("w");
    write_events(3);
    follow(FOLLOW_FROM_END);
    look();
    cr_assert(eq(u64, events(), 0));
    write_events(2);
    look();
    cr_assert(eq(u64, events(), 2));
    follower_destroy(scene.follower);
    follow(FOLLOW_FROM_BEGINNING);
    look();
    cr_assert(eq(u64, events(), 7));
}

Test(follow, a_file_that_comes_later_is_read_whole)
{
    follow(FOLLOW_FROM_END);
    look();
    open_writer("w");
    write_events(4);
    look();
    cr_assert(eq(u64, events(), 4));
}

Test(follow, a_line_written_in_parts_is_one_line)
{
    open_writer("w");
    follow(FOLLOW_FROM_END);
    write_text("{\"label\"");
    look();
    write_text(":\"s1\"}");
    look();
    cr_assert(eq(u64, events(), 0));
    write_text("\n");
    look();
    cr_assert(eq(u64, events(), 1));
}

Test(follow, a_renamed_file_is_read_until_its_successor_has_something)
{
    open_writer("w");
    follow(FOLLOW_FROM_END);
    write_events(2);
    look();
    cr_assert(eq(int, rename(scene.path, scene.rotated), 0));
    (void)temp_file("app.log", "", 0);
    write_events(3); /* the writer has not moved yet */
    look();
    cr_assert(eq(u64, events(), 5));
    write_text("{\"label\":\"s1\"}"); /* its last words, after the last look */
    open_writer("a");
    write_events(4);
    look();
    look();
    cr_assert(eq(u64, events(), 10));
    cr_assert(eq(u64, follower_counts(scene.follower).rotations, 1));
}

Test(follow, a_renamed_file_without_successor_is_read_on)
{
    open_writer("w");
    follow(FOLLOW_FROM_END);
    cr_assert(eq(int, rename(scene.path, scene.rotated), 0));
    write_events(2);
    look();
    cr_assert(eq(u64, events(), 2));
    cr_assert(eq(u64, follower_counts(scene.follower).rotations, 0));
}

Test(follow, a_truncated_file_is_read_from_its_beginning_and_a_torn_line_told)
{
    struct tap_counts counts;
    open_writer("a");
    follow(FOLLOW_FROM_END);
    write_events(3);
    write_text("{\"label\":");
    look();
    cr_assert(eq(int, truncate(scene.path, 0), 0));
    look();
    write_events(2);
    look();
    cr_assert(eq(u64, events(), 5));
    cr_assert(eq(u64, follower_counts(scene.follower).truncations, 1));
    tap_read_counts(scene.tap, &counts);
    cr_assert(eq(u64, counts.torn, 1));
    cr_assert(eq(u64, counts.lines[LINE_NOT_JSON], 0));
}

Test(follow, no_event_is_lost_or_counted_twice_over_many_rotations)
{
    struct random random = {.state = 17};
    uint64_t written = 0;
    open_writer("a");
    follow(FOLLOW_FROM_END);
    for (int round = 0; round < 200; round++) {
        int count = 1 + (int)random_below(&random, 50);
        write_events(count);
        written += (uint64_t)count;
        switch (random_below(&random, 3)) {
        case 0: /* renamed, and the writer reopens */
            look();
            cr_assert(eq(int, rename(scene.path, scene.rotated), 0));
            write_events(1);
            open_writer("a");
            write_events(1);
            written += 2;
            break;
        case 1: /* copied and truncated, after everything was read */
            look();
            cr_assert(eq(int, truncate(scene.path, 0), 0));
            break;
        default:
            break;
        }
        look();
    }
    look();
    cr_assert(eq(u64, events(), written));
}

Test(follow, a_folder_is_refused)
{
    struct serin_error err = {0};
    struct follower *follower = NULL;
    cr_assert(eq(int,
                 follower_create(temp_folder(), FOLLOW_FROM_END, scene.intake, &follower, &err),
                 SERIN_INVALID));
}
