#include "source/stream_change.h"

#include "serin/table.h"

#include <assert.h>
#include <string.h>

/* ---- lists ----------------------------------------------------------------------------------- */

enum serin_status delta_list_add(struct delta_list *list, const struct cube_delta *delta)
{
    TRY(memory_grow((void **)&list->deltas, &list->room, list->count + 1, sizeof(*list->deltas),
                    SIZE_MAX));
    list->deltas[list->count++] = *delta;
    return SERIN_OK;
}

void stream_change_clear(struct stream_change *change)
{
    memory_free(change->events.deltas);
    memory_free(change->wide.deltas);
    memory_free(change->pairs.deltas);
    memory_free(change->times);
    memory_free(change->staged);
    memory_free(change->observations);
    *change = (struct stream_change){0};
}

/* ---- increments ------------------------------------------------------------------------------ */

static enum serin_status add_increments(const struct resolved_counts *resolved,
                                        struct stream_change *change)
{
    const struct event_counts *counts = resolved->counts;
    for (size_t i = 0; i < counts->increment_count; i++) {
        const struct counts_increment *increment = &counts->increments[i];
        const struct resolved_cell *cell = &resolved->cells[increment->cell];
        store_stream_breathe(change->stream, i);
        struct cube_delta delta = {
            .series = resolved->series[increment->block],
            .start_ms = counts->blocks[increment->block].start_ms,
            .count = (int64_t)increment->count,
        };
        TRY(cube_cell(change->stream->events,
                      index_key(cell->tuple, cell->reference, cell->label, 0), &delta.cell));
        TRY(delta_list_add(&change->events, &delta));
    }
    return SERIN_OK;
}

static enum serin_status add_times(const struct resolved_counts *resolved,
                                   struct stream_change *change)
{
    const struct event_counts *counts = resolved->counts;
    change->times = memory_allocate(counts->block_count, sizeof(*change->times));
    if (!change->times) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < counts->block_count; i++) {
        const struct counts_block *block = &counts->blocks[i];
        change->times[i] = (struct cube_times){resolved->series[i], block->start_ms,
                                               block->first_ms, block->last_ms};
    }
    change->time_count = counts->block_count;
    return SERIN_OK;
}

static enum serin_status check_retention(const struct store_stream *stream,
                                         const struct event_counts *counts, struct serin_error *err)
{
    for (size_t i = 0; i < counts->block_count; i++) {
        if (counts->blocks[i].start_ms < stream->pruned_before_ms) {
            serin_error_at(err, "time");
            return serin_fail(err, SERIN_INVALID,
                              "an event of stream \"%s\" is older than what the store keeps",
                              stream->name);
        }
    }
    return SERIN_OK;
}

static enum serin_status check_total(const struct store_stream *stream,
                                     const struct stream_change *change, struct serin_error *err)
{
    uint64_t total = cube_total(stream->events);
    for (size_t i = 0; i < change->events.count; i++) {
        total += (uint64_t)change->events.deltas[i].count;
    }
    if (total > SERIN_TOTAL_MAX) {
        return serin_fail(err, SERIN_RANGE,
                          "stream \"%s\" would have more than 2^53 events within its retention",
                          stream->name);
    }
    return SERIN_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The changes of the wide level, from the sorted ones of the fine level. */
static enum serin_status widen(struct stream_change *change)
{
    for (size_t i = 0; i < change->events.count; i++) {
        struct cube_delta delta = change->events.deltas[i];
        delta.start_ms = block_start(delta.start_ms, change->stream->wide_ms);
        TRY(delta_list_add(&change->wide, &delta));
    }
    cube_sort_deltas(change->wide.deltas, &change->wide.count);
    return SERIN_OK;
}

static enum serin_status collect(const struct resolved_counts *resolved, enum change_scope scope,
                                 struct stream_change *change)
{
    if (scope == CHANGE_EVERYTHING) {
        TRY(add_increments(resolved, change));
        TRY(add_times(resolved, change));
    }
    TRY(stream_items_join(resolved, scope, change));
    store_stream_pause(change->stream);
    cube_sort_deltas(change->events.deltas, &change->events.count);
    cube_sort_deltas(change->pairs.deltas, &change->pairs.count);
    enum serin_status status = widen(change);
    store_stream_resume(change->stream);
    return status;
}

static enum serin_status reserve(struct store_stream *stream, const struct stream_change *change)
{
    TRY(cube_reserve(stream->events, CUBE_FINE, change->events.deltas, change->events.count));
    TRY(cube_reserve(stream->events, CUBE_WIDE, change->wide.deltas, change->wide.count));
    TRY(cube_reserve(stream->pairs, CUBE_FINE, change->pairs.deltas, change->pairs.count));
    TRY(items_reserve(stream->items, change->staged_count, change->observation_count));
    return store_stream_reserve_dirty(stream, change->events.count);
}

static enum serin_status prepare(const struct resolved_counts *resolved, enum change_scope scope,
                                 struct stream_change *change, struct serin_error *err)
{
    struct store_stream *stream = change->stream;
    enum serin_status status = collect(resolved, scope, change);
    if (status == SERIN_OK) {
        TRY(check_total(stream, change, err));
        status = reserve(stream, change);
    }
    if (status == SERIN_NO_MEMORY) {
        return serin_fail(err, status, "no memory left for the events' counts");
    }
    return status == SERIN_OK
               ? SERIN_OK
               : serin_fail(err, status, "the counts of stream \"%s\" do not add up", stream->name);
}

enum serin_status stream_change_prepare(struct store_stream *stream, struct event_counts *counts,
                                        enum change_scope scope, const struct store_limits *limits,
                                        struct stream_change *change, bool *out_folded,
                                        struct serin_error *err)
{
    struct resolved_counts resolved = {0};
    bool folded = false;
    change->stream = stream;
    if (scope == CHANGE_EVERYTHING) {
        TRY(check_retention(stream, counts, err));
    }
    enum serin_status status = stream_resolve(stream, counts, limits, &resolved, &folded, err);
    if (status == SERIN_OK) {
        status = prepare(&resolved, scope, change, err);
    }
    if (status == SERIN_OK && out_folded) {
        *out_folded = folded;
    }
    resolved_counts_clear(&resolved);
    return status;
}

static void apply_items(const struct stream_change *change)
{
    const struct item_observation *observation = change->observations;
    for (size_t i = 0; i < change->staged_count; i++) {
        const struct staged_item *staged = &change->staged[i];
        struct item_state state = {
            .reference = staged->reference, .latest_ms = staged->latest_ms, .count = staged->count};
        for (size_t j = 0; j < staged->count; j++) {
            state.observations[j] = *observation++;
        }
        items_put(change->stream->items, staged->key, &state);
    }
}

static void apply_times(struct store_stream *stream, struct cube_times times)
{
    cube_note_times(stream->events, CUBE_FINE, &times);
    times.start_ms = block_start(times.start_ms, stream->wide_ms);
    cube_note_times(stream->events, CUBE_WIDE, &times);
}

void stream_change_apply(struct stream_change *change)
{
    struct store_stream *stream = change->stream;
    cube_apply(stream->events, CUBE_FINE, change->events.deltas, change->events.count);
    cube_apply(stream->events, CUBE_WIDE, change->wide.deltas, change->wide.count);
    cube_apply(stream->pairs, CUBE_FINE, change->pairs.deltas, change->pairs.count);
    for (size_t i = 0; i < change->time_count; i++) {
        apply_times(stream, change->times[i]);
    }
    for (size_t i = 0; i < change->events.count; i++) {
        store_stream_mark_dirty(stream, change->events.deltas[i].start_ms);
    }
    apply_items(change);
}
