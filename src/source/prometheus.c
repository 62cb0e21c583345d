#include "source/prometheus.h"

#include "source/prometheus_query.h"
#include "source/prometheus_selector.h"
#include "source/prometheus_series.h"

/* ---- options --------------------------------------------------------------------------------- */

static const struct decode_field option_fields[] = {
    {.name = "replica_label",
     DECODE_TEXT(struct prometheus_options, replica_label),
     .help = "label that tells apart Prometheus servers scraping the same pods"},
    {.name = "ignore_warnings",
     DECODE_TEXT_LIST(struct prometheus_options, ignore_warnings, ignore_warning_count),
     .help = "texts; a warning that contains one of them does not make the data incomplete, and a "
             "Thanos may then answer in part"},
    {.name = "scrape_interval",
     DECODE_DURATION(struct prometheus_options, scrape_interval_ms),
     .fallback = "1m",
     .minimum = "100ms",
     .maximum = "1h",
     .help = "longest time between two scrapes of a pod"},
    {.name = "max_series",
     DECODE_UINT64(struct prometheus_options, max_series),
     .fallback = "200000",
     .minimum = "1",
     .maximum = "10000000",
     .help = "series accepted for one arm"},
    PEER_FIELDS(struct prometheus_options,
                "where the query API is, as in http://prometheus:9090; no user or password in it"),
};

/* ---- opening --------------------------------------------------------------------------------- */

struct prometheus {
    struct prometheus_peer peer;
    const struct prometheus_options *options;
};

static void prometheus_destroy(struct prometheus *prometheus)
{
    if (prometheus) {
        prometheus_peer_clear(&prometheus->peer);
        memory_free(prometheus);
    }
}
DEFINE_CLEANUP(prometheus)

static void prometheus_close(void *state)
{
    prometheus_destroy(state);
}

static enum serin_status prometheus_open(const char *name, const void *options, void **out_state,
                                         struct serin_error *err)
{
    const struct prometheus_options *settings = options;
    owned(prometheus) prometheus = memory_allocate(1, sizeof(*prometheus));
    if (!prometheus) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for source \"%s\"", name);
    }
    TRY(prometheus_peer_init(&prometheus->peer, &settings->peer, "/api/v1/query", err));
    prometheus->options = settings;
    prometheus->peer.ignored_warnings = settings->ignore_warnings;
    prometheus->peer.ignored_warning_count = settings->ignore_warning_count;
    *out_state = give(prometheus);
    return SERIN_OK;
}

/* ---- fetching -------------------------------------------------------------------------------- */

/* One fetch under way. */
struct fetch {
    const struct prometheus *prometheus;
    const struct table_query *query;
    struct deadline deadline;
    struct block_tables *tables;
};

/*
 * Of two scrapes before the window one is there even where a scrape failed, and whether the server
 * counts the range's first instant as inside (as Prometheus 2 does, and 3 does not) is no matter.
 */
static int64_t margin_ms(const struct fetch *fetch)
{
    return 2 * fetch->prometheus->options->scrape_interval_ms;
}

typedef enum serin_status selector(struct buffer *query, const struct stream *stream,
                                   const char *arm, int64_t range_ms, struct serin_error *err);

static enum serin_status ask(const struct fetch *fetch, enum arm arm, int64_t from_ms,
                             selector *append, const struct prometheus_sink *sink, void *context,
                             struct serin_error *err)
{
    enum { QUERY_MAX = 256 * 1024 };
    const struct table_query *query = fetch->query;
    owned(buffer) text = buffer_create(QUERY_MAX);
    if (!text) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask a Prometheus");
    }
    TRY(append(text, query->stream, query->arms[arm], query->now_ms - from_ms, err));
    return prometheus_ask(&fetch->prometheus->peer, buffer_text(text), query->now_ms,
                          fetch->deadline, sink, context, fetch->tables, err);
}

static struct targets *create_targets(const struct fetch *fetch, int64_t from_ms)
{
    const struct prometheus_options *options = fetch->prometheus->options;
    struct target_settings settings = {
        .pod_label = text_view_of(fetch->query->stream->pod),
        .replica_label = text_view_of(options->replica_label),
        .from_ms = from_ms,
        .series_max = options->max_series,
        .key = fetch->query->limits.key,
    };
    return targets_create(&settings);
}

static struct series_set *create_series(const struct fetch *fetch, enum arm arm, int64_t start_ms,
                                        struct targets *targets)
{
    const struct prometheus_options *options = fetch->prometheus->options;
    const struct table_query *query = fetch->query;
    struct series_settings settings = {
        .stream = query->stream,
        .arm = arm,
        .from_ms = start_ms - margin_ms(fetch),
        .start_ms = start_ms,
        .end_ms = query->now_ms,
        .since_first_event = query->since_first_canary && arm == ARM_CANARY,
        .replica_label = text_view_of(options->replica_label),
        .series_max = options->max_series,
        .steps_max = 2 * query->limits.cells,
        .key = query->limits.key,
        .targets = targets,
        .tables = fetch->tables,
    };
    return series_set_create(&settings);
}

/*
 * Counts an arm since `*start_ms`. Where the canary's first event begins the window, `*start_ms`
 * becomes that beginning.
 */
static enum serin_status fetch_arm(const struct fetch *fetch, enum arm arm, int64_t *start_ms,
                                   struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    int64_t from_ms = *start_ms - margin_ms(fetch);
    owned(targets) targets = create_targets(fetch, from_ms);
    owned(series_set) series = targets ? create_series(fetch, arm, *start_ms, targets) : NULL;
    if (!series) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the series of a Prometheus");
    }
    if (query->stream->process_start) {
        TRY(ask(fetch, arm, from_ms, prometheus_append_start_times, &targets_sink, targets, err));
    }
    TRY(ask(fetch, arm, from_ms, prometheus_append_counters, &series_set_sink, series, err));
    TRY(series_set_settle(series, err));
    if (query->since_first_canary && arm == ARM_CANARY) {
        int64_t first_ms = 0;
        bool is_there = series_set_first_ms(series, &first_ms);
        /* Without a canary, recent events show whether the stable arm is alive. */
        *start_ms = is_there ? first_ms - 1 : query->now_ms - query->stream->stale_after_ms;
    }
    return series_set_book(series, *start_ms, query->now_ms, err);
}

static enum serin_status fetch_both(const struct fetch *fetch, struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    int64_t start_ms = query->now_ms - table_query_reach_ms(query);
    TRY(fetch_arm(fetch, ARM_CANARY, &start_ms, err));
    TRY(fetch_arm(fetch, ARM_STABLE, &start_ms, err));
    block_tables_set_window(fetch->tables, start_ms, query->now_ms);
    enum serin_status status = block_tables_seal(fetch->tables);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the counts of the window are too many");
}

static enum serin_status prometheus_fetch(void *state, const struct table_query *query,
                                          struct deadline deadline, struct block_tables **out,
                                          struct serin_error *err)
{
    if (query->paired) {
        serin_error_at(err, "design");
        return serin_fail(err, SERIN_INVALID,
                          "\"paired\" needs the key of every item, which counters do not have; use "
                          "reference or shift, or push the events of stream \"%s\" to the store",
                          query->stream->name);
    }
    owned(block_tables) tables = block_tables_create(&query->limits);
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the tables of stream \"%s\"",
                          query->stream->name);
    }
    struct fetch fetch = {state, query, deadline, tables};
    TRY(fetch_both(&fetch, err));
    *out = give(tables);
    return SERIN_OK;
}

/* ---- ping ------------------------------------------------------------------------------------ */

/* A question of the usual kind about series that are nowhere: everything but data is tried. */
static enum serin_status prometheus_ping(void *state, struct deadline deadline,
                                         struct serin_error *err)
{
    const struct prometheus *prometheus = state;
    struct target_settings settings = {.series_max = 1};
    owned(targets) targets = targets_create(&settings);
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    if (!targets || !tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask a Prometheus");
    }
    return prometheus_ask(&prometheus->peer, "serin_ping{}[1s]", 1, deadline, &targets_sink,
                          targets, tables, err);
}

const struct source_driver prometheus_driver = {
    .type = "prometheus",
    .help = "counters in a Prometheus, Thanos, Mimir or VictoriaMetrics",
    .options = option_fields,
    .option_count = ARRAY_LENGTH(option_fields),
    .options_size = sizeof(struct prometheus_options),
    .check = prometheus_check_stream,
    .open = prometheus_open,
    .fetch = prometheus_fetch,
    .ping = prometheus_ping,
    .close = prometheus_close,
};
