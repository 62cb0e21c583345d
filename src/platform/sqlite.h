/*
 * SQLite, opened the one way Serin trusts: write-ahead log, full fsync, foreign keys, no mmap,
 * schema upgraded step by step, and errors that say what an operator can do.
 *
 * A `struct sqlite` is one connection and belongs to one thread at a time; several connections may
 * be open on a file. Statuses of everything below: SERIN_UNAVAILABLE (disk full, I/O error, corrupt
 * or read-only file), SERIN_BUSY (locked by another process for longer than busy_timeout_ms),
 * SERIN_TIMEOUT (the deadline set passed), SERIN_CONFLICT (a constraint), SERIN_TOO_LARGE,
 * SERIN_NO_MEMORY, SERIN_BUG (SQL that does not compile, misuse).
 */
#ifndef SERIN_PLATFORM_SQLITE_H
#define SERIN_PLATFORM_SQLITE_H

#include "base/memory.h"
#include "platform/deadline.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite;
struct sqlite_statement;
struct sqlite_transaction;

/*
 * What a file holds. steps[i] is the SQL that takes version i to i + 1 (several statements may
 * follow each other); released steps never change. All missing steps run in one transaction.
 */
struct sqlite_schema {
    const char *name;       /* for messages: "history" */
    int32_t application_id; /* not 0; a file with another one is refused */
    const char *const *steps;
    size_t step_count;
};

struct sqlite_options {
    bool read_only;          /* an existing file with the current schema, or it fails */
    int64_t busy_timeout_ms; /* 0: 5,000 */
};

/*
 * Opens `path`, creating it (mode 0600) and upgrading its schema. `options` may be NULL. Fails with
 * SERIN_CONFLICT when the file belongs to another program or to a newer Serin; then it is
 * untouched.
 */
SERIN_MUST_CHECK enum serin_status sqlite_open(const char *path, const struct sqlite_schema *schema,
                                               const struct sqlite_options *options,
                                               struct sqlite **out, struct serin_error *err);

/* Closes; an open transaction is rolled back. Every statement must be gone. NULL is fine. */
void sqlite_destroy(struct sqlite *database);
DEFINE_CLEANUP(sqlite)

/* The path it was opened with. */
const char *sqlite_path(const struct sqlite *database);

/* Runs constant SQL without parameters or results; several statements may follow each other. */
SERIN_MUST_CHECK enum serin_status sqlite_execute(struct sqlite *database, const char *sql,
                                                  struct serin_error *err);

/*
 * From now on a statement that is still running when the deadline passes ends with SERIN_TIMEOUT.
 * NULL: no deadline. The deadline is copied.
 */
void sqlite_set_deadline(struct sqlite *database, const struct deadline *deadline);

/* Reads the whole file and checks it; SERIN_UNAVAILABLE with the first finding. Slow. */
SERIN_MUST_CHECK enum serin_status sqlite_check_integrity(struct sqlite *database,
                                                          struct serin_error *err);

/* Rows changed by the last INSERT, UPDATE or DELETE; rowid of the last INSERT. */
int64_t sqlite_changes(const struct sqlite *database);
int64_t sqlite_last_rowid(const struct sqlite *database);

/* ---- transactions ---------------------------------------------------------------------------- */

/*
 * Begins a write transaction (BEGIN IMMEDIATE); there can be one at a time. `*out` is borrowed from
 * the connection; declared as `owned(sqlite_transaction) t = NULL;` it is rolled back when its name
 * leaves scope without a commit.
 */
SERIN_MUST_CHECK enum serin_status
sqlite_begin(struct sqlite *database, struct sqlite_transaction **out, struct serin_error *err);

/*
 * Makes the transaction durable: after SERIN_OK it survives a power cut. On failure it is rolled
 * back.
 */
SERIN_MUST_CHECK enum serin_status sqlite_commit(struct sqlite_transaction *transaction,
                                                 struct serin_error *err);

/* Rolls back unless committed. NULL is fine. */
void sqlite_transaction_destroy(struct sqlite_transaction *transaction);
DEFINE_CLEANUP(sqlite_transaction)

/* ---- statements ------------------------------------------------------------------------------ */

/* Compiles one statement; prepare once, run often. `sql` is constant text. */
SERIN_MUST_CHECK enum serin_status sqlite_prepare(struct sqlite *database, const char *sql,
                                                  struct sqlite_statement **out,
                                                  struct serin_error *err);
void sqlite_statement_destroy(struct sqlite_statement *statement); /* NULL is fine */
DEFINE_CLEANUP(sqlite_statement)

/*
 * Parameters, counted from 1. A failure is kept and reported by the next sqlite_step or sqlite_run.
 * Texts and blobs are borrowed until then and must not change before the statement is reset.
 * sqlite_bind_u64 refuses numbers above 2^63 − 1 (SERIN_RANGE).
 */
void sqlite_bind_i64(struct sqlite_statement *statement, int index, int64_t value);
void sqlite_bind_u64(struct sqlite_statement *statement, int index, uint64_t value);
void sqlite_bind_double(struct sqlite_statement *statement, int index, double value);
void sqlite_bind_text(struct sqlite_statement *statement, int index, const char *text,
                      size_t length); /* text NULL: SQL NULL */
void sqlite_bind_blob(struct sqlite_statement *statement, int index, const void *bytes,
                      size_t length); /* bytes NULL: SQL NULL */
void sqlite_bind_null(struct sqlite_statement *statement, int index);

/*
 * Advances to the next row: `*out_row` is false after the last. A failed statement, and one that is
 * through, is reset, so that it can be bound and run again.
 */
SERIN_MUST_CHECK enum serin_status sqlite_step(struct sqlite_statement *statement, bool *out_row,
                                               struct serin_error *err);

/* Runs a statement to its end, ignoring rows, and resets it. */
SERIN_MUST_CHECK enum serin_status sqlite_run(struct sqlite_statement *statement,
                                              struct serin_error *err);

/* Ends a statement before its last row and clears its parameters. */
void sqlite_reset(struct sqlite_statement *statement);

/* Columns of the present row, counted from 0. Texts and blobs live until the next step or reset. */
int64_t sqlite_column_i64(struct sqlite_statement *statement, int column);
uint64_t sqlite_column_u64(struct sqlite_statement *statement, int column); /* negative: 0 */
double sqlite_column_double(struct sqlite_statement *statement, int column);
bool sqlite_column_is_null(struct sqlite_statement *statement, int column);
/* Zero-terminated; NULL for SQL NULL or when memory is short. `out_length` may be NULL. */
const char *sqlite_column_text(struct sqlite_statement *statement, int column, size_t *out_length);
const void *sqlite_column_blob(struct sqlite_statement *statement, int column, size_t *out_length);

#endif
