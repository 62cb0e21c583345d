#include "platform/yaml.h"

#include "platform/yaml_parser.h"
#include "platform/yaml_schema.h"

/* The library's parser, what it reads and what is made of it. */
struct yaml_reader {
    yaml_parser_t parser;
    struct text_view bytes;
    struct document_builder *builder;
};

#define owned_event __attribute__((cleanup(yaml_event_delete))) yaml_event_t

/* ---- errors ----------------------------------------------------------------------------------*/

static enum serin_status refuse_at(yaml_mark_t mark, struct serin_error *err, const char *reason)
{
    char where[NODE_POSITION_SIZE];
    return serin_fail(err, SERIN_INVALID, "%s%s", node_position_text(yaml_position(mark), where),
                      reason);
}

static enum serin_status next_event(struct yaml_reader *reader, yaml_event_t *event,
                                    struct serin_error *err)
{
    if (yaml_parser_parse(&reader->parser, event) == 0) {
        return yaml_refuse_syntax(&reader->parser, reader->bytes, err);
    }
    document_builder_at(reader->builder, yaml_position(event->start_mark));
    return SERIN_OK;
}

/* ---- nodes -----------------------------------------------------------------------------------*/

static enum serin_status add_node(struct yaml_reader *reader, const yaml_event_t *event,
                                  struct serin_error *err);

/* Anchors make cycles and bombs, tags ask for types nobody here knows. */
static enum serin_status check_properties(const yaml_event_t *event, const yaml_char_t *anchor,
                                          const yaml_char_t *tag, struct serin_error *err)
{
    if (anchor) {
        return refuse_at(event->start_mark, err, "anchors (&name) are not read; write it out");
    }
    if (tag) {
        return refuse_at(event->start_mark, err, "tags (!name) are not read; leave it out");
    }
    return SERIN_OK;
}

static struct text_view text_of(const yaml_event_t *scalar)
{
    return (struct text_view){(const char *)scalar->data.scalar.value, scalar->data.scalar.length};
}

static enum serin_status add_scalar(struct yaml_reader *reader, const yaml_event_t *event,
                                    struct serin_error *err)
{
    TRY(check_properties(event, event->data.scalar.anchor, event->data.scalar.tag, err));
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        return yaml_add_plain(reader->builder, text_of(event), yaml_position(event->start_mark),
                              err);
    }
    return document_add_text(reader->builder, text_of(event), err);
}

static enum serin_status add_list(struct yaml_reader *reader, const yaml_event_t *start,
                                  struct serin_error *err)
{
    TRY(check_properties(start, start->data.sequence_start.anchor, start->data.sequence_start.tag,
                         err));
    TRY(document_open_list(reader->builder, err));
    for (;;) {
        owned_event event = {.type = YAML_NO_EVENT};
        TRY(next_event(reader, &event, err));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            document_close(reader->builder);
            return SERIN_OK;
        }
        TRY(add_node(reader, &event, err));
    }
}

static enum serin_status add_key(struct yaml_reader *reader, const yaml_event_t *event,
                                 struct serin_error *err)
{
    if (event->type != YAML_SCALAR_EVENT) {
        return refuse_at(event->start_mark, err, "a key must be a single word or a quoted text");
    }
    TRY(check_properties(event, event->data.scalar.anchor, event->data.scalar.tag, err));
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (is_plain && text_equals(text_of(event), "<<")) {
        return refuse_at(event->start_mark, err, "merge keys (<<) are not read; write it out");
    }
    return document_add_key(reader->builder, text_of(event), err);
}

static enum serin_status add_map(struct yaml_reader *reader, const yaml_event_t *start,
                                 struct serin_error *err)
{
    TRY(check_properties(start, start->data.mapping_start.anchor, start->data.mapping_start.tag,
                         err));
    TRY(document_open_map(reader->builder, err));
    for (;;) {
        owned_event key = {.type = YAML_NO_EVENT};
        TRY(next_event(reader, &key, err));
        if (key.type == YAML_MAPPING_END_EVENT) {
            document_close(reader->builder);
            return SERIN_OK;
        }
        TRY(add_key(reader, &key, err));
        owned_event value = {.type = YAML_NO_EVENT};
        TRY(next_event(reader, &value, err));
        TRY(add_node(reader, &value, err));
    }
}

/* The builder's limit on depth also bounds this recursion. */
static enum serin_status add_node(struct yaml_reader *reader, const yaml_event_t *event,
                                  struct serin_error *err)
{
    if (event->type == YAML_SCALAR_EVENT) {
        return add_scalar(reader, event, err);
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        return add_list(reader, event, err);
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        return add_map(reader, event, err);
    }
    return refuse_at(event->start_mark, err, "aliases (*name) are not read; write it out");
}

/* ---- the document ----------------------------------------------------------------------------*/

/* Reads one event that needs no look inside and tells its kind and place. */
static enum serin_status skip_event(struct yaml_reader *reader, yaml_event_type_t *out_type,
                                    yaml_mark_t *out_mark, struct serin_error *err)
{
    owned_event event = {.type = YAML_NO_EVENT};
    TRY(next_event(reader, &event, err));
    *out_type = event.type;
    *out_mark = event.start_mark;
    return SERIN_OK;
}

static enum serin_status read_document(struct yaml_reader *reader, struct serin_error *err)
{
    yaml_event_type_t type = YAML_NO_EVENT;
    yaml_mark_t mark = {0};
    TRY(skip_event(reader, &type, &mark, err)); /* the stream's start */
    TRY(skip_event(reader, &type, &mark, err)); /* the document's start, or the stream's end */
    if (type == YAML_STREAM_END_EVENT) {
        return document_add_null(reader->builder, err);
    }
    owned_event root = {.type = YAML_NO_EVENT};
    TRY(next_event(reader, &root, err));
    TRY(add_node(reader, &root, err));
    TRY(skip_event(reader, &type, &mark, err)); /* the document's end */
    TRY(skip_event(reader, &type, &mark, err));
    if (type != YAML_STREAM_END_EVENT) {
        return refuse_at(mark, err, "a second document starts here; one file is one document");
    }
    return SERIN_OK;
}

static enum serin_status read_bytes(struct text_view bytes, struct document_builder *builder,
                                    struct serin_error *err)
{
    struct yaml_reader reader = {.bytes = bytes, .builder = builder};
    if (yaml_parser_initialize(&reader.parser) == 0) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the document");
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes.start, bytes.length);
    enum serin_status status = read_document(&reader, err);
    yaml_parser_delete(&reader.parser);
    return status;
}

enum serin_status yaml_parse(struct text_view bytes, const struct document_limits *limits,
                             struct document **out, struct serin_error *err)
{
    TRY(document_check_size(limits, bytes.length, err));
    if (bytes.length == 0) {
        bytes.start = ""; /* the library asserts that there is an input */
    }
    TRY(yaml_strip_mark(&bytes, err));
    owned(document_builder) builder = document_builder_create(limits);
    if (!builder) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the document");
    }
    TRY(read_bytes(bytes, builder, err));
    *out = document_builder_take(builder);
    return SERIN_OK;
}
