/*
 * What a plain YAML scalar means: the core schema of YAML 1.2 (section 10.3).
 */
#ifndef SERIN_PLATFORM_YAML_SCHEMA_H
#define SERIN_PLATFORM_YAML_SCHEMA_H

#include "base/node.h"
#include "base/text.h"
#include "serin/error.h"

/*
 * Adds the value a plain scalar stands for: null, truth value, integer, real, or else the text
 * itself. Fails with SERIN_INVALID for numbers no type holds and for infinity and NaN, which no
 * field takes; `position` goes into the message.
 */
SERIN_MUST_CHECK enum serin_status yaml_add_plain(struct document_builder *builder,
                                                  struct text_view text,
                                                  struct node_position position,
                                                  struct serin_error *err);

#endif
