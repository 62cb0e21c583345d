#include "source/file.h"

#include "source/file_count.h"
#include "source/file_pairs.h"

#include <unistd.h>

/* ---- options --------------------------------------------------------------------------------- */

struct file_source_options {
    char *paths[ARM_COUNT];
    char *time;
    char *count;
    enum file_format format;
};

struct file_source {
    const struct file_source_options *options;
};

const struct decode_name file_format_names[] = {
    {"auto", FILE_FORMAT_AUTO},
    {"csv", FILE_FORMAT_CSV},
    {"ndjson", FILE_FORMAT_NDJSON},
    {0}
};

static const struct decode_field file_source_fields[] = {
    {.name = "canary",
     DECODE_TEXT(struct file_source_options, paths[ARM_CANARY]),
     .is_required = true,
     .help = "file with the canary's label events, CSV or NDJSON, plain or gzip"},
    {.name = "stable",
     DECODE_TEXT(struct file_source_options, paths[ARM_STABLE]),
     .is_required = true,
     .help = "file with the stable arm's label events"},
    {.name = "time",
     DECODE_TEXT(struct file_source_options, time),
     .help = "column with the time of an event; without it every event is in every window"},
    {.name = "count",
     DECODE_TEXT(struct file_source_options, count),
     .help = "column with a number of events; without it a row is one event"},
    {.name = "format",
     DECODE_ENUM(struct file_source_options, format, file_format_names),
     .fallback = "auto",
     .help = "what the files hold; auto goes by their names, then by their contents"},
};

static enum serin_status file_source_open(const char *name, const void *options, void **out_state,
                                          struct serin_error *err)
{
    const struct file_source_options *decoded = options;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        if (decoded->paths[arm][0] == '-' && decoded->paths[arm][1] == '\0') {
            serin_error_at(err, "%s", arm_name((enum arm)arm));
            return serin_fail(err, SERIN_INVALID,
                              "source \"%s\" cannot be standard input: it is read again and again",
                              name);
        }
    }
    struct file_source *source = memory_allocate(1, sizeof(*source));
    if (!source) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for source \"%s\"", name);
    }
    source->options = decoded;
    *out_state = source;
    return SERIN_OK;
}

static void file_source_close(void *state)
{
    memory_free(state);
}

static enum serin_status file_source_ping(void *state, struct deadline deadline,
                                          struct serin_error *err)
{
    const struct file_source *source = state;
    (void)deadline;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        const char *path = source->options->paths[arm];
        if (access(path, R_OK) != 0) {
            return serin_fail(err, SERIN_UNAVAILABLE, "cannot read \"%s\"", path);
        }
    }
    return SERIN_OK;
}

/* ---- fetching -------------------------------------------------------------------------------- */

static void read_options(const struct file_source_options *source, const struct table_query *query,
                         struct file_options *out)
{
    const struct stream *stream = query->stream;
    *out = file_options_default;
    out->format = source->format;
    out->time_column = source->time;
    out->count_column = source->count;
    out->pod_column = stream->pod;
    out->block_ms = stream->block_ms;
    out->label_column = stream->label ? stream->label : out->label_column;
    out->reference_column = stream->reference ? stream->reference : out->reference_column;
    out->key_column = stream->key ? stream->key : out->key_column;
    out->slice_count = stream->slice_count;
    for (size_t i = 0; i < stream->slice_count; i++) {
        out->slice_columns[i] = stream->slices[i];
    }
}

struct earliest {
    int64_t from_ms; /* what is before counts no longer */
    int64_t end_ms;
    int64_t first_ms; /* end_ms until one is found */
};

static enum serin_status note_time(void *context, const struct file_row *row,
                                   struct serin_error *err)
{
    struct earliest *earliest = context;
    (void)err;
    if (row->time_ms >= earliest->from_ms && row->time_ms < earliest->first_ms) {
        earliest->first_ms = row->time_ms;
    }
    return SERIN_OK;
}

/* Where the window `rollout` begins. The file is read once more for it. */
static enum serin_status find_first_canary(const char *path, const struct file_options *options,
                                           const struct deadline *deadline,
                                           struct file_bounds *bounds, struct serin_error *err)
{
    struct file_options keyless = *options;
    struct earliest earliest = {bounds->start_ms, bounds->end_ms, bounds->end_ms};
    keyless.key_column = NULL;
    TRY(file_rows_read(path, &keyless, deadline, note_time, &earliest, err));
    if (earliest.first_ms < bounds->end_ms) {
        bounds->start_ms = earliest.first_ms;
    }
    return SERIN_OK;
}

static enum serin_status find_bounds(const struct file_source_options *source,
                                     const struct file_options *options,
                                     const struct table_query *query,
                                     const struct deadline *deadline, struct file_bounds *out,
                                     struct serin_error *err)
{
    *out = (struct file_bounds){
        .has_window = true,
        .start_ms = query->now_ms - table_query_reach_ms(query),
        .end_ms = query->now_ms + 1,
        .may_be_empty = true,
        .deadline = deadline,
    };
    if (!query->since_first_canary || !options->time_column) {
        return SERIN_OK;
    }
    return find_first_canary(source->paths[ARM_CANARY], options, deadline, out, err);
}

static enum serin_status read_files(const struct file_source_options *source,
                                    const struct file_options *options,
                                    const struct table_query *query,
                                    const struct file_bounds *bounds, struct block_tables *tables,
                                    struct serin_error *err)
{
    if (query->paired) {
        const char *const paths[ARM_COUNT] = {source->paths[0], source->paths[1]};
        struct file_pairing pairing;
        return file_pairs_read(paths, options, bounds, tables, &pairing, err);
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        TRY(arm_count_file(source->paths[arm], options, bounds, (enum arm)arm, tables, err));
    }
    return SERIN_OK;
}

/* A file that is not there, or holds what cannot be counted, is a source that failed. */
static enum serin_status as_source_status(enum serin_status status, struct serin_error *err)
{
    bool is_file_at_fault = status == SERIN_NOT_FOUND || status == SERIN_DENIED ||
                            status == SERIN_INVALID || status == SERIN_RANGE;
    if (is_file_at_fault && err) {
        err->status = SERIN_UNAVAILABLE;
    }
    return is_file_at_fault ? SERIN_UNAVAILABLE : status;
}

static enum serin_status fill_tables(const struct file_source_options *source,
                                     const struct table_query *query,
                                     const struct deadline *deadline, struct block_tables *tables,
                                     struct serin_error *err)
{
    struct file_options options;
    struct file_bounds bounds;
    read_options(source, query, &options);
    TRY(find_bounds(source, &options, query, deadline, &bounds, err));
    TRY(read_files(source, &options, query, &bounds, tables, err));
    block_tables_set_window(tables, bounds.start_ms, bounds.end_ms);
    enum serin_status status = block_tables_seal(tables);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the counts of the window are too many");
}

static enum serin_status file_source_fetch(void *state, const struct table_query *query,
                                           struct deadline deadline, struct block_tables **out,
                                           struct serin_error *err)
{
    const struct file_source *source = state;
    if (query->paired && source->options->count) {
        serin_error_at(err, "design");
        return serin_fail(err, SERIN_INVALID,
                          "\"paired\" needs a row for every item, and stream \"%s\" has counts",
                          query->stream->name);
    }
    owned(block_tables) tables = block_tables_create(&query->limits);
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the tables of stream \"%s\"",
                          query->stream->name);
    }
    enum serin_status status = fill_tables(source->options, query, &deadline, tables, err);
    if (status != SERIN_OK) {
        return as_source_status(status, err);
    }
    *out = give(tables);
    return SERIN_OK;
}

const struct source_driver file_driver = {
    .type = "file",
    .help = "label events in two files, for tests and exports",
    .options = file_source_fields,
    .option_count = ARRAY_LENGTH(file_source_fields),
    .options_size = sizeof(struct file_source_options),
    .open = file_source_open,
    .fetch = file_source_fetch,
    .ping = file_source_ping,
    .close = file_source_close,
};
