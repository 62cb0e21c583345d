#include "support/cells.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

Test(store, counts_events_by_arm_reference_and_label)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    struct append_result result = APPEND(
        store, NULL, {.arm = "canary", .pod = "c1", .label = "x", .reference = "x"},
        {.arm = "canary", .pod = "c1", .label = "x", .reference = "x", .region = "eu"},
        {.arm = "canary", .pod = "c2", .label = "y", .reference = "x", .count = 5},
        {.arm = "stable", .pod = "s1", .label = "x"}, {.arm = "else", .pod = "e", .label = "x"});
    cr_assert(eq(u64, result.accepted, 5));
    cr_assert(eq(int, result.duplicate, 0));
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "x", "x"), 2));
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "x", "y"), 5));
    cr_assert(eq(u64, cell_of(tables, ARM_STABLE, NULL, "x"), 1));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 7));
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 1));
    cr_assert(eq(sz, block_tables_slice_count(tables), 1));
    store_close(store);
}

Test(store, knows_nothing_of_unknown_streams_and_arms)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    struct store_arm *arms = NULL;
    size_t count = 7;
    cr_assert(eq(int, store_arms(store, "checkout", &arms, &count), SERIN_OK));
    cr_assert(eq(sz, count, 0));
    owned(block_tables) empty = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(empty, ARM_STABLE), 0));
    (void)APPEND(store, NULL, {.arm = "stable", .pod = "s", .label = "x"});
    owned(block_tables) half = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(half, ARM_CANARY), 0));
    cr_assert(eq(i64, block_tables_coverage(half, ARM_CANARY)->first_ms, 0));
    cr_assert(eq(i64, block_tables_coverage(half, ARM_STABLE)->last_ms, NOW_MS));
    store_close(store);
}

/* ---- batches --------------------------------------------------------------------------------- */

Test(store, a_repeated_batch_is_acknowledged_and_not_counted_again)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    for (int i = 0; i < 3; i++) {
        struct append_result result =
            APPEND(store, "batch-1", {.arm = "canary", .pod = "c", .label = "x", .count = 3},
                   {.arm = "canary", .pod = "c", .label = "y"});
        cr_assert(eq(u64, result.accepted, 2));
        cr_assert(eq(int, result.duplicate, i > 0));
        if (i == 1) {
            store_close(store);
            store = open_store(temp_path("a.db"), &clock);
        }
    }
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 4));
    store_close(store);
}

Test(store, a_batch_name_stands_for_one_set_of_events)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    const struct brief other = {.arm = "canary", .pod = "c", .label = "y"};
    struct append_result result = {.accepted = 77};
    struct serin_error err = {0};
    (void)APPEND(store, "batch-1", {.arm = "canary", .pod = "c", .label = "x"});
    cr_assert(eq(int, try_append(store, "batch-1", &other, 1, &result, &err), SERIN_CONFLICT));
    cr_assert(eq(str, err.field, "Idempotency-Key"));
    cr_assert(eq(u64, result.accepted, 77));
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "y"), 0));
    store_close(store);
}

Test(store, batches_without_a_name_all_count)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    for (int i = 0; i < 3; i++) {
        (void)APPEND(store, NULL, {.arm = "canary", .pod = "c", .label = "x"});
    }
    cr_assert(
        eq(u64, APPEND(store, NULL, {.arm = "stable", .pod = "s", .label = "x"}).accepted, 1));
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 3));
    store_close(store);
}

Test(store, an_empty_batch_is_accepted)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    struct append_result result = {.accepted = 77};
    struct serin_error err = {0};
    cr_assert(eq(int, try_append(store, "n", NULL, 0, &result, &err), SERIN_OK));
    cr_assert(eq(u64, result.accepted, 0));
    store_close(store);
}

Test(store, a_batch_of_several_streams_is_one)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    (void)APPEND(store, "b", {.arm = "canary", .pod = "c", .label = "x"},
                 {.stream = &keyed_stream, .arm = "canary", .pod = "c", .label = "y", .key = "1"},
                 {.arm = "canary", .pod = "c", .label = "x"});
    owned(block_tables) plain = fetch_tables(store, &plain_stream, NOW_MS);
    owned(block_tables) keyed = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(plain, ARM_CANARY), 2));
    cr_assert(eq(u64, cell_of(keyed, ARM_CANARY, NULL, "y"), 1));
    store_close(store);
}

Test(store, refuses_more_than_two_to_the_53_events)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    const uint64_t most = UINT64_C(1) << 53;
    const struct brief twice[] = {
        {.arm = "canary", .pod = "c", .label = "x", .count = most},
        {.arm = "canary", .pod = "c", .label = "x", .count = 1   },
    };
    struct append_result result = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, try_append(store, NULL, twice, 2, &result, &err), SERIN_RANGE));
    cr_assert(eq(int, try_append(store, NULL, twice, 1, &result, &err), SERIN_OK));
    cr_assert(eq(int, try_append(store, NULL, twice + 1, 1, &result, &err), SERIN_RANGE));
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), most));
    store_close(store);
}

Test(store, a_late_reference_needs_a_keyed_stream)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    const struct brief late = {.key = "k", .reference = "r"};
    struct append_result result = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, try_append(store, NULL, &late, 1, &result, &err), SERIN_INVALID));
    cr_assert(ne(ptr, strstr(err.detail, "keyed: true"), NULL));
    store_close(store);
}

static struct stream sampled_stream(void)
{
    struct stream stream = plain_stream;
    stream.sample_keys = 0.25;
    return stream;
}

Test(store, a_share_of_the_keys_counts_and_it_is_the_same_in_both_arms)
{
    enum { KEYS = 400 };
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    const struct stream stream = sampled_stream();
    for (size_t arm = 0; arm < 2; arm++) {
        const char *name = arm == 0 ? "canary" : "stable";
        for (unsigned i = 0; i < KEYS; i++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "order-%u", i);
            struct append_result result =
                APPEND(store, NULL,
                       {.stream = &stream, .arm = name, .pod = name, .label = "x", .key = key});
            cr_assert(eq(u64, result.accepted, 1));
        }
    }
    owned(block_tables) tables = fetch_tables(store, &stream, NOW_MS);
    uint64_t counted = block_tables_events(tables, ARM_CANARY);
    cr_assert(counted > KEYS / 8 && counted < KEYS * 3 / 8, "%d", (int)counted);
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), counted));
    store_close(store);
}

Test(store, a_stream_that_samples_keys_needs_them)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    const struct stream stream = sampled_stream();
    const struct brief keyless = {.stream = &stream, .arm = "canary", .pod = "c", .label = "x"};
    struct append_result result = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, try_append(store, NULL, &keyless, 1, &result, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "key"));
    cr_assert(ne(ptr, strstr(err.detail, "sample_keys"), NULL));
    store_close(store);
}

Test(store, lists_the_arms_that_pushed_the_latest_first)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    (void)APPEND(store, NULL,
                 {.arm = "old", .pod = "p", .label = "x", .time_ms = NOW_MS - HOUR_MS, .count = 3},
                 {.arm = "new", .pod = "p", .label = "x", .time_ms = NOW_MS - 5},
                 {.arm = "new", .pod = "q", .label = "y", .time_ms = NOW_MS - MINUTE_MS},
                 {.arm = "also", .pod = "q", .label = "y", .time_ms = NOW_MS - 5});
    struct store_arm *arms = NULL;
    size_t count = 0;
    cr_assert(eq(int, store_arms(store, "checkout", &arms, &count), SERIN_OK));
    cr_assert(eq(sz, count, 3));
    cr_assert(eq(str, arms[0].arm, "also"));
    cr_assert(eq(str, arms[1].arm, "new"));
    cr_assert(eq(u64, arms[1].events, 2));
    cr_assert(eq(u64, arms[1].pods, 2));
    cr_assert(eq(i64, arms[1].first_ms, NOW_MS - MINUTE_MS));
    cr_assert(eq(str, arms[2].arm, "old"));
    cr_assert(eq(u64, arms[2].events, 3));
    store_arms_free(arms, count);
    store_close(store);
}

Test(store, an_event_without_label_needs_key_and_reference)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    const struct brief bare[] = {
        {.stream = &keyed_stream, .key = "k"      },
        {.stream = &keyed_stream, .reference = "r"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bare); i++) {
        struct append_result result = {0};
        struct serin_error err = {0};
        cr_assert(eq(int, try_append(store, NULL, &bare[i], 1, &result, &err), SERIN_INVALID));
        cr_assert(eq(str, err.field, "label"));
    }
    store_close(store);
}

/* ---- the window ------------------------------------------------------------------------------ */

static struct block_tables *fetch_rollout(struct store *store, int64_t now_ms)
{
    struct table_query query = {
        .stream = &plain_stream,
        .arms = {"canary", "stable"},
        .since_first_canary = true,
        .now_ms = now_ms,
        .limits = table_limits_default
    };
    struct serin_error err = {0};
    struct block_tables *tables = NULL;
    require_ok(store_fetch(store, &query, &tables, &err), &err);
    return tables;
}

Test(store, a_rollout_begins_with_the_canarys_first_event)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    int64_t start_ms = NOW_MS - 10 * MINUTE_MS + 5000;
    (void)APPEND(
        store, NULL,
        {.arm = "stable", .pod = "s", .label = "x", .time_ms = NOW_MS - 2 * HOUR_MS, .count = 100},
        {.arm = "stable", .pod = "s", .label = "x", .time_ms = start_ms + 1, .count = 10},
        {.arm = "canary", .pod = "c", .label = "x", .time_ms = start_ms},
        {.arm = "canary", .pod = "c", .label = "x", .time_ms = NOW_MS});
    owned(block_tables) tables = fetch_rollout(store, NOW_MS);
    cr_assert(eq(i64, block_tables_window_start_ms(tables), start_ms));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 2));
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 10));
    cr_assert(eq(i64, block_tables_coverage(tables, ARM_CANARY)->first_ms, start_ms));
    store_close(store);
}

Test(store, a_rollout_looks_back_no_further_than_allowed)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    (void)APPEND(
        store, NULL, {.arm = "canary", .pod = "c", .label = "x", .time_ms = NOW_MS - 3 * DAY_MS},
        {.arm = "canary", .pod = "c", .label = "x", .time_ms = NOW_MS - HOUR_MS, .count = 2});
    owned(block_tables) tables = fetch_rollout(store, NOW_MS);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 2));
    cr_assert(eq(i64, block_tables_window_start_ms(tables), NOW_MS - HOUR_MS));
    store_close(store);
}

Test(store, blocks_are_as_wide_as_every_sources)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    owned(store_batch) batch = store_batch_create(store);
    struct serin_error err = {0};
    struct append_result result = {0};
    for (int pod = 0; pod < 20; pod++) {
        for (int minute = 0; minute < 60; minute++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "s%d", pod);
            struct brief brief = {.arm = "stable", .pod = name, .label = "x"};
            brief.time_ms = NOW_MS - minute * MINUTE_MS;
            require_ok(add_brief(batch, &brief, &err), &err);
        }
    }
    require_ok(store_append(store, text_view_of(NULL), batch, &result, &err), &err);
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    int64_t width_ms = block_width_ms(MINUTE_MS, NOW_MS - DAY_MS, NOW_MS + 1, 20);
    cr_assert(gt(i64, width_ms, MINUTE_MS));
    for (size_t i = 0; i < block_tables_block_count(tables, ARM_STABLE); i++) {
        int64_t start_ms = block_tables_block(tables, ARM_STABLE, i).start_ms;
        cr_assert(eq(i64, start_ms, block_start(start_ms, width_ms)));
    }
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 1200));
    store_close(store);
}

/* ---- restart --------------------------------------------------------------------------------- */

static void fill(struct store *store)
{
    (void)APPEND(store, "b1", {.arm = "canary", .pod = "c", .label = "x", .reference = "x"},
                 {.arm = "stable", .pod = "s", .label = "y", .reference = "x", .region = "eu"},
                 {.stream = &keyed_stream, .arm = "canary", .pod = "c", .label = "x", .key = "1"},
                 {.stream = &keyed_stream, .arm = "stable", .pod = "s", .label = "y", .key = "1"});
    (void)APPEND(store, "b2", {.stream = &keyed_stream, .key = "1", .reference = "x"},
                 {.stream = &keyed_stream, .key = "2", .reference = "z"},
                 {.arm = "stable", .pod = "s", .label = "y", .time_ms = NOW_MS - HOUR_MS});
}

static void check_same_after_restart(struct store *store, const struct fake_clock *clock)
{
    char *plain = fetch_dump(store, &plain_stream, NOW_MS);
    char *keyed = fetch_dump(store, &keyed_stream, NOW_MS);
    for (int i = 0; i < 2; i++) {
        store_close(store);
        store = open_store(temp_path("a.db"), clock);
        char *plain_again = fetch_dump(store, &plain_stream, NOW_MS);
        char *keyed_again = fetch_dump(store, &keyed_stream, NOW_MS);
        cr_assert(eq(str, plain_again, plain));
        cr_assert(eq(str, keyed_again, keyed));
        memory_free(plain_again);
        memory_free(keyed_again);
    }
    (void)APPEND(store, NULL,
                 {.stream = &keyed_stream, .arm = "canary", .pod = "c", .label = "q", .key = "2"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "z", "q"), 1));
    memory_free(plain);
    memory_free(keyed);
    store_close(store);
}

Test(store, answers_the_same_after_a_restart)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    fill(store);
    check_same_after_restart(store, &clock);
}

Test(store, answers_the_same_after_checkpoints_and_maintenance)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("a.db"), &clock);
    struct serin_error err = {0};
    fill(store);
    char *before = fetch_dump(store, &keyed_stream, NOW_MS);
    require_ok(store_checkpoint(store, &err), &err);
    require_ok(store_maintain(store, &err), &err);
    char *after = fetch_dump(store, &keyed_stream, NOW_MS);
    cr_assert(eq(str, before, after));
    memory_free(before);
    memory_free(after);
    check_same_after_restart(store, &clock);
}
