/*
 * OTLP logs in JSON at POST /v1/logs: those log records that a stream's `otlp` mapping takes for
 * label events → the store.
 *
 * Records that no mapping wants are passed over: a collector sends all it has. Records that one
 * wants but that make no event are rejected one by one, as the protocol has it; the others count.
 * A request that comes again, byte for byte, counts once, and so does a record with the attribute
 * log.record.uid in whatever request it comes.
 */
#ifndef SERIN_ANALYSIS_OTLP_H
#define SERIN_ANALYSIS_OTLP_H

#include "analysis/catalog.h"
#include "analysis/ingest.h"
#include "base/text.h"
#include "serin/error.h"
#include "source/store.h"

#include <stdbool.h>
#include <stdint.h>

struct otlp_result {
    uint64_t records;          /* read; 0 for a request that came before */
    uint64_t events;           /* new label events, now durable */
    uint64_t repeated;         /* records that had been counted before */
    uint64_t rejected;         /* records that should be events and are none */
    struct serin_error reason; /* why the first of these is none */
    bool is_repeat;            /* the whole request had been counted before */
};

/*
 * Counts the events of a request and makes them durable. `about->batch` is not read. Fails with
 * SERIN_INVALID (not JSON, not of that form; no stream has a mapping), SERIN_TOO_LARGE,
 * SERIN_UNAVAILABLE, SERIN_NO_MEMORY; then nothing of it was counted.
 */
SERIN_MUST_CHECK enum serin_status otlp_ingest(const struct catalog *catalog, struct store *store,
                                               const struct ingest_request *about,
                                               struct text_view body, struct otlp_result *out,
                                               struct serin_error *err);

#endif
