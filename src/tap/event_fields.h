/*
 * One JSON object of a log → the values at chosen paths, whatever else the object holds.
 */
#ifndef SERIN_TAP_EVENT_FIELDS_H
#define SERIN_TAP_EVENT_FIELDS_H

#include "base/text.h"
#include "serin/error.h"
#include "tap/field_path.h"

#include <stddef.h>

enum { EVENT_FIELDS_MAX = 16, EVENT_FIELD_TEXT_MAX = 256 };

/* Room for texts written with escapes, reused from line to line. */
struct event_fields_scratch {
    char bytes[(EVENT_FIELDS_MAX + 1) * EVENT_FIELD_TEXT_MAX];
};

/*
 * `out_values[i]` becomes the value at `paths[i]` (of `count`, at most EVENT_FIELDS_MAX): a text
 * without control characters of at most EVENT_FIELD_TEXT_MAX bytes, or a number, true or false as
 * written. Its start is NULL where nothing is there, null is, or the path has depth 0. Values
 * borrow from `line` and `scratch`. Fails with SERIN_INVALID where the line is not one JSON object,
 * where a path ends at an object or an array, and where one leads to two values.
 */
SERIN_MUST_CHECK enum serin_status event_fields_read(struct text_view line,
                                                     const struct field_path *paths, size_t count,
                                                     struct event_fields_scratch *scratch,
                                                     struct text_view *out_values,
                                                     struct serin_error *err);

#endif
