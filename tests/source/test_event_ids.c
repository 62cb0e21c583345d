#include "source/event_ids.h"

#include "source/store.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static bool note(struct event_ids *ids, const char *id)
{
    bool is_new = false;
    cr_assert(eq(int, event_ids_note(ids, text_view_of(id), &is_new), SERIN_OK));
    return is_new;
}

Test(event_ids, an_id_is_new_once_in_each_reading)
{
    struct hash_key key = {{1}};
    owned(event_ids) ids = event_ids_create(&key);
    cr_assert(note(ids, "a") && note(ids, "b"));
    cr_assert(not(note(ids, "a")));
    event_ids_rewind(ids);
    cr_assert(note(ids, "b"));
    cr_assert(not(note(ids, "b")));
    cr_assert(eq(sz, event_ids_count(ids), 2));
}

Test(event_ids, what_is_known_is_new_in_no_reading)
{
    struct hash_key key = {{1}};
    owned(event_ids) ids = event_ids_create(&key);
    cr_assert(note(ids, "a") && note(ids, "b"));
    event_ids_set_known(ids, 0);
    event_ids_rewind(ids);
    cr_assert(not(note(ids, "a")));
    cr_assert(note(ids, "b"));
}

/* One request: an event of the stream for each id that is new. */
static enum serin_status send_once(struct store *store, struct event_ids *ids,
                                   const struct stream *stream, const char *const *names,
                                   size_t count, struct append_result *out)
{
    owned(store_batch) batch = store_batch_create(store);
    event_ids_rewind(ids);
    for (size_t i = 0; i < count; i++) {
        struct brief brief = {
            .stream = stream, .arm = "canary", .pod = "p", .label = "x", .key = "k"};
        if (note(ids, names[i])) {
            cr_assert(eq(int, add_brief(batch, &brief, NULL), SERIN_OK));
        }
    }
    return store_append_once(store, ids, batch, out, NULL);
}

static uint64_t counted(struct store *store, const struct stream *stream)
{
    owned(block_tables) tables = fetch_tables(store, stream, NOW_MS);
    return block_tables_events(tables, ARM_CANARY);
}

Test(event_ids, events_sent_again_in_other_company_count_once)
{
    static const char *const first[] = {"1", "2", "3"};
    static const char *const second[] = {"3", "4", "2", "4"};
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("n.db"), &clock);
    struct append_result result = {0};
    owned(event_ids) one = store_event_ids(store);
    owned(event_ids) other = store_event_ids(store);
    cr_assert(eq(int, send_once(store, one, &plain_stream, first, 3, &result), SERIN_OK));
    cr_assert(eq(u64, result.accepted, 3));
    cr_assert(eq(int, send_once(store, other, &plain_stream, second, 4, &result), SERIN_CONFLICT));
    cr_assert(eq(u64, counted(store, &plain_stream), 3), "a conflict writes nothing");
    cr_assert(eq(int, send_once(store, other, &plain_stream, second, 4, &result), SERIN_OK));
    cr_assert(eq(u64, result.accepted, 1));
    cr_assert(not(result.duplicate));
    cr_assert(eq(u64, counted(store, &plain_stream), 4));
    store_close(store);
}

Test(event_ids, a_request_with_nothing_new_is_a_repeat_even_after_a_restart)
{
    static const char *const names[] = {"1", "2"};
    struct fake_clock clock = fake_clock_at(NOW_MS);
    const char *path = temp_path("n.db");
    struct store *store = open_store(path, &clock);
    struct append_result result = {0};
    owned(event_ids) before = store_event_ids(store);
    cr_assert(eq(int, send_once(store, before, &plain_stream, names, 2, &result), SERIN_OK));
    store_close(store);
    store = open_store(path, &clock);
    owned(event_ids) after = store_event_ids(store);
    cr_assert(eq(int, send_once(store, after, &plain_stream, names, 2, &result), SERIN_CONFLICT));
    cr_assert(eq(int, send_once(store, after, &plain_stream, names, 2, &result), SERIN_OK));
    cr_assert(eq(u64, result.accepted, 0));
    cr_assert(result.duplicate);
    cr_assert(eq(u64, counted(store, &plain_stream), 2));
    store_close(store);
}

Test(event_ids, ids_are_forgotten_after_a_day)
{
    static const char *const names[] = {"1"};
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("n.db"), &clock);
    struct append_result result = {0};
    struct serin_error err = {0};
    const int64_t later_minutes[] = {0, 24 * 60 - 1, 2};
    const enum serin_status expected[] = {SERIN_OK, SERIN_CONFLICT, SERIN_OK};
    for (size_t i = 0; i < ARRAY_LENGTH(later_minutes); i++) {
        owned(event_ids) ids = store_event_ids(store);
        fake_clock_advance(&clock, later_minutes[i] * MINUTE_MS);
        require_ok(store_maintain(store, &err), &err);
        cr_assert(eq(int, send_once(store, ids, &plain_stream, names, 1, &result), expected[i]),
                  "at step %zu", i);
    }
    store_close(store);
}
