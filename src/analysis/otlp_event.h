/*
 * A log record → the label event that a stream's mapping makes of it.
 */
#ifndef SERIN_ANALYSIS_OTLP_EVENT_H
#define SERIN_ANALYSIS_OTLP_EVENT_H

#include "analysis/catalog.h"
#include "labels/event.h"
#include "serin/error.h"
#include "source/otlp_logs.h"
#include "source/otlp_value.h"

#include <stdbool.h>

/* Texts of an event: label, reference, key, arm, pod, time, count, and slice values. */
enum { OTLP_EVENT_TEXTS = 7 + SLICE_DIMENSIONS_MAX };

/* Texts written with escapes, reused from record to record. */
struct otlp_event_scratch {
    struct otlp_room rooms[OTLP_EVENT_TEXTS];
};

/* Whether the record is an event of the stream, which has a mapping. */
bool otlp_event_is_of(const struct catalog_stream *stream, const struct otlp_record *record);

/*
 * The event of a record that is one of the stream's. It borrows from record, stream and scratch.
 * Fails with SERIN_INVALID; err->field is the event's field, and the message names the attribute.
 */
SERIN_MUST_CHECK enum serin_status otlp_event_make(const struct catalog_stream *stream,
                                                   const struct otlp_record *record,
                                                   struct otlp_event_scratch *scratch,
                                                   struct label_event *out,
                                                   struct serin_error *err);

#endif
