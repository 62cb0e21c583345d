/*
 * A small document tree that does not know its format: JSON bodies, YAML files and query strings
 * all become one, and base/decode.h reads it.
 *
 * A document owns its nodes and their texts; nodes are immutable and live as long as it does. Maps
 * keep their order and have unique keys. Texts and keys are UTF-8 without zero bytes. Parsers build
 * it through `struct document_builder`, which enforces the limits.
 */
#ifndef SERIN_BASE_NODE_H
#define SERIN_BASE_NODE_H

#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum node_kind { NODE_NULL, NODE_BOOL, NODE_INTEGER, NODE_REAL, NODE_TEXT, NODE_LIST, NODE_MAP };

/* Where a node was written, both from 1; 0 when the format does not tell. */
struct node_position {
    uint32_t line;
    uint32_t column; /* in characters */
};

struct node;
struct document;
struct document_builder;

struct document_limits {
    size_t bytes; /* of the input, and of all texts together */
    size_t depth; /* of lists and maps inside each other; the root is level 1 */
    size_t nodes; /* values in the whole document */
    size_t keys;  /* in one map */
};

/* 64 KiB, depth 16, 4,096 nodes, 256 keys */
extern const struct document_limits document_limits_request;
/* 4 MiB, depth 32, 262,144 nodes, 4,096 keys */
extern const struct document_limits document_limits_file;

/* ---- reading ---------------------------------------------------------------------------------*/

/* NULL is fine. */
void document_destroy(struct document *document);
DEFINE_CLEANUP(document)

/* The whole document's value; of an empty one, a null node. */
const struct node *document_root(const struct document *document);

enum node_kind node_kind(const struct node *node);

/* For messages, with its article: "a list", "an integer". */
const char *node_kind_name(enum node_kind kind);

struct node_position node_position(const struct node *node);

/*
 * Whether a text node comes from a format without types (a query string, an environment variable),
 * so that "0.1" may stand for the number.
 */
bool node_is_untyped(const struct node *node);

/* Each asserts that the node is of its kind. */
bool node_bool(const struct node *node);
double node_real(const struct node *node);
struct text_view node_text(const struct node *node); /* followed by a zero byte */

/* An integer node's value; SERIN_RANGE when the type cannot hold it. */
SERIN_MUST_CHECK enum serin_status node_int64(const struct node *node, int64_t *out);
SERIN_MUST_CHECK enum serin_status node_uint64(const struct node *node, uint64_t *out);

/* An integer or real node as the nearest double. */
double node_number(const struct node *node);

/*
 * Walks the items of a list or the entries of a map in order:
 *     for (const struct node *item = node_first(list); item; item = node_next(item))
 * Both return NULL at the end. The nodes of other kinds have no children.
 */
const struct node *node_first(const struct node *parent);
const struct node *node_next(const struct node *node);
size_t node_count(const struct node *parent);

/*
 * The key under which a node stands in its map (followed by a zero byte), and where that key was
 * written; else empty.
 */
struct text_view node_key(const struct node *node);
struct node_position node_key_position(const struct node *node);

/* The entry of a map with this key, or NULL. */
const struct node *node_find(const struct node *map, struct text_view key);

/* ---- building --------------------------------------------------------------------------------*/

/* SERIN_TOO_LARGE, with the limit named, when an input of so many bytes must not even be parsed. */
SERIN_MUST_CHECK enum serin_status document_check_size(const struct document_limits *limits,
                                                       size_t bytes, struct serin_error *err);

/* NULL when memory is out. `limits` is copied. */
struct document_builder *document_builder_create(const struct document_limits *limits)
    __attribute__((warn_unused_result));

/* NULL is fine. */
void document_builder_destroy(struct document_builder *builder);
DEFINE_CLEANUP(document_builder)

/* Where the values and keys added from now on stand; {0, 0} at first. */
void document_builder_at(struct document_builder *builder, struct node_position position);

/*
 * Add the next value: the root, the next item of the open list, or the value of the key just given
 * in the open map. They fail, naming the position, with SERIN_TOO_LARGE beyond a limit, with
 * SERIN_INVALID for text that is not UTF-8 or holds a zero byte, and with SERIN_NO_MEMORY; the
 * builder is then good for nothing but being destroyed. Calling them where no value can stand is a
 * bug and asserts.
 */
SERIN_MUST_CHECK enum serin_status document_add_null(struct document_builder *builder,
                                                     struct serin_error *err);
SERIN_MUST_CHECK enum serin_status document_add_bool(struct document_builder *builder, bool value,
                                                     struct serin_error *err);
SERIN_MUST_CHECK enum serin_status document_add_int64(struct document_builder *builder,
                                                      int64_t value, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status document_add_uint64(struct document_builder *builder,
                                                       uint64_t value, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status document_add_real(struct document_builder *builder, double value,
                                                     struct serin_error *err);
SERIN_MUST_CHECK enum serin_status
document_add_text(struct document_builder *builder, struct text_view text, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status document_add_untyped(struct document_builder *builder,
                                                        struct text_view text,
                                                        struct serin_error *err);
SERIN_MUST_CHECK enum serin_status document_open_list(struct document_builder *builder,
                                                      struct serin_error *err);
SERIN_MUST_CHECK enum serin_status document_open_map(struct document_builder *builder,
                                                     struct serin_error *err);

/* Names the next value of the open map. A key that is already there fails with SERIN_INVALID. */
SERIN_MUST_CHECK enum serin_status document_add_key(struct document_builder *builder,
                                                    struct text_view key, struct serin_error *err);

/* Whether the open map has this key already. */
bool document_has_key(const struct document_builder *builder, struct text_view key);

/* Ends the innermost open list or map. */
void document_close(struct document_builder *builder);

/* Hands the finished document over; everything opened must be closed. The builder is spent. */
struct document *document_builder_take(struct document_builder *builder)
    __attribute__((warn_unused_result));

/* "line 3, column 7: ", or "" when the position is unknown. Returns `out`. */
enum { NODE_POSITION_SIZE = 48 };
const char *node_position_text(struct node_position position, char out[static NODE_POSITION_SIZE]);

#endif
