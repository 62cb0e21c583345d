#include "source/loki.h"

#include "source/logql.h"
#include "source/loki_fetch.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- options --------------------------------------------------------------------------------- */

static const struct decode_field option_fields[] = {
    {.name = "settle",
     DECODE_DURATION(struct loki_options, settle_ms),
     .fallback = "15s",
     .minimum = "0s",
     .maximum = "1h",
     .help = "how long lines may take to arrive; younger ones are left for the next look"},
    {.name = "max_series",
     DECODE_UINT64(struct loki_options,   max_series),
     .fallback = "200000",
     .minimum = "1",
     .maximum = "10000000",
     .help = "combinations of labels accepted in one answer"                             },
    {.name = "max_lines",
     DECODE_UINT64(struct loki_options,   max_lines),
     .fallback = "1000000",
     .minimum = "1",
     .maximum = "100000000",
     .help = "lines read for one question about a keyed stream"                          },
    {.name = "page",
     DECODE_UINT64(struct loki_options,   page),
     .fallback = "5000",
     .minimum = "2",
     .maximum = "1000000",
     .help = "lines asked for at once, no more than Loki's max_entries_limit_per_query"  },
    PEER_FIELDS(struct loki_options,
                "where Loki is, as in http://loki:3100; no user or password in it"),
};

/* ---- opening --------------------------------------------------------------------------------- */

static void loki_destroy(struct loki *loki)
{
    if (loki) {
        prometheus_peer_clear(&loki->peer);
        memory_free(loki);
    }
}
DEFINE_CLEANUP(loki)

static void loki_close(void *state)
{
    loki_destroy(state);
}

static enum serin_status loki_open(const char *name, const void *options, void **out_state,
                                   struct serin_error *err)
{
    const struct loki_options *settings = options;
    owned(loki) loki = memory_allocate(1, sizeof(*loki));
    if (!loki) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for source \"%s\"", name);
    }
    TRY(prometheus_peer_init(&loki->peer, &settings->peer, "/loki/api/v1/query_range", err));
    loki->options = settings;
    *out_state = give(loki);
    return SERIN_OK;
}

/* ---- asking ---------------------------------------------------------------------------------- */

enum serin_status loki_question(const struct loki_fetch *fetch, size_t series_max,
                                struct buffer **out_query, struct loki_rows **out_rows,
                                struct serin_error *err)
{
    owned(buffer) query = buffer_create(LOKI_QUERY_BYTES_MAX);
    owned(loki_rows) rows =
        loki_rows_create(fetch->query->stream, series_max, &fetch->query->limits.key);
    if (!query || !rows) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask a Loki");
    }
    *out_query = give(query);
    *out_rows = give(rows);
    return SERIN_OK;
}

static void append_number(struct buffer *form, const char *name, int64_t number, const char *unit)
{
    buffer_printf(form, "&%s=%" PRId64 "%s", name, number, unit);
}

enum serin_status loki_ask(const struct loki_fetch *fetch, const struct buffer *query,
                           const struct loki_range *range, struct loki_rows *rows,
                           struct serin_error *err)
{
    const struct prometheus_peer *peer = &fetch->loki->peer;
    struct deadline limit = deadline_within(fetch->deadline, peer->timeout_ms);
    owned(buffer) form = buffer_create((size_t)4 * LOKI_QUERY_BYTES_MAX);
    if (!form) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask a Loki");
    }
    prometheus_form_append(form, "query", buffer_text(query));
    append_number(form, "start", range->start_ns, "");
    append_number(form, "end", range->end_ns, "");
    if (range->step_ms > 0) {
        append_number(form, "step", range->step_ms, "ms");
    } else {
        append_number(form, "limit", (int64_t)range->limit, "");
        prometheus_form_append(form, "direction", range->is_backward ? "backward" : "forward");
    }
    enum serin_status status = buffer_status(form);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the query to a Loki is too long");
    }
    const struct prometheus_sink *sink = range->step_ms > 0 ? &loki_counts_sink : &loki_lines_sink;
    return prometheus_send_form(peer, buffer_view(form), limit, sink, rows, fetch->tables, err);
}

enum serin_status loki_find_event(const struct loki_fetch *fetch, enum arm arm, enum loki_end end,
                                  int64_t from_ms, bool *out_found, int64_t *out_ms,
                                  struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    owned(buffer) text = NULL;
    owned(loki_rows) rows = NULL;
    TRY(loki_question(fetch, 1, &text, &rows, err));
    TRY(logql_append_events(text, query->stream, query->arms[arm], err));
    struct loki_range range = {.start_ns = from_ms * LOKI_NS_PER_MS,
                               .end_ns = fetch->end_ms * LOKI_NS_PER_MS,
                               .limit = 1,
                               .is_backward = end == LOKI_LAST};
    TRY(loki_ask(fetch, text, &range, rows, err));
    *out_found = loki_rows_count(rows) > 0;
    if (*out_found) {
        *out_ms = loki_rows_at(rows, 0).time / LOKI_NS_PER_MS;
    }
    return SERIN_OK;
}

/* ---- what cannot be counted ------------------------------------------------------------------ */

void loki_note_flaw(struct block_tables *tables, uint64_t count, const char *why)
{
    char reason[256];
    (void)snprintf(reason, sizeof(reason),
                   "%" PRIu64 " lines %s; where these are no label events, name a text that only "
                   "label events hold in the stream's contains",
                   count, why);
    block_tables_set_incomplete(tables, reason);
}

static const char *format_name(enum line_format format)
{
    static const char *const names[] = {
        [LINE_JSON] = "json", [LINE_LOGFMT] = "logfmt", [LINE_LABELS] = "labels"};
    return names[format];
}

bool loki_is_countable(const struct loki_fetch *fetch, const struct loki_rows *rows,
                       struct loki_row row)
{
    const struct stream *stream = fetch->query->stream;
    struct text_view error = loki_rows_text(rows, row.series, LOKI_ERROR);
    char why[128];
    if (error.length > 0) {
        (void)snprintf(why, sizeof(why), "cannot be read as %s (%.*s)", format_name(stream->format),
                       (int)error.length, error.start);
    } else if (loki_rows_text(rows, row.series, LOKI_LABEL).length == 0) {
        (void)snprintf(why, sizeof(why), "have no %s", stream->label);
    } else if (loki_rows_text(rows, row.series, LOKI_POD).length == 0) {
        (void)snprintf(why, sizeof(why), "have no %s", stream->pod);
    } else if (loki_rows_is_cut(rows, row.series)) {
        (void)snprintf(why, sizeof(why), "have a value of more than %d bytes", LOKI_TEXT_BYTES_MAX);
    } else {
        return true;
    }
    loki_note_flaw(fetch->tables, row.count, why);
    return false;
}

/* ---- fetching -------------------------------------------------------------------------------- */

/*
 * Where the canary's first event begins the window, it does from here on. Without a canary, recent
 * events show whether the stable arm is alive.
 */
static enum serin_status find_start(struct loki_fetch *fetch, struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    fetch->start_ms = query->now_ms - table_query_reach_ms(query);
    if (fetch->start_ms >= fetch->end_ms) {
        fetch->end_ms = fetch->start_ms;
        block_tables_set_incomplete(fetch->tables, "the whole window is younger than the source's "
                                                   "settle time; ask for a longer one");
        return SERIN_OK;
    }
    if (query->since_first_canary) {
        bool is_there = false;
        int64_t first_ms = 0;
        TRY(loki_find_event(fetch, ARM_CANARY, LOKI_FIRST, fetch->start_ms, &is_there, &first_ms,
                            err));
        int64_t recent_ms = fetch->end_ms - query->stream->stale_after_ms;
        fetch->start_ms = is_there                      ? first_ms
                          : recent_ms > fetch->start_ms ? recent_ms
                                                        : fetch->start_ms;
    }
    return SERIN_OK;
}

/* The window's blocks are counted whole, so the first of them is looked at from its start. */
static enum serin_status cover_arm(const struct loki_fetch *fetch, enum arm arm,
                                   struct serin_error *err)
{
    struct arm_coverage coverage = {0};
    bool is_there = false;
    int64_t from_ms = block_start(fetch->start_ms, fetch->query->stream->block_ms);
    TRY(loki_find_event(fetch, arm, LOKI_FIRST, from_ms, &is_there, &coverage.first_ms, err));
    if (is_there) {
        TRY(loki_find_event(fetch, arm, LOKI_LAST, from_ms, &is_there, &coverage.last_ms, err));
    }
    block_tables_set_coverage(fetch->tables, arm, &coverage);
    return SERIN_OK;
}

static enum serin_status fetch_counts(const struct loki_fetch *fetch, struct serin_error *err)
{
    for (int arm = 0; arm < ARM_COUNT && fetch->start_ms < fetch->end_ms; arm++) {
        TRY(cover_arm(fetch, (enum arm)arm, err));
        TRY(loki_count_arm(fetch, (enum arm)arm, err));
    }
    block_tables_set_window(fetch->tables, fetch->start_ms, fetch->end_ms);
    block_tables_widen_blocks(fetch->tables, fetch->query->stream->block_ms);
    enum serin_status status = block_tables_seal(fetch->tables);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the counts of the window are too many");
}

static enum serin_status check_query(const struct table_query *query, struct serin_error *err)
{
    if (query->paired && !query->stream->keyed) {
        serin_error_at(err, "design");
        return serin_fail(err, SERIN_INVALID,
                          "\"paired\" needs the key of every item; set keyed: true and key in the "
                          "configuration of stream \"%s\"",
                          query->stream->name);
    }
    return SERIN_OK;
}

static enum serin_status loki_fetch(void *state, const struct table_query *query,
                                    struct deadline deadline, struct block_tables **out,
                                    struct serin_error *err)
{
    TRY(check_query(query, err));
    const struct loki *loki = state;
    owned(block_tables) tables = block_tables_create(&query->limits);
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the tables of stream \"%s\"",
                          query->stream->name);
    }
    struct loki_fetch fetch = {.loki = loki,
                               .query = query,
                               .deadline = deadline,
                               .tables = tables,
                               .end_ms = query->now_ms - loki->options->settle_ms};
    TRY(find_start(&fetch, err));
    if (query->stream->keyed) {
        return loki_count_lines(&fetch, out, err);
    }
    TRY(fetch_counts(&fetch, err));
    *out = give(tables);
    return SERIN_OK;
}

/* ---- ping ------------------------------------------------------------------------------------ */

/* A question of the usual kind about streams that are nowhere: everything but data is tried. */
static enum serin_status loki_ping(void *state, struct deadline deadline, struct serin_error *err)
{
    static const struct stream nowhere = {
        .matchers = "serin_ping=\"1\"", .label = "label", .pod = "pod", .arm_label = "arm"};
    const struct table_query query = {
        .stream = &nowhere, .arms = {"ping", "ping"}
    };
    int64_t now_ms = clock_wall(deadline.clock).unix_ms;
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask a Loki");
    }
    struct loki_fetch fetch = {
        .loki = state, .query = &query, .deadline = deadline, .tables = tables, .end_ms = now_ms};
    bool is_there = false;
    int64_t ignored_ms = 0;
    return loki_find_event(&fetch, ARM_CANARY, LOKI_FIRST, now_ms - 1000, &is_there, &ignored_ms,
                           err);
}

const struct source_driver loki_driver = {
    .type = "loki",
    .help = "label events in the logs of a Loki",
    .options = option_fields,
    .option_count = ARRAY_LENGTH(option_fields),
    .options_size = sizeof(struct loki_options),
    .check = logql_check_stream,
    .open = loki_open,
    .fetch = loki_fetch,
    .ping = loki_ping,
    .close = loki_close,
};
