#include "base/node_layout.h"

#include <assert.h>
#include <string.h>

struct document_builder {
    struct document_limits limits;
    struct document *document;
    struct node *open; /* the innermost open list or map; NULL at the root */
    size_t depth;
    size_t node_count;
    size_t text_bytes;
    struct node_position position;
    struct text_view key; /* of the value to come */
    struct node_position key_position;
    bool has_key;
};

enum serin_status document_check_size(const struct document_limits *limits, size_t bytes,
                                      struct serin_error *err)
{
    if (bytes <= limits->bytes) {
        return SERIN_OK;
    }
    return serin_fail(err, SERIN_TOO_LARGE, "%zu bytes, more than the %zu that are read", bytes,
                      limits->bytes);
}

struct document_builder *document_builder_create(const struct document_limits *limits)
{
    owned(document_builder) builder = memory_allocate(1, sizeof(*builder));
    if (!builder) {
        return NULL;
    }
    builder->limits = *limits;
    builder->document = memory_allocate(1, sizeof(*builder->document));
    if (!builder->document) {
        return NULL;
    }
    builder->document->arena = arena_create();
    if (!builder->document->arena) {
        return NULL;
    }
    return give(builder);
}

void document_builder_destroy(struct document_builder *builder)
{
    if (builder) {
        document_destroy(builder->document);
        memory_free(builder);
    }
}

void document_builder_at(struct document_builder *builder, struct node_position position)
{
    builder->position = position;
}

/* Refuses something at the current position; `what` is a whole clause with one number in it. */
static enum serin_status refuse_size(const struct document_builder *builder,
                                     struct serin_error *err, const char *before, size_t limit,
                                     const char *after)
{
    char position[NODE_POSITION_SIZE];
    return serin_fail(err, SERIN_TOO_LARGE, "%s%s %zu %s",
                      node_position_text(builder->position, position), before, limit, after);
}

static enum serin_status out_of_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory for the document");
}

static enum serin_status store_text(struct document_builder *builder, struct text_view text,
                                    struct text_view *out, struct serin_error *err)
{
    char position[NODE_POSITION_SIZE];
    bool has_zero = text.length > 0 && memchr(text.start, '\0', text.length) != NULL;
    if (has_zero || !text_is_utf8(text)) {
        return serin_fail(err, SERIN_INVALID, "%sthe text %s %s",
                          node_position_text(builder->position, position), TEXT_QUOTE(text),
                          has_zero ? "holds a zero byte" : "is not UTF-8");
    }
    if (text.length > builder->limits.bytes - builder->text_bytes) {
        return refuse_size(builder, err, "more than", builder->limits.bytes, "bytes of text");
    }
    char *copy = arena_copy_text(builder->document->arena, text);
    if (!copy) {
        return out_of_memory(err);
    }
    builder->text_bytes += text.length;
    *out = (struct text_view){copy, text.length};
    return SERIN_OK;
}

static void link_node(struct document_builder *builder, struct node *node)
{
    struct node *parent = builder->open;
    node->parent = parent;
    if (!parent) {
        assert(!builder->document->root && "a document has one root");
        builder->document->root = node;
        return;
    }
    assert(builder->has_key == (parent->kind == NODE_MAP));
    node->key = builder->key;
    node->key_position = builder->key_position;
    builder->key = (struct text_view){NULL, 0};
    builder->key_position = (struct node_position){0, 0};
    builder->has_key = false;
    if (parent->last) {
        parent->last->next = node;
    } else {
        parent->first = node;
    }
    parent->last = node;
    parent->count++;
}

/* Links a new node with the kind and value of `value`. */
static enum serin_status add_node(struct document_builder *builder, const struct node *value,
                                  struct node **out, struct serin_error *err)
{
    if (builder->node_count >= builder->limits.nodes) {
        return refuse_size(builder, err, "more than", builder->limits.nodes, "values");
    }
    struct node *node = arena_allocate(builder->document->arena, sizeof(*node));
    if (!node) {
        return out_of_memory(err);
    }
    *node = *value;
    node->position = builder->position;
    link_node(builder, node);
    builder->node_count++;
    *out = node;
    return SERIN_OK;
}

static enum serin_status add_scalar(struct document_builder *builder, struct node value,
                                    struct serin_error *err)
{
    struct node *ignored = NULL;
    return add_node(builder, &value, &ignored, err);
}

enum serin_status document_add_null(struct document_builder *builder, struct serin_error *err)
{
    return add_scalar(builder, (struct node){.kind = NODE_NULL}, err);
}

enum serin_status document_add_bool(struct document_builder *builder, bool value,
                                    struct serin_error *err)
{
    return add_scalar(builder, (struct node){.kind = NODE_BOOL, .truth = value}, err);
}

enum serin_status document_add_int64(struct document_builder *builder, int64_t value,
                                     struct serin_error *err)
{
    uint64_t magnitude = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    return add_scalar(
        builder,
        (struct node){.kind = NODE_INTEGER, .is_negative = value < 0, .magnitude = magnitude}, err);
}

enum serin_status document_add_uint64(struct document_builder *builder, uint64_t value,
                                      struct serin_error *err)
{
    return add_scalar(builder, (struct node){.kind = NODE_INTEGER, .magnitude = value}, err);
}

enum serin_status document_add_real(struct document_builder *builder, double value,
                                    struct serin_error *err)
{
    return add_scalar(builder, (struct node){.kind = NODE_REAL, .real = value}, err);
}

static enum serin_status add_text(struct document_builder *builder, struct text_view text,
                                  struct node node, struct serin_error *err)
{
    TRY(store_text(builder, text, &node.text, err));
    return add_scalar(builder, node, err);
}

enum serin_status document_add_text(struct document_builder *builder, struct text_view text,
                                    struct serin_error *err)
{
    return add_text(builder, text, (struct node){.kind = NODE_TEXT}, err);
}

enum serin_status document_add_untyped(struct document_builder *builder, struct text_view text,
                                       struct serin_error *err)
{
    return add_text(builder, text, (struct node){.kind = NODE_TEXT, .is_untyped = true}, err);
}

static enum serin_status open_level(struct document_builder *builder, enum node_kind kind,
                                    struct serin_error *err)
{
    if (builder->depth >= builder->limits.depth) {
        return refuse_size(builder, err, "nested deeper than", builder->limits.depth, "levels");
    }
    struct node *node = NULL;
    TRY(add_node(builder, &(struct node){.kind = kind}, &node, err));
    builder->open = node;
    builder->depth++;
    return SERIN_OK;
}

enum serin_status document_open_list(struct document_builder *builder, struct serin_error *err)
{
    return open_level(builder, NODE_LIST, err);
}

enum serin_status document_open_map(struct document_builder *builder, struct serin_error *err)
{
    return open_level(builder, NODE_MAP, err);
}

/* The first occurrence may be far away in a file, so the message tells where. */
static enum serin_status refuse_duplicate(const struct document_builder *builder,
                                          const struct node *first, struct serin_error *err)
{
    char position[NODE_POSITION_SIZE];
    struct text_quote quote;
    node_position_text(builder->position, position);
    text_quote(first->key, &quote);
    if (first->key_position.line == 0) {
        return serin_fail(err, SERIN_INVALID, "%s%s is given twice", position, quote.text);
    }
    return serin_fail(err, SERIN_INVALID, "%s%s is given twice, first on line %u", position,
                      quote.text, first->key_position.line);
}

enum serin_status document_add_key(struct document_builder *builder, struct text_view key,
                                   struct serin_error *err)
{
    const struct node *map = builder->open;
    assert(map && map->kind == NODE_MAP && !builder->has_key);
    const struct node *first = node_find(map, key);
    if (first) {
        return refuse_duplicate(builder, first, err);
    }
    if (map->count >= builder->limits.keys) {
        return refuse_size(builder, err, "more than", builder->limits.keys, "keys in one map");
    }
    TRY(store_text(builder, key, &builder->key, err));
    builder->key_position = builder->position;
    builder->has_key = true;
    return SERIN_OK;
}

bool document_has_key(const struct document_builder *builder, struct text_view key)
{
    assert(builder->open && builder->open->kind == NODE_MAP);
    return node_find(builder->open, key) != NULL;
}

void document_close(struct document_builder *builder)
{
    assert(builder->open && !builder->has_key);
    builder->open = builder->open->parent;
    builder->depth--;
}

struct document *document_builder_take(struct document_builder *builder)
{
    assert(!builder->open && builder->document && builder->document->root);
    return give(builder->document);
}
