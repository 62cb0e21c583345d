/*
 * Events for the store's tests: a store on a file of the test's own, under a clock that stands
 * still, and short ways to append. Whatever is expected to work ends the test when it does not.
 */
#ifndef SERIN_TESTS_SUPPORT_STORE_EVENTS_H
#define SERIN_TESTS_SUPPORT_STORE_EVENTS_H

#include "labels/block_tables.h"
#include "source/store.h"
#include "support/fake_clock.h"
#include "support/tables_dump.h"
#include "support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS    INT64_C(1769860800000) /* 2026-01-31T12:00:00Z */
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

static const struct stream plain_stream = {
    .name = "checkout",
    .slices = {"region"},
    .slice_count = 1,
    .block_ms = MINUTE_MS,
    .retention_ms = 7 * DAY_MS,
    .lookback_ms = DAY_MS,
    .stale_after_ms = 5 * MINUTE_MS,
};

static const struct stream keyed_stream = {
    .name = "search",
    .keyed = true,
    .block_ms = MINUTE_MS,
    .retention_ms = DAY_MS,
    .lookback_ms = DAY_MS,
    .stale_after_ms = 5 * MINUTE_MS,
};

/* An event in short; absent texts are NULL, an absent count is 1. */
struct brief {
    const struct stream *stream; /* NULL: plain_stream */
    const char *arm;
    const char *pod;
    const char *label;
    const char *reference;
    const char *key;
    const char *region;
    int64_t time_ms; /* 0: NOW_MS */
    uint64_t count;
};

static inline void require_ok(enum serin_status status, const struct serin_error *err)
{
    if (status != SERIN_OK) {
        (void)fprintf(stderr, "%s: %s %s\n", serin_status_name(status), err->field, err->detail);
        abort();
    }
}

static inline struct store *open_store_with(const char *path, const struct fake_clock *clock,
                                            const struct store_limits *limits)
{
    struct store_options options = {.path = path, .clock = &clock->clock, .limits = limits};
    struct serin_error err = {0};
    struct store *store = NULL;
    require_ok(store_open(&options, &store, &err), &err);
    return store;
}

static inline struct store *open_store(const char *path, const struct fake_clock *clock)
{
    return open_store_with(path, clock, NULL);
}

static inline enum serin_status add_brief(struct store_batch *batch, const struct brief *brief,
                                          struct serin_error *err)
{
    struct label_event event = {
        .arm = text_view_of(brief->arm),
        .pod = text_view_of(brief->pod),
        .label = text_view_of(brief->label),
        .reference = text_view_of(brief->reference),
        .key = text_view_of(brief->key),
        .has_label = brief->label != NULL,
        .has_reference = brief->reference != NULL,
        .has_key = brief->key != NULL,
        .time_ms = brief->time_ms != 0 ? brief->time_ms : NOW_MS,
        .count = brief->count > 0 ? brief->count : 1,
        .slices = {{TEXT_VIEW("region"), text_view_of(brief->region)}},
        .slice_count = brief->region != NULL,
    };
    return store_batch_add(batch, brief->stream ? brief->stream : &plain_stream, &event, err);
}

static inline enum serin_status try_append(struct store *store, const char *name,
                                           const struct brief *briefs, size_t count,
                                           struct append_result *out, struct serin_error *err)
{
    owned(store_batch) batch = store_batch_create(store);
    if (!batch) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        TRY(add_brief(batch, &briefs[i], err));
    }
    return store_append(store, text_view_of(name), batch, out, err);
}

#define APPEND(store, name, ...)                                                                   \
    append_briefs((store), (name), (const struct brief[]){__VA_ARGS__},                            \
                  sizeof((const struct brief[]){__VA_ARGS__}) / sizeof(struct brief))

static inline struct append_result append_briefs(struct store *store, const char *name,
                                                 const struct brief *briefs, size_t count)
{
    struct append_result result = {0};
    struct serin_error err = {0};
    require_ok(try_append(store, name, briefs, count, &result, &err), &err);
    return result;
}

/* The tables of arms "canary" and "stable" over a window. */
static inline struct block_tables *fetch_tables(struct store *store, const struct stream *stream,
                                                int64_t now_ms)
{
    struct table_query query = {
        .stream = stream,
        .arms = {"canary", "stable"},
        .window_ms = stream->lookback_ms,
        .now_ms = now_ms,
        .paired = stream->keyed,
        .limits = table_limits_default,
    };
    struct serin_error err = {0};
    struct block_tables *tables = NULL;
    require_ok(store_fetch(store, &query, &tables, &err), &err);
    return tables;
}

/* Their dump, as the caller's own text. */
static inline char *fetch_dump(struct store *store, const struct stream *stream, int64_t now_ms)
{
    owned(block_tables) tables = fetch_tables(store, stream, now_ms);
    return tables_dump(tables);
}

#endif
