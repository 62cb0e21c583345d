#include "support/cells.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(store_driver, is_a_row_of_the_table)
{
    cr_assert(eq(ptr, (void *)source_driver_find("store"), (void *)&store_driver));
}

Test(store_driver, fetches_from_the_store_it_is_given_and_leaves_it_open)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("d.db"), &clock);
    struct table_query query = {
        .stream = &plain_stream,
        .arms = {"canary", "stable"},
        .window_ms = HOUR_MS,
        .now_ms = NOW_MS,
        .limits = table_limits_default
    };
    struct serin_error err = {0};
    owned(block_tables) tables = NULL;
    (void)APPEND(store, NULL, {.arm = "canary", .pod = "c", .label = "x"});
    struct deadline deadline = deadline_after(&clock.clock, 1000);
    require_ok(store_driver.ping(store, deadline, &err), &err);
    require_ok(store_driver.fetch(store, &query, deadline, &tables, &err), &err);
    cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "x"), 1));
    store_driver.close(store);
    (void)APPEND(store, NULL, {.arm = "canary", .pod = "c", .label = "x"});
    store_close(store);
}

Test(store_driver, keeps_to_the_deadline)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("d.db"), &clock);
    struct table_query query = {.stream = &plain_stream};
    struct serin_error err = {0};
    struct block_tables *tables = NULL;
    struct deadline deadline = deadline_after(&clock.clock, 10);
    fake_clock_advance(&clock, 11);
    cr_assert(eq(int, store_driver.fetch(store, &query, deadline, &tables, &err), SERIN_TIMEOUT));
    cr_assert(eq(ptr, tables, NULL));
    store_close(store);
}

Test(store_driver, is_not_opened_by_a_source_of_the_configuration)
{
    struct serin_error err = {0};
    void *state = NULL;
    cr_assert(eq(int, store_driver.open("mine", NULL, &state, &err), SERIN_INVALID));
    cr_assert(ne(ptr, strstr(err.detail, "\"mine\""), NULL));
    cr_assert(eq(ptr, state, NULL));
}
