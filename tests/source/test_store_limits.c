#include "support/cells.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static uint64_t cells_in(struct store *store)
{
    struct store_stats stats;
    store_stats(store, &stats);
    return stats.cells;
}

static void maintain(struct store *store)
{
    struct serin_error err = {0};
    require_ok(store_maintain(store, &err), &err);
}

/* Appends `count` events whose label, pod, arm, region or key ends in a number of its own. */
struct flood {
    struct brief brief;
    bool labels, references, pods, arms, regions, keys;
};

static enum serin_status append_flood(struct store *store, const struct flood *flood, int count,
                                      struct serin_error *err)
{
    owned(store_batch) batch = store_batch_create(store);
    struct append_result result = {0};
    for (int i = 0; i < count; i++) {
        char text[16];
        struct brief brief = flood->brief;
        (void)snprintf(text, sizeof(text), "n%05d", i);
        brief.label = flood->labels ? text : brief.label;
        brief.reference = flood->references ? text : brief.reference;
        brief.pod = flood->pods ? text : brief.pod;
        brief.arm = flood->arms ? text : brief.arm;
        brief.region = flood->regions ? text : brief.region;
        brief.key = flood->keys ? text : brief.key;
        TRY(add_brief(batch, &brief, err));
    }
    return store_append(store, text_view_of(NULL), batch, &result, err);
}

static const struct brief one = {.arm = "canary", .pod = "c", .label = "x"};

/* ---- caps ------------------------------------------------------------------------------------ */

Test(store_limits, labels_beyond_the_cap_become_other_and_are_flagged)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.labels = 100;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct serin_error err = {0};
    struct flood flood = {.brief = one, .labels = true, .references = true};
    owned(block_tables) before = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(int, block_tables_capped(before), 0));
    for (int round = 0; round < 2; round++) {
        require_ok(append_flood(store, &flood, 1000, &err), &err);
        for (int again = 0; again < 2; again++) {
            owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
            cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 1000 * (round + 1)));
            cr_assert(eq(sz, block_tables_label_count(tables), 101));
            cr_assert(eq(sz, block_tables_reference_count(tables), 101));
            cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "other", "other"), 900 * (round + 1)));
            cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "n00099", "n00099"), round + 1));
            cr_assert(eq(int, block_tables_capped(tables), 1));
            store_close(store);
            store = open_store_with(temp_path("l.db"), &clock, &limits);
        }
    }
    store_close(store);
}

Test(store_limits, a_batch_is_recognised_although_its_labels_were_folded)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.labels = 1;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    for (int i = 0; i < 3; i++) {
        struct append_result result =
            APPEND(store, "b", {.arm = "canary", .pod = "c", .label = "x"},
                   {.arm = "canary", .pod = "c", .label = "y"},
                   {.arm = "canary", .pod = "c", .label = "z"});
        cr_assert(eq(int, result.duplicate, i > 0));
    }
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "other"), 2));
    store_close(store);
}

Test(store_limits, slice_values_beyond_the_cap_become_other)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.tuples = 20;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct serin_error err = {0};
    struct flood flood = {.brief = one, .regions = true};
    require_ok(append_flood(store, &flood, 500, &err), &err);
    for (int i = 0; i < 2; i++) {
        owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
        size_t slices = block_tables_slice_count(tables);
        cr_assert(eq(sz, slices, 20));
        cr_assert(text_equals(block_tables_slice(tables, slices - 1).value, "other"));
        cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 500));
        store_close(store);
        store = open_store_with(temp_path("l.db"), &clock, &limits);
    }
    store_close(store);
}

/* The file has to tell of an item what was counted, or its late reference finds nothing to move. */
Test(store_limits, a_late_reference_finds_an_item_whose_slice_value_became_other)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.tuples = 3; /* one of them for events without slices */
    struct stream stream = plain_stream;
    stream.keyed = true;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct brief old = {.stream = &stream, .arm = "canary", .pod = "c", .label = "x"};
    struct brief item = old;
    struct brief late = {.stream = &stream, .reference = "x", .key = "k"};
    for (int i = 0; i < 2; i++) {
        old.region = i == 0 ? "r0" : "r1";
        (void)append_briefs(store, NULL, &old, 1);
    }
    item.region = "r2";
    item.key = "k";
    item.time_ms = NOW_MS + HOUR_MS;
    (void)append_briefs(store, NULL, &item, 1);
    clock.now.unix_ms = NOW_MS + 7 * DAY_MS + 30 * MINUTE_MS;
    maintain(store);
    store_close(store);
    store = open_store_with(temp_path("l.db"), &clock, &limits);
    late.time_ms = clock.now.unix_ms;
    (void)append_briefs(store, NULL, &late, 1);
    stream.lookback_ms = 7 * DAY_MS;
    owned(block_tables) tables = fetch_tables(store, &stream, clock.now.unix_ms);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "x", "x"), 1));
    store_close(store);
}

Test(store_limits, too_many_pods_or_arms_are_refused_whole)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.pods = 50;
    limits.arms = 10;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct serin_error err = {0};
    struct flood pods = {.brief = one, .pods = true};
    struct flood arms = {.brief = one, .arms = true};
    cr_assert(eq(int, append_flood(store, &pods, 51, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.field, "pod"));
    cr_assert(eq(int, append_flood(store, &arms, 11, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.field, "arm"));
    cr_assert(eq(u64, cells_in(store), 0));
    store_close(store);
}

Test(store_limits, a_batch_holds_so_many_events)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("l.db"), &clock);
    owned(store_batch) batch = store_batch_create(store);
    struct serin_error err = {0};
    for (int i = 0; i < STORE_BATCH_EVENTS_MAX; i++) {
        require_ok(add_brief(batch, &one, &err), &err);
    }
    cr_assert(eq(int, add_brief(batch, &one, &err), SERIN_TOO_LARGE));
    store_close(store);
}

Test(store_limits, batch_names_have_a_length)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("l.db"), &clock);
    char name[STORE_BATCH_NAME_MAX + 2];
    struct append_result result = {0};
    struct serin_error err = {0};
    memset(name, 'n', sizeof(name));
    name[STORE_BATCH_NAME_MAX + 1] = '\0';
    cr_assert(eq(int, try_append(store, name, &one, 1, &result, &err), SERIN_INVALID));
    name[STORE_BATCH_NAME_MAX] = '\0';
    cr_assert(eq(int, try_append(store, name, &one, 1, &result, &err), SERIN_OK));
    store_close(store);
}

/* ---- retention ------------------------------------------------------------------------------- */

Test(store_limits, forgets_blocks_and_batches_after_the_retention)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("l.db"), &clock);
    struct append_result result = APPEND(store, "b", one);
    struct store_arm *arms = NULL;
    size_t count = 0;
    fake_clock_advance(&clock, 6 * DAY_MS);
    maintain(store);
    cr_assert(eq(u64, cells_in(store), 1));
    cr_assert(eq(int, APPEND(store, "b", one).duplicate, 1));
    fake_clock_advance(&clock, DAY_MS + HOUR_MS);
    maintain(store);
    cr_assert(eq(u64, cells_in(store), 0));
    require_ok(store_arms(store, "checkout", &arms, &count), NULL);
    cr_assert(eq(sz, count, 0));
    store_arms_free(arms, count);
    struct brief fresh = one;
    fresh.time_ms = clock.now.unix_ms;
    result = append_briefs(store, "b", &fresh, 1);
    cr_assert(eq(int, result.duplicate, 0));
    store_close(store);
    store = open_store(temp_path("l.db"), &clock);
    cr_assert(eq(u64, cells_in(store), 1));
    store_close(store);
}

Test(store_limits, refuses_what_is_older_than_it_keeps)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("l.db"), &clock);
    (void)APPEND(store, NULL, one);
    fake_clock_advance(&clock, 8 * DAY_MS);
    maintain(store);
    struct append_result result = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, try_append(store, NULL, &one, 1, &result, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "time"));
    store_close(store);
}

Test(store_limits, maintains_itself_while_events_come)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("l.db"), &clock);
    for (int day = 0; day < 20; day++) {
        struct brief brief = one;
        brief.time_ms = clock.now.unix_ms;
        (void)append_briefs(store, NULL, &brief, 1);
        fake_clock_advance(&clock, DAY_MS);
    }
    cr_assert(le(u64, cells_in(store), 8));
    store_close(store);
}

Test(store_limits, the_oldest_blocks_go_before_the_store_is_full)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.cells = 1000;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct serin_error err = {0};
    struct flood flood = {.brief = one, .labels = true};
    for (int i = 0; i < 30; i++) {
        flood.brief.time_ms = clock.now.unix_ms;
        require_ok(append_flood(store, &flood, 200, &err), &err);
        cr_assert(le(u64, cells_in(store), 1200));
        fake_clock_advance(&clock, 8 * HOUR_MS);
    }
    owned(block_tables) tables =
        fetch_tables(store, &plain_stream, clock.now.unix_ms - 8 * HOUR_MS);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 800));
    store_close(store);
}

Test(store_limits, pairs_of_arms_count_where_the_oldest_blocks_go)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.cells = 1000;
    struct stream stream = plain_stream;
    stream.keyed = true;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct serin_error err = {0};
    struct flood flood = {.brief = one, .labels = true, .keys = true};
    flood.brief.stream = &stream;
    flood.brief.time_ms = NOW_MS - 6 * DAY_MS;
    require_ok(append_flood(store, &flood, 240, &err), &err);
    flood.brief.arm = "stable";
    require_ok(append_flood(store, &flood, 240, &err), &err);
    cr_assert(eq(u64, cells_in(store), 960));
    maintain(store);
    cr_assert(eq(u64, cells_in(store), 0));
    store_close(store);
}

Test(store_limits, a_store_that_may_forget_nothing_refuses)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.cells = 100;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct serin_error err = {0};
    struct flood flood = {.brief = one, .labels = true};
    require_ok(append_flood(store, &flood, 100, &err), &err);
    cr_assert(eq(int, append_flood(store, &flood, 1, &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "full"), NULL));
    cr_assert(eq(int, store_driver.ping(store, deadline_after(&clock.clock, 1000), &err),
                 SERIN_UNAVAILABLE));
    store_close(store);
}

Test(store_limits, remembers_only_so_many_items)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.keys = 100;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct serin_error err = {0};
    struct flood flood = {.brief = one, .keys = true};
    flood.brief.stream = &keyed_stream;
    require_ok(append_flood(store, &flood, 100, &err), &err);
    cr_assert(eq(int, append_flood(store, &flood, 100, &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "keys"), NULL));
    fake_clock_advance(&clock, 2 * DAY_MS);
    flood.brief.time_ms = clock.now.unix_ms;
    require_ok(append_flood(store, &flood, 100, &err), &err);
    store_close(store);
}

Test(store_limits, reads_a_stream_anew_when_most_of_it_is_gone)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("l.db"), &clock);
    struct serin_error err = {0};
    struct flood flood = {.brief = one, .pods = true};
    for (int i = 0; i < 5; i++) {
        flood.brief.time_ms = NOW_MS - i * HOUR_MS;
        require_ok(append_flood(store, &flood, 1000, &err), &err);
    }
    struct store_stats before;
    store_stats(store, &before);
    fake_clock_advance(&clock, 10 * DAY_MS);
    struct brief fresh = one;
    fresh.time_ms = clock.now.unix_ms;
    (void)append_briefs(store, NULL, &fresh, 1);
    maintain(store);
    struct store_stats after;
    store_stats(store, &after);
    cr_assert(eq(u64, after.blocks, 1));
    cr_assert(lt(u64, after.bytes, before.bytes / 100));
    owned(block_tables) tables = fetch_tables(store, &plain_stream, clock.now.unix_ms);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 1));
    store_close(store);
}

Test(store_limits, a_long_journal_is_folded)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_limits limits = store_limits_default;
    limits.journal = 1000;
    struct store *store = open_store_with(temp_path("l.db"), &clock, &limits);
    struct store_stats stats;
    for (int i = 0; i < 100; i++) {
        (void)APPEND(store, NULL, one);
        store_stats(store, &stats);
        cr_assert(lt(u64, stats.journal_bytes, 1000));
    }
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 100));
    store_close(store);
}

Test(store_limits, a_stream_may_change_its_blocks)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("l.db"), &clock);
    static const int64_t widths_ms[] = {MINUTE_MS, 30000, 90000, HOUR_MS, 1000};
    uint64_t events = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(widths_ms); i++) {
        struct stream stream = plain_stream;
        stream.block_ms = widths_ms[i];
        for (int j = 0; j < 50; j++) {
            struct brief brief = one;
            brief.stream = &stream;
            brief.time_ms = NOW_MS - j * 77777;
            (void)append_briefs(store, NULL, &brief, 1);
            events++;
        }
        for (int again = 0; again < 2; again++) {
            owned(block_tables) tables = fetch_tables(store, &stream, NOW_MS);
            cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), events));
            store_close(store);
            store = open_store(temp_path("l.db"), &clock);
        }
    }
    store_close(store);
}
