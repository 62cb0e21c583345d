/*
 * A document as one line of JSON, for tests that compare whole documents.
 */
#ifndef TESTS_SUPPORT_DUMP_H
#define TESTS_SUPPORT_DUMP_H

#include "base/json_writer.h"
#include "base/node.h"

static inline void dump_integer(const struct node *node, struct json_writer *writer)
{
    uint64_t value = 0;
    int64_t signed_value = 0;
    if (node_uint64(node, &value) == SERIN_OK) {
        json_write_uint64(writer, value);
    } else if (node_int64(node, &signed_value) == SERIN_OK) {
        json_write_int64(writer, signed_value);
    }
}

static inline void dump_node(const struct node *node, struct json_writer *writer)
{
    switch (node_kind(node)) {
    case NODE_NULL:
        json_write_null(writer);
        return;
    case NODE_BOOL:
        json_write_bool(writer, node_bool(node));
        return;
    case NODE_INTEGER:
        dump_integer(node, writer);
        return;
    case NODE_REAL:
        json_write_double(writer, node_real(node));
        return;
    case NODE_TEXT:
        json_write_view(writer, node_text(node));
        return;
    case NODE_LIST:
        json_write_array_begin(writer);
        for (const struct node *item = node_first(node); item; item = node_next(item)) {
            dump_node(item, writer);
        }
        json_write_array_end(writer);
        return;
    case NODE_MAP:
        json_write_object_begin(writer);
        for (const struct node *entry = node_first(node); entry; entry = node_next(entry)) {
            json_write_key_view(writer, node_key(entry));
            dump_node(entry, writer);
        }
        json_write_object_end(writer);
        return;
    }
}

/* Appends the whole document to `buffer`. */
static inline enum serin_status dump_document(const struct document *document,
                                              struct buffer *buffer)
{
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    dump_node(document_root(document), &writer);
    return json_writer_finish(&writer);
}

#endif
