#include "tap/key_log.h"

#include "source/key_sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define NOW_MS  INT64_C(1769860800000)
#define HOUR_MS INT64_C(3600000)

static double place_of(uint64_t number)
{
    return sample_place((struct text_view){(const char *)&number, sizeof(number)});
}

static void offer(struct key_log *log, uint64_t number, int64_t now_ms)
{
    struct kept_key item = {
        .key = {number, 0},
          .place = place_of(number), .time_ms = now_ms, .count = 1
    };
    if (key_log_keeps(log, item.place)) {
        cr_assert(key_log_add(log, &item, now_ms));
    }
}

Test(key_log, a_full_log_halves_its_rate_and_keeps_exactly_the_keys_below_it)
{
    enum { BYTES = 64 * 1024, KEYS = 20000 };
    struct key_log_options options = {BYTES, 1.0, HOUR_MS};
    owned(key_log) log = key_log_create(&options);
    for (uint64_t i = 0; i < KEYS; i++) {
        offer(log, i, NOW_MS);
        cr_assert(le(sz, key_log_bytes(log), BYTES));
    }
    uint64_t expected = 0;
    for (uint64_t i = 0; i < KEYS; i++) {
        expected += place_of(i) < key_log_rate(log);
    }
    cr_assert(lt(dbl, key_log_rate(log), 1.0));
    cr_assert(eq(u64, key_log_size(log), expected));
    for (size_t i = 0; i < key_log_size(log); i++) {
        cr_assert(lt(dbl, key_log_item(log, i)->place, key_log_rate(log)));
    }
}

Test(key_log, old_items_make_room_before_the_rate_falls)
{
    enum { BYTES = 64 * 1024 };
    struct key_log_options options = {BYTES, 1.0, 1000};
    owned(key_log) log = key_log_create(&options);
    for (uint64_t i = 0; i < 100000; i++) {
        offer(log, i, NOW_MS + (int64_t)i * 10);
    }
    cr_assert(eq(dbl, key_log_rate(log), 1.0));
    cr_assert(eq(sz, key_log_size(log), 101));
    cr_assert(le(sz, key_log_bytes(log), BYTES));
}

Test(key_log, one_key_that_floods_it_ends_the_sample_and_not_the_process)
{
    struct key_log_options options = {64 * 1024, 1.0, HOUR_MS};
    owned(key_log) log = key_log_create(&options);
    for (uint64_t i = 0; i < 10000; i++) {
        offer(log, 42, NOW_MS);
    }
    cr_assert(le(dbl, key_log_rate(log), place_of(42)));
}

Test(key_log, nothing_is_kept_at_rate_zero)
{
    struct key_log_options options = {64 * 1024, 0.0, HOUR_MS};
    owned(key_log) log = key_log_create(&options);
    cr_assert(not(key_log_keeps(log, 0.0)));
}

Test(key_log, without_memory_an_item_is_missing_and_nothing_breaks)
{
    struct key_log_options options = {64 * 1024, 1.0, HOUR_MS};
    owned(key_log) log = key_log_create(&options);
    struct kept_key item = {.place = 0.5, .time_ms = NOW_MS, .count = 1};
    memory_fail_after(1);
    cr_assert(not(key_log_add(log, &item, NOW_MS)));
    memory_fail_after(0);
    cr_assert(key_log_add(log, &item, NOW_MS));
    cr_assert(eq(sz, key_log_size(log), 1));
}
