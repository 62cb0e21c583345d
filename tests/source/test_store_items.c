#include "support/cells.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define KEYED        .stream = &keyed_stream
#define CANARY(text) KEYED, .arm = "canary", .pod = "c", .label = (text)
#define STABLE(text) KEYED, .arm = "stable", .pod = "s", .label = (text)

static struct store *begin(struct fake_clock *clock)
{
    *clock = fake_clock_at(NOW_MS);
    return open_store(temp_path("i.db"), clock);
}

Test(store_items, a_late_reference_moves_its_event)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1"}, {CANARY("x"), .key = "2"});
    (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "r"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "x"), 1));
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "x"), 1));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 2));
    store_close(store);
}

Test(store_items, a_reference_is_joined_once)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1"});
    for (int i = 0; i < 3; i++) {
        (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "r"});
    }
    (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "another"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "x"), 1));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 1));
    cr_assert(eq(sz, block_tables_reference_count(tables), 1));
    store_close(store);
}

Test(store_items, a_reference_waits_for_its_label)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "r"});
    store_close(store);
    store = open_store(temp_path("i.db"), &clock);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1"}, {STABLE("y"), .key = "1"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "x"), 1));
    cr_assert(eq(u64, cell_of(tables, ARM_STABLE, "r", "y"), 1));
    store_close(store);
}

Test(store_items, one_arms_reference_serves_the_other_arm)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {STABLE("y"), .key = "1"},
                 {CANARY("x"), .key = "1", .reference = "r"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_STABLE, "r", "y"), 1));
    cr_assert(eq(u64, pairs_of(tables, "r", "x", "y"), 1));
    store_close(store);
}

Test(store_items, pairs_items_that_both_arms_labelled)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1"}, {STABLE("x"), .key = "1"},
                 {CANARY("x"), .key = "2"}, {CANARY("z"), .key = "3"});
    (void)APPEND(store, NULL, {STABLE("y"), .key = "2"}, {STABLE("w"), .key = "4"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_pairs(tables), 2));
    cr_assert(eq(u64, pairs_of(tables, NULL, "x", "x"), 1));
    cr_assert(eq(u64, pairs_of(tables, NULL, "x", "y"), 1));
    store_close(store);
}

Test(store_items, the_first_label_of_each_arm_makes_the_pair)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1", .count = 5}, {CANARY("z"), .key = "1"},
                 {STABLE("y"), .key = "1"}, {STABLE("y"), .key = "1"});
    (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "r"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_pairs(tables), 1));
    cr_assert(eq(u64, pairs_of(tables, "r", "x", "y"), 1));
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "x"), 5));
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "z"), 1));
    cr_assert(eq(u64, cell_of(tables, ARM_STABLE, "r", "y"), 2));
    store_close(store);
}

Test(store_items, either_arm_may_be_the_canary)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {KEYED, .arm = "a", .pod = "p", .label = "x", .key = "1"},
                 {KEYED, .arm = "b", .pod = "q", .label = "y", .key = "1"});
    for (int swap = 0; swap < 2; swap++) {
        struct table_query query = {
            .stream = &keyed_stream,
            .arms = {swap ? "b" : "a", swap ? "a" : "b"},
            .window_ms = HOUR_MS,
            .now_ms = NOW_MS,
            .paired = true,
            .limits = table_limits_default
        };
        struct serin_error err = {0};
        owned(block_tables) tables = NULL;
        require_ok(store_fetch(store, &query, &tables, &err), &err);
        cr_assert(eq(u64, pairs_of(tables, NULL, swap ? "y" : "x", swap ? "x" : "y"), 1));
    }
    store_close(store);
}

Test(store_items, pairs_are_told_only_when_asked_for)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1"}, {STABLE("x"), .key = "1"});
    struct table_query query = {
        .stream = &keyed_stream,
        .arms = {"canary", "stable"},
        .window_ms = HOUR_MS,
        .now_ms = NOW_MS,
        .limits = table_limits_default
    };
    struct serin_error err = {0};
    owned(block_tables) tables = NULL;
    require_ok(store_fetch(store, &query, &tables, &err), &err);
    cr_assert(eq(u64, block_tables_pairs(tables), 0));
    store_close(store);
}

Test(store_items, events_beyond_what_is_remembered_of_an_item_still_count)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    for (int i = 0; i < 12; i++) {
        (void)APPEND(store, NULL, {CANARY("x"), .key = "1", .time_ms = NOW_MS - i * MINUTE_MS});
    }
    (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "r"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "x"), 8));
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "x"), 4));
    store_close(store);
}

Test(store_items, a_stream_without_keys_ignores_them)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    struct store_stats stats;
    (void)APPEND(store, NULL, {.arm = "canary", .pod = "c", .label = "x", .key = "1"},
                 {.arm = "stable", .pod = "s", .label = "x", .key = "1", .reference = "r"});
    store_stats(store, &stats);
    cr_assert(eq(u64, stats.keys, 0));
    owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "x"), 1));
    store_close(store);
}

static bool file_holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    bool found = false;
    size_t length = strlen(text);
    static char bytes[1 << 20];
    if (file) {
        size_t size = fread(bytes, 1, sizeof(bytes), file);
        found = size > length && memmem(bytes, size, text, length);
        (void)fclose(file);
    }
    return found;
}

Test(store_items, keys_are_never_written_as_they_are)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, "name-of-batch", {CANARY("findable"), .key = "secret-order-81"});
    cr_assert(file_holds(temp_path("i.db-wal"), "findable"));
    cr_assert(eq(int, file_holds(temp_path("i.db-wal"), "secret-order-81"), 0));
    cr_assert(eq(int, file_holds(temp_path("i.db-wal"), "name-of-batch"), 0));
    store_close(store);
    cr_assert(eq(int, file_holds(temp_path("i.db"), "secret-order-81"), 0));
}

Test(store_items, a_given_key_lets_another_file_know_the_same_items)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct hash_key key = {"sixteen bytes  "};
    struct store_options options = {.path = temp_path("i.db"), .clock = &clock.clock, .key = &key};
    struct serin_error err = {0};
    struct store *store = NULL;
    require_ok(store_open(&options, &store, &err), &err);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1"});
    store_close(store);
    require_ok(store_open(&options, &store, &err), &err);
    (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "r"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "x"), 1));
    store_close(store);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static uint64_t keys_in(struct store *store)
{
    struct store_stats stats;
    store_stats(store, &stats);
    return stats.keys;
}

static void maintain(struct store *store)
{
    struct serin_error err = {0};
    require_ok(store_maintain(store, &err), &err);
}

Test(store_items, items_are_forgotten_after_the_retention)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {CANARY("x"), .key = "1"}, {STABLE("y"), .key = "1"},
                 {KEYED, .key = "2", .reference = "r"});
    cr_assert(eq(u64, keys_in(store), 2));
    fake_clock_advance(&clock, DAY_MS + HOUR_MS);
    maintain(store);
    cr_assert(eq(u64, keys_in(store), 0));
    int64_t now_ms = clock.now.unix_ms;
    (void)APPEND(store, NULL, {KEYED, .key = "1", .reference = "late", .time_ms = now_ms},
                 {CANARY("x"), .key = "2", .time_ms = now_ms});
    for (int i = 0; i < 2; i++) {
        owned(block_tables) tables = fetch_tables(store, &keyed_stream, now_ms);
        cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "x"), 1));
        cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 1));
        cr_assert(eq(u64, block_tables_pairs(tables), 0));
        cr_assert(eq(u64, keys_in(store), 2));
        store_close(store);
        store = open_store(temp_path("i.db"), &clock);
    }
    store_close(store);
}

Test(store_items, what_stays_is_the_same_after_others_were_forgotten)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    for (int i = 0; i < 40; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "old%d", i);
        (void)APPEND(store, NULL, {CANARY("x"), .key = key}, {STABLE("y"), .key = key});
    }
    fake_clock_advance(&clock, 20 * HOUR_MS);
    int64_t now_ms = clock.now.unix_ms;
    (void)APPEND(store, NULL, {CANARY("x"), .key = "old1", .time_ms = now_ms},
                 {STABLE("y"), .key = "new", .time_ms = now_ms},
                 {CANARY("z"), .key = "new", .time_ms = now_ms},
                 {KEYED, .key = "waits", .reference = "r", .time_ms = now_ms},
                 {KEYED, .key = "new", .reference = "q", .time_ms = now_ms});
    fake_clock_advance(&clock, 6 * HOUR_MS);
    now_ms = clock.now.unix_ms;
    maintain(store);
    cr_assert(eq(u64, keys_in(store), 3));
    owned_memory char *before = fetch_dump(store, &keyed_stream, now_ms);
    store_close(store);
    store = open_store(temp_path("i.db"), &clock);
    owned_memory char *after = fetch_dump(store, &keyed_stream, now_ms);
    cr_assert(eq(str, after, before));
    (void)APPEND(store, NULL, {CANARY("w"), .key = "waits", .time_ms = now_ms},
                 {STABLE("v"), .key = "old1", .time_ms = now_ms});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, now_ms);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, "r", "w"), 1));
    cr_assert(eq(u64, pairs_of(tables, "q", "z", "y"), 1));
    store_close(store);
}

/* ---- the stable arm against itself ----------------------------------------------------------- */

#define STABLE_ON(place, text) KEYED, .arm = "stable", .pod = (place), .label = (text)

/* The self pairs of a first and a second label. */
static uint64_t self_pairs_of(const struct block_tables *tables, const char *first,
                              const char *second)
{
    struct serin_triple *triples = NULL;
    size_t count = 0;
    uint64_t found = 0;
    cr_assert(eq(int, block_tables_self_triples(tables, &triples, &count), SERIN_OK));
    for (size_t i = 0; i < count; i++) {
        bool same = text_equals(block_tables_label(tables, triples[i].stable), first) &&
                    text_equals(block_tables_label(tables, triples[i].canary), second);
        found += same ? triples[i].count : 0;
    }
    memory_free(triples);
    return found;
}

Test(store_items, items_that_two_stable_pods_labelled_pair_the_arm_with_itself)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {STABLE_ON("s", "x"), .key = "1"}, {STABLE_ON("t", "y"), .key = "1"},
                 {STABLE_ON("u", "z"), .key = "1"}, {STABLE_ON("s", "x"), .key = "2"},
                 {CANARY("x"), .key = "2"});
    (void)APPEND(store, NULL, {STABLE_ON("t", "x"), .key = "2"});
    store_close(store);
    store = open_store(temp_path("i.db"), &clock);
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_self_pairs(tables), 2));
    cr_assert(eq(u64, self_pairs_of(tables, "x", "y"), 1));
    cr_assert(eq(u64, self_pairs_of(tables, "x", "x"), 1));
    cr_assert(eq(u64, block_tables_pairs(tables), 1));
    store_close(store);
}

Test(store_items, a_pod_that_repeats_itself_and_a_canary_pod_are_no_second_opinion)
{
    struct fake_clock clock;
    struct store *store = begin(&clock);
    (void)APPEND(store, NULL, {STABLE_ON("s", "x"), .key = "1"}, {STABLE_ON("s", "y"), .key = "1"},
                 {CANARY("x"), .key = "2"},
                 {KEYED, .arm = "canary", .pod = "d", .label = "y", .key = "2"});
    owned(block_tables) tables = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_self_pairs(tables), 0));
    store_close(store);
}
