/*
 * An AnyValue of OTLP in JSON, such as {"stringValue":"s4"}, as a text or a time.
 */
#ifndef SERIN_SOURCE_OTLP_VALUE_H
#define SERIN_SOURCE_OTLP_VALUE_H

#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OTLP_TEXT_BYTES_MAX = 256 };

/* Where a text that was written with escapes is unfolded. */
struct otlp_room {
    char bytes[OTLP_TEXT_BYTES_MAX];
};

/*
 * A text, a whole number or a boolean as text; empty where the value is empty or not there. Borrows
 * from `any_value` and `room`. Fails with SERIN_INVALID: another type, or a text that is too long
 * or has control characters.
 */
SERIN_MUST_CHECK enum serin_status otlp_value_text(struct text_view any_value,
                                                   struct otlp_room *room, struct text_view *out,
                                                   struct serin_error *err);

/*
 * A time in Unix nanoseconds, written as a JSON number or as one in a text, in milliseconds. False
 * where it is not there, or 0, which stands for unknown. Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status otlp_time(struct text_view nanoseconds, bool *out_known,
                                             int64_t *out_ms, struct serin_error *err);

#endif
