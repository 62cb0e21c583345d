#include "tap/spool.h"

#include "support/temp_folder.h"
#include "tap/push.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW_MS INT64_C(1769860800000)

static struct spool *open_spool(uint64_t bytes_max)
{
    struct spool *spool = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, spool_open(temp_path("spool"), bytes_max, &spool, &err), SERIN_OK), "%s",
              err.detail);
    return spool;
}

static void put(struct spool *spool, const char *text, uint64_t events)
{
    cr_assert(eq(int, spool_put(spool, text, strlen(text), events, NOW_MS, NULL), SERIN_OK));
}

/* The oldest batch, without its name. */
static void expect_first(struct spool *spool, const char *text)
{
    char name[SPOOL_NAME_SIZE];
    owned_memory char *bytes = NULL;
    size_t length = 0;
    cr_assert(eq(int, spool_first(spool, name, &bytes, &length), SERIN_OK));
    cr_assert(eq(str, bytes, (char *)text));
}

Test(spool, batches_leave_in_the_order_they_came)
{
    struct spool *spool = open_spool(1 << 20);
    put(spool, "one", 1);
    put(spool, "two", 2);
    expect_first(spool, "one");
    expect_first(spool, "one");
    spool_remove_first(spool);
    expect_first(spool, "two");
    spool_remove_first(spool);
    char name[SPOOL_NAME_SIZE];
    char *bytes = NULL;
    size_t length = 0;
    cr_assert(eq(int, spool_first(spool, name, &bytes, &length), SERIN_NOT_FOUND));
    cr_assert(eq(u64, spool_counts(spool).bytes, 0));
    spool_close(spool);
}

Test(spool, what_a_process_left_is_found_by_the_next_under_the_same_name)
{
    char before[SPOOL_NAME_SIZE];
    char after[SPOOL_NAME_SIZE];
    char *bytes = NULL;
    size_t length = 0;
    struct spool *spool = open_spool(1 << 20);
    put(spool, "one", 1);
    put(spool, "two", 2);
    cr_assert(eq(int, spool_first(spool, before, &bytes, &length), SERIN_OK));
    memory_free(bytes);
    spool_close(spool);
    spool = open_spool(1 << 20);
    cr_assert(eq(int, spool_first(spool, after, &bytes, &length), SERIN_OK));
    cr_assert(eq(str, bytes, "one"));
    cr_assert(eq(str, before, after));
    cr_assert(eq(u64, spool_counts(spool).batches, 2));
    memory_free(bytes);
    spool_close(spool);
}

Test(spool, a_full_one_drops_the_oldest_and_tells_their_events)
{
    struct spool *spool = open_spool(10);
    put(spool, "12345", 100);
    put(spool, "67890", 200);
    put(spool, "abc", 300);
    expect_first(spool, "67890");
    cr_assert(eq(u64, spool_counts(spool).dropped_events, 100));
    cr_assert(eq(u64, spool_counts(spool).dropped_batches, 1));
    cr_assert(eq(u64, spool_counts(spool).bytes, 8));
    spool_close(spool);
}

Test(spool, other_files_are_left_alone_and_half_written_ones_removed)
{
    (void)mkdir(temp_path("spool"), 0700);
    (void)temp_file("spool/readme.txt", "x", 1);
    (void)temp_file("spool/0001769860800000-0123456789abcdef-7.batch.tmp", "x", 1);
    (void)temp_file("spool/0001769860800000-0123456789abcdef-7.batch", "kept", 4);
    (void)temp_file("spool/0001769860800000-xyz-7.batch", "x", 1);
    struct spool *spool = open_spool(1 << 20);
    cr_assert(eq(u64, spool_counts(spool).batches, 1));
    expect_first(spool, "kept");
    cr_assert(eq(int, access(temp_path("spool/readme.txt"), F_OK), 0));
    cr_assert(
        ne(int, access(temp_path("spool/0001769860800000-0123456789abcdef-7.batch.tmp"), F_OK), 0));
    spool_close(spool);
}

Test(spool, two_processes_cannot_use_one_folder)
{
    struct spool *first = open_spool(1 << 20);
    struct spool *second = NULL;
    cr_assert(eq(int, spool_open(temp_path("spool"), 1 << 20, &second, NULL), SERIN_CONFLICT));
    spool_close(first);
    first = open_spool(1 << 20);
    spool_close(first);
}

Test(spool, a_batch_that_vanished_is_passed_over_and_told)
{
    char name[SPOOL_NAME_SIZE];
    char path[4096];
    char *bytes = NULL;
    size_t length = 0;
    struct spool *spool = open_spool(1 << 20);
    put(spool, "one", 10);
    put(spool, "two", 2);
    cr_assert(eq(int, spool_first(spool, name, &bytes, &length), SERIN_OK));
    memory_free(bytes);
    (void)snprintf(path, sizeof(path), "%s/%s", temp_path("spool"), name);
    cr_assert(eq(int, unlink(path), 0));
    expect_first(spool, "two");
    cr_assert(eq(u64, spool_counts(spool).dropped_events, 10));
    spool_close(spool);
}

Test(spool, a_folder_that_cannot_be_is_refused)
{
    struct spool *spool = NULL;
    const char *file = temp_file("file", "x", 1);
    cr_assert(eq(int, spool_open(file, 1 << 20, &spool, NULL), SERIN_INVALID));
    cr_assert(eq(int, spool_open(temp_path("a/b"), 1 << 20, &spool, NULL), SERIN_NOT_FOUND));
}

/* ---- waiting --------------------------------------------------------------------------------- */

Test(push, waits_double_up_to_a_minute_and_are_spread)
{
    static const struct {
        unsigned failures;
        int64_t least_ms;
        int64_t most_ms;
    } cases[] = {
        {1,           500,   1000 },
        {2,           1000,  2000 },
        {3,           2000,  4000 },
        {6,           16000, 32000},
        {7,           30000, 60000},
        {50,          30000, 60000},
        {4000000000U, 30000, 60000},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        cr_assert(eq(i64, push_backoff_ms(cases[i].failures, 0.0), cases[i].least_ms));
        cr_assert(lt(i64, push_backoff_ms(cases[i].failures, 0.9999), cases[i].most_ms));
        cr_assert(gt(i64, push_backoff_ms(cases[i].failures, 0.9999), cases[i].most_ms * 99 / 100));
    }
}
