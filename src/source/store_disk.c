#include "source/store_disk.h"

#include "platform/digest.h"

#include <endian.h>
#include <string.h>

static const char *const schema_steps[] = {
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " block_ms INTEGER NOT NULL, retention_ms INTEGER NOT NULL, lookback_ms INTEGER NOT NULL,"
    " pruned_before_ms INTEGER NOT NULL);"
    "CREATE TABLE buckets (stream INTEGER NOT NULL REFERENCES streams (id),"
    " start_ms INTEGER NOT NULL, counts BLOB NOT NULL, PRIMARY KEY (stream, start_ms));"
    "CREATE TABLE journal (id INTEGER PRIMARY KEY,"
    " stream INTEGER NOT NULL REFERENCES streams (id), has_items INTEGER NOT NULL,"
    " counts BLOB NOT NULL);"
    "CREATE INDEX journal_by_stream ON journal (stream, id);"
    "CREATE TABLE batches (name BLOB PRIMARY KEY, digest INTEGER NOT NULL,"
    " accepted INTEGER NOT NULL, expires_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX batches_by_expiry ON batches (expires_ms);"
    "INSERT INTO facts VALUES ('folded', 0);",
};

static const struct sqlite_schema schema = {
    .name = "event store",
    .application_id = 0x53724576, /* "SrEv" */
    .steps = schema_steps,
    .step_count = ARRAY_LENGTH(schema_steps),
};

enum query {
    FIND_FACT,
    PUT_FACT,
    LIST_STREAMS,
    INSERT_STREAM,
    UPDATE_STREAM,
    LIST_BUCKETS,
    PUT_BUCKET,
    DROP_BUCKETS,
    LIST_JOURNAL,
    LAST_JOURNAL,
    JOURNAL_SIZE,
    ADD_JOURNAL,
    FOLD_JOURNAL,
    DROP_JOURNAL,
    FIND_BATCH,
    ADD_BATCH,
    DROP_BATCHES,
    QUERIES
};

static const char *const query_sql[QUERIES] = {
    [FIND_FACT] = "SELECT value FROM facts WHERE name = ?1",
    [PUT_FACT] = "INSERT OR REPLACE INTO facts VALUES (?1, ?2)",
    [LIST_STREAMS] = "SELECT id, name, block_ms, retention_ms, lookback_ms, pruned_before_ms"
                     " FROM streams ORDER BY id",
    [INSERT_STREAM] = "INSERT INTO streams (name, block_ms, retention_ms, lookback_ms,"
                      " pruned_before_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    [UPDATE_STREAM] = "UPDATE streams SET name = ?1, block_ms = ?2, retention_ms = ?3,"
                      " lookback_ms = ?4, pruned_before_ms = ?5 WHERE id = ?6",
    [LIST_BUCKETS] = "SELECT counts FROM buckets WHERE stream = ?1 ORDER BY start_ms",
    [PUT_BUCKET] = "INSERT OR REPLACE INTO buckets VALUES (?1, ?2, ?3)",
    [DROP_BUCKETS] = "DELETE FROM buckets WHERE stream = ?1 AND start_ms < ?2",
    [LIST_JOURNAL] = "SELECT counts, id <= (SELECT value FROM facts WHERE name = 'folded')"
                     " FROM journal WHERE stream = ?1 ORDER BY id",
    [LAST_JOURNAL] = "SELECT max(coalesce((SELECT max(id) FROM journal), 0),"
                     " (SELECT value FROM facts WHERE name = 'folded'))",
    [JOURNAL_SIZE] = "SELECT count(*), coalesce(sum(length(counts)), 0) FROM journal"
                     " WHERE id > (SELECT value FROM facts WHERE name = 'folded')",
    [ADD_JOURNAL] = "INSERT INTO journal VALUES (?1, ?2, ?3, ?4)",
    [FOLD_JOURNAL] = "DELETE FROM journal WHERE NOT has_items AND id <= ?1",
    [DROP_JOURNAL] = "DELETE FROM journal WHERE stream = ?1",
    [FIND_BATCH] = "SELECT digest, accepted, expires_ms FROM batches WHERE name = ?1",
    [ADD_BATCH] = "INSERT INTO batches VALUES (?1, ?2, ?3, ?4)",
    [DROP_BATCHES] = "DELETE FROM batches WHERE expires_ms < ?1",
};

struct disk {
    struct sqlite *database;
    struct sqlite_statement *statements[QUERIES];
    int64_t last_journal; /* highest id ever given out */
};

static const char fact_secret[] = "secret";
static const char fact_folded[] = "folded";

/* ---- opening --------------------------------------------------------------------------------- */

void disk_destroy(struct disk *disk)
{
    if (!disk) {
        return;
    }
    for (size_t i = 0; i < QUERIES; i++) {
        sqlite_statement_destroy(disk->statements[i]);
    }
    sqlite_destroy(disk->database);
    memory_free(disk);
}

static enum serin_status prepare_statements(struct disk *disk, struct serin_error *err)
{
    for (size_t i = 0; i < QUERIES; i++) {
        TRY(sqlite_prepare(disk->database, query_sql[i], &disk->statements[i], err));
    }
    return SERIN_OK;
}

static enum serin_status read_secret(struct disk *disk, struct hash_key *out, bool *out_found,
                                     struct serin_error *err)
{
    struct sqlite_statement *find = disk->statements[FIND_FACT];
    bool row = false;
    size_t length = 0;
    sqlite_bind_text(find, 1, fact_secret, sizeof(fact_secret) - 1);
    TRY(sqlite_step(find, &row, err));
    const void *bytes = row ? sqlite_column_blob(find, 0, &length) : NULL;
    bool is_whole = bytes && length == sizeof(out->bytes);
    if (is_whole) {
        memcpy(out->bytes, bytes, length);
    }
    sqlite_reset(find);
    if (row && !is_whole) {
        return serin_fail(err, SERIN_UNAVAILABLE, "\"%s\" is damaged: its secret is unreadable",
                          disk_path(disk));
    }
    *out_found = row;
    return SERIN_OK;
}

/*
 * Writing, even when there is nothing to write, takes the lock that keeps other processes out for
 * as long as the file is open: they could not see what this one counts in memory.
 */
static enum serin_status take_possession(struct disk *disk, struct hash_key *out_secret,
                                         struct serin_error *err)
{
    owned(sqlite_transaction) transaction = NULL;
    struct hash_key secret = {0};
    bool found = false;
    TRY(sqlite_execute(disk->database, "PRAGMA locking_mode = EXCLUSIVE", err));
    TRY(disk_begin(disk, &transaction, err));
    TRY(read_secret(disk, &secret, &found, err));
    if (!found) {
        TRY(random_bytes(secret.bytes, sizeof(secret.bytes), err));
    }
    struct sqlite_statement *put = disk->statements[PUT_FACT];
    sqlite_bind_text(put, 1, fact_secret, sizeof(fact_secret) - 1);
    sqlite_bind_blob(put, 2, secret.bytes, sizeof(secret.bytes));
    TRY(sqlite_run(put, err));
    TRY(sqlite_commit(give(transaction), err));
    *out_secret = secret;
    return SERIN_OK;
}

static enum serin_status read_last_journal(struct disk *disk, struct serin_error *err)
{
    bool row = false;
    TRY(sqlite_step(disk->statements[LAST_JOURNAL], &row, err));
    disk->last_journal = row ? sqlite_column_i64(disk->statements[LAST_JOURNAL], 0) : 0;
    sqlite_reset(disk->statements[LAST_JOURNAL]);
    return SERIN_OK;
}

enum serin_status disk_open(const char *path, struct disk **out, struct hash_key *out_secret,
                            struct serin_error *err)
{
    owned(disk) disk = memory_allocate(1, sizeof(*disk));
    if (!disk) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to open \"%s\"", path);
    }
    struct hash_key secret = {0};
    TRY(sqlite_open(path, &schema, NULL, &disk->database, err));
    TRY(prepare_statements(disk, err));
    TRY(take_possession(disk, &secret, err));
    TRY(read_last_journal(disk, err));
    *out_secret = secret;
    *out = give(disk);
    return SERIN_OK;
}

const char *disk_path(const struct disk *disk)
{
    return sqlite_path(disk->database);
}

enum serin_status disk_begin(struct disk *disk, struct sqlite_transaction **out,
                             struct serin_error *err)
{
    return sqlite_begin(disk->database, out, err);
}

/* ---- streams --------------------------------------------------------------------------------- */

enum serin_status disk_each_stream(struct disk *disk, disk_stream_sink *sink, void *context,
                                   struct serin_error *err)
{
    struct sqlite_statement *list = disk->statements[LIST_STREAMS];
    bool row = false;
    enum serin_status status = sqlite_step(list, &row, err);
    while (status == SERIN_OK && row) {
        const char *name = sqlite_column_text(list, 1, NULL);
        struct disk_stream stream = {
            .id = sqlite_column_i64(list, 0),
            .name = name ? name : "",
            .block_ms = sqlite_column_i64(list, 2),
            .retention_ms = sqlite_column_i64(list, 3),
            .lookback_ms = sqlite_column_i64(list, 4),
            .pruned_before_ms = sqlite_column_i64(list, 5),
        };
        status = sink(context, &stream, err);
        if (status == SERIN_OK) {
            status = sqlite_step(list, &row, err);
        }
    }
    sqlite_reset(list);
    return status;
}

enum serin_status disk_put_stream(struct disk *disk, const struct disk_stream *stream,
                                  int64_t *out_id, struct serin_error *err)
{
    bool is_new = stream->id == 0;
    struct sqlite_statement *put = disk->statements[is_new ? INSERT_STREAM : UPDATE_STREAM];
    sqlite_bind_text(put, 1, stream->name, strlen(stream->name));
    sqlite_bind_i64(put, 2, stream->block_ms);
    sqlite_bind_i64(put, 3, stream->retention_ms);
    sqlite_bind_i64(put, 4, stream->lookback_ms);
    sqlite_bind_i64(put, 5, stream->pruned_before_ms);
    if (!is_new) {
        sqlite_bind_i64(put, 6, stream->id);
    }
    TRY(sqlite_run(put, err));
    *out_id = is_new ? sqlite_last_rowid(disk->database) : stream->id;
    return SERIN_OK;
}

/* ---- counts ---------------------------------------------------------------------------------- */

/* Hands over the first column of each row, and as `is_folded` the second where there is one. */
static enum serin_status each_counts(struct sqlite_statement *list, int64_t stream, bool has_second,
                                     disk_counts_sink *sink, void *context, struct serin_error *err)
{
    bool row = false;
    sqlite_bind_i64(list, 1, stream);
    enum serin_status status = sqlite_step(list, &row, err);
    while (status == SERIN_OK && row) {
        size_t length = 0;
        const uint8_t *counts = sqlite_column_blob(list, 0, &length);
        bool is_folded = has_second && sqlite_column_i64(list, 1) != 0;
        status = counts ? sink(context, counts, length, is_folded, err)
                        : serin_fail(err, SERIN_NO_MEMORY, "no memory left to read the store");
        if (status == SERIN_OK) {
            status = sqlite_step(list, &row, err);
        }
    }
    sqlite_reset(list);
    return status;
}

enum serin_status disk_each_bucket(struct disk *disk, int64_t stream, disk_counts_sink *sink,
                                   void *context, struct serin_error *err)
{
    return each_counts(disk->statements[LIST_BUCKETS], stream, false, sink, context, err);
}

enum serin_status disk_each_journal(struct disk *disk, int64_t stream, disk_counts_sink *sink,
                                    void *context, struct serin_error *err)
{
    return each_counts(disk->statements[LIST_JOURNAL], stream, true, sink, context, err);
}

enum serin_status disk_journal_size(struct disk *disk, struct disk_journal *out,
                                    struct serin_error *err)
{
    struct sqlite_statement *size = disk->statements[JOURNAL_SIZE];
    bool row = false;
    TRY(sqlite_step(size, &row, err));
    *out = (struct disk_journal){sqlite_column_u64(size, 0), sqlite_column_u64(size, 1)};
    sqlite_reset(size);
    return SERIN_OK;
}

enum serin_status disk_add_journal(struct disk *disk, int64_t stream, const uint8_t *counts,
                                   size_t length, bool has_items, struct serin_error *err)
{
    struct sqlite_statement *add = disk->statements[ADD_JOURNAL];
    sqlite_bind_i64(add, 1, ++disk->last_journal);
    sqlite_bind_i64(add, 2, stream);
    sqlite_bind_i64(add, 3, has_items);
    sqlite_bind_blob(add, 4, counts, length);
    return sqlite_run(add, err);
}

enum serin_status disk_put_bucket(struct disk *disk, int64_t stream, int64_t start_ms,
                                  const uint8_t *counts, size_t length, struct serin_error *err)
{
    struct sqlite_statement *put = disk->statements[PUT_BUCKET];
    sqlite_bind_i64(put, 1, stream);
    sqlite_bind_i64(put, 2, start_ms);
    sqlite_bind_blob(put, 3, counts, length);
    return sqlite_run(put, err);
}

enum serin_status disk_fold_journal(struct disk *disk, struct serin_error *err)
{
    struct sqlite_statement *fold = disk->statements[FOLD_JOURNAL];
    struct sqlite_statement *put = disk->statements[PUT_FACT];
    sqlite_bind_i64(fold, 1, disk->last_journal);
    TRY(sqlite_run(fold, err));
    sqlite_bind_text(put, 1, fact_folded, sizeof(fact_folded) - 1);
    sqlite_bind_i64(put, 2, disk->last_journal);
    return sqlite_run(put, err);
}

/* ---- batches --------------------------------------------------------------------------------- */

enum { NAME_BYTES = 16 };

static void bind_name(struct sqlite_statement *statement, const struct hash128 *name,
                      uint8_t bytes[NAME_BYTES])
{
    uint64_t words[] = {htole64(name->low), htole64(name->high)};
    _Static_assert(sizeof(words) == NAME_BYTES, "a name is both words");
    memcpy(bytes, words, sizeof(words));
    sqlite_bind_blob(statement, 1, bytes, NAME_BYTES);
}

enum serin_status disk_find_batch(struct disk *disk, struct hash128 name, struct disk_batch *out,
                                  bool *out_found, struct serin_error *err)
{
    struct sqlite_statement *find = disk->statements[FIND_BATCH];
    uint8_t bytes[NAME_BYTES];
    bool row = false;
    bind_name(find, &name, bytes);
    TRY(sqlite_step(find, &row, err));
    if (row) {
        *out = (struct disk_batch){
            .name = name,
            .digest = (uint64_t)sqlite_column_i64(find, 0),
            .accepted = sqlite_column_u64(find, 1),
            .expires_ms = sqlite_column_i64(find, 2),
        };
    }
    sqlite_reset(find);
    *out_found = row;
    return SERIN_OK;
}

enum serin_status disk_add_batch(struct disk *disk, const struct disk_batch *batch,
                                 struct serin_error *err)
{
    struct sqlite_statement *add = disk->statements[ADD_BATCH];
    uint8_t bytes[NAME_BYTES];
    bind_name(add, &batch->name, bytes);
    sqlite_bind_i64(add, 2, (int64_t)batch->digest);
    sqlite_bind_u64(add, 3, batch->accepted);
    sqlite_bind_i64(add, 4, batch->expires_ms);
    return sqlite_run(add, err);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

enum serin_status disk_drop_buckets(struct disk *disk, int64_t stream, int64_t before_ms,
                                    struct serin_error *err)
{
    struct sqlite_statement *drop = disk->statements[DROP_BUCKETS];
    sqlite_bind_i64(drop, 1, stream);
    sqlite_bind_i64(drop, 2, before_ms);
    return sqlite_run(drop, err);
}

enum serin_status disk_drop_journal(struct disk *disk, int64_t stream, struct serin_error *err)
{
    struct sqlite_statement *drop = disk->statements[DROP_JOURNAL];
    sqlite_bind_i64(drop, 1, stream);
    return sqlite_run(drop, err);
}

enum serin_status disk_drop_batches(struct disk *disk, int64_t now_ms, struct serin_error *err)
{
    struct sqlite_statement *drop = disk->statements[DROP_BATCHES];
    sqlite_bind_i64(drop, 1, now_ms);
    return sqlite_run(drop, err);
}
