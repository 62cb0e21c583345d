#include "platform/yaml_documents.h"

#include "platform/yaml_parser.h"
#include "platform/yaml_schema.h"

#include <string.h>

enum {
    DOCUMENTS_MAX = 1000,
    REPEATED_MAX = 64,
    ANCHORS_MAX = 4096,  /* in a file; the library looks for each among all others */
    MERGED_MAX = 65536,  /* entries of merged maps, in a document */
    MERGE_DEPTH_MAX = 32 /* merged maps that merge others */
};

struct yaml_documents {
    struct document **documents;
    size_t capacity;
    size_t count;
    struct node_position repeated[REPEATED_MAX];
    size_t repeated_count;
};

/* One document of the library on its way into a tree of ours. */
struct document_reader {
    yaml_document_t *source;
    struct document_builder *builder;
    struct yaml_documents *documents;
    size_t merged; /* entries looked at because of merge keys */
};

void yaml_documents_destroy(struct yaml_documents *documents)
{
    if (documents) {
        for (size_t i = 0; i < documents->count; i++) {
            document_destroy(documents->documents[i]);
        }
        memory_free(documents->documents);
        memory_free(documents);
    }
}

size_t yaml_documents_count(const struct yaml_documents *documents)
{
    return documents->count;
}

const struct node *yaml_documents_root(const struct yaml_documents *documents, size_t index)
{
    return document_root(documents->documents[index]);
}

size_t yaml_documents_repeated_count(const struct yaml_documents *documents)
{
    return documents->repeated_count;
}

struct node_position yaml_documents_repeated(const struct yaml_documents *documents, size_t index)
{
    return documents->repeated[index];
}

/* ---- nodes -----------------------------------------------------------------------------------*/

static struct text_view text_of(const yaml_node_t *scalar)
{
    return (struct text_view){(const char *)scalar->data.scalar.value, scalar->data.scalar.length};
}

static const yaml_node_t *node_of(const struct document_reader *reader, int id)
{
    return yaml_document_get_node(reader->source, id);
}

/* Unquoted and without a tag, or with that of a text, which the library does not tell apart. */
static bool is_plain(const yaml_node_t *scalar)
{
    return scalar->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strcmp((const char *)scalar->tag, YAML_STR_TAG) == 0;
}

static enum serin_status add_scalar(const struct document_reader *reader, const yaml_node_t *scalar,
                                    struct serin_error *err)
{
    struct text_view text = text_of(scalar);
    if (is_plain(scalar)) {
        return yaml_add_plain(reader->builder, text, yaml_position(scalar->start_mark), err);
    }
    return document_add_text(reader->builder, text, err);
}

static enum serin_status add_node(struct document_reader *reader, const yaml_node_t *node,
                                  struct serin_error *err);

static enum serin_status add_list(struct document_reader *reader, const yaml_node_t *list,
                                  struct serin_error *err)
{
    TRY(document_open_list(reader->builder, err));
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
         item < list->data.sequence.items.top; item++) {
        TRY(add_node(reader, node_of(reader, *item), err));
    }
    document_close(reader->builder);
    return SERIN_OK;
}

static void note_repeated(struct document_reader *reader, const yaml_node_t *key)
{
    struct yaml_documents *documents = reader->documents;
    if (documents->repeated_count < REPEATED_MAX) {
        documents->repeated[documents->repeated_count++] = yaml_position(key->start_mark);
    }
}

static bool is_merge(const yaml_node_t *key)
{
    return key->type == YAML_SCALAR_NODE && is_plain(key) && text_equals(text_of(key), "<<");
}

/* "{{ .Values.x }}" without quotes is a map whose key is a map. */
static enum serin_status check_key(const yaml_node_t *key, struct serin_error *err)
{
    if (key->type == YAML_SCALAR_NODE) {
        return SERIN_OK;
    }
    char where[NODE_POSITION_SIZE];
    return serin_fail(err, SERIN_INVALID, "%sa key must be a single word or a quoted text",
                      node_position_text(yaml_position(key->start_mark), where));
}

static enum serin_status add_entry(struct document_reader *reader, const yaml_node_t *key,
                                   const yaml_node_t *value, struct serin_error *err)
{
    document_builder_at(reader->builder, yaml_position(key->start_mark));
    TRY(document_add_key(reader->builder, text_of(key), err));
    return add_node(reader, value, err);
}

static enum serin_status add_own(struct document_reader *reader, const yaml_node_t *map,
                                 struct serin_error *err)
{
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = node_of(reader, pair->key);
        TRY(check_key(key, err));
        if (is_merge(key)) {
            continue;
        }
        if (document_has_key(reader->builder, text_of(key))) {
            note_repeated(reader, key);
            continue;
        }
        TRY(add_entry(reader, key, node_of(reader, pair->value), err));
    }
    return SERIN_OK;
}

static enum serin_status add_merged(struct document_reader *reader, const yaml_node_t *map,
                                    size_t depth, struct serin_error *err);

/* Maps that merge each other have no end, and lists of merges grow like aliases of aliases. */
static enum serin_status check_merge(const struct document_reader *reader, const yaml_node_t *map,
                                     size_t depth, struct serin_error *err)
{
    if (depth < MERGE_DEPTH_MAX && reader->merged <= MERGED_MAX) {
        return SERIN_OK;
    }
    char where[NODE_POSITION_SIZE];
    return serin_fail(err, SERIN_TOO_LARGE,
                      "%smerge keys (<<) inside each other, or more than %d entries by them",
                      node_position_text(yaml_position(map->start_mark), where), MERGED_MAX);
}

static enum serin_status add_missing(struct document_reader *reader, const yaml_node_t *map,
                                     size_t depth, struct serin_error *err)
{
    if (map->type != YAML_MAPPING_NODE) {
        return SERIN_OK;
    }
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = node_of(reader, pair->key);
        reader->merged++;
        TRY(check_merge(reader, map, depth, err));
        TRY(check_key(key, err));
        if (!is_merge(key) && !document_has_key(reader->builder, text_of(key))) {
            TRY(add_entry(reader, key, node_of(reader, pair->value), err));
        }
    }
    return add_merged(reader, map, depth + 1, err);
}

/* "<<: *defaults" or "<<: [*a, *b]": the entries that are not there yet, and those they merge. */
static enum serin_status add_merged(struct document_reader *reader, const yaml_node_t *map,
                                    size_t depth, struct serin_error *err)
{
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *value = node_of(reader, pair->value);
        if (!is_merge(node_of(reader, pair->key))) {
            continue;
        }
        TRY(add_missing(reader, value, depth, err));
        const yaml_node_item_t *item =
            value->type == YAML_SEQUENCE_NODE ? value->data.sequence.items.start : NULL;
        for (; item && item < value->data.sequence.items.top; item++) {
            TRY(add_missing(reader, node_of(reader, *item), depth, err));
        }
    }
    return SERIN_OK;
}

static enum serin_status add_map(struct document_reader *reader, const yaml_node_t *map,
                                 struct serin_error *err)
{
    TRY(document_open_map(reader->builder, err));
    TRY(add_own(reader, map, err));
    TRY(add_merged(reader, map, 0, err));
    document_close(reader->builder);
    return SERIN_OK;
}

/* The builder's limit on depth also bounds this recursion, through an alias of itself too. */
static enum serin_status add_node(struct document_reader *reader, const yaml_node_t *node,
                                  struct serin_error *err)
{
    document_builder_at(reader->builder, yaml_position(node->start_mark));
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return add_scalar(reader, node, err);
    case YAML_SEQUENCE_NODE:
        return add_list(reader, node, err);
    case YAML_MAPPING_NODE:
        return add_map(reader, node, err);
    case YAML_NO_NODE:
        break;
    }
    return document_add_null(reader->builder, err);
}

/* ---- documents -------------------------------------------------------------------------------*/

static enum serin_status read_document(yaml_document_t *source, const yaml_node_t *root,
                                       const struct document_limits *limits,
                                       struct yaml_documents *documents, struct serin_error *err)
{
    owned(document_builder) builder = document_builder_create(limits);
    enum serin_status grown =
        memory_grow((void **)&documents->documents, &documents->capacity, documents->count + 1,
                    sizeof(*documents->documents), DOCUMENTS_MAX);
    if (!builder || grown != SERIN_OK) {
        return serin_fail(err, builder ? grown : SERIN_NO_MEMORY,
                          "too many documents, or no memory for them");
    }
    struct document_reader reader = {source, builder, documents, 0};
    TRY(add_node(&reader, root, err));
    struct document *document = document_builder_take(builder);
    if (!document) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the document");
    }
    documents->documents[documents->count++] = document;
    return SERIN_OK;
}

/* An empty document between two marks is none. */
static enum serin_status read_all(yaml_parser_t *parser, struct text_view bytes,
                                  const struct document_limits *limits,
                                  struct yaml_documents *documents, struct serin_error *err)
{
    for (;;) {
        yaml_document_t source;
        if (yaml_parser_load(parser, &source) == 0) {
            return yaml_refuse_syntax(parser, bytes, err);
        }
        const yaml_node_t *root = yaml_document_get_root_node(&source);
        bool is_end = root == NULL;
        enum serin_status status =
            is_end ? SERIN_OK : read_document(&source, root, limits, documents, err);
        yaml_document_delete(&source);
        TRY(status);
        if (is_end) {
            return SERIN_OK;
        }
    }
}

/* ---- what would take the library too long ----------------------------------------------------*/

struct survey {
    const struct document_limits *limits;
    size_t depth;
    size_t anchors;
};

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL;
    default:
        return false;
    }
}

static enum serin_status survey_event(struct survey *survey, const yaml_event_t *event,
                                      struct serin_error *err)
{
    bool opens =
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    bool closes = event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
    survey->anchors += has_anchor(event) ? 1 : 0;
    survey->depth += opens ? 1 : 0;
    survey->depth -= closes ? 1 : 0;
    char where[NODE_POSITION_SIZE];
    node_position_text(yaml_position(event->start_mark), where);
    if (survey->depth > survey->limits->depth) {
        return serin_fail(err, SERIN_TOO_LARGE, "%snested deeper than %zu levels", where,
                          survey->limits->depth);
    }
    if (survey->anchors > ANCHORS_MAX) {
        return serin_fail(err, SERIN_TOO_LARGE, "%smore than %d anchors (&name)", where,
                          ANCHORS_MAX);
    }
    return SERIN_OK;
}

/*
 * The library's loader takes time by the square of the depth and of the anchors before anybody
 * could stop it; its events come one by one. Errors of syntax are left to the loader.
 */
static enum serin_status survey_all(yaml_parser_t *parser, const struct document_limits *limits,
                                    struct serin_error *err)
{
    struct survey survey = {.limits = limits};
    bool is_end = false;
    while (!is_end) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0) {
            return SERIN_OK;
        }
        enum serin_status status = survey_event(&survey, &event, err);
        is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        TRY(status);
    }
    return SERIN_OK;
}

/* ---- all of it -------------------------------------------------------------------------------*/

static enum serin_status parser_open(struct text_view bytes, yaml_parser_t *parser,
                                     struct serin_error *err)
{
    if (yaml_parser_initialize(parser) == 0) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the documents");
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)bytes.start, bytes.length);
    return SERIN_OK;
}

enum serin_status yaml_documents_parse(struct text_view bytes, const struct document_limits *limits,
                                       struct yaml_documents **out, struct serin_error *err)
{
    TRY(document_check_size(limits, bytes.length, err));
    if (bytes.length == 0) {
        bytes.start = ""; /* the library asserts that there is an input */
    }
    TRY(yaml_strip_mark(&bytes, err));
    owned(yaml_documents) documents = memory_allocate(1, sizeof(*documents));
    if (!documents) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the documents");
    }
    yaml_parser_t parser;
    TRY(parser_open(bytes, &parser, err));
    enum serin_status status = survey_all(&parser, limits, err);
    yaml_parser_delete(&parser);
    TRY(status);
    TRY(parser_open(bytes, &parser, err));
    status = read_all(&parser, bytes, limits, documents, err);
    yaml_parser_delete(&parser);
    TRY(status);
    *out = give(documents);
    return SERIN_OK;
}
