#include "platform/sqlite.h"

#include "support/fake_clock.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION = 0x53455254 };

static const char *const first_steps[] = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, weight REAL);"};
static const char *const both_steps[] = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, weight REAL);",
    "ALTER TABLE item ADD COLUMN payload BLOB; CREATE INDEX item_weight ON item (weight);",
};

static const struct sqlite_schema old_schema = {"test", APPLICATION, first_steps, 1};
static const struct sqlite_schema schema = {"test", APPLICATION, both_steps, 2};

static struct sqlite *open_file(const char *name, const struct sqlite_schema *wanted)
{
    struct sqlite *database = NULL;
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, sqlite_open(temp_path(name), wanted, NULL, &database, &err), SERIN_OK), "%s",
              err.detail);
    return database;
}

static enum serin_status run(struct sqlite *database, const char *sql)
{
    return sqlite_execute(database, sql, NULL);
}

static int64_t number(struct sqlite *database, const char *sql)
{
    owned(sqlite_statement) statement = NULL;
    bool row = false;
    cr_assert(eq(int, sqlite_prepare(database, sql, &statement, NULL), SERIN_OK), "%s", sql);
    cr_assert(eq(int, sqlite_step(statement, &row, NULL), SERIN_OK), "%s", sql);
    cr_assert(row);
    return sqlite_column_i64(statement, 0);
}

/* ---- opening and schema ------------------------------------------------------------------------
 */

Test(sqlite, a_new_file_gets_schema_identity_and_safe_settings)
{
    owned(sqlite) database = open_file("new.db", &schema);
    cr_assert(eq(i64, number(database, "PRAGMA user_version"), 2));
    cr_assert(eq(i64, number(database, "PRAGMA application_id"), APPLICATION));
    cr_assert(eq(i64, number(database, "PRAGMA synchronous"), 2));
    cr_assert(eq(i64, number(database, "PRAGMA foreign_keys"), 1));
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item"), 0));
    owned(sqlite_statement) mode = NULL;
    bool row = false;
    cr_assert(eq(int, sqlite_prepare(database, "PRAGMA journal_mode", &mode, NULL), SERIN_OK));
    cr_assert(eq(int, sqlite_step(mode, &row, NULL), SERIN_OK));
    cr_assert(eq(str, (char *)sqlite_column_text(mode, 0, NULL), "wal"));
}

Test(sqlite, a_new_file_is_private)
{
    owned(sqlite) database = open_file("private.db", &schema);
    cr_assert(eq(int, run(database, "INSERT INTO item (name) VALUES ('x')"), SERIN_OK));
    struct stat status;
    cr_assert(eq(int, stat(sqlite_path(database), &status), 0));
    cr_assert(eq(int, (int)(status.st_mode & 0777), 0600));
    cr_assert(eq(int, stat(temp_path("private.db-wal"), &status), 0));
    cr_assert(eq(int, (int)(status.st_mode & 0777), 0600));
}

Test(sqlite, an_old_file_is_upgraded_and_keeps_its_rows)
{
    struct sqlite *old = open_file("old.db", &old_schema);
    cr_assert(eq(int, run(old, "INSERT INTO item (name) VALUES ('kept')"), SERIN_OK));
    sqlite_destroy(old);
    owned(sqlite) database = open_file("old.db", &schema);
    cr_assert(eq(i64, number(database, "PRAGMA user_version"), 2));
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item WHERE name = 'kept'"), 1));
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item WHERE payload IS NULL"), 1));
}

Test(sqlite, a_current_file_opens_again_and_again)
{
    for (int i = 0; i < 3; i++) {
        owned(sqlite) database = open_file("again.db", &schema);
        cr_assert(eq(int, run(database, "INSERT INTO item (name) VALUES (random())"), SERIN_OK));
        cr_assert(eq(i64, number(database, "SELECT count(*) FROM item"), i + 1));
    }
}

static enum serin_status try_open(const char *path, const struct sqlite_schema *wanted,
                                  const struct sqlite_options *options, struct serin_error *err)
{
    struct sqlite *database = NULL;
    enum serin_status status = sqlite_open(path, wanted, options, &database, err);
    sqlite_destroy(database);
    return status;
}

/* The bytes of a file, to see that it was not touched. */
static char *slurp(const char *path, size_t *out_length)
{
    FILE *file = fopen(path, "rb");
    cr_assert(ne(ptr, file, NULL));
    char *bytes = memory_allocate(1 << 20, 1);
    *out_length = fread(bytes, 1, 1 << 20, file);
    (void)fclose(file);
    return bytes;
}

static void require_untouched(const char *path, const struct sqlite_schema *wanted,
                              enum serin_status expected, const char *hint)
{
    size_t before_length = 0;
    size_t after_length = 0;
    char *before = slurp(path, &before_length);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, try_open(path, wanted, NULL, &err), expected), "%s", err.detail);
    cr_assert(ne(ptr, strstr(err.detail, hint), NULL), "%s", err.detail);
    cr_assert(ne(ptr, strstr(err.detail, path), NULL), "%s", err.detail);
    char *after = slurp(path, &after_length);
    cr_assert(eq(sz, after_length, before_length));
    cr_assert(eq(int, memcmp(before, after, after_length), 0));
    memory_free(before);
    memory_free(after);
}

Test(sqlite, a_file_of_a_newer_version_is_refused_untouched)
{
    sqlite_destroy(open_file("newer.db", &schema));
    require_untouched(temp_path("newer.db"), &old_schema, SERIN_CONFLICT, "newer Serin");
}

static void make_foreign(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;
    cr_assert(eq(int, sqlite3_open(path, &handle), SQLITE_OK));
    cr_assert(eq(int, sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK));
    cr_assert(eq(int, sqlite3_close(handle), SQLITE_OK));
}

Test(sqlite, another_programs_file_is_refused_untouched)
{
    make_foreign(temp_path("tables.db"), "CREATE TABLE bookmarks (url TEXT)");
    require_untouched(temp_path("tables.db"), &schema, SERIN_CONFLICT, "another program");
    make_foreign(temp_path("marked.db"), "PRAGMA application_id = 12; CREATE TABLE t (x)");
    require_untouched(temp_path("marked.db"), &schema, SERIN_CONFLICT, "another program");
}

Test(sqlite, a_file_that_is_no_database_is_refused_untouched)
{
    char garbage[8192];
    memset(garbage, 'x', sizeof(garbage));
    const char *path = temp_file("garbage.db", garbage, sizeof(garbage));
    require_untouched(path, &schema, SERIN_UNAVAILABLE, "damaged");
}

Test(sqlite, a_missing_folder_is_told)
{
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, try_open(temp_path("no/such.db"), &schema, NULL, &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "folder"), NULL), "%s", err.detail);
}

Test(sqlite, a_failing_step_leaves_the_old_schema)
{
    static const char *const broken_steps[] = {
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, weight REAL);",
        "CREATE TABLE added (x); CREATE TABLE item (again);",
    };
    static const struct sqlite_schema broken = {"test", APPLICATION, broken_steps, 2};
    sqlite_destroy(open_file("step.db", &old_schema));
    cr_assert(eq(int, try_open(temp_path("step.db"), &broken, NULL, NULL), SERIN_BUG));
    owned(sqlite) database = open_file("step.db", &old_schema);
    cr_assert(eq(i64, number(database, "PRAGMA user_version"), 1));
    cr_assert(
        eq(i64, number(database, "SELECT count(*) FROM sqlite_master WHERE name = 'added'"), 0));
}

Test(sqlite, read_only_reads_and_never_writes_or_creates)
{
    static const struct sqlite_options read_only = {.read_only = true};
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(
        eq(int, try_open(temp_path("none.db"), &schema, &read_only, &err), SERIN_UNAVAILABLE));
    cr_assert(eq(int, access(temp_path("none.db"), F_OK), -1));

    owned(sqlite) writer = open_file("shared.db", &schema);
    cr_assert(eq(int, run(writer, "INSERT INTO item (name) VALUES ('x')"), SERIN_OK));
    struct sqlite *reader = NULL;
    cr_assert(
        eq(int, sqlite_open(temp_path("shared.db"), &schema, &read_only, &reader, &err), SERIN_OK));
    cr_assert(eq(i64, number(reader, "SELECT count(*) FROM item"), 1));
    cr_assert(eq(int, sqlite_execute(reader, "DELETE FROM item", &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "cannot be written"), NULL), "%s", err.detail);
    sqlite_destroy(reader);
}

Test(sqlite, read_only_refuses_a_file_that_needs_an_upgrade)
{
    static const struct sqlite_options read_only = {.read_only = true};
    struct serin_error err = {.status = SERIN_OK};
    sqlite_destroy(open_file("outdated.db", &old_schema));
    cr_assert(
        eq(int, try_open(temp_path("outdated.db"), &schema, &read_only, &err), SERIN_CONFLICT));
    cr_assert(ne(ptr, strstr(err.detail, "older Serin"), NULL), "%s", err.detail);
}

/* ---- transactions ------------------------------------------------------------------------------
 */

static enum serin_status insert_and_fail(struct sqlite *database)
{
    owned(sqlite_transaction) transaction = NULL;
    TRY(sqlite_begin(database, &transaction, NULL));
    TRY(sqlite_execute(database, "INSERT INTO item (name) VALUES ('lost')", NULL));
    return SERIN_INVALID;
}

Test(sqlite, a_transaction_left_without_commit_is_rolled_back)
{
    owned(sqlite) database = open_file("rollback.db", &schema);
    cr_assert(eq(int, insert_and_fail(database), SERIN_INVALID));
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item"), 0));
}

Test(sqlite, a_committed_transaction_stays)
{
    {
        owned(sqlite) database = open_file("commit.db", &schema);
        owned(sqlite_transaction) transaction = NULL;
        cr_assert(eq(int, sqlite_begin(database, &transaction, NULL), SERIN_OK));
        cr_assert(eq(int, run(database, "INSERT INTO item (name) VALUES ('kept')"), SERIN_OK));
        cr_assert(eq(int, sqlite_commit(give(transaction), NULL), SERIN_OK));
    }
    owned(sqlite) database = open_file("commit.db", &schema);
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item"), 1));
}

Test(sqlite, an_open_transaction_is_rolled_back_by_closing)
{
    struct sqlite *database = open_file("close.db", &schema);
    struct sqlite_transaction *transaction = NULL;
    cr_assert(eq(int, sqlite_begin(database, &transaction, NULL), SERIN_OK));
    cr_assert(eq(int, run(database, "INSERT INTO item (name) VALUES ('lost')"), SERIN_OK));
    sqlite_destroy(database);
    owned(sqlite) again = open_file("close.db", &schema);
    cr_assert(eq(i64, number(again, "SELECT count(*) FROM item"), 0));
}

Test(sqlite, a_second_writer_is_busy_and_says_so)
{
    static const struct sqlite_options impatient = {.busy_timeout_ms = 1};
    owned(sqlite) first = open_file("busy.db", &schema);
    owned(sqlite) second = NULL;
    cr_assert(
        eq(int, sqlite_open(temp_path("busy.db"), &schema, &impatient, &second, NULL), SERIN_OK));
    owned(sqlite_transaction) held = NULL;
    owned(sqlite_transaction) refused = NULL;
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, sqlite_begin(first, &held, NULL), SERIN_OK));
    cr_assert(eq(int, sqlite_begin(second, &refused, &err), SERIN_BUSY));
    cr_assert(ne(ptr, strstr(err.detail, "locked"), NULL), "%s", err.detail);
    cr_assert(eq(int, sqlite_commit(give(held), NULL), SERIN_OK));
    cr_assert(eq(int, sqlite_begin(second, &refused, NULL), SERIN_OK));
}

Test(sqlite, a_full_disk_fails_cleanly_and_loses_nothing_committed)
{
    owned(sqlite) database = open_file("full.db", &schema);
    cr_assert(eq(int, run(database, "INSERT INTO item (name) VALUES ('kept')"), SERIN_OK));
    cr_assert(eq(int, run(database, "PRAGMA max_page_count = 8"), SERIN_OK));
    struct serin_error err = {.status = SERIN_OK};
    enum serin_status status = SERIN_OK;
    for (int i = 0; i < 100 && status == SERIN_OK; i++) {
        status = sqlite_execute(
            database, "INSERT INTO item (name, payload) VALUES (random(), zeroblob(4000))", &err);
    }
    cr_assert(eq(int, status, SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "no room left"), NULL), "%s", err.detail);
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item WHERE name = 'kept'"), 1));
    cr_assert(eq(int, sqlite_check_integrity(database, NULL), SERIN_OK));
    cr_assert(eq(int, run(database, "PRAGMA max_page_count = 1000"), SERIN_OK));
    cr_assert(eq(int, run(database, "INSERT INTO item (name) VALUES ('again')"), SERIN_OK));
}

Test(sqlite, a_full_disk_at_commit_rolls_back)
{
    owned(sqlite) database = open_file("commit-full.db", &schema);
    owned(sqlite_transaction) transaction = NULL;
    cr_assert(eq(int, sqlite_begin(database, &transaction, NULL), SERIN_OK));
    cr_assert(eq(int, run(database, "PRAGMA max_page_count = 8"), SERIN_OK));
    enum serin_status status =
        run(database, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) "
                      "INSERT INTO item (name, payload) SELECT i, zeroblob(4000) FROM n");
    status = status == SERIN_OK ? sqlite_commit(give(transaction), NULL) : status;
    cr_assert(eq(int, status, SERIN_UNAVAILABLE));
    sqlite_transaction_destroy(give(transaction));
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item"), 0));
}

/* ---- damage ------------------------------------------------------------------------------------
 */

Test(sqlite, damage_inside_a_file_is_found_by_the_integrity_check)
{
    struct sqlite *database = open_file("damaged.db", &schema);
    cr_assert(eq(int, sqlite_check_integrity(database, NULL), SERIN_OK));
    cr_assert(eq(int,
                 run(database,
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) "
                     "INSERT INTO item (name, weight) SELECT 'item' || i, i FROM n"),
                 SERIN_OK));
    sqlite_destroy(database);
    int fd = open(temp_path("damaged.db"), O_WRONLY);
    char zeroes[4096] = {0};
    cr_assert(eq(long, pwrite(fd, zeroes, sizeof(zeroes), 3 * 4096), (long)sizeof(zeroes)));
    (void)close(fd);
    owned(sqlite) again = open_file("damaged.db", &schema);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, sqlite_check_integrity(again, &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "damaged"), NULL), "%s", err.detail);
}

Test(sqlite, a_file_cut_short_is_never_taken_for_whole)
{
    struct sqlite *database = open_file("cut.db", &schema);
    cr_assert(eq(int, run(database, "INSERT INTO item (name) VALUES ('x')"), SERIN_OK));
    sqlite_destroy(database);
    cr_assert(eq(int, truncate(temp_path("cut.db"), 4096 + 100), 0));
    struct sqlite *again = NULL;
    struct serin_error err = {.status = SERIN_OK};
    enum serin_status status = sqlite_open(temp_path("cut.db"), &schema, NULL, &again, &err);
    if (status == SERIN_OK) {
        status = sqlite_check_integrity(again, &err);
    }
    cr_assert(eq(int, status, SERIN_UNAVAILABLE));
    sqlite_destroy(again);
}

/* ---- statements --------------------------------------------------------------------------------
 */

Test(sqlite, values_of_every_kind_come_back_as_they_went_in)
{
    owned(sqlite) database = open_file("values.db", &schema);
    owned(sqlite_statement) statement = NULL;
    cr_assert(eq(int, sqlite_prepare(database, "SELECT ?1, ?2, ?3, ?4, ?5, ?6", &statement, NULL),
                 SERIN_OK));
    sqlite_bind_i64(statement, 1, INT64_MIN);
    sqlite_bind_u64(statement, 2, INT64_MAX);
    sqlite_bind_double(statement, 3, 0.1);
    sqlite_bind_text(statement, 4, "a\0b", 3);
    sqlite_bind_blob(statement, 5, "\xff\x00", 2);
    sqlite_bind_null(statement, 6);
    bool row = false;
    cr_assert(eq(int, sqlite_step(statement, &row, NULL), SERIN_OK));
    cr_assert(row);
    size_t length = 0;
    cr_assert(eq(i64, sqlite_column_i64(statement, 0), INT64_MIN));
    cr_assert(eq(u64, sqlite_column_u64(statement, 0), 0));
    cr_assert(eq(u64, sqlite_column_u64(statement, 1), INT64_MAX));
    cr_assert(epsilon_eq(dbl, sqlite_column_double(statement, 2), 0.1, 0.0));
    const char *text = sqlite_column_text(statement, 3, &length);
    cr_assert(eq(sz, length, 3));
    cr_assert(eq(int, memcmp(text, "a\0b", 4), 0));
    const void *blob = sqlite_column_blob(statement, 4, &length);
    cr_assert(eq(sz, length, 2));
    cr_assert(eq(int, memcmp(blob, "\xff\x00", 2), 0));
    cr_assert(sqlite_column_is_null(statement, 5));
    cr_assert(eq(ptr, (void *)sqlite_column_text(statement, 5, &length), NULL));
    cr_assert(eq(sz, length, 0));
    cr_assert(eq(int, sqlite_step(statement, &row, NULL), SERIN_OK));
    cr_assert(not(row));
}

Test(sqlite, a_statement_runs_again_with_other_parameters_and_forgets_the_old_ones)
{
    owned(sqlite) database = open_file("repeat.db", &schema);
    owned(sqlite_statement) insert = NULL;
    cr_assert(eq(
        int,
        sqlite_prepare(database, "INSERT INTO item (name, weight) VALUES (?1, ?2)", &insert, NULL),
        SERIN_OK));
    sqlite_bind_text(insert, 1, "first", 5);
    sqlite_bind_double(insert, 2, 1.0);
    cr_assert(eq(int, sqlite_run(insert, NULL), SERIN_OK));
    cr_assert(eq(i64, sqlite_changes(database), 1));
    sqlite_bind_text(insert, 1, "second", 6);
    cr_assert(eq(int, sqlite_run(insert, NULL), SERIN_OK));
    cr_assert(eq(i64, sqlite_last_rowid(database), 2));
    cr_assert(
        eq(i64, number(database, "SELECT weight IS NULL FROM item WHERE name = 'second'"), 1));
}

Test(sqlite, a_broken_constraint_is_a_conflict_and_the_statement_stays_usable)
{
    owned(sqlite) database = open_file("constraint.db", &schema);
    owned(sqlite_statement) insert = NULL;
    cr_assert(eq(int,
                 sqlite_prepare(database, "INSERT INTO item (name) VALUES (?1)", &insert, NULL),
                 SERIN_OK));
    struct serin_error err = {.status = SERIN_OK};
    sqlite_bind_text(insert, 1, "twin", 4);
    cr_assert(eq(int, sqlite_run(insert, NULL), SERIN_OK));
    sqlite_bind_text(insert, 1, "twin", 4);
    cr_assert(eq(int, sqlite_run(insert, &err), SERIN_CONFLICT));
    cr_assert(ne(ptr, strstr(err.detail, "item.name"), NULL), "%s", err.detail);
    sqlite_bind_text(insert, 1, "other", 5);
    cr_assert(eq(int, sqlite_run(insert, NULL), SERIN_OK));
}

Test(sqlite, a_failed_bind_is_told_by_the_next_step)
{
    owned(sqlite) database = open_file("bind.db", &schema);
    owned(sqlite_statement) statement = NULL;
    bool row = false;
    cr_assert(eq(int, sqlite_prepare(database, "SELECT ?1", &statement, NULL), SERIN_OK));
    sqlite_bind_u64(statement, 1, (uint64_t)INT64_MAX + 1);
    cr_assert(eq(int, sqlite_step(statement, &row, NULL), SERIN_RANGE));
    sqlite_bind_i64(statement, 2, 5);
    cr_assert(eq(int, sqlite_step(statement, &row, NULL), SERIN_BUG));
    sqlite_bind_i64(statement, 1, 5);
    cr_assert(eq(int, sqlite_step(statement, &row, NULL), SERIN_OK));
    cr_assert(eq(i64, sqlite_column_i64(statement, 0), 5));
}

Test(sqlite, sql_that_does_not_compile_is_a_bug)
{
    owned(sqlite) database = open_file("bug.db", &schema);
    struct sqlite_statement *statement = NULL;
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, sqlite_prepare(database, "SELEC 1", &statement, &err), SERIN_BUG));
    cr_assert(ne(ptr, strstr(err.detail, "SELEC"), NULL), "%s", err.detail);
    cr_assert(eq(ptr, statement, NULL));
}

static const char endless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                              "SELECT count(*) FROM n";

Test(sqlite, a_statement_that_runs_past_the_deadline_is_ended)
{
    owned(sqlite) database = open_file("deadline.db", &schema);
    struct fake_clock fake = fake_clock_at(0);
    struct deadline passed = deadline_after(&fake.clock, -1);
    struct serin_error err = {.status = SERIN_OK};
    sqlite_set_deadline(database, &passed);
    cr_assert(eq(int, sqlite_execute(database, endless, &err), SERIN_TIMEOUT));
    sqlite_set_deadline(database, NULL);
    cr_assert(eq(i64, number(database, "SELECT count(*) FROM item"), 0));
}

Test(sqlite, waiting_for_a_lock_ends_with_the_deadline)
{
    owned(sqlite) first = open_file("lock.db", &schema);
    owned(sqlite) second = open_file("lock.db", &schema);
    owned(sqlite_transaction) held = NULL;
    owned(sqlite_transaction) refused = NULL;
    cr_assert(eq(int, sqlite_begin(first, &held, NULL), SERIN_OK));
    struct deadline soon = deadline_after(clock_system(), 1);
    sqlite_set_deadline(second, &soon);
    enum serin_status status = sqlite_begin(second, &refused, NULL);
    cr_assert(status == SERIN_TIMEOUT || status == SERIN_BUSY);
}

Test(sqlite, running_out_of_memory_is_reported)
{
    int failures = 0;
    for (uint64_t n = 1; n < 10; n++) {
        struct sqlite *database = NULL;
        memory_fail_after(n);
        enum serin_status status =
            sqlite_open(temp_path("memory.db"), &schema, NULL, &database, NULL);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY);
        failures += status != SERIN_OK;
        sqlite_destroy(database);
    }
    cr_assert(ge(int, failures, 4));
}
