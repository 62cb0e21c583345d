/*
 * One line of NDJSON ↔ one label event:
 *
 *     {"stream":"checkout-segments","time":"2026-01-31T12:00:00.250Z","arm":"7d9f8c6b5",
 *      "pod":"checkout-7d9f8c6b5-x2x9z","label":"s4","reference":"s4","key":"order-81",
 *      "slices":{"region":"eu"},"count":1}
 *
 * stream and time are required, and either arm, pod and label, or key and reference: the latter is
 * a reference that arrives after its label. Fields come in any order; null means absent. Everything
 * else is refused, unknown and repeated fields too: a misspelt `refrence` would otherwise lose all
 * references without a word.
 */
#ifndef SERIN_SOURCE_EVENT_LINE_H
#define SERIN_SOURCE_EVENT_LINE_H

#include "labels/event.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    EVENT_LINE_BYTES_MAX = 64 * 1024,
    EVENT_TEXT_BYTES_MAX = 256, /* of every text, after unescaping */
    EVENT_TEXTS_MAX = 6 + 2 * SLICE_DIMENSIONS_MAX
};

/* What one line leaves for the next: zeroed at first, one per thread of work. */
struct event_scratch {
    char bytes[(EVENT_TEXTS_MAX + 1) * EVENT_TEXT_BYTES_MAX]; /* texts written with escapes */
    uint8_t successor[16]; /* which field followed which, as a guess for the next line */
};

/*
 * Reads one line (without its line feed) strictly: JSON as RFC 8259, UTF-8 as RFC 3629, texts of 1
 * to EVENT_TEXT_BYTES_MAX bytes without control characters, `time` as RFC 3339 or Unix
 * milliseconds, `count` a whole number from 1 to 2^53. The event borrows from `line` and `scratch`.
 * Fails with SERIN_INVALID; err->field is the JSON field where known.
 */
SERIN_MUST_CHECK enum serin_status event_line_parse(struct text_view line,
                                                    struct event_scratch *scratch,
                                                    struct label_event *out,
                                                    struct serin_error *err);

/* What an event has where its own fields do not say, for it came in an envelope that does. */
struct event_defaults {
    struct text_view stream; /* empty: none; at most EVENT_TEXT_BYTES_MAX bytes */
    bool has_time;
    int64_t time_ms;
};

/* The same for an event within an envelope, which the event borrows from too. */
SERIN_MUST_CHECK enum serin_status
event_object_parse(struct text_view object, const struct event_defaults *defaults,
                   struct event_scratch *scratch, struct label_event *out, struct serin_error *err);

#endif
