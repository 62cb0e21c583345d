/* Events counted in memory: the same tables, to the byte, as the embedded store makes of them. */
#include "source/store_scratch.h"

#include "source/store.h"
#include "support/random.h"
#include "support/tables_dump.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { KEYS = 3000, ARMS = 2, MINUTE_MS = 60000 };
static const int64_t start_ms = INT64_C(1795506900000);
static const char *const arms[ARMS] = {"canary", "stable"};

static const struct stream keyed_stream = {
    .name = "checkout",
    .keyed = true,
    .slices = {"region"},
    .slice_count = 1,
    .block_ms = MINUTE_MS,
    .retention_ms = INT64_C(100) * 365 * 24 * 60 * MINUTE_MS,
    .lookback_ms = 600 * MINUTE_MS,
    .stale_after_ms = 600 * MINUTE_MS,
};

/* What the texts of an event are made of, one event at a time. */
struct words {
    char pod[32];
    char label[16];
    char reference[16];
    char key[24];
};

static struct label_event make_event(struct words *words, struct random *random, size_t number)
{
    size_t key = number % KEYS;
    bool is_late = number >= (size_t)KEYS * ARMS;
    const char *arm = arms[number / KEYS % ARMS];
    (void)snprintf(words->pod, sizeof(words->pod), "%s-%zu", arm, key % 3);
    (void)snprintf(words->label, sizeof(words->label), "s%zu", random_below(random, 5));
    (void)snprintf(words->reference, sizeof(words->reference), "r%zu", key % 4);
    (void)snprintf(words->key, sizeof(words->key), "order-%zu", key);
    struct label_event event = {
        .stream = text_view_of(keyed_stream.name),
        .key = text_view_of(words->key),
        .has_key = true,
        .has_reference = is_late || key % 3 == 0,
        .time_ms = start_ms + (int64_t)number * 50,
        .count = 1,
    };
    if (event.has_reference) {
        event.reference = text_view_of(words->reference);
    }
    if (!is_late) {
        event.has_label = true;
        event.arm = text_view_of(arm);
        event.pod = text_view_of(words->pod);
        event.label = text_view_of(words->label);
        event.slices[0] =
            (struct slice_value){TEXT_VIEW("region"), text_view_of(key % 2 ? "eu" : "us")};
        event.slice_count = 1;
    }
    return event;
}

static char *stored(const struct table_query *query)
{
    struct store_options options = {.path = temp_path("scratch.db")};
    struct store *store = NULL;
    struct append_result result;
    struct words words;
    struct random random = {.state = 7};
    cr_assert(eq(int, store_open(&options, &store, NULL), SERIN_OK));
    struct store_batch *batch = store_batch_create(store);
    for (size_t i = 0; i < (size_t)KEYS * (ARMS + 1); i++) {
        struct label_event event = make_event(&words, &random, i);
        cr_assert(eq(int, store_batch_add(batch, &keyed_stream, &event, NULL), SERIN_OK));
    }
    cr_assert(eq(int, store_append(store, (struct text_view){0}, batch, &result, NULL), SERIN_OK));
    struct block_tables *tables = NULL;
    cr_assert(eq(int, store_fetch(store, query, &tables, NULL), SERIN_OK));
    char *text = tables_dump(tables);
    block_tables_destroy(tables);
    store_batch_destroy(batch);
    store_close(store);
    return text;
}

Test(store_scratch, makes_the_tables_of_the_store)
{
    struct table_query query = {
        .stream = &keyed_stream,
        .arms = {"canary", "stable"},
        .since_first_canary = true,
        .now_ms = start_ms + 60 * MINUTE_MS,
        .paired = true,
        .limits = table_limits_default
    };
    struct words words;
    struct random random = {.state = 7};
    owned(store_scratch) scratch = store_scratch_create(&keyed_stream, &query.limits.key);
    for (size_t i = 0; i < (size_t)KEYS * (ARMS + 1); i++) {
        struct label_event event = make_event(&words, &random, i);
        cr_assert(eq(int, store_scratch_add(scratch, &event, NULL), SERIN_OK));
    }
    owned(block_tables) tables = NULL;
    cr_assert(eq(int, store_scratch_fetch(scratch, &query, &tables, NULL), SERIN_OK));
    owned_memory char *counted = tables_dump(tables);
    owned_memory char *wanted = stored(&query);
    cr_assert(eq(u64, block_tables_pairs(tables), KEYS));
    cr_assert(eq(u64, block_tables_unreferenced(tables, ARM_CANARY), 0));
    cr_assert(eq(str, counted, wanted));
}

Test(store_scratch, refuses_an_event_that_has_neither_a_label_nor_a_reference)
{
    struct label_event event = {.stream = TEXT_VIEW("checkout"), .time_ms = start_ms, .count = 1};
    owned(store_scratch) scratch = store_scratch_create(&keyed_stream, &table_limits_default.key);
    cr_assert(eq(int, store_scratch_add(scratch, &event, NULL), SERIN_INVALID));
}
