/*
 * What a connection and a statement are made of; shared by the sqlite_*.c files only.
 */
#ifndef SERIN_PLATFORM_SQLITE_HANDLE_H
#define SERIN_PLATFORM_SQLITE_HANDLE_H

#include "platform/sqlite.h"

#include <sqlite3.h>

struct sqlite_transaction {
    struct sqlite *database;
};

struct sqlite {
    sqlite3 *handle;
    char *path;
    int64_t busy_timeout_ms;
    bool has_deadline;
    struct deadline deadline;
    struct sqlite_transaction transaction;
};

/* Turns a result code of SQLite into a status and a message; `code` is not SQLITE_OK. */
enum serin_status sqlite_fail(const struct sqlite *database, int code, struct serin_error *err);

#endif
