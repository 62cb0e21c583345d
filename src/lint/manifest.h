/*
 * Reading manifests: fields that may be missing or of another kind than they should be.
 */
#ifndef SERIN_LINT_MANIFEST_H
#define SERIN_LINT_MANIFEST_H

#include "base/node.h"
#include "platform/yaml_documents.h"

#include <stdbool.h>
#include <stdint.h>

/* The entry of a map; NULL when `node` is none, or has no such entry, or a null one. */
const struct node *field(const struct node *node, const char *name);

/* The text of a node; empty when it is none. Followed by a zero byte. */
struct text_view text_of(const struct node *node);
struct text_view field_text(const struct node *node, const char *name);

/* The whole number of a node, also one written as text; false when it is none. */
bool whole_number(const struct node *node, int64_t *out);

/* A field with such a number; `fallback` when it is missing or none. */
int64_t field_number(const struct node *node, const char *name, int64_t fallback);

/* The first item of a list, or entry of a map; NULL when there is none. */
const struct node *first_of(const struct node *node);

/* The position of a field's key, for messages about the field. */
struct node_position place_of(const struct node *entry);

bool contains(struct text_view text, const char *part);

/* What a rule looks at. */
struct subject {
    const struct yaml_documents *documents;
    const struct node *root;   /* the document */
    const struct node *spec;   /* its spec; NULL: none */
    const struct node *metric; /* of rules for metrics */
    const struct node *web;    /* its web provider; NULL: another one */
    bool is_serin;             /* the web provider asks Serin */
};

/* "{{args.NAME}}" in a text: the next name from `*from` on, which moves behind it. */
bool next_argument(struct text_view text, size_t *from, struct text_view *out_name);

/* The item of a list whose `name` this is; NULL: none. */
const struct node *find_named(const struct node *list, struct text_view name);

#endif
