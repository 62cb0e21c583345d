/*
 * The envelope of a CloudEvent 1.0: its attributes, from a JSON object or from HTTP headers, and
 * where its data are.
 *
 * Sources: "CloudEvents - Version 1.0.2", its JSON event format and its HTTP protocol binding.
 */
#ifndef SERIN_SOURCE_CLOUD_EVENT_H
#define SERIN_SOURCE_CLOUD_EVENT_H

#include "base/text.h"
#include "serin/error.h"
#include "source/json_scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CLOUD_EVENT_TEXT_BYTES_MAX = 1024, /* of every attribute */
    CLOUD_EVENT_TEXTS_MAX = 7
};

/* Texts that are not as they were written, reused from event to event. */
struct cloud_event_scratch {
    char bytes[(CLOUD_EVENT_TEXTS_MAX + 1) * CLOUD_EVENT_TEXT_BYTES_MAX];
};

/* Everything is borrowed from the input and the scratch. */
struct cloud_event {
    struct text_view id; /* unique among the events of `source` */
    struct text_view source;
    struct text_view type;
    struct text_view subject; /* empty: none */
    bool has_time;
    int64_t time_ms;       /* Unix milliseconds */
    struct text_view data; /* JSON as written; empty: none, or in the body of the request */
};

/* The headers ce-… of a request in binary mode, as received; NULL where absent. */
struct cloud_event_headers {
    const char *specversion;
    const char *id;
    const char *source;
    const char *type;
    const char *subject;
    const char *time;
};

/*
 * Reads one event in JSON and moves past it. Attributes that are not named here are extensions and
 * passed over. Fails with SERIN_INVALID: no JSON object, not version 1.0, an attribute missing,
 * given twice, empty, too long or not printable, data that are not JSON; err->field is the
 * attribute where known.
 */
SERIN_MUST_CHECK enum serin_status cloud_event_parse(struct json_scan *scan,
                                                     struct cloud_event_scratch *scratch,
                                                     struct cloud_event *out,
                                                     struct serin_error *err);

/* The same from headers, in which bytes may be written as %XX; err->field is the header. */
SERIN_MUST_CHECK enum serin_status
cloud_event_from_headers(const struct cloud_event_headers *headers,
                         struct cloud_event_scratch *scratch, struct cloud_event *out,
                         struct serin_error *err);

#endif
