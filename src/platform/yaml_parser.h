/*
 * What both readers of YAML make of the library's parser. Internal to yaml*.c.
 */
#ifndef SERIN_PLATFORM_YAML_PARSER_H
#define SERIN_PLATFORM_YAML_PARSER_H

#include "base/node.h"
#include "base/text.h"
#include "serin/error.h"

#include <yaml.h>

/* The library counts from 0. */
struct node_position yaml_position(yaml_mark_t mark);

/* What the library found wrong with `bytes`, in its words. */
SERIN_MUST_CHECK enum serin_status
yaml_refuse_syntax(const yaml_parser_t *parser, struct text_view bytes, struct serin_error *err);

/* Without a mark of its own a file is UTF-8; a mark is skipped so that columns stay true. */
SERIN_MUST_CHECK enum serin_status yaml_strip_mark(struct text_view *bytes,
                                                   struct serin_error *err);

#endif
