/*
 * What one answer of a Loki holds: for each combination of labels that is counted, how many lines
 * at which time, or the single lines.
 *
 * An answer is good only once it has ended, and one that broke off is read anew; so nothing is
 * counted from here before that.
 */
#ifndef SERIN_SOURCE_LOKI_ROWS_H
#define SERIN_SOURCE_LOKI_ROWS_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "labels/event.h"
#include "labels/stream.h"
#include "source/prometheus_answer.h"

#include <stddef.h>
#include <stdint.h>

/* The labels that matter, and the stream's slices after them. */
enum loki_field {
    LOKI_POD,
    LOKI_LABEL,
    LOKI_REFERENCE,
    LOKI_ARM,
    LOKI_ERROR, /* why Loki could not read the lines */
    LOKI_SLICES
};
enum { LOKI_FIELDS = LOKI_SLICES + SLICE_DIMENSIONS_MAX, LOKI_TEXT_BYTES_MAX = 256 };

struct loki_rows;

/* `stream` is borrowed. NULL: no memory. */
struct loki_rows *loki_rows_create(const struct stream *stream, size_t series_max,
                                   const struct hash_key *key);
void loki_rows_destroy(struct loki_rows *rows); /* NULL is fine */
DEFINE_CLEANUP(loki_rows)

/*
 * Read the answer to a metric query, or to a query for lines; the context is the rows. They fail
 * with SERIN_TOO_LARGE beyond series_max and SERIN_NO_MEMORY; a count that is not a whole number is
 * SERIN_UNAVAILABLE.
 */
extern const struct prometheus_sink loki_counts_sink;
extern const struct prometheus_sink loki_lines_sink;

/* In the order in which they came. */
struct loki_row {
    uint32_t series;
    uint32_t key; /* of a line: see loki_rows_key */
    int64_t time; /* of a count: milliseconds; of a line: nanoseconds */
    uint64_t count;
};
size_t loki_rows_count(const struct loki_rows *rows);
struct loki_row loki_rows_at(const struct loki_rows *rows, size_t index);

/*
 * A label's value, empty where it is absent. A value longer than LOKI_TEXT_BYTES_MAX is cut short;
 * loki_rows_is_cut tells of any in a series.
 */
struct text_view loki_rows_text(const struct loki_rows *rows, uint32_t series,
                                enum loki_field field);
/* The slices that are there; returns how many. */
size_t loki_rows_slices(const struct loki_rows *rows, uint32_t series,
                        struct slice_value out[SLICE_DIMENSIONS_MAX]);
/* What stands in a line before its first space, which is the item's key; empty: it has none. */
struct text_view loki_rows_key(const struct loki_rows *rows, struct loki_row row);
bool loki_rows_is_cut(const struct loki_rows *rows, uint32_t series);

#endif
