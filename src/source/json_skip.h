/*
 * Values in strict JSON whose meaning is left to others: taken as written, or passed over.
 */
#ifndef SERIN_SOURCE_JSON_SKIP_H
#define SERIN_SOURCE_JSON_SKIP_H

#include "source/json_scan.h"

enum { JSON_DEPTH_MAX = 64 };

/*
 * Passes over the next value, checking its form but not that its texts are UTF-8 and not that names
 * differ. Fails with SERIN_INVALID, also beyond JSON_DEPTH_MAX levels.
 */
SERIN_MUST_CHECK enum serin_status json_skip_value(struct json_scan *scan, struct serin_error *err);

/* The same; `out` is the value as it is written. */
SERIN_MUST_CHECK enum serin_status json_read_value(struct json_scan *scan, struct text_view *out,
                                                   struct serin_error *err);

/*
 * A text of at most `maximum` bytes as json_read_text has it, or a number, true or false as it is
 * written; its start is NULL where null is. Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status json_read_scalar(struct json_scan *scan, size_t maximum,
                                                    struct text_view *out, struct serin_error *err);

#endif
