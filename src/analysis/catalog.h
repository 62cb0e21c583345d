/*
 * The configured sources and streams, opened. A catalog is immutable; a reload builds a new one and
 * swaps it in whole, and the old one goes when the last analysis using it has ended.
 */
#ifndef SERIN_ANALYSIS_CATALOG_H
#define SERIN_ANALYSIS_CATALOG_H

#include "analysis/breaker.h"
#include "analysis/maintenance.h"
#include "analysis/otlp_mapping.h"
#include "base/decode.h"
#include "base/memory.h"
#include "base/node.h"
#include "labels/stream.h"
#include "platform/deadline.h"
#include "serin/error.h"
#include "source/source.h"
#include "verdict/spec.h"

#include <stddef.h>

struct catalog;

/* The rows of a source besides those of its driver, and of a stream; for the reference page. */
extern const struct decode_table catalog_source_table;
extern const struct decode_table catalog_stream_table;

enum source_error_policy {
    ON_SOURCE_ERROR_FAIL,        /* `error`: the analysis fails (Argo retries, then aborts) */
    ON_SOURCE_ERROR_INCONCLUSIVE /* `inconclusive`: the rollout pauses for a person */
};

/* A stream with how it is judged. */
struct catalog_stream {
    struct stream stream;
    struct judgement judgement;
    enum source_error_policy on_source_error;
    const char *owner; /* who looks after it; "" when not told */
    const struct maintenance_window *maintenance;
    size_t maintenance_count;
    const struct otlp_mapping *otlp; /* NULL: no log records are its events */
    const struct source_driver *driver;
    void *source_state;
    struct breaker *breaker; /* of the source; NULL: the embedded store, which has none */
};

/*
 * Builds a catalog from the configuration's `sources` and `streams` nodes (either may be NULL:
 * none). `store` is the state of the embedded store, shared by every stream without a source of its
 * own (or with `source: store`); NULL where there is none (`--check-config`).
 */
SERIN_MUST_CHECK enum serin_status catalog_create(const struct node *sources,
                                                  const struct node *streams, void *store,
                                                  struct catalog **out, struct serin_error *err);
void catalog_destroy(struct catalog *catalog); /* NULL is fine */
DEFINE_CLEANUP(catalog)

/* The configured sources, and whether questions go through to them. */
struct source_health {
    const char *name; /* the catalog's */
    enum breaker_state state;
};
size_t catalog_source_count(const struct catalog *catalog);
struct source_health catalog_source_health(const struct catalog *catalog, size_t index);

size_t catalog_stream_count(const struct catalog *catalog);
const struct catalog_stream *catalog_stream_at(const struct catalog *catalog, size_t index);

/* SERIN_NOT_FOUND names the known streams. */
SERIN_MUST_CHECK enum serin_status catalog_stream_find(const struct catalog *catalog,
                                                       const char *name,
                                                       const struct catalog_stream **out,
                                                       struct serin_error *err);

#endif
