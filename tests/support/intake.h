/*
 * What the ways in for events share in tests: a catalog of a few streams, and a store on a file of
 * the test's own.
 */
#ifndef SERIN_TESTS_SUPPORT_INTAKE_H
#define SERIN_TESTS_SUPPORT_INTAKE_H

#include "analysis/catalog.h"
#include "support/json_document.h"
#include "support/store_events.h"

struct intake {
    struct fake_clock clock;
    struct document *streams;
    struct document *sources;
    struct store *store;
    struct catalog *catalog;
};

static inline void open_intake_with(struct intake *intake, const char *streams)
{
    struct serin_error err = {0};
    intake->clock = fake_clock_at(NOW_MS);
    intake->store = open_store(temp_path("n.db"), &intake->clock);
    intake->streams = json_document(streams);
    intake->sources = json_document(
        "[{\"name\":\"metrics\",\"type\":\"prometheus\",\"url\":\"http://127.0.0.1:1\"}]");
    require_ok(catalog_create(document_root(intake->sources), document_root(intake->streams),
                              intake->store, &intake->catalog, &err),
               &err);
}

static inline void open_intake(struct intake *intake)
{
    open_intake_with(intake,
                     "[{\"name\":\"checkout\",\"slices\":[\"region\"]},"
                     "{\"name\":\"search\",\"keyed\":true,\"retention\":\"1d\"},"
                     "{\"name\":\"scraped\",\"source\":\"metrics\",\"metric\":\"m\",\"label\":"
                     "\"l\",\"pod\":\"p\","
                     "\"arm\":{\"label\":\"hash\"},\"analysis\":{\"design\":\"shift\"}}]");
}

static inline void close_intake(struct intake *intake)
{
    catalog_destroy(intake->catalog);
    store_close(intake->store);
    document_destroy(intake->streams);
    document_destroy(intake->sources);
}

static inline uint64_t canary_events(struct intake *intake, const struct stream *stream)
{
    owned(block_tables) tables = fetch_tables(intake->store, stream, NOW_MS);
    return block_tables_events(tables, ARM_CANARY);
}

#endif
