#include "source/stream_change.h"

#include <stdlib.h>

/*
 * Events with keys are taken item by item, in the order they came: from the state the stream has of
 * the item to the state after them. The changes of counts are then the difference of two states, so
 * a reference that arrives late moves its events out of the cells without reference by itself.
 */
struct keyed_event {
    struct hash128 key;
    size_t item; /* index of the event among the counts' items */
};

static int compare_events(const void *left, const void *right)
{
    const struct keyed_event *a = left;
    const struct keyed_event *b = right;
    if (a->key.high != b->key.high) {
        return a->key.high < b->key.high ? -1 : 1;
    }
    if (a->key.low != b->key.low) {
        return a->key.low < b->key.low ? -1 : 1;
    }
    return (a->item > b->item) - (a->item < b->item);
}

static bool same_key(struct hash128 a, struct hash128 b)
{
    return a.high == b.high && a.low == b.low;
}

/* What was pruned cannot change any more. */
static bool is_gone(const struct stream_change *change, const struct item_observation *observation)
{
    return observation->start_ms < change->stream->pruned_before_ms;
}

/* ---- differences of states ------------------------------------------------------------------- */

static enum serin_status add_event(struct stream_change *change,
                                   const struct item_observation *observation, uint32_t reference,
                                   int64_t count)
{
    struct cube_delta delta = {
        .series = observation->series, .start_ms = observation->start_ms, .count = count};
    struct index_key cell = index_key(observation->tuple, reference, observation->label, 0);
    TRY(cube_cell(change->stream->events, cell, &delta.cell));
    return delta_list_add(&change->events, &delta);
}

static enum serin_status add_events(struct stream_change *change, const struct item_state *before,
                                    const struct item_state *after)
{
    bool moves = before->reference != after->reference;
    for (size_t i = 0; i < after->count; i++) {
        const struct item_observation *observation = &after->observations[i];
        int64_t known = i < before->count ? (int64_t)before->observations[i].count : 0;
        int64_t now = (int64_t)observation->count;
        if (is_gone(change, observation) || (!moves && now == known)) {
            continue;
        }
        if (moves && known > 0) {
            TRY(add_event(change, observation, before->reference, -known));
        }
        TRY(add_event(change, observation, after->reference, moves ? now : now - known));
    }
    return SERIN_OK;
}

static enum serin_status add_pair(struct stream_change *change, uint32_t reference,
                                  const struct item_observation *canary,
                                  const struct item_observation *stable, int64_t count)
{
    struct store_stream *stream = change->stream;
    struct index_key of_canary = cube_series_key(stream->events, canary->series);
    struct index_key of_stable = cube_series_key(stream->events, stable->series);
    struct index_key series =
        index_key(series_arm(of_canary), series_arm(of_stable), series_pod(of_canary), 0);
    struct cube_delta delta = {.start_ms = canary->start_ms, .count = count};
    if (is_gone(change, canary)) {
        return SERIN_OK;
    }
    TRY(cube_series(stream->pairs, series, &delta.series));
    TRY(cube_cell(stream->pairs, index_key(canary->label, stable->label, reference, 0),
                  &delta.cell));
    return delta_list_add(&change->pairs, &delta);
}

static uint32_t arm_of(const struct stream_change *change, const struct item_state *state, size_t i)
{
    return series_arm(cube_series_key(change->stream->events, state->observations[i].series));
}

/* Whether an observation is the first of its arm. */
static bool is_first(const struct stream_change *change, const struct item_state *state, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (arm_of(change, state, j) == arm_of(change, state, i)) {
            return false;
        }
    }
    return true;
}

/*
 * The first label that another pod of the same arm gave the item than the one which saw it first. A
 * pod that labels an item again may only repeat itself; the index of the observation, or the count.
 */
static size_t second_opinion(const struct stream_change *change, const struct item_state *state,
                             size_t first)
{
    size_t i = first + 1;
    while (i < state->count &&
           (arm_of(change, state, i) != arm_of(change, state, first) ||
            state->observations[i].series == state->observations[first].series)) {
        i++;
    }
    return i;
}

/* An arm that labelled the item on two pods is paired with itself. */
static enum serin_status add_self_pairs(struct stream_change *change,
                                        const struct item_state *state, int64_t count)
{
    for (size_t i = 0; i < state->count; i++) {
        size_t second = second_opinion(change, state, i);
        if (is_first(change, state, i) && second < state->count) {
            TRY(add_pair(change, state->reference, &state->observations[second],
                         &state->observations[i], count));
        }
    }
    return SERIN_OK;
}

/* Every two arms that saw the item, either one as canary. */
static enum serin_status add_pairs(struct stream_change *change, const struct item_state *state,
                                   int64_t count)
{
    for (size_t i = 0; i < state->count; i++) {
        for (size_t j = 0; j < state->count; j++) {
            if (i != j && is_first(change, state, i) && is_first(change, state, j) &&
                arm_of(change, state, i) != arm_of(change, state, j)) {
                TRY(add_pair(change, state->reference, &state->observations[i],
                             &state->observations[j], count));
            }
        }
    }
    return SERIN_OK;
}

/* ---- one item -------------------------------------------------------------------------------- */

static enum serin_status stage(struct stream_change *change, struct hash128 key,
                               const struct item_state *state)
{
    TRY(memory_grow((void **)&change->staged, &change->staged_room, change->staged_count + 1,
                    sizeof(*change->staged), SIZE_MAX));
    TRY(memory_grow((void **)&change->observations, &change->observation_room,
                    change->observation_count + state->count, sizeof(*change->observations),
                    SIZE_MAX));
    for (size_t i = 0; i < state->count; i++) {
        change->observations[change->observation_count++] = state->observations[i];
    }
    change->staged[change->staged_count++] =
        (struct staged_item){key, state->latest_ms, state->reference, (uint32_t)state->count};
    return SERIN_OK;
}

/* Takes one event into the item's state; one that finds no room there is counted at once. */
static enum serin_status see(struct stream_change *change, const struct resolved_counts *resolved,
                             const struct counts_item *event, struct item_state *state)
{
    const struct resolved_cell *cell = &resolved->cells[event->cell];
    if (cell->reference != ID_ABSENT) {
        (void)item_state_refer(state, cell->reference);
    }
    state->latest_ms = event->time_ms > state->latest_ms ? event->time_ms : state->latest_ms;
    if (event->block == BLOCK_NONE) {
        return SERIN_OK;
    }
    struct item_observation observation = {
        .start_ms = resolved->counts->blocks[event->block].start_ms,
        .count = event->count,
        .series = resolved->series[event->block],
        .tuple = cell->tuple,
        .label = cell->label,
    };
    if (item_state_observe(state, &observation) || is_gone(change, &observation)) {
        return SERIN_OK;
    }
    return add_event(change, &observation, state->reference, (int64_t)event->count);
}

static enum serin_status join_item(struct stream_change *change,
                                   const struct resolved_counts *resolved,
                                   const struct keyed_event *events, size_t count)
{
    struct item_state before;
    items_get(change->stream->items, events[0].key, &before);
    struct item_state after = before;
    for (size_t i = 0; i < count; i++) {
        TRY(see(change, resolved, &resolved->counts->items[events[i].item], &after));
    }
    TRY(add_events(change, &before, &after));
    if (after.count > before.count || after.reference != before.reference) {
        TRY(add_pairs(change, &before, -1));
        TRY(add_pairs(change, &after, 1));
        TRY(add_self_pairs(change, &before, -1));
        TRY(add_self_pairs(change, &after, 1));
    }
    return stage(change, events[0].key, &after);
}

/* ---- all items of the counts ----------------------------------------------------------------- */

static enum serin_status join_sorted(struct stream_change *change,
                                     const struct resolved_counts *resolved,
                                     const struct keyed_event *events, size_t count)
{
    size_t step = 0;
    for (size_t at = 0; at < count;) {
        size_t length = 1;
        while (at + length < count && same_key(events[at].key, events[at + length].key)) {
            length++;
        }
        store_stream_breathe(change->stream, step++);
        TRY(join_item(change, resolved, events + at, length));
        at += length;
    }
    return SERIN_OK;
}

enum serin_status stream_items_join(const struct resolved_counts *resolved, enum change_scope scope,
                                    struct stream_change *change)
{
    size_t count = resolved->counts->item_count;
    if (count == 0) {
        return SERIN_OK;
    }
    owned_memory struct keyed_event *events = memory_allocate(count, sizeof(*events));
    if (!events) {
        return SERIN_NO_MEMORY;
    }
    store_stream_pause(change->stream);
    for (size_t i = 0; i < count; i++) {
        events[i] = (struct keyed_event){resolved->counts->items[i].key, i};
    }
    qsort(events, count, sizeof(*events), compare_events);
    store_stream_resume(change->stream);
    TRY(join_sorted(change, resolved, events, count));
    if (scope == CHANGE_ITEMS) {
        change->events.count = 0;
    }
    return SERIN_OK;
}
