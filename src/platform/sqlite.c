#include "platform/sqlite.h"

#include "platform/file.h"
#include "platform/sqlite_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_BUSY_TIMEOUT_MS = 5000, OPERATIONS_BETWEEN_DEADLINE_CHECKS = 1000 };

/* ---- plain statements --------------------------------------------------------------------------
 */

static enum serin_status check(const struct sqlite *database, int code, struct serin_error *err)
{
    return code == SQLITE_OK ? SERIN_OK : sqlite_fail(database, code, err);
}

enum serin_status sqlite_execute(struct sqlite *database, const char *sql, struct serin_error *err)
{
    return check(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL), err);
}

/* The one number that a query yields. */
static enum serin_status query_number(struct sqlite *database, const char *sql, int64_t *out,
                                      struct serin_error *err)
{
    owned(sqlite_statement) statement = NULL;
    TRY(sqlite_prepare(database, sql, &statement, err));
    bool row = false;
    TRY(sqlite_step(statement, &row, err));
    *out = row ? sqlite_column_i64(statement, 0) : 0;
    return SERIN_OK;
}

static enum serin_status set_number(struct sqlite *database, const char *pragma, int64_t value,
                                    struct serin_error *err)
{
    char sql[80];
    (void)snprintf(sql, sizeof(sql), "PRAGMA %s = %lld", pragma, (long long)value);
    return sqlite_execute(database, sql, err);
}

/* ---- schema ------------------------------------------------------------------------------------
 */

/* A file without application id is ours only when nothing is in it yet. */
static enum serin_status check_owner(struct sqlite *database, const struct sqlite_schema *schema,
                                     struct serin_error *err)
{
    int64_t application_id = 0;
    int64_t objects = 0;
    TRY(query_number(database, "PRAGMA application_id", &application_id, err));
    TRY(query_number(database, "SELECT count(*) FROM sqlite_master", &objects, err));
    bool is_new = application_id == 0 && objects == 0;
    if (!is_new && application_id != schema->application_id) {
        return serin_fail(
            err, SERIN_CONFLICT,
            "\"%s\" is another program's SQLite file, not Serin's %s; name another file",
            database->path, schema->name);
    }
    return SERIN_OK;
}

static enum serin_status read_version(struct sqlite *database, const struct sqlite_schema *schema,
                                      int64_t *out, struct serin_error *err)
{
    int64_t version = 0;
    TRY(query_number(database, "PRAGMA user_version", &version, err));
    if (version < 0 || (uint64_t)version > schema->step_count) {
        return serin_fail(err, SERIN_CONFLICT,
                          "\"%s\" was written by a newer Serin (schema %lld, known up to %zu); "
                          "use that version, or another file",
                          database->path, (long long)version, schema->step_count);
    }
    *out = version;
    return SERIN_OK;
}

/* The version is read again inside the transaction: another process may have been faster. */
static enum serin_status upgrade(struct sqlite *database, const struct sqlite_schema *schema,
                                 struct serin_error *err)
{
    owned(sqlite_transaction) transaction = NULL;
    TRY(sqlite_begin(database, &transaction, err));
    int64_t version = 0;
    TRY(read_version(database, schema, &version, err));
    for (size_t i = (size_t)version; i < schema->step_count; i++) {
        TRY(sqlite_execute(database, schema->steps[i], err));
    }
    TRY(set_number(database, "application_id", schema->application_id, err));
    TRY(set_number(database, "user_version", (int64_t)schema->step_count, err));
    return sqlite_commit(give(transaction), err);
}

static enum serin_status fail_outdated(const struct sqlite *database, int64_t version,
                                       const struct sqlite_schema *schema, struct serin_error *err)
{
    return serin_fail(err, SERIN_CONFLICT,
                      "\"%s\" was written by an older Serin (schema %lld of %zu); start "
                      "\"serin serve\" on it once",
                      database->path, (long long)version, schema->step_count);
}

/* ---- opening -----------------------------------------------------------------------------------
 */

/* SQLite would make the file readable by all, and its log and index files take its mode. */
static enum serin_status create_private(const char *path, struct serin_error *err)
{
    /* O_EXCL: closing a file that another connection has open would drop that one's locks. */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        return SERIN_OK;
    }
    if (fd < 0) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "cannot create \"%s\": %s; check that its folder exists and is writable",
                          path, strerror(errno));
    }
    (void)close(fd);
    return file_sync_folder(path, err);
}

static enum serin_status use_write_ahead_log(struct sqlite *database, struct serin_error *err)
{
    owned(sqlite_statement) statement = NULL;
    TRY(sqlite_prepare(database, "PRAGMA journal_mode = WAL", &statement, err));
    bool row = false;
    TRY(sqlite_step(statement, &row, err));
    const char *mode = row ? sqlite_column_text(statement, 0, NULL) : NULL;
    if (!mode || strcmp(mode, "wal") != 0) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "\"%s\" lies on a file system without shared memory (a network share?); "
                          "use a local disk",
                          database->path);
    }
    return SERIN_OK;
}

/* Does not touch the file; what is stored in it is checked only later. */
static enum serin_status configure(struct sqlite *database, struct serin_error *err)
{
    (void)sqlite3_extended_result_codes(database->handle, 1);
    (void)sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite_set_deadline(database, NULL);
    return sqlite_execute(database,
                          "PRAGMA trusted_schema = OFF;"
                          "PRAGMA cell_size_check = ON;"
                          "PRAGMA mmap_size = 0;"
                          "PRAGMA foreign_keys = ON;"
                          "PRAGMA synchronous = FULL;",
                          err);
}

/* A foreign or newer file must not even be switched to the write-ahead log: look first. */
static enum serin_status open_file(struct sqlite *database, const struct sqlite_schema *schema,
                                   bool read_only, struct serin_error *err)
{
    int access = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int flags = access | SQLITE_OPEN_NOMUTEX;
    TRY(check(database, sqlite3_open_v2(database->path, &database->handle, flags, NULL), err));
    TRY(configure(database, err));
    int64_t version = 0;
    TRY(check_owner(database, schema, err));
    TRY(read_version(database, schema, &version, err));
    bool is_current = (uint64_t)version == schema->step_count;
    if (read_only) {
        return is_current ? SERIN_OK : fail_outdated(database, version, schema, err);
    }
    TRY(use_write_ahead_log(database, err));
    return is_current ? SERIN_OK : upgrade(database, schema, err);
}

enum serin_status sqlite_open(const char *path, const struct sqlite_schema *schema,
                              const struct sqlite_options *options, struct sqlite **out,
                              struct serin_error *err)
{
    static const struct sqlite_options defaults = {.read_only = false};
    const struct sqlite_options *chosen = options ? options : &defaults;
    owned(sqlite) database = memory_allocate(1, sizeof(*database));
    if (database) {
        database->path = memory_copy_text(path, strlen(path));
    }
    if (!database || !database->path) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to open \"%s\"", path);
    }
    database->transaction.database = database;
    database->busy_timeout_ms =
        chosen->busy_timeout_ms > 0 ? chosen->busy_timeout_ms : DEFAULT_BUSY_TIMEOUT_MS;
    if (!chosen->read_only) {
        TRY(create_private(path, err));
    }
    TRY(open_file(database, schema, chosen->read_only, err));
    *out = give(database);
    return SERIN_OK;
}

/* Nothing happens outside a transaction; some failures have rolled back already. */
static void roll_back(struct sqlite *database)
{
    if (database->handle && !sqlite3_get_autocommit(database->handle)) {
        (void)sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
    }
}

void sqlite_destroy(struct sqlite *database)
{
    if (database) {
        roll_back(database);
        (void)sqlite3_close_v2(database->handle);
        memory_free(database->path);
        memory_free(database);
    }
}

const char *sqlite_path(const struct sqlite *database)
{
    return database->path;
}

/* ---- deadline ----------------------------------------------------------------------------------
 */

static int must_stop(void *context)
{
    const struct sqlite *database = context;
    return deadline_passed(database->deadline) ? 1 : 0;
}

void sqlite_set_deadline(struct sqlite *database, const struct deadline *deadline)
{
    int64_t wait_ms = database->busy_timeout_ms;
    database->has_deadline = deadline != NULL;
    if (deadline) {
        database->deadline = *deadline;
        int64_t left_ms = deadline_left_ms(*deadline);
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    (void)sqlite3_busy_timeout(database->handle, wait_ms < INT_MAX ? (int)wait_ms : INT_MAX);
    sqlite3_progress_handler(database->handle, OPERATIONS_BETWEEN_DEADLINE_CHECKS,
                             deadline ? must_stop : NULL, database);
}

/* ---- the rest ----------------------------------------------------------------------------------
 */

enum serin_status sqlite_check_integrity(struct sqlite *database, struct serin_error *err)
{
    owned(sqlite_statement) statement = NULL;
    TRY(sqlite_prepare(database, "PRAGMA integrity_check(1)", &statement, err));
    bool row = false;
    TRY(sqlite_step(statement, &row, err));
    const char *finding = row ? sqlite_column_text(statement, 0, NULL) : NULL;
    if (!finding || strcmp(finding, "ok") != 0) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "\"%s\" is damaged (%s); restore it from a backup", database->path,
                          finding ? finding : "no answer");
    }
    return SERIN_OK;
}

int64_t sqlite_changes(const struct sqlite *database)
{
    return sqlite3_changes(database->handle);
}

int64_t sqlite_last_rowid(const struct sqlite *database)
{
    return sqlite3_last_insert_rowid(database->handle);
}

enum serin_status sqlite_begin(struct sqlite *database, struct sqlite_transaction **out,
                               struct serin_error *err)
{
    TRY(sqlite_execute(database, "BEGIN IMMEDIATE", err));
    *out = &database->transaction;
    return SERIN_OK;
}

enum serin_status sqlite_commit(struct sqlite_transaction *transaction, struct serin_error *err)
{
    enum serin_status status = sqlite_execute(transaction->database, "COMMIT", err);
    sqlite_transaction_destroy(transaction);
    return status;
}

void sqlite_transaction_destroy(struct sqlite_transaction *transaction)
{
    if (transaction) {
        roll_back(transaction->database);
    }
}
