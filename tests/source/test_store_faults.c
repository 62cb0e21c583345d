/* What the store does when memory, the disk or the file fails it. */
#include "support/cells.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct brief events[] = {
    {.arm = "canary", .pod = "c", .label = "x", .reference = "x", .region = "eu"},
    {.stream = &keyed_stream, .arm = "canary", .pod = "c", .label = "x", .key = "1"},
    {.stream = &keyed_stream, .arm = "stable", .pod = "s", .label = "y", .key = "1"},
    {.stream = &keyed_stream, .key = "1", .reference = "r"},
};

static char *dump_both(struct store *store)
{
    owned_memory char *plain = fetch_dump(store, &plain_stream, NOW_MS);
    owned_memory char *keyed = fetch_dump(store, &keyed_stream, NOW_MS);
    owned(buffer) both = buffer_create((size_t)1 << 24);
    char *text = NULL;
    buffer_append_text(both, plain);
    buffer_append_text(both, keyed);
    require_ok(buffer_take(both, &text, NULL), &(struct serin_error){0});
    return text;
}

/* ---- memory ---------------------------------------------------------------------------------- */

Test(store_faults, appending_survives_the_failure_of_any_allocation)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("f.db"), &clock);
    (void)append_briefs(store, NULL, events, ARRAY_LENGTH(events));
    owned_memory char *before = dump_both(store);
    struct append_result result = {.accepted = 77};
    enum serin_status status = SERIN_NO_MEMORY;
    int attempts = 0;
    while (status == SERIN_NO_MEMORY) {
        struct serin_error err = {0};
        memory_fail_after((uint64_t)++attempts);
        status = try_append(store, "b", events, ARRAY_LENGTH(events), &result, &err);
        memory_fail_after(0);
        if (status != SERIN_OK) {
            owned_memory char *now = dump_both(store);
            cr_assert(eq(int, status, SERIN_NO_MEMORY), "%s", err.detail);
            cr_assert(eq(str, now, before), "attempt %d", attempts);
            cr_assert(eq(u64, result.accepted, 77));
        }
    }
    cr_assert(gt(int, attempts, 30));
    cr_assert(eq(int, append_briefs(store, "b", events, ARRAY_LENGTH(events)).duplicate, 1));
    owned_memory char *live = dump_both(store);
    store_close(store);
    store = open_store(temp_path("f.db"), &clock);
    owned_memory char *again = dump_both(store);
    cr_assert(eq(str, again, live));
    store_close(store);
}

Test(store_faults, opening_and_fetching_survive_the_failure_of_any_allocation)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("f.db"), &clock);
    (void)append_briefs(store, NULL, events, ARRAY_LENGTH(events));
    store_close(store);
    store = NULL;
    struct store_options options = {.path = temp_path("f.db"), .clock = &clock.clock};
    int attempts = 0;
    for (enum serin_status status = SERIN_NO_MEMORY; status != SERIN_OK;) {
        struct serin_error err = {0};
        memory_fail_after((uint64_t)++attempts);
        status = store_open(&options, &store, &err);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY, "%s", err.detail);
    }
    cr_assert(gt(int, attempts, 30));
    struct table_query query = {
        .stream = &keyed_stream,
        .arms = {"canary", "stable"},
        .window_ms = HOUR_MS,
        .now_ms = NOW_MS,
        .paired = true,
        .limits = table_limits_default
    };
    struct block_tables *tables = NULL;
    attempts = 0;
    for (enum serin_status status = SERIN_NO_MEMORY; status != SERIN_OK;) {
        struct serin_error err = {0};
        memory_fail_after((uint64_t)++attempts);
        status = store_fetch(store, &query, &tables, &err);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY, "%s", err.detail);
    }
    cr_assert(eq(u64, pairs_of(tables, "r", "x", "y"), 1));
    block_tables_destroy(tables);
    store_close(store);
}

Test(store_faults, maintenance_survives_the_failure_of_any_allocation)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("f.db"), &clock);
    (void)append_briefs(store, NULL, events, ARRAY_LENGTH(events));
    fake_clock_advance(&clock, 2 * DAY_MS);
    (void)APPEND(store, NULL,
                 {.stream = &keyed_stream,
                  .arm = "canary",
                  .pod = "c",
                  .label = "z",
                  .key = "2",
                  .time_ms = NOW_MS + 2 * DAY_MS});
    int attempts = 0;
    for (enum serin_status status = SERIN_NO_MEMORY; status != SERIN_OK;) {
        struct serin_error err = {0};
        memory_fail_after((uint64_t)++attempts);
        status = store_maintain(store, &err);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY, "%s", err.detail);
    }
    for (int i = 0; i < 2; i++) {
        owned(block_tables) tables = fetch_tables(store, &keyed_stream, clock.now.unix_ms);
        cr_assert(eq(u64, cell_of(tables, ARM_CANARY, NULL, "z"), 1));
        cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 1));
        store_close(store);
        store = open_store(temp_path("f.db"), &clock);
    }
    store_close(store);
}

/* ---- the disk -------------------------------------------------------------------------------- */

/* Files of this process can grow no further than `bytes`, as on a disk that is full. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    cr_assert(eq(int, getrlimit(RLIMIT_FSIZE, &limit), 0));
    limit.rlim_cur = bytes;
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
    (void)signal(SIGXFSZ, SIG_IGN);
}

Test(store_faults, a_full_disk_refuses_and_recovers_by_itself)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("f.db"), &clock);
    uint64_t accepted = 0;
    int refused = 0;
    limit_files(200000);
    for (int i = 0; i < 200; i++) {
        char name[32];
        char label[64];
        struct serin_error err = {0};
        struct append_result result = {0};
        (void)snprintf(name, sizeof(name), "b%d", i);
        (void)snprintf(label, sizeof(label), "a-label-that-takes-some-room-%d", i);
        struct brief brief = {.arm = "canary", .pod = "c", .label = label};
        enum serin_status status = try_append(store, name, &brief, 1, &result, &err);
        cr_assert(status == SERIN_OK || status == SERIN_UNAVAILABLE, "%s", err.detail);
        accepted += status == SERIN_OK;
        refused += status != SERIN_OK;
        struct serin_error why = {0};
        cr_assert(
            eq(int, store_driver.ping(store, deadline_after(&clock.clock, 1000), &why), status));
    }
    cr_assert(gt(int, refused, 0));
    owned(block_tables) full = fetch_tables(store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(full, ARM_CANARY), accepted));
    limit_files(RLIM_INFINITY);
    for (int i = 0; i < 200; i++) {
        char name[32];
        char label[64];
        (void)snprintf(name, sizeof(name), "b%d", i);
        (void)snprintf(label, sizeof(label), "a-label-that-takes-some-room-%d", i);
        struct append_result result =
            APPEND(store, name, {.arm = "canary", .pod = "c", .label = label});
        accepted += !result.duplicate;
    }
    cr_assert(eq(u64, accepted, 200));
    for (int i = 0; i < 2; i++) {
        owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
        cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 200));
        store_close(store);
        store = open_store(temp_path("f.db"), &clock);
    }
    store_close(store);
}

Test(store_faults, failing_maintenance_stays_known_while_batches_go_well)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("f.db"), &clock);
    struct serin_error err = {0};
    struct store_stats stats;
    const struct deadline soon = deadline_after(&clock.clock, 1000);
    (void)append_briefs(store, NULL, events, ARRAY_LENGTH(events));
    memory_fail_after(1);
    enum serin_status status = store_maintain(store, &err);
    memory_fail_after(0);
    cr_assert(eq(int, status, SERIN_NO_MEMORY));
    (void)append_briefs(store, NULL, events, ARRAY_LENGTH(events));
    store_stats(store, &stats);
    cr_assert(eq(int, stats.upkeep_fails, 1));
    cr_assert(eq(int, stats.append_fails, 0));
    cr_assert(eq(int, store_driver.ping(store, soon, &err), SERIN_UNAVAILABLE));
    require_ok(store_maintain(store, &err), &err);
    store_stats(store, &stats);
    cr_assert(eq(int, stats.upkeep_fails, 0));
    require_ok(store_driver.ping(store, soon, &err), &err);
    store_close(store);
}

/* ---- the file -------------------------------------------------------------------------------- */

static enum serin_status try_open(const char *path, struct serin_error *err)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store_options options = {.path = path, .clock = &clock.clock};
    struct store *store = NULL;
    TRY(store_open(&options, &store, err));
    store_close(store);
    return SERIN_OK;
}

Test(store_faults, another_programs_file_is_refused)
{
    struct serin_error err = {0};
    const char *path = temp_file("f.db", "this is no database, but some text of ours\n", 43);
    cr_assert(ne(int, try_open(path, &err), SERIN_OK));
    cr_assert(ne(ptr, strstr(err.detail, "f.db"), NULL));
}

Test(store_faults, a_folder_that_does_not_exist_is_told)
{
    struct serin_error err = {0};
    cr_assert(eq(int, try_open(temp_path("no/such/f.db"), &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "folder"), NULL));
}

static void fill_file(const char *path)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(path, &clock);
    for (int i = 0; i < 300; i++) {
        char label[64];
        (void)snprintf(label, sizeof(label), "a-label-of-some-length-%d", i);
        (void)APPEND(store, NULL, {.arm = "canary", .pod = "c", .label = label});
    }
    store_close(store);
}

/* Damage at any place is refused or does no harm, and never gives other counts. */
Test(store_faults, a_damaged_file_gives_no_wrong_counts)
{
    const char *path = temp_path("f.db");
    fill_file(path);
    FILE *file = fopen(path, "rb");
    static char bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    struct fake_clock clock = fake_clock_at(NOW_MS);
    int refused = 0;
    for (size_t at = 100; at < size; at += 997) {
        static char damaged[1 << 20];
        memcpy(damaged, bytes, size);
        damaged[at] = (char)(damaged[at] ^ 0x55);
        const char *copy = temp_file("g.db", damaged, size);
        struct store_options options = {.path = copy, .clock = &clock.clock};
        struct serin_error err = {0};
        struct store *store = NULL;
        enum serin_status status = store_open(&options, &store, &err);
        (void)unlink(temp_path("g.db-wal"));
        if (status != SERIN_OK) {
            cr_assert(ne(int, status, SERIN_BUG), "byte %zu: %s", at, err.detail);
            refused++;
            continue;
        }
        owned(block_tables) tables = fetch_tables(store, &plain_stream, NOW_MS);
        uint64_t found = block_tables_events(tables, ARM_CANARY);
        cr_assert(eq(u64, found, 300), "byte %zu", at);
        store_close(store);
    }
    cr_assert(gt(int, refused, 2));
}

Test(store_faults, a_file_belongs_to_one_process)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("f.db"), &clock);
    (void)APPEND(store, NULL, {.arm = "canary", .pod = "c", .label = "x"});
    pid_t child = fork();
    if (child == 0) {
        struct serin_error err = {0};
        _exit(try_open(temp_path("f.db"), &err) == SERIN_BUSY ? 42 : 1);
    }
    int status = 0;
    cr_assert(eq(int, waitpid(child, &status, 0), child));
    cr_assert(eq(int, WEXITSTATUS(status), 42));
    store_close(store);
}
