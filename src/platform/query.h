/*
 * Query string ("a=1&b=x%20y", without the question mark) → a map of untyped texts.
 */
#ifndef SERIN_PLATFORM_QUERY_H
#define SERIN_PLATFORM_QUERY_H

#include "base/node.h"
#include "base/text.h"
#include "serin/error.h"

/*
 * Decodes names and values: "%41" is a byte, "+" a space; "a" alone and "a=" have the empty value;
 * empty pieces ("a=1&&b=2") are skipped. The empty query is the empty map. Refuses repeated and
 * empty names, "%" without two hexadecimal digits, zero bytes, what is not UTF-8, and whatever
 * exceeds `limits`.
 * Fails with SERIN_INVALID, SERIN_TOO_LARGE and SERIN_NO_MEMORY. The caller destroys `*out`.
 */
SERIN_MUST_CHECK enum serin_status query_parse(struct text_view query,
                                               const struct document_limits *limits,
                                               struct document **out, struct serin_error *err);

#endif
