#include "analysis/catalog.h"

#include "source/source.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char embedded_store[] = "store";

/* ---- sources --------------------------------------------------------------------------------- */

struct catalog_source {
    char *name;
    char *type;
    const struct source_driver *driver;
    void *options; /* decoded rows of the driver, kept as long as the source may read them */
    void *state;
    bool is_shared; /* the state belongs to somebody else */
};

static const struct decode_field source_fields[] = {
    {.name = "name",
     DECODE_TEXT(struct catalog_source, name),
     .is_required = true,
     .maximum = "128",
     .help = "what streams call it"},
    {.name = "type",
     DECODE_TEXT(struct catalog_source, type),
     .is_required = true,
     .help = "the kind of source"},
};
const struct decode_table catalog_source_table = DECODE_TABLE(struct catalog_source, source_fields);

static struct decode_table driver_table(const struct source_driver *driver)
{
    return (struct decode_table){driver->options, driver->option_count, driver->options_size};
}

static void source_clear(struct catalog_source *source)
{
    if (source->driver && source->state && !source->is_shared) {
        source->driver->close(source->state);
    }
    if (source->driver && source->options) {
        struct decode_table options = driver_table(source->driver);
        decode_clear(&options, source->options);
    }
    memory_free(source->options);
    decode_clear(&catalog_source_table, source);
}

/* ---- streams --------------------------------------------------------------------------------- */

struct arm_options {
    char *label;
    char *pod_prefix;
};

/* A stream as the file has it; catalog_stream borrows its texts. */
struct stream_options {
    char *name;
    char *source;
    char *metric;
    char *reference;
    char *label;
    char *pod;
    char *key;
    struct arm_options arm;
    char *matchers;
    char *contains;
    enum line_format format;
    char *process_start;
    char **slices;
    size_t slice_count;
    char *owner;
    bool is_keyed;
    double sample_keys;
    enum source_error_policy on_source_error;
    int64_t block_ms;
    int64_t retention_ms;
    int64_t lookback_ms;
    int64_t stale_after_ms;
    struct maintenance_window *maintenance;
    size_t maintenance_count;
    struct judgement judgement;
    struct otlp_mapping otlp;
    bool has_otlp;
};

static const struct decode_name policy_names[] = {
    {"error",        ON_SOURCE_ERROR_FAIL        },
    {"inconclusive", ON_SOURCE_ERROR_INCONCLUSIVE},
    {NULL,           0                           },
};

static const struct decode_name format_names[] = {
    {"json",   LINE_JSON  },
    {"logfmt", LINE_LOGFMT},
    {"labels", LINE_LABELS},
    {NULL,     0          },
};

static const struct decode_field arm_fields[] = {
    {.name = "label",
     DECODE_TEXT(struct arm_options, label),
     .help = "label or field that holds the pod-template hash"                },
    {.name = "pod_prefix",
     DECODE_TEXT(struct arm_options, pod_prefix),
     .help = "start of the arm's pod names, with {hash} where the hash stands"},
};
static const struct decode_table arm_table = DECODE_TABLE(struct arm_options, arm_fields);

static const struct decode_field stream_fields[] = {
    {.name = "name",
     DECODE_TEXT(struct stream_options, name),
     .is_required = true,
     .maximum = "100",
     .help = "what requests call it"},
    {.name = "source",
     DECODE_TEXT(struct stream_options, source),
     .fallback = "store",
     .help = "name of a source; store is the embedded one"},
    {.name = "metric",
     DECODE_TEXT(struct stream_options, metric),
     .help = "prometheus: the counter of label events"},
    {.name = "reference",
     DECODE_TEXT(struct stream_options, reference),
     .help = "metric label, field or column with the reference label"},
    {.name = "label",
     DECODE_TEXT(struct stream_options, label),
     .help = "metric label, field or column with the emitted label"},
    {.name = "pod",
     DECODE_TEXT(struct stream_options, pod),
     .help = "metric label, field or column with the pod"},
    {.name = "key",
     DECODE_TEXT(struct stream_options, key),
     .help = "field or column with the item id"},
    {.name = "arm",
     DECODE_MAP(struct stream_options, arm, &arm_table),
     .help = "prometheus, loki: how the arms are told apart"},
    {.name = "matchers",
     DECODE_TEXT(struct stream_options, matchers),
     .help = "label matchers, e.g. namespace=\"shop\": prometheus: further ones; loki: of the "
             "streams with the lines"},
    {.name = "contains",
     DECODE_TEXT(struct stream_options, contains),
     .help = "loki: a text that every line with a label event holds, and no other line"},
    {.name = "format",
     DECODE_ENUM(struct stream_options, format, format_names),
     .fallback = "json",
     .help = "loki: what is counted are fields of json or logfmt lines, or labels alone"},
    {.name = "process_start",
     DECODE_TEXT(struct stream_options, process_start),
     .fallback = "process_start_time_seconds",
     .help = "prometheus: gauge with the start time of the pod's process"},
    {.name = "slices",
     DECODE_TEXT_LIST(struct stream_options, slices, slice_count),
     .minimum = "0",
     .maximum = "8",
     .help =
         "dimensions that can be judged apart; the delta is taken slice by slice of the first one"},
    {.name = "owner",
     DECODE_TEXT(struct stream_options, owner),
     .help = "who looks after the stream"},
    {.name = "keyed",
     DECODE_BOOL(struct stream_options, is_keyed),
     .fallback = "false",
     .help = "store, loki: join events by their keys, for the design paired and for late "
             "references"},
    {.name = "sample_keys",
     DECODE_DOUBLE(struct stream_options, sample_keys),
     .fallback = "1",
     .above = "0",
     .maximum = "1",
     .help = "store: share of the keys that count, the same ones in both arms; below 1 every event "
             "needs a key"},
    {.name = "on_source_error",
     DECODE_ENUM(struct stream_options, on_source_error, policy_names),
     .fallback = "error",
     .help = "error: the analysis fails; inconclusive: the rollout pauses for a person"},
    {.name = "block",
     DECODE_DURATION(struct stream_options, block_ms),
     .fallback = "1m",
     .minimum = "1s",
     .maximum = "1h",
     .help = "least length of a block's time bucket; longer than a user's session"},
    {.name = "retention",
     DECODE_DURATION(struct stream_options, retention_ms),
     .fallback = "7d",
     .minimum = "1m",
     .help = "store: how long events are kept"},
    {.name = "lookback",
     DECODE_DURATION(struct stream_options, lookback_ms),
     .fallback = "1d",
     .minimum = "1m",
     .help = "how far back a rollout may have begun; in the store no further than the retention"},
    {.name = "stale_after",
     DECODE_DURATION(struct stream_options, stale_after_ms),
     .fallback = "5m",
     .minimum = "1s",
     .help = "an arm without an event for so long is stale"},
    {.name = "maintenance",
     DECODE_MAP_LIST(struct stream_options, maintenance, maintenance_count, &maintenance_table),
     .minimum = "0",
     .maximum = "100",
     .help = "times in which no verdict is given"},
    {.name = "analysis",
     DECODE_MAP(struct stream_options, judgement, &judgement_table),
     .help = "how the stream is judged unless a request says otherwise"},
    {.name = "otlp",
     DECODE_MAP(struct stream_options, otlp, &otlp_mapping_table),
     .given = offsetof(struct stream_options, has_otlp),
     .help = "store: which log records pushed to /v1/logs are its label events"},
};
const struct decode_table catalog_stream_table = DECODE_TABLE(struct stream_options, stream_fields);

static void stream_borrow(const struct stream_options *options, struct catalog_stream *out)
{
    *out = (struct catalog_stream){
        .stream = {.name = options->name,
                   .source = options->source,
                   .metric = options->metric,
                   .reference = options->reference,
                   .label = options->label,
                   .pod = options->pod,
                   .key = options->key,
                   .arm_label = options->arm.label,
                   .arm_pod_prefix = options->arm.pod_prefix,
                   .matchers = options->matchers,
                   .contains = options->contains,
                   .format = options->format,
                   .process_start = options->process_start,
                   .slice_count = options->slice_count,
                   .keyed = options->is_keyed,
                   .sample_keys = options->sample_keys,
                   .block_ms = options->block_ms,
                   .retention_ms = options->retention_ms,
                   .lookback_ms = options->lookback_ms,
                   .stale_after_ms = options->stale_after_ms},
        .judgement = options->judgement,
        .on_source_error = options->on_source_error,
        .owner = options->owner ? options->owner : "",
        .maintenance = options->maintenance,
        .maintenance_count = options->maintenance_count,
        .otlp = options->has_otlp ? &options->otlp : NULL,
    };
    for (size_t i = 0; i < options->slice_count; i++) {
        out->stream.slices[i] = options->slices[i];
    }
}

/* ---- the catalog ----------------------------------------------------------------------------- */

struct catalog {
    struct catalog_source *sources;
    size_t source_count;
    struct stream_options *options; /* one per stream */
    struct catalog_stream *streams;
    size_t stream_count;
};

void catalog_destroy(struct catalog *catalog)
{
    if (!catalog) {
        return;
    }
    for (size_t i = 0; i < catalog->stream_count; i++) {
        decode_clear(&catalog_stream_table, &catalog->options[i]);
    }
    for (size_t i = 0; i < catalog->source_count; i++) {
        source_clear(&catalog->sources[i]);
    }
    memory_free(catalog->options);
    memory_free(catalog->streams);
    memory_free(catalog->sources);
    memory_free(catalog);
}

/* The driver must be known before its options can be read from the same map. */
static enum serin_status driver_of(const struct node *node, const char *path,
                                   const struct source_driver **out, struct serin_error *err)
{
    TRY(decode_expect(node, NODE_MAP, path, err));
    char type_path[DECODE_PATH_SIZE];
    decode_path_field(path, "type", type_path);
    const char *allowed = source_driver_types((char[SOURCE_TYPES_SIZE]){""});
    const struct node *type = node_find(node, text_view_of("type"));
    if (!type || node_kind(type) != NODE_TEXT) {
        (void)decode_fail(type ? type : node, type_path, err, "missing; allowed: %s", allowed);
        return SERIN_INVALID;
    }
    const struct source_driver *driver = source_driver_find(node_text(type).start);
    if (!driver) {
        (void)decode_fail(type, type_path, err, "unknown type %s; allowed: %s",
                          TEXT_QUOTE(node_text(type)), allowed);
        return SERIN_INVALID;
    }
    *out = driver;
    return SERIN_OK;
}

static enum serin_status source_decode(const struct node *node, const char *path, void *store,
                                       struct catalog_source *source, struct serin_error *err)
{
    const struct source_driver *driver = NULL;
    TRY(driver_of(node, path, &driver, err));
    assert(driver);
    void *options = memory_allocate(1, driver->options_size);
    if (!options) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the sources");
    }
    struct decode_table rows = driver_table(driver);
    const struct decode_target targets[] = {
        {.table = &catalog_source_table, .out = source },
        {.table = &rows,                 .out = options},
    };
    enum serin_status status = decode_map_into(targets, ARRAY_LENGTH(targets), node, path, err);
    if (status != SERIN_OK) {
        memory_free(options);
        return status;
    }
    source->driver = driver;
    source->options = options;
    source->is_shared = strcmp(driver->type, embedded_store) == 0;
    serin_error_at(err, "%s", path);
    if (source->is_shared) {
        source->state = store;
        return SERIN_OK;
    }
    return driver->open(source->name, options, &source->state, err);
}

static const struct catalog_source *source_find(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->source_count; i++) {
        if (catalog->sources[i].name && strcmp(catalog->sources[i].name, name) == 0) {
            return &catalog->sources[i];
        }
    }
    return NULL;
}

static enum serin_status refuse_duplicate(const struct node *node, const char *path,
                                          const char *kind, const char *name,
                                          struct serin_error *err)
{
    return decode_fail(node, path, err, "a second %s with the name %s; names must differ", kind,
                       TEXT_QUOTE(text_view_of(name)));
}

static enum serin_status decode_sources(const struct node *sources, void *store,
                                        struct catalog *catalog, struct serin_error *err)
{
    size_t count = sources ? node_count(sources) : 0;
    catalog->sources = memory_allocate(count + 1, sizeof(*catalog->sources));
    if (!catalog->sources) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the sources");
    }
    size_t index = 0;
    for (const struct node *node = sources ? node_first(sources) : NULL; node;
         node = node_next(node), index++) {
        char path[DECODE_PATH_SIZE];
        decode_path_item("sources", index, path);
        struct catalog_source *source = &catalog->sources[index];
        catalog->source_count = index + 1;
        TRY(source_decode(node, path, store, source, err));
        if (source_find(catalog, source->name) != source) {
            return refuse_duplicate(node, path, "source", source->name, err);
        }
    }
    return SERIN_OK;
}

static enum serin_status list_sources(const struct catalog *catalog, const struct node *node,
                                      const char *path, const char *wanted, struct serin_error *err)
{
    char known[160] = "store";
    for (size_t i = 0; i < catalog->source_count; i++) {
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof(known) - used, ", %s", catalog->sources[i].name);
    }
    return decode_fail(node, path, err, "unknown source %s; known: %s",
                       TEXT_QUOTE(text_view_of(wanted)), known);
}

/* What the store has forgotten must not look like a window without events. */
static void look_back_no_further_than_kept(struct catalog_stream *stream)
{
    bool is_store = strcmp(stream->driver->type, embedded_store) == 0;
    if (is_store && stream->stream.lookback_ms > stream->stream.retention_ms) {
        stream->stream.lookback_ms = stream->stream.retention_ms;
    }
}

static enum serin_status attach_source(const struct catalog *catalog, const struct node *node,
                                       const char *path, void *store, struct catalog_stream *stream,
                                       struct serin_error *err)
{
    const struct catalog_source *source = source_find(catalog, stream->stream.source);
    if (source) {
        stream->driver = source->driver;
        stream->source_state = source->state;
    } else if (strcmp(stream->stream.source, embedded_store) == 0) {
        stream->driver = source_driver_find(embedded_store);
        stream->source_state = store;
    } else {
        char source_path[DECODE_PATH_SIZE];
        decode_path_field(path, "source", source_path);
        return list_sources(catalog, node, source_path, stream->stream.source, err);
    }
    look_back_no_further_than_kept(stream);
    bool is_store = strcmp(stream->driver->type, embedded_store) == 0;
    char option_path[DECODE_PATH_SIZE];
    if (stream_is_sampled(&stream->stream) && !is_store) {
        decode_path_field(path, "sample_keys", option_path);
        return decode_fail(node, option_path, err, "only the embedded store samples keys");
    }
    if (stream->otlp && !is_store) {
        decode_path_field(path, "otlp", option_path);
        return decode_fail(node, option_path, err, "only the embedded store takes log records");
    }
    serin_error_at(err, "%s", path);
    return stream->driver->check ? stream->driver->check(&stream->stream, err) : SERIN_OK;
}

static const struct catalog_stream *stream_by_name(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->stream_count; i++) {
        const char *each = catalog->streams[i].stream.name;
        if (each && strcmp(each, name) == 0) {
            return &catalog->streams[i];
        }
    }
    return NULL;
}

static enum serin_status decode_streams(const struct node *streams, void *store,
                                        struct catalog *catalog, struct serin_error *err)
{
    size_t count = streams ? node_count(streams) : 0;
    catalog->options = memory_allocate(count + 1, sizeof(*catalog->options));
    catalog->streams = memory_allocate(count + 1, sizeof(*catalog->streams));
    if (!catalog->options || !catalog->streams) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the streams");
    }
    size_t index = 0;
    for (const struct node *node = streams ? node_first(streams) : NULL; node;
         node = node_next(node), index++) {
        char path[DECODE_PATH_SIZE];
        decode_path_item("streams", index, path);
        catalog->stream_count = index + 1;
        TRY(decode_map(&catalog_stream_table, node, path, &catalog->options[index], err));
        TRY(maintenance_check(catalog->options[index].maintenance,
                              catalog->options[index].maintenance_count, node, path, err));
        struct catalog_stream *stream = &catalog->streams[index];
        stream_borrow(&catalog->options[index], stream);
        TRY(attach_source(catalog, node, path, store, stream, err));
        TRY(stream->otlp ? otlp_mapping_check(stream->otlp, &stream->stream, node, path, err)
                         : SERIN_OK);
        if (stream_by_name(catalog, stream->stream.name) != stream) {
            return refuse_duplicate(node, path, "stream", stream->stream.name, err);
        }
    }
    return SERIN_OK;
}

enum serin_status catalog_create(const struct node *sources, const struct node *streams,
                                 void *store, struct catalog **out, struct serin_error *err)
{
    owned(catalog) catalog = memory_allocate(1, sizeof(*catalog));
    if (!catalog) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the catalog");
    }
    TRY(decode_sources(sources, store, catalog, err));
    TRY(decode_streams(streams, store, catalog, err));
    serin_error_clear(err);
    *out = give(catalog);
    return SERIN_OK;
}

size_t catalog_stream_count(const struct catalog *catalog)
{
    return catalog->stream_count;
}

const struct catalog_stream *catalog_stream_at(const struct catalog *catalog, size_t index)
{
    return &catalog->streams[index];
}

enum serin_status catalog_stream_find(const struct catalog *catalog, const char *name,
                                      const struct catalog_stream **out, struct serin_error *err)
{
    const struct catalog_stream *stream = stream_by_name(catalog, name);
    if (stream) {
        *out = stream;
        return SERIN_OK;
    }
    char known[160] = "";
    for (size_t i = 0; i < catalog->stream_count; i++) {
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                       catalog->streams[i].stream.name);
    }
    serin_error_at(err, "stream");
    return serin_fail(err, SERIN_NOT_FOUND, "unknown stream %s; known: %s",
                      TEXT_QUOTE(text_view_of(name)), known[0] ? known : "none is configured");
}
