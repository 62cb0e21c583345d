#include "analysis/catalog.h"

#include "analysis/stream_options.h"
#include "source/source.h"
#include "source/store.h"

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
    bool is_shared;          /* the state belongs to somebody else */
    struct breaker *breaker; /* NULL: shared, and in this very process */
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
    breaker_destroy(source->breaker);
    memory_free(source->options);
    decode_clear(&catalog_source_table, source);
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
    source->is_shared = driver == &store_driver;
    serin_error_at(err, "%s", path);
    if (source->is_shared) {
        source->state = store;
        return SERIN_OK;
    }
    source->breaker = breaker_create();
    if (!source->breaker) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the sources");
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
    if (stream->stream.lookback_ms > stream->stream.retention_ms) {
        stream->stream.lookback_ms = stream->stream.retention_ms;
    }
}

static enum serin_status refuse_what_the_store_alone_does(const struct catalog_stream *stream,
                                                          const struct node *node, const char *path,
                                                          struct serin_error *err)
{
    char option_path[DECODE_PATH_SIZE];
    if (stream_is_sampled(&stream->stream)) {
        decode_path_field(path, "sample_keys", option_path);
        return decode_fail(node, option_path, err, "only the embedded store samples keys");
    }
    if (stream->otlp) {
        decode_path_field(path, "otlp", option_path);
        return decode_fail(node, option_path, err, "only the embedded store takes log records");
    }
    return SERIN_OK;
}

static enum serin_status attach_source(const struct catalog *catalog, const struct node *node,
                                       const char *path, void *store, struct catalog_stream *stream,
                                       struct serin_error *err)
{
    const struct catalog_source *source = source_find(catalog, stream->stream.source);
    if (source) {
        stream->driver = source->driver;
        stream->source_state = source->state;
        stream->breaker = source->breaker;
    } else if (strcmp(stream->stream.source, embedded_store) == 0) {
        stream->driver = &store_driver;
        stream->source_state = store;
    } else {
        char source_path[DECODE_PATH_SIZE];
        decode_path_field(path, "source", source_path);
        return list_sources(catalog, node, source_path, stream->stream.source, err);
    }
    if (stream->driver == &store_driver) {
        look_back_no_further_than_kept(stream);
    } else {
        TRY(refuse_what_the_store_alone_does(stream, node, path, err));
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
        stream_options_view(&catalog->options[index], stream);
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

size_t catalog_source_count(const struct catalog *catalog)
{
    return catalog->source_count;
}

struct source_health catalog_source_health(const struct catalog *catalog, size_t index)
{
    const struct catalog_source *source = &catalog->sources[index];
    return (struct source_health){source->name, source->breaker ? breaker_state(source->breaker)
                                                                : BREAKER_CLOSED};
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
