/*
 * What the parts of a fetch from a Loki share. Internal to loki*.c.
 */
#ifndef SERIN_SOURCE_LOKI_FETCH_H
#define SERIN_SOURCE_LOKI_FETCH_H

#include "base/buffer.h"
#include "labels/block_tables.h"
#include "source/loki.h"
#include "source/loki_rows.h"
#include "source/prometheus_query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loki {
    struct prometheus_peer peer;
    const struct loki_options *options;
};

#define LOKI_OTHER_TIME                                                                            \
    "Loki answered for another time than it was asked for; does something between Serin and Loki " \
    "change queries?"

/* One fetch under way. */
struct loki_fetch {
    const struct loki *loki;
    const struct table_query *query;
    struct deadline deadline;
    struct block_tables *tables; /* what makes the data incomplete is noted here */
    int64_t start_ms;            /* window: from here … */
    int64_t end_ms;              /* … to before here */
};

enum { LOKI_QUERY_BYTES_MAX = 256 * 1024, LOKI_NS_PER_MS = 1000000 };

/* What to evaluate a query over. */
struct loki_range {
    int64_t start_ns;
    int64_t end_ns;
    int64_t step_ms; /* of a metric query; 0: a query for lines */
    size_t limit;    /* of lines */
    bool is_backward;
};

/* For one question and its answer of at most so many series. Fails with SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status loki_question(const struct loki_fetch *fetch, size_t series_max,
                                                 struct buffer **out_query,
                                                 struct loki_rows **out_rows,
                                                 struct serin_error *err);

/* Asks and reads the whole answer into `rows`. Fails as prometheus_send_form does. */
SERIN_MUST_CHECK enum serin_status loki_ask(const struct loki_fetch *fetch,
                                            const struct buffer *query,
                                            const struct loki_range *range, struct loki_rows *rows,
                                            struct serin_error *err);

/*
 * The first or the last label event of an arm from `from_ms` to the window's end, in milliseconds;
 * false when there is none.
 */
enum loki_end { LOKI_FIRST, LOKI_LAST };
SERIN_MUST_CHECK enum serin_status loki_find_event(const struct loki_fetch *fetch, enum arm arm,
                                                   enum loki_end end, int64_t from_ms,
                                                   bool *out_found, int64_t *out_ms,
                                                   struct serin_error *err);

/* Adds an arm's counts of the window to the tables (loki_counts.c). */
SERIN_MUST_CHECK enum serin_status loki_count_arm(const struct loki_fetch *fetch, enum arm arm,
                                                  struct serin_error *err);

/* Reads the lines of both arms and makes the tables of them (loki_lines.c). */
SERIN_MUST_CHECK enum serin_status loki_count_lines(const struct loki_fetch *fetch,
                                                    struct block_tables **out,
                                                    struct serin_error *err);

/* Notes `count` lines that cannot be counted, `why` they cannot, and how to leave them out. */
void loki_note_flaw(struct block_tables *tables, uint64_t count, const char *why);

/*
 * Whether a series can be counted: Loki could read its lines, and they have a label and a pod that
 * are not too long. Notes what it cannot count.
 */
bool loki_is_countable(const struct loki_fetch *fetch, const struct loki_rows *rows,
                       struct loki_row row);

#endif
