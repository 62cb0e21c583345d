/*
 * What a batch changes in a stream: prepared before it is durable, applied after.
 *
 * Preparing does everything that can fail (it finds memory, checks limits, joins late references)
 * and changes no count; applying cannot fail. Between the two the store writes the file.
 */
#ifndef SERIN_SOURCE_STREAM_CHANGE_H
#define SERIN_SOURCE_STREAM_CHANGE_H

#include "serin/error.h"
#include "source/event_counts.h"
#include "source/store_stream.h"
#include "source/stream_resolve.h"

#include <stdbool.h>
#include <stddef.h>

struct delta_list {
    struct cube_delta *deltas;
    size_t count;
    size_t room;
};

/* An item's new state; its observations are a piece of stream_change.observations. */
struct staged_item {
    struct hash128 key;
    int64_t latest_ms;
    uint32_t reference;
    uint32_t count;
};

struct stream_change {
    struct store_stream *stream;
    struct delta_list events; /* of the fine level … */
    struct delta_list wide;   /* … and the same of the wide one */
    struct delta_list pairs;
    struct cube_times *times;
    size_t time_count;
    struct staged_item *staged;
    size_t staged_count;
    size_t staged_room;
    struct item_observation *observations; /* of all staged items, one after the other */
    size_t observation_count;
    size_t observation_room;
};

/* What of the counts is to be taken in. */
enum change_scope {
    CHANGE_EVERYTHING,
    CHANGE_ITEMS /* only what is known of items, and pairs of arms: the events are counted already
                  */
};

/*
 * Prepares the change that `counts` make. Labels, references and slice values beyond the stream's
 * caps are folded: their ids in `counts` become ID_OTHER and the texts of slice values those of the
 * stream, so that bytes made from `counts` before the stream changes again tell what was counted;
 * `*out_folded` tells whether there were any (NULL: not wanted).
 * Fails with SERIN_INVALID (older than the retention), SERIN_TOO_LARGE, SERIN_RANGE,
 * SERIN_NO_MEMORY, SERIN_BUG. The caller clears `*change` in any case. The memory's lock is held
 * for writing by the caller, and let go of now and then.
 */
SERIN_MUST_CHECK enum serin_status
stream_change_prepare(struct store_stream *stream, struct event_counts *counts,
                      enum change_scope scope, const struct store_limits *limits,
                      struct stream_change *change, bool *out_folded, struct serin_error *err);

/* Applies a prepared change. Nothing else may have changed the stream in between. */
void stream_change_apply(struct stream_change *change);

void stream_change_clear(struct stream_change *change);

/* ---- for stream_items.c ---------------------------------------------------------------------- */

SERIN_MUST_CHECK enum serin_status delta_list_add(struct delta_list *list,
                                                  const struct cube_delta *delta);

/*
 * Joins the events with keys to what the stream knows of their items: adds the changes of counts
 * and pairs, and the items' new states, to `change`.
 */
SERIN_MUST_CHECK enum serin_status stream_items_join(const struct resolved_counts *resolved,
                                                     enum change_scope scope,
                                                     struct stream_change *change);

#endif
