/*
 * Where label events come from: the interface that every source implements.
 *
 * A new source is one file with a `struct source_driver` and one row in drivers.c. Rules for all:
 *  - counts are exact integers; what cannot be counted exactly is not counted but told
 *    (block_tables_set_incomplete), and never guessed;
 *  - partial, truncated, warned-about or unreadable answers are a failure or an incomplete table,
 *    never a smaller table;
 *  - nothing outlives the deadline; a fetch may be called from several threads at once;
 *  - texts from requests are values: they are quoted, and can never become a query or an address.
 */
#ifndef SERIN_SOURCE_SOURCE_H
#define SERIN_SOURCE_SOURCE_H

#include "base/decode.h"
#include "labels/block_tables.h"
#include "labels/stream.h"
#include "platform/deadline.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source; /* an opened source: driver and its state */

/* What to fetch. Borrowed for the call. */
struct table_query {
    const struct stream *stream;
    const char *arms[ARM_COUNT]; /* arm values, by enum arm: pod-template hashes */
    bool since_first_canary;     /* window `rollout`: from the canary's first event, at most
                                    stream->lookback_ms before now_ms */
    int64_t window_ms;           /* else: the last window_ms before now_ms */
    int64_t now_ms;              /* wall clock, Unix milliseconds */
    bool paired;                 /* also count keys seen by both arms */
    struct table_limits limits;
};

/* How long before now_ms the window may begin. */
static inline int64_t table_query_reach_ms(const struct table_query *query)
{
    return query->since_first_canary ? query->stream->lookback_ms : query->window_ms;
}

struct source_driver {
    const char *type; /* "prometheus", as in the configuration */
    const char *help;
    const struct decode_field *options; /* rows of the configuration besides name and type */
    size_t option_count;
    size_t options_size; /* size of the struct that the rows fill */

    /*
     * Whether a stream has what this source needs of it (a metric, a label, …); NULL: anything will
     * do. SERIN_INVALID names what is missing.
     */
    enum serin_status (*check)(const struct stream *stream, struct serin_error *err);
    /*
     * Takes decoded options, borrowed for as long as the source is open. Does not wait for the
     * other side.
     */
    enum serin_status (*open)(const char *name, const void *options, void **out_state,
                              struct serin_error *err);
    /*
     * Sealed tables of the window. No canary events is not an error: the tables are then empty on
     * that side. Fails with SERIN_UNAVAILABLE, SERIN_TIMEOUT, SERIN_TOO_LARGE, SERIN_NO_MEMORY.
     */
    enum serin_status (*fetch)(void *state, const struct table_query *query,
                               struct deadline deadline, struct block_tables **out,
                               struct serin_error *err);
    /* Whether the other side answers now; for readiness and `--check-config`. */
    enum serin_status (*ping)(void *state, struct deadline deadline, struct serin_error *err);
    void (*close)(void *state);
};

/* The table of drivers, in drivers.c. NULL when `type` is unknown. */
const struct source_driver *source_driver_find(const char *type);

/* Each of them, ordered by type; NULL beyond the last. */
const struct source_driver *source_driver_at(size_t index);

/* "file, prometheus, store", for error messages. Returns `out`. */
enum { SOURCE_TYPES_SIZE = 160 };
const char *source_driver_types(char out[static SOURCE_TYPES_SIZE]);

#endif
