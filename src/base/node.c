#include "base/node_layout.h"

#include <assert.h>
#include <stdio.h>

const struct document_limits document_limits_request = {
    .bytes = (size_t)64 * 1024, .depth = 16, .nodes = 4096, .keys = 256};
const struct document_limits document_limits_file = {
    .bytes = (size_t)4 * 1024 * 1024, .depth = 32, .nodes = 262144, .keys = 4096};

void document_destroy(struct document *document)
{
    if (document) {
        arena_destroy(document->arena);
        memory_free(document);
    }
}

const struct node *document_root(const struct document *document)
{
    return document->root;
}

enum node_kind node_kind(const struct node *node)
{
    return node->kind;
}

const char *node_kind_name(enum node_kind kind)
{
    switch (kind) {
    case NODE_NULL:
        return "nothing";
    case NODE_BOOL:
        return "a truth value";
    case NODE_INTEGER:
        return "an integer";
    case NODE_REAL:
        return "a number";
    case NODE_TEXT:
        return "a text";
    case NODE_LIST:
        return "a list";
    case NODE_MAP:
        return "a map";
    }
    return "a value";
}

struct node_position node_position(const struct node *node)
{
    return node->position;
}

bool node_is_untyped(const struct node *node)
{
    return node->is_untyped;
}

bool node_bool(const struct node *node)
{
    assert(node->kind == NODE_BOOL);
    return node->truth;
}

double node_real(const struct node *node)
{
    assert(node->kind == NODE_REAL);
    return node->real;
}

struct text_view node_text(const struct node *node)
{
    assert(node->kind == NODE_TEXT);
    return node->text;
}

enum serin_status node_int64(const struct node *node, int64_t *out)
{
    assert(node->kind == NODE_INTEGER);
    if (node->magnitude > (uint64_t)INT64_MAX + (node->is_negative ? 1 : 0)) {
        return SERIN_RANGE;
    }
    *out = node->is_negative ? (int64_t)(UINT64_C(0) - node->magnitude) : (int64_t)node->magnitude;
    return SERIN_OK;
}

enum serin_status node_uint64(const struct node *node, uint64_t *out)
{
    assert(node->kind == NODE_INTEGER);
    if (node->is_negative) {
        return SERIN_RANGE;
    }
    *out = node->magnitude;
    return SERIN_OK;
}

double node_number(const struct node *node)
{
    if (node->kind == NODE_REAL) {
        return node->real;
    }
    assert(node->kind == NODE_INTEGER);
    return node->is_negative ? -(double)node->magnitude : (double)node->magnitude;
}

const struct node *node_first(const struct node *parent)
{
    return parent->first;
}

const struct node *node_next(const struct node *node)
{
    return node->next;
}

size_t node_count(const struct node *parent)
{
    return parent->count;
}

struct text_view node_key(const struct node *node)
{
    return node->key;
}

struct node_position node_key_position(const struct node *node)
{
    return node->key_position;
}

const struct node *node_find(const struct node *map, struct text_view key)
{
    for (const struct node *entry = map->first; entry; entry = entry->next) {
        if (text_equal(entry->key, key)) {
            return entry;
        }
    }
    return NULL;
}

const char *node_position_text(struct node_position position, char out[static NODE_POSITION_SIZE])
{
    if (position.line == 0) {
        out[0] = '\0';
    } else {
        (void)snprintf(out, NODE_POSITION_SIZE, "line %u, column %u: ", position.line,
                       position.column);
    }
    return out;
}
