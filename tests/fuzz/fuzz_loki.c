/*
 * Answers of a Loki: the reader survives anything, and reads an answer in one piece as in many.
 * Each input is read as the answer to a metric query and as that to a query for lines.
 */
#include "base/buffer.h"
#include "source/loki_rows.h"
#include "support/answer_pieces.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct stream stream = {
    .name = "checkout",
    .reference = "expected_segment",
    .label = "segment",
    .pod = "pod",
    .arm_label = "hash",
    .slices = {"region"},
    .slice_count = 1,
};
static const struct hash_key key = {{0}};

static void append_row(struct buffer *out, const struct loki_rows *rows, struct loki_row row)
{
    buffer_printf(out, "%" PRId64 " %" PRIu64 "%s", row.time, row.count,
                  loki_rows_is_cut(rows, row.series) ? " cut" : "");
    for (int field = 0; field < LOKI_SLICES; field++) {
        buffer_append_char(out, '\t');
        buffer_append_view(out, loki_rows_text(rows, row.series, (enum loki_field)field));
    }
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    if (loki_rows_slices(rows, row.series, slices) > 0) {
        buffer_append_view(out, slices[0].value);
    }
    buffer_append_char(out, '\t');
    buffer_append_view(out, loki_rows_key(rows, row));
    buffer_append_char(out, '\n');
}

/* The status and, where that is good, the rows as text. */
static struct buffer *outcome(const struct prometheus_sink *sink, const char *bytes, size_t size,
                              size_t piece)
{
    owned(loki_rows) rows = loki_rows_create(&stream, 100, &key);
    struct buffer *out = buffer_create((size_t)1 << 26);
    owned(prometheus_answer) answer = prometheus_answer_create(sink, rows);
    if (!rows || !out || !answer || sink->begin(rows, NULL) != SERIN_OK) {
        abort();
    }
    enum serin_status status = read_in_pieces(answer, bytes, size, piece, NULL);
    buffer_append_text(out, serin_status_name(status));
    for (size_t i = 0; status == SERIN_OK && i < loki_rows_count(rows); i++) {
        append_row(out, rows, loki_rows_at(rows, i));
    }
    return out;
}

static void check(const struct prometheus_sink *sink, const char *bytes, size_t size)
{
    owned(buffer) whole = outcome(sink, bytes, size, size > 0 ? size : 1);
    owned(buffer) pieces = outcome(sink, bytes, size, 7);
    if (!text_equal(buffer_view(whole), buffer_view(pieces))) {
        (void)fprintf(stderr, "reads differently in pieces:\n%s\n%s\n", buffer_text(whole),
                      buffer_text(pieces));
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(&loki_counts_sink, (const char *)data, size);
    check(&loki_lines_sink, (const char *)data, size);
    return 0;
}
