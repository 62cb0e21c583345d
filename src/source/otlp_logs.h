/*
 * The log records of an OTLP request in JSON (ExportLogsServiceRequest), each with the attributes
 * of its resource and its instrumentation scope.
 *
 * Sources: "OTLP Specification 1.9.0", its JSON encoding, and logs.proto of the same version: names
 * in camelCase, 64-bit numbers as texts or numbers, unknown members passed over.
 */
#ifndef SERIN_SOURCE_OTLP_LOGS_H
#define SERIN_SOURCE_OTLP_LOGS_H

#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

enum { OTLP_ATTRIBUTES_MAX = 1024 }; /* of one record, resource or scope; SDKs stop at 128 */

struct otlp_attributes;

/* Everything is borrowed, and written as it is in the request: texts with their quotes. */
struct otlp_record {
    uint64_t number; /* from 1, in the order of the request */
    struct text_view scope;
    struct text_view event_name;
    struct text_view time; /* Unix nanoseconds */
    struct text_view observed_time;
    struct text_view body; /* an AnyValue */
    const struct otlp_attributes *attributes;
};

/* Gets each record in turn. A failure ends the reading with it. */
typedef enum serin_status otlp_record_sink(void *context, const struct otlp_record *record,
                                           struct serin_error *err);

/*
 * Reads a whole request. Fails with SERIN_INVALID (not JSON, not of that form; err->field is
 * "log record 7" where one is to blame), SERIN_TOO_LARGE (attributes), SERIN_NO_MEMORY or what the
 * sink returned. Records before the fault have been handed out by then.
 */
SERIN_MUST_CHECK enum serin_status otlp_logs_read(struct text_view body, otlp_record_sink *sink,
                                                  void *context, struct serin_error *err);

/*
 * The value, an AnyValue, of an attribute of at most 256 bytes: of the record, else of its body
 * where that is a map, else of the scope, else of the resource. "body" is the body itself where
 * nothing else is called so. Empty where there is none.
 */
struct text_view otlp_record_value(const struct otlp_record *record, struct text_view name);

/* The same of the resource alone. */
struct text_view otlp_resource_value(const struct otlp_record *record, struct text_view name);

#endif
