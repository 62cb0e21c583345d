/*
 * JSON text → document tree: strict (RFC 8259), one value, nothing after it.
 *
 * For small documents such as request bodies. Event batches and the answers of sources are read by
 * streaming parsers instead.
 */
#ifndef SERIN_PLATFORM_JSON_H
#define SERIN_PLATFORM_JSON_H

#include "base/node.h"
#include "base/text.h"
#include "serin/error.h"

/*
 * Parses all of `bytes`. Refuses duplicate names, U+0000 in texts, text that is not UTF-8, numbers
 * beyond int64 or double, and whatever exceeds `limits`. Nodes have no positions.
 * Fails with SERIN_INVALID ("line 1, column 17: ..."), SERIN_TOO_LARGE and SERIN_NO_MEMORY. (The
 * library calls a text for which it finds no memory invalid; that too is a failure.)
 * The caller destroys `*out`.
 */
SERIN_MUST_CHECK enum serin_status json_parse(struct text_view bytes,
                                              const struct document_limits *limits,
                                              struct document **out, struct serin_error *err);

#endif
