#include "platform/sqlite_handle.h"

struct sqlite_statement {
    struct sqlite *database;
    sqlite3_stmt *handle;
    int bind_failure;  /* the first result code of a bind that was not SQLITE_OK */
    bool out_of_range; /* a number was bound that SQLite cannot hold */
};

enum serin_status sqlite_prepare(struct sqlite *database, const char *sql,
                                 struct sqlite_statement **out, struct serin_error *err)
{
    struct sqlite_statement *statement = memory_allocate(1, sizeof(*statement));
    if (!statement) {
        return sqlite_fail(database, SQLITE_NOMEM, err);
    }
    statement->database = database;
    int code = sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &statement->handle, NULL);
    if (code != SQLITE_OK) {
        memory_free(statement);
        return sqlite_fail(database, code, err);
    }
    *out = statement;
    return SERIN_OK;
}

void sqlite_statement_destroy(struct sqlite_statement *statement)
{
    if (statement) {
        (void)sqlite3_finalize(statement->handle);
        memory_free(statement);
    }
}

/* ---- parameters --------------------------------------------------------------------------------
 */

static void note(struct sqlite_statement *statement, int code)
{
    if (statement->bind_failure == SQLITE_OK) {
        statement->bind_failure = code;
    }
}

void sqlite_bind_i64(struct sqlite_statement *statement, int index, int64_t value)
{
    note(statement, sqlite3_bind_int64(statement->handle, index, value));
}

void sqlite_bind_u64(struct sqlite_statement *statement, int index, uint64_t value)
{
    if (value > INT64_MAX) {
        statement->out_of_range = true;
        return;
    }
    sqlite_bind_i64(statement, index, (int64_t)value);
}

void sqlite_bind_double(struct sqlite_statement *statement, int index, double value)
{
    note(statement, sqlite3_bind_double(statement->handle, index, value));
}

void sqlite_bind_text(struct sqlite_statement *statement, int index, const char *text,
                      size_t length)
{
    note(statement,
         sqlite3_bind_text64(statement->handle, index, text, length, SQLITE_STATIC, SQLITE_UTF8));
}

void sqlite_bind_blob(struct sqlite_statement *statement, int index, const void *bytes,
                      size_t length)
{
    note(statement, sqlite3_bind_blob64(statement->handle, index, bytes, length, SQLITE_STATIC));
}

void sqlite_bind_null(struct sqlite_statement *statement, int index)
{
    note(statement, sqlite3_bind_null(statement->handle, index));
}

/* ---- running -----------------------------------------------------------------------------------
 */

void sqlite_reset(struct sqlite_statement *statement)
{
    /* The result repeats the failure of the last step, which was told already. */
    (void)sqlite3_reset(statement->handle);
    /* Borrowed texts are about to go. */
    (void)sqlite3_clear_bindings(statement->handle);
    statement->bind_failure = SQLITE_OK;
    statement->out_of_range = false;
}

static enum serin_status fail_step(struct sqlite_statement *statement, int code,
                                   struct serin_error *err)
{
    enum serin_status status = sqlite_fail(statement->database, code, err);
    sqlite_reset(statement);
    return status;
}

enum serin_status sqlite_step(struct sqlite_statement *statement, bool *out_row,
                              struct serin_error *err)
{
    if (statement->out_of_range) {
        sqlite_reset(statement);
        return serin_fail(err, SERIN_RANGE, "a number for \"%s\" is above 2^63 - 1",
                          sqlite_path(statement->database));
    }
    if (statement->bind_failure != SQLITE_OK) {
        return fail_step(statement, statement->bind_failure, err);
    }
    int code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW) {
        *out_row = true;
        return SERIN_OK;
    }
    if (code != SQLITE_DONE) {
        return fail_step(statement, code, err);
    }
    sqlite_reset(statement);
    *out_row = false;
    return SERIN_OK;
}

enum serin_status sqlite_run(struct sqlite_statement *statement, struct serin_error *err)
{
    bool row = true;
    while (row) {
        TRY(sqlite_step(statement, &row, err));
    }
    return SERIN_OK;
}

/* ---- columns -----------------------------------------------------------------------------------
 */

int64_t sqlite_column_i64(struct sqlite_statement *statement, int column)
{
    return sqlite3_column_int64(statement->handle, column);
}

uint64_t sqlite_column_u64(struct sqlite_statement *statement, int column)
{
    int64_t value = sqlite3_column_int64(statement->handle, column);
    return value > 0 ? (uint64_t)value : 0;
}

double sqlite_column_double(struct sqlite_statement *statement, int column)
{
    return sqlite3_column_double(statement->handle, column);
}

bool sqlite_column_is_null(struct sqlite_statement *statement, int column)
{
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

const char *sqlite_column_text(struct sqlite_statement *statement, int column, size_t *out_length)
{
    /* Text before length: the conversion may change the length. */
    const char *text = (const char *)sqlite3_column_text(statement->handle, column);
    if (out_length) {
        *out_length = text ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0;
    }
    return text;
}

const void *sqlite_column_blob(struct sqlite_statement *statement, int column, size_t *out_length)
{
    const void *bytes = sqlite3_column_blob(statement->handle, column);
    if (out_length) {
        *out_length = bytes ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0;
    }
    return bytes;
}
