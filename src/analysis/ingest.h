/*
 * NDJSON at POST /v1/events: body → lines → events, checked against the catalog → the store.
 *
 * The body may come in pieces and compressed; memory is the counts of the batch, never the body.
 * One bad line refuses the whole batch.
 */
#ifndef SERIN_ANALYSIS_INGEST_H
#define SERIN_ANALYSIS_INGEST_H

#include "analysis/catalog.h"
#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"
#include "source/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ingest;

enum {
    INGEST_BODY_BYTES_MAX = 64 * 1024 * 1024, /* of one body's lines, after unpacking */
    INGEST_EXPANSION_MAX = 200                /* of a compressed body; real events reach about 30 */
};

/* What the request says about its body. */
struct ingest_request {
    bool is_gzip;           /* Content-Encoding: gzip */
    struct text_view batch; /* Idempotency-Key, empty for none; borrowed until the end */
    int64_t now_ms;         /* wall clock */
    /* Whether the sender may write to the stream; NULL: to every one. */
    bool (*may_write)(void *context, const char *stream);
    void *context;
};

/*
 * Starts reading a body. `catalog` and `store` must outlive the ingest. Fails with SERIN_INVALID
 * (the batch's name) and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status ingest_create(const struct catalog *catalog, struct store *store,
                                                 const struct ingest_request *request,
                                                 struct ingest **out, struct serin_error *err);
void ingest_destroy(struct ingest *ingest); /* NULL is fine */
DEFINE_CLEANUP(ingest)

/*
 * Reads the next piece of the body. Fails with SERIN_INVALID (a bad line: err->field is "line 7" or
 * "line 7: label"), SERIN_NOT_FOUND (a line's stream is unknown), SERIN_DENIED (not this sender's),
 * SERIN_TOO_LARGE, SERIN_NO_MEMORY; after that the body is refused whatever follows, and every
 * later call fails the same way.
 */
SERIN_MUST_CHECK enum serin_status ingest_push(struct ingest *ingest, const char *bytes,
                                               size_t length, struct serin_error *err);

/*
 * The body is complete: makes its events durable. Fails as ingest_push and store_append do. Not to
 * be called twice.
 */
SERIN_MUST_CHECK enum serin_status ingest_finish(struct ingest *ingest, struct append_result *out,
                                                 struct serin_error *err);

#endif
