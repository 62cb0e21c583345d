/*
 * Whether a label event may go into the store: its stream takes events, and this sender's, its time
 * is one that is kept, its slices are the stream's. One set of rules for every way in.
 */
#ifndef SERIN_ANALYSIS_ADMISSION_H
#define SERIN_ANALYSIS_ADMISSION_H

#include "analysis/catalog.h"
#include "labels/event.h"
#include "serin/error.h"
#include "source/store.h"

#include <stdbool.h>
#include <stdint.h>

struct ingest_request; /* analysis/ingest.h */

/* Of one request. */
struct admission {
    const struct catalog *catalog;
    int64_t now_ms; /* wall clock */
    /* Whether the sender may write to the stream; NULL: to every one. */
    bool (*may_write)(void *context, const char *stream);
    void *context;

    const struct catalog_stream *last; /* stream of the event before; NULL at first */
};

/* Of a request from now on, whose sender `request` tells. */
struct admission admission_of(const struct catalog *catalog, const struct ingest_request *request);

/*
 * Adds the event to the batch. Fails with SERIN_NOT_FOUND (the stream is unknown), SERIN_DENIED
 * (not this sender's), SERIN_INVALID and as store_batch_add does; err->field names the event's
 * field, and the batch is as it was.
 */
SERIN_MUST_CHECK enum serin_status admission_add(struct admission *admission,
                                                 struct store_batch *batch,
                                                 const struct label_event *event,
                                                 struct serin_error *err);

#endif
