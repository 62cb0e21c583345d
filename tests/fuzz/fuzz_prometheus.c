/*
 * Answers of a Prometheus: the reader survives anything, and makes the same tables of an answer in
 * one piece and in many. Each input is read as the answer about start times and, where that is one,
 * as the answer about counters.
 */
#include "source/prometheus_series.h"
#include "support/answer_pieces.h"
#include "support/tables_dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct stream stream = {
    .name = "checkout",
    .metric = "segment_assignments_total",
    .reference = "expected_segment",
    .label = "segment",
    .pod = "pod",
    .arm_label = "rollouts_pod_template_hash",
    .slices = {"region"},
    .slice_count = 1,
    .block_ms = 1000,
};

/* Around the samples of the corpus. */
static const int64_t start_ms = INT64_C(1795506902500);
static const int64_t end_ms = INT64_C(1795506910000);
static const int64_t margin_ms = 2000;

static enum serin_status read_answer(const struct prometheus_sink *sink, void *context,
                                     const char *bytes, size_t size, size_t piece)
{
    owned(prometheus_answer) answer = prometheus_answer_create(sink, context);
    if (!answer) {
        abort();
    }
    return read_in_pieces(answer, bytes, size, piece, NULL);
}

static enum serin_status count(struct block_tables *tables, const char *bytes, size_t size,
                               size_t piece)
{
    struct target_settings target_settings = {
        .pod_label = TEXT_VIEW("pod"), .from_ms = start_ms - margin_ms, .series_max = 100};
    owned(targets) targets = targets_create(&target_settings);
    struct series_settings settings = {.stream = &stream,
                                       .arm = ARM_CANARY,
                                       .from_ms = start_ms - margin_ms,
                                       .start_ms = start_ms,
                                       .end_ms = end_ms,
                                       .series_max = 100,
                                       .steps_max = 1000,
                                       .targets = targets,
                                       .tables = tables};
    owned(series_set) set = series_set_create(&settings);
    if (!targets || !set) {
        abort();
    }
    TRY(read_answer(&targets_sink, targets, bytes, size, piece));
    TRY(read_answer(&series_set_sink, set, bytes, size, piece));
    TRY(series_set_settle(set, NULL));
    return series_set_book(set, start_ms, end_ms, NULL);
}

/* The status and what was counted, as text. */
static char *outcome(const char *bytes, size_t size, size_t piece, enum serin_status *out_status)
{
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    if (!tables) {
        abort();
    }
    *out_status = count(tables, bytes, size, piece);
    if (block_tables_seal(tables) != SERIN_OK) {
        abort();
    }
    return tables_dump(tables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    enum serin_status whole_status = SERIN_OK;
    enum serin_status pieces_status = SERIN_OK;
    owned_memory char *whole = outcome(bytes, size, size > 0 ? size : 1, &whole_status);
    owned_memory char *pieces = outcome(bytes, size, 7, &pieces_status);
    if (whole_status != pieces_status || (whole_status == SERIN_OK && strcmp(whole, pieces) != 0)) {
        (void)fprintf(stderr, "reads differently in pieces: %s, %s\n%s%s",
                      serin_status_name(whole_status), serin_status_name(pieces_status), whole,
                      pieces);
        abort();
    }
    return 0;
}
