/*
 * How a document is laid out: shared by what reads it (node.c) and what builds it
 * (document_builder.c), and by nobody else.
 */
#ifndef SERIN_BASE_NODE_LAYOUT_H
#define SERIN_BASE_NODE_LAYOUT_H

#include "base/arena.h"
#include "base/node.h"

struct node {
    enum node_kind kind;
    bool is_untyped;
    bool is_negative; /* of an integer */
    bool truth;
    uint64_t magnitude; /* of an integer */
    double real;
    struct text_view text;
    struct node_position position;
    struct text_view key;
    struct node_position key_position;
    struct node *parent;
    struct node *next;
    struct node *first;
    struct node *last;
    size_t count;
};

struct document {
    struct arena *arena;
    const struct node *root;
};

#endif
