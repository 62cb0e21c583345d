#include "source/stream_change.h"

#include "serin/table.h"
#include "source/slice_tuple.h"

#include <assert.h>
#include <string.h>

#define UNRESOLVED (UINT32_MAX - 2)

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

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the events' counts");
}

/* ---- texts → the stream's ids ---------------------------------------------------------------- */

/* The stream's ids of the counts' texts, found when first needed. */
struct resolver {
    struct store_stream *stream;
    const struct store_limits *limits;
    struct event_counts *counts;
    uint32_t *ids[TEXT_KINDS];
    bool folded;
};

static void clear_resolver(struct resolver *resolver)
{
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        memory_free(resolver->ids[kind]);
    }
}

static enum serin_status prepare_ids(struct resolver *resolver)
{
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        size_t count = resolver->counts->text_count[kind];
        resolver->ids[kind] = memory_allocate(count, sizeof(uint32_t));
        if (!resolver->ids[kind]) {
            return SERIN_NO_MEMORY;
        }
        for (size_t i = 0; i < count; i++) {
            resolver->ids[kind][i] = UNRESOLVED;
        }
    }
    return SERIN_OK;
}

/* Beyond the cap all values of a combination become `other`; its dimensions stay. */
static enum serin_status fold_tuple(struct resolver *resolver, struct text_view text,
                                    uint32_t *out_id)
{
    static const struct text_view other = TEXT_VIEW(BLOCK_TABLES_OTHER);
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    char folded[TUPLE_BYTES_MAX];
    size_t count = 0;
    if (tuple_decode(text, slices, &count) != SERIN_OK) {
        return SERIN_BUG;
    }
    for (size_t i = 0; i < count; i++) {
        slices[i].value = other;
    }
    struct text_view tuple = {folded, tuple_encode(slices, count, folded)};
    TRY(dictionary_intern(resolver->stream->texts[TEXT_TUPLE], tuple, out_id));
    *out_id = *out_id == DICTIONARY_OTHER ? TUPLE_NO_SLICES : *out_id;
    return SERIN_OK;
}

static enum serin_status intern(struct resolver *resolver, enum text_kind kind,
                                struct text_view text, uint32_t *out_id)
{
    struct dictionary *dictionary = resolver->stream->texts[kind];
    bool is_full = kind == TEXT_TUPLE && dictionary_size(dictionary) >= resolver->limits->tuples;
    if (is_full && !dictionary_find(dictionary, text, out_id)) {
        return fold_tuple(resolver, text, out_id);
    }
    return dictionary_intern(dictionary, text, out_id);
}

/* As note_folded does; the dictionary's text lives long enough to be encoded. */
static void note_folded_tuple(struct resolver *resolver, struct text_view *text, uint32_t id)
{
    struct text_view counted = dictionary_text(resolver->stream->texts[TEXT_TUPLE], id);
    if (!text_equal(*text, counted)) {
        *text = counted;
        resolver->folded = true;
    }
}

static enum serin_status resolve(struct resolver *resolver, enum text_kind kind, uint32_t local,
                                 uint32_t *out_id)
{
    if (local == ID_ABSENT || local == ID_OTHER) {
        *out_id = local;
        return SERIN_OK;
    }
    uint32_t *id = &resolver->ids[kind][local];
    struct text_view *text = &resolver->counts->texts[kind][local];
    if (*id == UNRESOLVED) {
        TRY(intern(resolver, kind, *text, id));
        if (kind == TEXT_TUPLE) {
            note_folded_tuple(resolver, text, *id);
        }
    }
    *out_id = *id;
    return SERIN_OK;
}

static enum serin_status too_many(const struct resolver *resolver, const char *what, size_t limit,
                                  struct serin_error *err)
{
    serin_error_at(err, "%s", what);
    return serin_fail(
        err, SERIN_TOO_LARGE,
        "stream \"%s\" has more than %zu different %ss within its retention; is there "
        "a changing id in the field?",
        resolver->stream->name, limit, what);
}

/* Arms and pods are never folded: blocks of different pods must not become one. */
static enum serin_status resolve_series(struct resolver *resolver, const struct counts_block *block,
                                        uint32_t *out_series, struct serin_error *err)
{
    uint32_t arm = 0;
    uint32_t pod = 0;
    if (resolve(resolver, TEXT_ARM, block->arm, &arm) != SERIN_OK ||
        resolve(resolver, TEXT_POD, block->pod, &pod) != SERIN_OK) {
        return no_memory(err);
    }
    if (arm == ID_OTHER) {
        return too_many(resolver, "arm", resolver->limits->arms, err);
    }
    if (pod == ID_OTHER) {
        return too_many(resolver, "pod", resolver->limits->pods, err);
    }
    enum serin_status status =
        cube_series(resolver->stream->events, index_key(arm, pod, 0, 0), out_series);
    return status == SERIN_OK ? SERIN_OK : no_memory(err);
}

/* Writes a folded id back, so that the counts tell what was counted. */
static void note_folded(struct resolver *resolver, uint32_t *local, uint32_t id)
{
    if (id == ID_OTHER && *local != ID_OTHER) {
        *local = ID_OTHER;
        resolver->folded = true;
    }
}

static enum serin_status resolve_cell(struct resolver *resolver, struct counts_cell *cell,
                                      struct resolved_cell *out)
{
    TRY(resolve(resolver, TEXT_TUPLE, cell->tuple, &out->tuple));
    TRY(resolve(resolver, TEXT_REFERENCE, cell->reference, &out->reference));
    TRY(resolve(resolver, TEXT_LABEL, cell->label, &out->label));
    note_folded(resolver, &cell->reference, out->reference);
    note_folded(resolver, &cell->label, out->label);
    return SERIN_OK;
}

static enum serin_status resolve_all(struct resolver *resolver, struct resolved_counts *out,
                                     struct serin_error *err)
{
    struct event_counts *counts = resolver->counts;
    out->counts = counts;
    out->series = memory_allocate(counts->block_count, sizeof(*out->series));
    out->cells = memory_allocate(counts->cell_count, sizeof(*out->cells));
    if (!out->series || !out->cells || prepare_ids(resolver) != SERIN_OK) {
        return no_memory(err);
    }
    for (size_t i = 0; i < counts->block_count; i++) {
        TRY(resolve_series(resolver, &counts->blocks[i], &out->series[i], err));
    }
    for (size_t i = 0; i < counts->cell_count; i++) {
        enum serin_status status = resolve_cell(resolver, &counts->cells[i], &out->cells[i]);
        if (status != SERIN_OK) {
            return status == SERIN_NO_MEMORY ? no_memory(err) : status;
        }
    }
    return SERIN_OK;
}

/* ---- increments ------------------------------------------------------------------------------ */

static enum serin_status add_increments(const struct resolved_counts *resolved,
                                        struct stream_change *change)
{
    const struct event_counts *counts = resolved->counts;
    for (size_t i = 0; i < counts->increment_count; i++) {
        const struct counts_increment *increment = &counts->increments[i];
        const struct resolved_cell *cell = &resolved->cells[increment->cell];
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
    cube_sort_deltas(change->events.deltas, &change->events.count);
    cube_sort_deltas(change->pairs.deltas, &change->pairs.count);
    return widen(change);
}

static enum serin_status reserve(struct store_stream *stream, const struct stream_change *change)
{
    TRY(cube_reserve(stream->events, CUBE_FINE, change->events.deltas, change->events.count));
    TRY(cube_reserve(stream->events, CUBE_WIDE, change->wide.deltas, change->wide.count));
    TRY(cube_reserve(stream->pairs, CUBE_FINE, change->pairs.deltas, change->pairs.count));
    TRY(items_reserve(stream->items, change->staged_count, change->observation_count));
    return store_stream_reserve_dirty(stream, change->events.count);
}

static enum serin_status prepare(struct resolver *resolver, struct resolved_counts *resolved,
                                 enum change_scope scope, struct stream_change *change,
                                 struct serin_error *err)
{
    struct store_stream *stream = resolver->stream;
    if (scope == CHANGE_EVERYTHING) {
        TRY(check_retention(stream, resolver->counts, err));
    }
    TRY(resolve_all(resolver, resolved, err));
    enum serin_status status = collect(resolved, scope, change);
    if (status == SERIN_OK) {
        TRY(check_total(stream, change, err));
        status = reserve(stream, change);
    }
    if (status == SERIN_NO_MEMORY) {
        return no_memory(err);
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
    struct resolver resolver = {.stream = stream, .limits = limits, .counts = counts};
    struct resolved_counts resolved = {0};
    change->stream = stream;
    enum serin_status status = prepare(&resolver, &resolved, scope, change, err);
    if (status == SERIN_OK && out_folded) {
        *out_folded = resolver.folded;
    }
    clear_resolver(&resolver);
    memory_free(resolved.series);
    memory_free(resolved.cells);
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
