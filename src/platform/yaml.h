/*
 * YAML text → document tree, with line and column on every node.
 *
 * A safe part of YAML 1.2: block and flow style, all scalar styles, comments. Plain scalars are
 * resolved by the core schema (null, true, false, integers, reals; "yes", "on" and the like stay
 * text), all others are text.
 */
#ifndef SERIN_PLATFORM_YAML_H
#define SERIN_PLATFORM_YAML_H

#include "base/node.h"
#include "base/text.h"
#include "serin/error.h"

/*
 * Parses all of `bytes`, UTF-8 with or without a byte order mark. Refuses anchors, aliases, tags,
 * merge keys, keys that are not scalars, duplicate keys, a second document, and whatever exceeds
 * `limits`. An empty file is a null document.
 * Fails with SERIN_INVALID ("line 3, column 5: ..."), SERIN_TOO_LARGE and SERIN_NO_MEMORY.
 * The caller destroys `*out`.
 */
SERIN_MUST_CHECK enum serin_status yaml_parse(struct text_view bytes,
                                              const struct document_limits *limits,
                                              struct document **out, struct serin_error *err);

#endif
