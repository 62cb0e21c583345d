/* The source `file`: the same files as a stream that can be asked again and again. */
#include "source/file.h"

#include "platform/clock.h"
#include "support/json_document.h"
#include "support/tables_dump.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const char *file_of(const char *name, const char *text)
{
    return temp_file(name, text, strlen(text));
}

/* An opened source with its decoded options. */
struct opened {
    const struct source_driver *driver;
    void *options;
    void *state;
};

static enum serin_status open_source(const char *json, struct opened *out, struct serin_error *err)
{
    owned(document) document = json_document(json);
    const struct source_driver *driver = source_driver_find("file");
    const struct decode_table table = {driver->options, driver->option_count, driver->options_size};
    out->driver = driver;
    out->options = memory_allocate(1, driver->options_size);
    TRY(decode_map(&table, document_root(document), "", out->options, err));
    return driver->open("files", out->options, &out->state, err);
}

static void close_source(struct opened *opened)
{
    const struct decode_table table = {opened->driver->options, opened->driver->option_count,
                                       opened->driver->options_size};
    if (opened->state) {
        opened->driver->close(opened->state);
    }
    decode_clear(&table, opened->options);
    memory_free(opened->options);
}

static void open_files(const char *canary, const char *stable, const char *more, struct opened *out)
{
    char json[1024];
    struct serin_error err = {0};
    (void)snprintf(json, sizeof(json), "{\"canary\":\"%s\",\"stable\":\"%s\"%s}",
                   file_of("canary.csv", canary), file_of("stable.csv", stable), more);
    cr_assert(eq(int, open_source(json, out, &err), SERIN_OK), "%s: %s", err.field, err.detail);
}

static const struct stream stream = {
    .name = "segments",
    .pod = "pod",
    .block_ms = 1000,
    .lookback_ms = 60000,
    .stale_after_ms = 60000,
};

static struct table_query query_at(int64_t now_ms)
{
    return (struct table_query){
        .stream = &stream,
        .arms = {"new", "old"},
        .since_first_canary = true,
        .now_ms = now_ms,
        .limits = table_limits_default
    };
}

static struct block_tables *fetch(const struct opened *opened, const struct table_query *query)
{
    struct serin_error err = {0};
    struct block_tables *tables = NULL;
    struct deadline deadline = deadline_after(clock_system(), 60000);
    cr_assert(
        eq(int, opened->driver->fetch(opened->state, query, deadline, &tables, &err), SERIN_OK),
        "%s: %s", err.field, err.detail);
    return tables;
}

static const char canary_csv[] = "pod,time,label,reference\n"
                                 "c1,60500,a,x\n"
                                 "c1,70000,b,x\n"
                                 "c1,30000,a,x\n"
                                 "c2,99000,a,x\n";
static const char stable_csv[] = "pod,time,label,reference\n"
                                 "s1,10000,a,x\n"
                                 "s1,30000,a,x\n"
                                 "s1,60499,a,x\n"
                                 "s1,60500,a,x\n"
                                 "s1,99001,a,x\n";

Test(file_source, a_rollout_window_starts_with_the_first_canary_event_to_look_back_on)
{
    struct opened opened = {0};
    open_files(canary_csv, stable_csv, ",\"time\":\"time\"", &opened);
    struct table_query query = query_at(99000);
    owned(block_tables) tables = fetch(&opened, &query);
    cr_assert(eq(i64, block_tables_window_start_ms(tables), 60500));
    cr_assert(eq(i64, block_tables_window_end_ms(tables), 99001));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 3));
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 1));
    cr_assert(eq(i64, block_tables_coverage(tables, ARM_CANARY)->first_ms, 60500));
    close_source(&opened);
}

Test(file_source, a_window_of_a_given_length_ends_now)
{
    struct opened opened = {0};
    open_files(canary_csv, stable_csv, ",\"time\":\"time\"", &opened);
    struct table_query query = query_at(70000);
    query.since_first_canary = false;
    query.window_ms = 40000;
    owned(block_tables) tables = fetch(&opened, &query);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 3));
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 3));
    close_source(&opened);
}

Test(file_source, no_canary_event_is_no_failure)
{
    struct opened opened = {0};
    open_files("pod,time,label\n", stable_csv, ",\"time\":\"time\",\"format\":\"csv\"", &opened);
    struct table_query query = query_at(70000);
    owned(block_tables) tables = fetch(&opened, &query);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 0));
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 4));
    cr_assert(eq(i64, block_tables_window_start_ms(tables), 10000));
    close_source(&opened);
}

Test(file_source, without_times_every_row_counts)
{
    struct opened opened = {0};
    open_files(canary_csv, stable_csv, "", &opened);
    struct table_query query = query_at(1);
    owned(block_tables) tables = fetch(&opened, &query);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 4));
    cr_assert(eq(sz, block_tables_block_count(tables, ARM_CANARY), 2));
    close_source(&opened);
}

Test(file_source, asked_for_pairs_it_joins_the_files)
{
    struct opened opened = {0};
    open_files("pod,key,label\nc,1,a\nc,2,b\n", "pod,key,label\ns,2,b\ns,3,b\n", "", &opened);
    struct table_query query = query_at(1);
    query.paired = true;
    owned(block_tables) tables = fetch(&opened, &query);
    cr_assert(eq(u64, block_tables_pairs(tables), 1));
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 2));
    close_source(&opened);
}

static void expect_failure(const struct opened *opened, const struct table_query *query,
                           struct deadline deadline, enum serin_status status)
{
    struct serin_error err = {0};
    struct block_tables *tables = NULL;
    cr_assert(eq(int, opened->driver->fetch(opened->state, query, deadline, &tables, &err), status),
              "%s: %s", err.field, err.detail);
    cr_assert(eq(int, err.status, status));
    cr_assert(eq(ptr, tables, NULL));
}

Test(file_source, a_file_that_cannot_be_counted_is_a_source_that_failed)
{
    struct opened opened = {0};
    struct deadline deadline = deadline_after(clock_system(), 60000);
    struct table_query query = query_at(1);
    open_files("pod,label\nc,a\n", "pod,label\ns,\n", "", &opened);
    expect_failure(&opened, &query, deadline, SERIN_UNAVAILABLE);
    close_source(&opened);
    cr_assert(eq(int, open_source("{\"canary\":\"/absent\",\"stable\":\"/absent\"}", &opened, NULL),
                 SERIN_OK));
    expect_failure(&opened, &query, deadline, SERIN_UNAVAILABLE);
    cr_assert(eq(int, opened.driver->ping(opened.state, deadline, NULL), SERIN_UNAVAILABLE));
    close_source(&opened);
}

Test(file_source, a_deadline_that_passed_ends_the_reading)
{
    struct opened opened = {0};
    struct table_query query = query_at(1);
    open_files(canary_csv, stable_csv, "", &opened);
    expect_failure(&opened, &query, deadline_after(clock_system(), -1), SERIN_TIMEOUT);
    cr_assert(eq(int, opened.driver->ping(opened.state, deadline_after(clock_system(), 1000), NULL),
                 SERIN_OK));
    close_source(&opened);
}

Test(file_source, counts_cannot_be_paired)
{
    struct opened opened = {0};
    struct table_query query = query_at(1);
    query.paired = true;
    open_files(canary_csv, stable_csv, ",\"count\":\"n\"", &opened);
    expect_failure(&opened, &query, deadline_after(clock_system(), 1000), SERIN_INVALID);
    close_source(&opened);
}

Test(file_source, standard_input_is_refused)
{
    struct opened opened = {0};
    struct serin_error err = {0};
    cr_assert(
        eq(int, open_source("{\"canary\":\"-\",\"stable\":\"x\"}", &opened, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "canary"));
    close_source(&opened);
}
