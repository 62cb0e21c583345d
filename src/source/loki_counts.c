/*
 * Counts by metric query: the window is cut into the whole buckets that Loki counts in one query,
 * and the rest up to the window's end.
 */
#include "labels/dictionary.h"
#include "source/logql.h"
#include "source/loki_fetch.h"

#include <string.h>

/*
 * Longer steps than some minutes can reach the interval by which Loki splits queries, where it
 * counts the seams twice; more steps than 11,000 it refuses.
 */
enum { STEP_MAX_MS = 10 * 60 * 1000, STEPS_WANTED = 2000, STEPS_MAX = 10000 };

/* ---- spans of time --------------------------------------------------------------------------- */

/* Evaluations at first_ms, first_ms + step_ms, … last_ms, each over the range_ms before it. */
struct span {
    int64_t first_ms;
    int64_t last_ms;
    int64_t step_ms;
    int64_t range_ms;
};

struct cut {
    int64_t bucket_ms; /* the width of what is counted apart */
    struct span spans[2];
    size_t count;
};

/* The widest part of a block's time that is short enough for a step. */
static int64_t step_within(int64_t block_ms)
{
    int64_t parts = (block_ms + STEP_MAX_MS - 1) / STEP_MAX_MS;
    while (block_ms % parts != 0) {
        parts++;
    }
    return block_ms / parts;
}

/* Buckets fit into blocks: they divide the stream's block, or are multiples of it. */
static int64_t bucket_width_ms(const struct loki_fetch *fetch)
{
    int64_t block_ms = fetch->query->stream->block_ms;
    int64_t length_ms = fetch->end_ms - fetch->start_ms;
    int64_t bucket_ms = step_within(block_ms);
    for (;;) {
        int64_t next_ms = 2 * bucket_ms;
        bool fits = next_ms % block_ms == 0 || block_ms % next_ms == 0;
        if (length_ms / bucket_ms < STEPS_WANTED || next_ms > STEP_MAX_MS || !fits) {
            return bucket_ms;
        }
        bucket_ms = next_ms;
    }
}

static enum serin_status cut_window(const struct loki_fetch *fetch, struct cut *out,
                                    struct serin_error *err)
{
    int64_t block_ms = fetch->query->stream->block_ms;
    int64_t bucket_ms = bucket_width_ms(fetch);
    if ((fetch->end_ms - fetch->start_ms) / bucket_ms > STEPS_MAX) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "the window holds more than %d blocks; ask for a shorter one or raise "
                          "the stream's block",
                          STEPS_MAX);
    }
    int64_t start_ms = block_start(fetch->start_ms, bucket_ms > block_ms ? bucket_ms : block_ms);
    int64_t whole_ms = block_start(fetch->end_ms, bucket_ms);
    struct cut cut = {.bucket_ms = bucket_ms};
    if (whole_ms > start_ms) {
        cut.spans[cut.count++] =
            (struct span){start_ms + bucket_ms, whole_ms, bucket_ms, bucket_ms};
        start_ms = whole_ms;
    }
    if (fetch->end_ms > start_ms) {
        cut.spans[cut.count++] =
            (struct span){fetch->end_ms, fetch->end_ms, 1, fetch->end_ms - start_ms};
    }
    *out = cut;
    return SERIN_OK;
}

/* ---- booking --------------------------------------------------------------------------------- */

static enum serin_status book_row(const struct loki_fetch *fetch, enum arm arm,
                                  const struct loki_rows *rows, struct loki_row row,
                                  int64_t block_start_ms, struct serin_error *err)
{
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    struct text_view reference = loki_rows_text(rows, row.series, LOKI_REFERENCE);
    struct block_count count = {
        .arm = arm,
        .pod = loki_rows_text(rows, row.series, LOKI_POD),
        .block_start_ms = block_start_ms,
        .label = loki_rows_text(rows, row.series, LOKI_LABEL),
        .reference = reference,
        .has_reference = reference.length > 0,
        .slices = slices,
        .slice_count = loki_rows_slices(rows, row.series, slices),
        .count = row.count,
    };
    return block_tables_add(fetch->tables, &count, err);
}

/* As wide as the blocks of a single pod become: those of more pods are wider. */
static int64_t narrowest_block_ms(const struct loki_fetch *fetch)
{
    return block_width_ms(fetch->query->stream->block_ms, fetch->start_ms, fetch->end_ms, 1);
}

static enum serin_status book(const struct loki_fetch *fetch, enum arm arm, const struct cut *cut,
                              const struct span *span, const struct loki_rows *rows,
                              struct serin_error *err)
{
    int64_t width_ms = narrowest_block_ms(fetch);
    for (size_t i = 0; i < loki_rows_count(rows); i++) {
        struct loki_row row = loki_rows_at(rows, i);
        if (row.time < span->first_ms || row.time > span->last_ms) {
            return serin_fail(err, SERIN_UNAVAILABLE, LOKI_OTHER_TIME);
        }
        if (row.count == 0 || !loki_is_countable(fetch, rows, row)) {
            continue;
        }
        int64_t bucket_ms = block_start(row.time - span->range_ms, cut->bucket_ms);
        TRY(book_row(fetch, arm, rows, row, block_start(bucket_ms, width_ms), err));
    }
    return SERIN_OK;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* What is asked in one query, or where that has too many series for Loki, of one pod after the
 * other. */
struct part {
    enum arm arm;
    const char *pod; /* NULL: all */
};

static struct loki_range range_of(const struct span *span)
{
    return (struct loki_range){.start_ns = span->first_ms * LOKI_NS_PER_MS,
                               .end_ns = span->last_ms * LOKI_NS_PER_MS,
                               .step_ms = span->step_ms};
}

static enum serin_status count_span(const struct loki_fetch *fetch, const struct part *part,
                                    const struct cut *cut, const struct span *span,
                                    struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    owned(buffer) text = NULL;
    owned(loki_rows) rows = NULL;
    TRY(loki_question(fetch, fetch->loki->options->max_series, &text, &rows, err));
    TRY(logql_append_counts(text, query->stream, query->arms[part->arm], part->pod, span->range_ms,
                            err));
    struct loki_range range = range_of(span);
    TRY(loki_ask(fetch, text, &range, rows, err));
    return book(fetch, part->arm, cut, span, rows, err);
}

/* ---- more series than Loki answers with -------------------------------------------------------
 */

/* Loki says so in words only. */
static bool is_series_limit(const struct serin_error *err)
{
    return strstr(err->detail, "maximum number of series") ||
           strstr(err->detail, "maximum of series");
}

static enum serin_status list_pods(const struct loki_fetch *fetch, enum arm arm,
                                   const struct span *span, struct dictionary *pods,
                                   struct serin_error *err)
{
    const struct table_query *query = fetch->query;
    owned(buffer) text = NULL;
    owned(loki_rows) rows = NULL;
    TRY(loki_question(fetch, fetch->loki->options->max_series, &text, &rows, err));
    TRY(logql_append_pods(text, query->stream, query->arms[arm], span->range_ms, err));
    struct loki_range range = range_of(span);
    TRY(loki_ask(fetch, text, &range, rows, err));
    for (size_t i = 0; i < loki_rows_count(rows); i++) {
        struct loki_row row = loki_rows_at(rows, i);
        struct text_view pod = loki_rows_text(rows, row.series, LOKI_POD);
        uint32_t ignored = 0;
        if (pod.length == 0) {
            loki_note_flaw(fetch->tables, row.count, "cannot be read or have no pod");
        } else if (dictionary_intern(pods, pod, &ignored) != SERIN_OK) {
            return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the pods of an arm");
        }
    }
    return SERIN_OK;
}

static enum serin_status explain_limit(const struct loki_fetch *fetch, struct text_view pod,
                                       const struct serin_error *cause, struct serin_error *err)
{
    return serin_fail(err, SERIN_TOO_LARGE,
                      "the labels of stream \"%s\" make more series in pod %s alone than Loki "
                      "answers with; raise max_query_series in Loki's limits_config or judge fewer "
                      "slices (%s)",
                      fetch->query->stream->name, TEXT_QUOTE(pod), cause->detail);
}

static enum serin_status count_pod(const struct loki_fetch *fetch, enum arm arm,
                                   struct text_view pod, const struct cut *cut,
                                   const struct span *span, struct serin_error *err)
{
    owned_memory char *name = memory_copy_text(pod.start, pod.length);
    if (!name) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask a Loki");
    }
    struct part part = {arm, name};
    struct serin_error cause = {.status = SERIN_OK};
    enum serin_status status = count_span(fetch, &part, cut, span, &cause);
    if (status != SERIN_OK && is_series_limit(&cause)) {
        return explain_limit(fetch, pod, &cause, err);
    }
    if (status != SERIN_OK && err) {
        *err = cause;
    }
    return status;
}

static enum serin_status count_by_pods(const struct loki_fetch *fetch, enum arm arm,
                                       const struct cut *cut, const struct span *span,
                                       struct serin_error *err)
{
    owned(dictionary) pods =
        dictionary_create(fetch->query->limits.pods, &fetch->query->limits.key);
    if (!pods) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the pods of an arm");
    }
    TRY(list_pods(fetch, arm, span, pods, err));
    if (dictionary_capped(pods)) {
        return serin_fail(err, SERIN_TOO_LARGE, "an arm has more than %zu pods",
                          fetch->query->limits.pods);
    }
    for (uint32_t pod = 0; pod < dictionary_size(pods); pod++) {
        TRY(count_pod(fetch, arm, dictionary_text(pods, pod), cut, span, err));
    }
    return SERIN_OK;
}

enum serin_status loki_count_arm(const struct loki_fetch *fetch, enum arm arm,
                                 struct serin_error *err)
{
    struct cut cut;
    TRY(cut_window(fetch, &cut, err));
    for (size_t i = 0; i < cut.count; i++) {
        struct part whole = {arm, NULL};
        struct serin_error cause = {.status = SERIN_OK};
        enum serin_status status = count_span(fetch, &whole, &cut, &cut.spans[i], &cause);
        if (status != SERIN_OK && is_series_limit(&cause)) {
            status = count_by_pods(fetch, arm, &cut, &cut.spans[i], &cause);
        }
        if (status != SERIN_OK) {
            if (err) {
                *err = cause;
            }
            return status;
        }
    }
    return SERIN_OK;
}
