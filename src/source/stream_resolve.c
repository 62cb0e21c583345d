#include "source/stream_resolve.h"

#include "source/slice_tuple.h"

#define UNRESOLVED (UINT32_MAX - 2)

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the events' counts");
}

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
        store_stream_breathe(resolver->stream, i);
        TRY(resolve_series(resolver, &counts->blocks[i], &out->series[i], err));
    }
    for (size_t i = 0; i < counts->cell_count; i++) {
        store_stream_breathe(resolver->stream, i);
        enum serin_status status = resolve_cell(resolver, &counts->cells[i], &out->cells[i]);
        if (status != SERIN_OK) {
            return status == SERIN_NO_MEMORY ? no_memory(err) : status;
        }
    }
    return SERIN_OK;
}

enum serin_status stream_resolve(struct store_stream *stream, struct event_counts *counts,
                                 const struct store_limits *limits, struct resolved_counts *out,
                                 bool *out_folded, struct serin_error *err)
{
    struct resolver resolver = {.stream = stream, .limits = limits, .counts = counts};
    enum serin_status status = resolve_all(&resolver, out, err);
    if (status == SERIN_OK) {
        *out_folded = resolver.folded;
    }
    clear_resolver(&resolver);
    return status;
}

void resolved_counts_clear(struct resolved_counts *resolved)
{
    memory_free(resolved->series);
    memory_free(resolved->cells);
    *resolved = (struct resolved_counts){0};
}
