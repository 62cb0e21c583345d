/*
 * Single lines, read in the order of time and page by page, then counted as the store counts.
 *
 * Of a full page the lines of its last nanosecond are left out and the next page begins with that
 * nanosecond: it may hold more lines than fitted. So no line is counted twice and none is missed.
 *
 * For each page Loki may go through all lines of the time asked about, so that is kept to about
 * what a page holds.
 */
#include "source/logql.h"
#include "source/loki_fetch.h"
#include "source/prometheus_selector.h"
#include "source/store_scratch.h"

#include <stdlib.h>

/* ---- lines → events -------------------------------------------------------------------------- */

/* Whose event it is; ARM_COUNT: neither arm's. */
static size_t find_arm(const struct table_query *query, const struct loki_rows *rows,
                       uint32_t series)
{
    const struct stream *stream = query->stream;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        bool is_of_arm = stream->arm_label
                             ? text_equals(loki_rows_text(rows, series, LOKI_ARM), query->arms[arm])
                             : selector_is_pod_of(stream->arm_pod_prefix, query->arms[arm],
                                                  loki_rows_text(rows, series, LOKI_POD));
        if (is_of_arm) {
            return arm;
        }
    }
    return ARM_COUNT;
}

/* A reference that comes without its label has a key, and no arm that matters. */
static bool is_late_reference(const struct loki_rows *rows, struct loki_row row)
{
    uint32_t series = row.series;
    return loki_rows_text(rows, series, LOKI_ERROR).length == 0 &&
           loki_rows_text(rows, series, LOKI_LABEL).length == 0 &&
           loki_rows_text(rows, series, LOKI_REFERENCE).length > 0 &&
           loki_rows_key(rows, row).length > 0 && !loki_rows_is_cut(rows, series);
}

/* Fills the event of a row; false when it cannot be counted, which has been noted then. */
static bool make_event(const struct loki_fetch *fetch, const struct loki_rows *rows,
                       struct loki_row row, struct label_event *out)
{
    const struct table_query *query = fetch->query;
    struct text_view key = loki_rows_key(rows, row);
    struct text_view reference = loki_rows_text(rows, row.series, LOKI_REFERENCE);
    struct label_event event = {.stream = text_view_of(query->stream->name),
                                .key = key,
                                .has_key = key.length > 0,
                                .reference = reference,
                                .has_reference = reference.length > 0,
                                .time_ms = row.time / LOKI_NS_PER_MS,
                                .count = 1};
    if (!is_late_reference(rows, row)) {
        size_t arm = find_arm(query, rows, row.series);
        if (!loki_is_countable(fetch, rows, row) || arm == ARM_COUNT) {
            return false;
        }
        event.has_label = true;
        event.label = loki_rows_text(rows, row.series, LOKI_LABEL);
        event.arm = text_view_of(query->arms[arm]);
        event.pod = loki_rows_text(rows, row.series, LOKI_POD);
        event.slice_count = loki_rows_slices(rows, row.series, event.slices);
    }
    *out = event;
    return true;
}

/* ---- the order of time ----------------------------------------------------------------------- */

static int compare_rows(const void *left, const void *right)
{
    const struct loki_row *a = left;
    const struct loki_row *b = right;
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return (a->series > b->series) - (a->series < b->series);
}

/* Lines come stream by stream; the caller frees what it gets. NULL: no memory. */
static struct loki_row *sort_rows(const struct loki_rows *rows)
{
    size_t count = loki_rows_count(rows);
    struct loki_row *sorted = memory_allocate(count + 1, sizeof(*sorted));
    for (size_t i = 0; sorted && i < count; i++) {
        sorted[i] = loki_rows_at(rows, i);
    }
    if (sorted) {
        qsort(sorted, count, sizeof(*sorted), compare_rows);
    }
    return sorted;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static const int64_t first_slice_ms = 600000;

struct reading {
    const struct loki_fetch *fetch;
    const struct buffer *query;
    struct loki_rows *rows;
    struct store_scratch *scratch;
    int64_t next_ns;  /* where the next page begins */
    int64_t until_ns; /* … and the time asked about ends */
    int64_t end_ns;   /* of the window */
    int64_t slice_ns; /* how much time to ask about at once */
    uint64_t lines;
};

/* A page that is not full holds all lines of its time. */
static void go_on(struct reading *reading, size_t count)
{
    reading->next_ns = reading->until_ns;
    if (count < reading->fetch->loki->options->page / 2 &&
        reading->slice_ns <= reading->end_ns / 2) {
        reading->slice_ns *= 2;
    }
}

/* How many of a page's lines, in the order of time, are there for good. */
static enum serin_status find_whole(struct reading *reading, const struct loki_row *sorted,
                                    size_t count, size_t *out_whole, struct serin_error *err)
{
    if (count > 0 &&
        (sorted[0].time < reading->next_ns || sorted[count - 1].time >= reading->until_ns)) {
        return serin_fail(err, SERIN_UNAVAILABLE, LOKI_OTHER_TIME);
    }
    if (count < reading->fetch->loki->options->page) {
        go_on(reading, count);
        *out_whole = count;
        return SERIN_OK;
    }
    size_t whole = count;
    while (whole > 0 && sorted[whole - 1].time == sorted[count - 1].time) {
        whole--;
    }
    if (whole == 0) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "%zu lines and perhaps more have the same nanosecond, so that the rest "
                          "cannot be told from them; raise page of the source (and "
                          "max_entries_limit_per_query of Loki)",
                          count);
    }
    int64_t last_ns = sorted[count - 1].time;
    reading->slice_ns = last_ns - reading->next_ns;
    reading->next_ns = last_ns;
    *out_whole = whole;
    return SERIN_OK;
}

static enum serin_status add_lines(struct reading *reading, const struct loki_row *sorted,
                                   size_t count, struct serin_error *err)
{
    uint64_t lines_max = reading->fetch->loki->options->max_lines;
    reading->lines += count;
    if (reading->lines > lines_max) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "more than %llu lines; ask for a shorter window, narrow the stream's "
                          "matchers or raise max_lines of the source",
                          (unsigned long long)lines_max);
    }
    for (size_t i = 0; i < count; i++) {
        struct label_event event;
        if (make_event(reading->fetch, reading->rows, sorted[i], &event)) {
            TRY(store_scratch_add(reading->scratch, &event, err));
        }
    }
    return SERIN_OK;
}

static enum serin_status read_page(struct reading *reading, struct serin_error *err)
{
    int64_t left_ns = reading->end_ns - reading->next_ns;
    reading->until_ns =
        reading->next_ns + (left_ns < reading->slice_ns ? left_ns : reading->slice_ns);
    struct loki_range range = {.start_ns = reading->next_ns,
                               .end_ns = reading->until_ns,
                               .limit = reading->fetch->loki->options->page};
    TRY(loki_ask(reading->fetch, reading->query, &range, reading->rows, err));
    owned_memory struct loki_row *sorted = sort_rows(reading->rows);
    size_t whole = 0;
    if (!sorted) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the lines of a Loki");
    }
    TRY(find_whole(reading, sorted, loki_rows_count(reading->rows), &whole, err));
    return add_lines(reading, sorted, whole, err);
}

/*
 * Reading begins a block before the window, so that an item labelled by one arm just before its
 * first event is known; what happened there is not counted.
 */
static enum serin_status read_all(const struct loki_fetch *fetch, struct store_scratch *scratch,
                                  struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    int64_t block_ms = query->stream->block_ms;
    owned(buffer) text = NULL;
    owned(loki_rows) rows = NULL;
    TRY(loki_question(fetch, fetch->loki->options->page + 1, &text, &rows, err));
    TRY(logql_append_lines(text, query->stream, query->arms, err));
    struct reading reading = {.fetch = fetch,
                              .query = text,
                              .rows = rows,
                              .scratch = scratch,
                              .end_ns = fetch->end_ms * LOKI_NS_PER_MS,
                              .slice_ns = first_slice_ms * LOKI_NS_PER_MS,
                              .next_ns = (block_start(fetch->start_ms, block_ms) - block_ms) *
                                         LOKI_NS_PER_MS};
    while (reading.next_ns < reading.end_ns) {
        TRY(deadline_check(fetch->deadline, "reading the lines of a Loki", err));
        TRY(read_page(&reading, err));
    }
    return SERIN_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The window as the scratch store understands it: up to and including its now. */
static struct table_query window_of(const struct loki_fetch *fetch)
{
    struct table_query query = *fetch->query;
    query.now_ms = fetch->end_ms - 1;
    query.since_first_canary = false;
    query.window_ms = query.now_ms - fetch->start_ms;
    return query;
}

enum serin_status loki_count_lines(const struct loki_fetch *fetch, struct block_tables **out,
                                   struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    owned(store_scratch) scratch = store_scratch_create(query->stream, &query->limits.key);
    if (!scratch) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the lines of a Loki");
    }
    if (fetch->start_ms < fetch->end_ms) {
        TRY(read_all(fetch, scratch, err));
    }
    struct table_query window = window_of(fetch);
    owned(block_tables) tables = NULL;
    TRY(store_scratch_fetch(scratch, &window, &tables, err));
    const char *reason = block_tables_incomplete_reason(fetch->tables);
    if (reason) {
        block_tables_set_incomplete(tables, reason);
    }
    *out = give(tables);
    return SERIN_OK;
}
