/*
 * One line of NDJSON → the values of chosen fields, whatever else the line holds.
 */
#ifndef SERIN_SOURCE_JSON_ROW_H
#define SERIN_SOURCE_JSON_ROW_H

#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>

enum { JSON_ROW_FIELDS_MAX = 16, JSON_ROW_TEXT_MAX = 256 };

/* Room for texts written with escapes, reused from line to line. */
struct json_row_scratch {
    char bytes[(JSON_ROW_FIELDS_MAX + 1) * JSON_ROW_TEXT_MAX];
};

/*
 * Reads a line, which holds one object. `out_values[i]` becomes the value of the field `names[i]`
 * (of `count`, at most JSON_ROW_FIELDS_MAX; a name whose start is NULL is looked for by nobody):
 * a text without control characters of at most JSON_ROW_TEXT_MAX bytes, or a number, true or false
 * as written; its start is NULL where the field is absent or null. Values borrow from `line` and
 * `scratch`. Fields that are not wanted may hold anything. Fails with SERIN_INVALID, also when a
 * wanted field comes twice.
 */
SERIN_MUST_CHECK enum serin_status json_row_parse(struct text_view line,
                                                  const struct text_view *names, size_t count,
                                                  struct json_row_scratch *scratch,
                                                  struct text_view *out_values,
                                                  struct serin_error *err);

#endif
