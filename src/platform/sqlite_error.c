#include "platform/sqlite_handle.h"

#include <string.h>

/* The operating system's word on the failure, or SQLite's where it has none. */
static const char *cause_of(const struct sqlite *database, int code)
{
    int cause = database->handle ? sqlite3_system_errno(database->handle) : 0;
    return cause != 0 ? strerror(cause) : sqlite3_errstr(code);
}

static enum serin_status fail_unavailable(const struct sqlite *database, int code,
                                          struct serin_error *err)
{
    const char *path = database->path;
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return serin_fail(
            err, SERIN_UNAVAILABLE,
            "no room left for \"%s\"; free space on its disk or shorten the retention", path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "\"%s\" is damaged or no SQLite file; restore it from a backup, or move "
                          "it away to begin anew",
                          path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return serin_fail(
            err, SERIN_UNAVAILABLE,
            "\"%s\" cannot be written; check owner and mode of the file and its folder", path);
    case SQLITE_CANTOPEN:
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "cannot open \"%s\" (%s); check that its folder exists and is writable",
                          path, cause_of(database, code));
    default:
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot read or write \"%s\": %s", path,
                          cause_of(database, code));
    }
}

static enum serin_status fail_waiting(const struct sqlite *database, struct serin_error *err)
{
    if (database->has_deadline && deadline_passed(database->deadline)) {
        return serin_fail(err, SERIN_TIMEOUT, "the deadline passed while reading \"%s\"",
                          database->path);
    }
    return serin_fail(err, SERIN_BUSY,
                      "\"%s\" stays locked by another connection; does a second process use it?",
                      database->path);
}

enum serin_status sqlite_fail(const struct sqlite *database, int code, struct serin_error *err)
{
    switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
        return fail_unavailable(database, code, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return fail_waiting(database, err);
    case SQLITE_NOMEM:
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to work on \"%s\"", database->path);
    case SQLITE_TOOBIG:
        return serin_fail(err, SERIN_TOO_LARGE, "a value is too large for \"%s\"", database->path);
    case SQLITE_CONSTRAINT:
        return serin_fail(err, SERIN_CONFLICT, "\"%s\" refuses the change: %s", database->path,
                          sqlite3_errmsg(database->handle));
    default:
        return serin_fail(err, SERIN_BUG, "SQL for \"%s\" failed: %s", database->path,
                          sqlite3_errmsg(database->handle));
    }
}
