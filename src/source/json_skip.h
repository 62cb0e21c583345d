/*
 * Values in strict JSON of which only the extent matters: numbers taken as written, and values of
 * any kind passed over.
 */
#ifndef SERIN_SOURCE_JSON_SKIP_H
#define SERIN_SOURCE_JSON_SKIP_H

#include "source/json_scan.h"

enum { JSON_DEPTH_MAX = 64 };

/* Whether a number may start here. */
bool json_at_number(const struct json_scan *scan);

/* A number as it is written, e.g. "-1.5e3". Fails with SERIN_INVALID. */
SERIN_MUST_CHECK enum serin_status json_read_number(struct json_scan *scan, struct text_view *out,
                                                    struct serin_error *err);

/*
 * Passes over the next value, checking its form but not that its texts are UTF-8 and not that names
 * differ. Fails with SERIN_INVALID, also beyond JSON_DEPTH_MAX levels.
 */
SERIN_MUST_CHECK enum serin_status json_skip_value(struct json_scan *scan, struct serin_error *err);

/* The same; `out` is the value as it is written. */
SERIN_MUST_CHECK enum serin_status json_read_value(struct json_scan *scan, struct text_view *out,
                                                   struct serin_error *err);

#endif
