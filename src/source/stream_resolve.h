/*
 * The texts of some event counts → the ids by which their stream knows them.
 *
 * Here the caps act: labels and references beyond the stream's cap are folded into `other`, and so
 * are the slice values of further combinations; further arms and pods are refused, because blocks
 * of different pods must not become one.
 */
#ifndef SERIN_SOURCE_STREAM_RESOLVE_H
#define SERIN_SOURCE_STREAM_RESOLVE_H

#include "serin/error.h"
#include "source/event_counts.h"
#include "source/store_stream.h"

#include <stdbool.h>
#include <stdint.h>

struct resolved_cell {
    uint32_t tuple;
    uint32_t reference;
    uint32_t label;
};

struct resolved_counts {
    struct event_counts *counts;
    uint32_t *series;            /* by block */
    struct resolved_cell *cells; /* by cell */
};

/*
 * Finds or makes the ids. Writes back to `counts` what was folded, as stream_change_prepare says.
 * Fails with SERIN_TOO_LARGE, SERIN_NO_MEMORY, SERIN_BUG; the caller clears `*out` in any case.
 */
SERIN_MUST_CHECK enum serin_status stream_resolve(struct store_stream *stream,
                                                  struct event_counts *counts,
                                                  const struct store_limits *limits,
                                                  struct resolved_counts *out, bool *out_folded,
                                                  struct serin_error *err);

void resolved_counts_clear(struct resolved_counts *resolved);

#endif
