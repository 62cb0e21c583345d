#include "tap/block_log.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { MINUTE_MS = 60000, CELLS = 40 };
#define NOW_MS INT64_C(1769860800000) /* a full hour */
#define DAY_MS INT64_C(86400000)

static struct block_log *new_log(size_t bytes, int64_t width_max_ms)
{
    struct block_log_options options = {bytes, MINUTE_MS, width_max_ms, DAY_MS};
    struct block_log *log = block_log_create(&options);
    cr_assert(log != NULL);
    return log;
}

struct sums {
    uint64_t cells[CELLS];
    uint64_t total;
};

static struct sums sums_of(const struct block_log *log)
{
    struct sums sums = {.total = 0};
    struct block_cursor at = {0};
    struct block_entry entry;
    size_t entries = 0;
    while (block_log_next(log, &at, &entry)) {
        cr_assert(lt(sz, entry.block, block_log_size(log)));
        sums.cells[entry.cell] += entry.count;
        sums.total += entry.count;
        entries++;
    }
    cr_assert(eq(sz, entries, block_log_entries(log)));
    return sums;
}

static void check_order(const struct block_log *log)
{
    int64_t width_ms = block_log_width_ms(log);
    int64_t before_ms = INT64_MIN;
    for (size_t i = 0; i < block_log_size(log); i++) {
        struct block_view block = block_log_block(log, i);
        cr_assert(gt(i64, block.start_ms, before_ms));
        cr_assert(eq(i64, block.start_ms % width_ms, 0));
        cr_assert(ge(i64, block.first_ms, block.start_ms));
        cr_assert(ge(i64, block.last_ms, block.first_ms));
        cr_assert(lt(i64, block.last_ms, block.start_ms + width_ms));
        before_ms = block.start_ms;
    }
}

Test(block_log, events_are_counted_in_the_bucket_of_their_time)
{
    owned(block_log) log = new_log(1 << 20, MINUTE_MS);
    cr_assert(block_log_add(log, NOW_MS - 1, NOW_MS, 3, 2));
    cr_assert(block_log_add(log, NOW_MS, NOW_MS, 3, 5));
    cr_assert(block_log_add(log, NOW_MS - MINUTE_MS, NOW_MS, 3, 1));
    cr_assert(eq(sz, block_log_size(log), 2));
    struct block_view block = block_log_block(log, 0);
    cr_assert(eq(i64, block.start_ms, NOW_MS - MINUTE_MS));
    cr_assert(eq(i64, block.first_ms, NOW_MS - MINUTE_MS));
    cr_assert(eq(i64, block.last_ms, NOW_MS - 1));
    cr_assert(eq(u64, sums_of(log).cells[3], 8));
}

Test(block_log, a_full_log_widens_its_buckets_and_loses_no_event)
{
    enum { BYTES = 40 * 1024, EVENTS = 20000 };
    struct random random = {.state = 3};
    owned(block_log) log = new_log(BYTES, 60 * MINUTE_MS);
    struct sums truth = {.total = 0};
    for (int64_t i = 0; i < EVENTS; i++) {
        int64_t now_ms = NOW_MS + i * 1000;
        int64_t late_ms = (int64_t)random_below(&random, 30 * MINUTE_MS);
        uint32_t cell = (uint32_t)random_below(&random, CELLS);
        cr_assert(block_log_add(log, now_ms - late_ms, now_ms, cell, 2));
        truth.cells[cell] += 2;
        truth.total += 2;
        cr_assert(le(sz, block_log_bytes(log), BYTES));
    }
    struct sums sums = sums_of(log);
    cr_assert(eq(u64, sums.total, truth.total));
    cr_assert(eq(int, memcmp(sums.cells, truth.cells, sizeof(sums.cells)), 0));
    cr_assert(gt(i64, block_log_width_ms(log), MINUTE_MS));
    cr_assert(eq(dbl, block_log_rate(log), 1.0));
    cr_assert(eq(i64, block_log_since_ms(log), 0));
    check_order(log);
}

Test(block_log, one_that_cannot_widen_samples_and_says_what_it_forgot)
{
    enum { BYTES = 12 * 1024, EVENTS = 60000 };
    struct random random = {.state = 5};
    owned(block_log) log = new_log(BYTES, 2 * MINUTE_MS);
    uint64_t kept = 0;
    for (int64_t i = 0; i < EVENTS; i++) {
        int64_t now_ms = NOW_MS + i * 1000;
        double place = (double)(random_next(&random) >> 11) * 0x1p-53;
        if (block_log_keeps(log, place)) {
            kept++;
            cr_assert(
                block_log_add(log, now_ms, now_ms, (uint32_t)random_below(&random, CELLS), 1));
        }
        cr_assert(le(sz, block_log_bytes(log), BYTES));
    }
    cr_assert(lt(dbl, block_log_rate(log), 1.0));
    cr_assert(gt(i64, block_log_since_ms(log), NOW_MS));
    cr_assert(eq(i64, block_log_since_ms(log) % (2 * MINUTE_MS), 0));
    cr_assert(lt(u64, kept, EVENTS));
    cr_assert(gt(u64, sums_of(log).total, 0));
    cr_assert(ge(i64, block_log_block(log, 0).start_ms, block_log_since_ms(log)));
    cr_assert(not(block_log_add(log, NOW_MS, NOW_MS + EVENTS * INT64_C(1000), 0, 1)));
    check_order(log);
}

Test(block_log, one_bucket_holds_every_cell_in_the_least_room_allowed)
{
    enum { MANY = 3000 };
    owned(block_log) log = new_log(BLOCK_LOG_BYTES_MIN(MANY), MINUTE_MS);
    for (uint32_t cell = 0; cell < MANY; cell++) {
        cr_assert(block_log_add(log, NOW_MS, NOW_MS, cell, 1));
        cr_assert(le(sz, block_log_bytes(log), BLOCK_LOG_BYTES_MIN(MANY)));
    }
    cr_assert(eq(sz, block_log_entries(log), MANY));
    cr_assert(eq(dbl, block_log_rate(log), 1.0));
}

Test(block_log, what_is_older_than_the_retention_is_forgotten_and_refused)
{
    owned(block_log) log = new_log(1 << 20, MINUTE_MS);
    cr_assert(block_log_add(log, NOW_MS, NOW_MS, 0, 1));
    cr_assert(block_log_add(log, NOW_MS + DAY_MS, NOW_MS + DAY_MS, 0, 1));
    cr_assert(eq(sz, block_log_size(log), 2));
    cr_assert(block_log_add(log, NOW_MS + DAY_MS + MINUTE_MS, NOW_MS + DAY_MS + MINUTE_MS, 0, 1));
    cr_assert(eq(sz, block_log_size(log), 2));
    cr_assert(eq(i64, block_log_since_ms(log), NOW_MS + MINUTE_MS));
    cr_assert(not(block_log_add(log, NOW_MS, NOW_MS + DAY_MS, 0, 1)));
}

Test(block_log, without_memory_an_event_is_refused_and_nothing_breaks)
{
    owned(block_log) log = new_log(1 << 20, MINUTE_MS);
    cr_assert(block_log_add(log, NOW_MS, NOW_MS, 0, 1));
    memory_fail_after(1);
    cr_assert(not(block_log_add(log, NOW_MS + MINUTE_MS, NOW_MS + MINUTE_MS, 0, 1)));
    memory_fail_after(0);
    cr_assert(block_log_add(log, NOW_MS + MINUTE_MS, NOW_MS + MINUTE_MS, 0, 1));
    cr_assert(eq(u64, sums_of(log).total, 2));
}
