/*
 * CloudEvents at POST /v1/events: each event's data are a label event.
 *
 * The data may leave out `stream`, which is then the event's subject, and `time`, which is then the
 * event's. An event is told by its source and id, and counted once however often it comes and in
 * whatever company. One bad event refuses the whole request.
 */
#ifndef SERIN_ANALYSIS_CLOUD_EVENTS_H
#define SERIN_ANALYSIS_CLOUD_EVENTS_H

#include "analysis/catalog.h"
#include "analysis/ingest.h"
#include "base/text.h"
#include "serin/error.h"
#include "source/cloud_event.h"
#include "source/store.h"

#include <stdint.h>

/* How a request carries its events: the content modes of the HTTP binding. */
enum cloud_event_mode {
    CLOUD_EVENT_STRUCTURED, /* the body is one event */
    CLOUD_EVENT_BATCHED,    /* the body is a list of events */
    CLOUD_EVENT_BINARY      /* headers hold the attributes, the body is the data */
};

struct cloud_events_request {
    enum cloud_event_mode mode;
    const struct cloud_event_headers *headers; /* in binary mode */
    struct text_view body;                     /* as received */
    const struct ingest_request *about; /* its `batch` is not read: the ids name the events */
};

struct cloud_events_result {
    uint64_t accepted; /* events in the request */
    uint64_t repeated; /* those of them that had been counted before */
};

/*
 * Counts the events of a request and makes them durable. Fails with SERIN_INVALID (err->field names
 * the event and what is wrong of it: "event 3: data.label"), SERIN_NOT_FOUND, SERIN_DENIED and as
 * once_append does.
 */
SERIN_MUST_CHECK enum serin_status cloud_events_ingest(const struct catalog *catalog,
                                                       struct store *store,
                                                       const struct cloud_events_request *request,
                                                       struct cloud_events_result *out,
                                                       struct serin_error *err);

#endif
