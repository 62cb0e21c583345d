#include "labels/block_tables_state.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts ----------------------------------------------------------------------------------- */

struct named_id {
    struct text_view text;
    uint32_t id;
    bool is_other;
};

/* Bytewise, BLOCK_TABLES_OTHER last; no two texts are equal. */
static int compare_named(const void *left, const void *right)
{
    const struct named_id *a = left;
    const struct named_id *b = right;
    if (a->is_other != b->is_other) {
        return a->is_other ? 1 : -1;
    }
    return text_compare(a->text, b->text);
}

static struct named_id *sort_texts(const struct dictionary *texts, bool other_last)
{
    size_t count = dictionary_size(texts);
    struct named_id *sorted = memory_allocate(count, sizeof(*sorted));
    if (!sorted) {
        return NULL;
    }
    for (size_t id = 0; id < count; id++) {
        struct text_view text = dictionary_text(texts, (uint32_t)id);
        sorted[id] = (struct named_id){text, (uint32_t)id,
                                       other_last && text_equals(text, BLOCK_TABLES_OTHER)};
    }
    qsort(sorted, count, sizeof(*sorted), compare_named);
    return sorted;
}

static enum serin_status ranking_allocate(struct ranking *ranking, size_t count)
{
    ranking->texts = memory_allocate(count + 1, sizeof(*ranking->texts));
    ranking->ranks = memory_allocate(count + 1, sizeof(*ranking->ranks));
    return ranking->texts && ranking->ranks ? SERIN_OK : SERIN_NO_MEMORY;
}

/* Labels beyond the limit have the id after the last; they join `other` or become it. */
static void rank_folded(struct ranking *ranking, size_t ids)
{
    static const struct text_view other = TEXT_VIEW(BLOCK_TABLES_OTHER);
    if (ranking->count == 0 || !text_equal(ranking->texts[ranking->count - 1], other)) {
        ranking->texts[ranking->count++] = other;
    }
    ranking->ranks[ids] = (uint32_t)(ranking->count - 1);
}

static enum serin_status rank_texts(const struct dictionary *texts, bool other_last,
                                    struct ranking *ranking)
{
    size_t ids = dictionary_size(texts);
    owned_memory struct named_id *sorted = sort_texts(texts, other_last);
    if (!sorted) {
        return SERIN_NO_MEMORY;
    }
    TRY(ranking_allocate(ranking, ids));
    for (size_t rank = 0; rank < ids; rank++) {
        ranking->texts[rank] = sorted[rank].text;
        ranking->ranks[sorted[rank].id] = (uint32_t)rank;
    }
    ranking->count = ids;
    return SERIN_OK;
}

static enum serin_status rank_labels(struct label_space *space)
{
    TRY(rank_texts(space->texts, true, &space->ranking));
    if (dictionary_capped(space->texts)) {
        rank_folded(&space->ranking, dictionary_size(space->texts));
    }
    return SERIN_OK;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

struct placed_block {
    struct block block; /* pod by rank, start of the final bucket */
    uint32_t id;
};

static int compare_blocks(const void *left, const void *right)
{
    const struct block *a = &((const struct placed_block *)left)->block;
    const struct block *b = &((const struct placed_block *)right)->block;
    if (a->pod != b->pod) {
        return a->pod < b->pod ? -1 : 1;
    }
    return a->start_ms == b->start_ms ? 0 : a->start_ms < b->start_ms ? -1 : 1;
}

/* The width that blocks are widened to; 0: they stay as they were added. */
static int64_t final_width_ms(const struct block_tables *tables, const struct block_set *set)
{
    if (tables->base_ms == 0) {
        return 0;
    }
    /* A pair stands in the block of an event of its arm, so both are as wide. */
    const struct dictionary *pods = set == &tables->sets[SET_PAIRS] ? tables->sets[ARM_CANARY].pods
                                    : set == &tables->sets[SET_SELF_PAIRS]
                                        ? tables->sets[ARM_STABLE].pods
                                        : set->pods;
    return block_width_ms(tables->base_ms, tables->window_start_ms, tables->window_end_ms,
                          dictionary_size(pods));
}

static struct placed_block *sort_blocks(const struct block_tables *tables,
                                        const struct block_set *set, const uint32_t *pod_ranks)
{
    struct placed_block *sorted = memory_allocate(set->block_count, sizeof(*sorted));
    int64_t width_ms = final_width_ms(tables, set);
    if (!sorted) {
        return NULL;
    }
    for (size_t id = 0; id < set->block_count; id++) {
        const struct block *block = &set->blocks[id];
        int64_t start_ms = width_ms > 0 ? block_start(block->start_ms, width_ms) : block->start_ms;
        sorted[id] = (struct placed_block){
            {pod_ranks[block->pod], start_ms},
            (uint32_t)id
        };
    }
    qsort(sorted, set->block_count, sizeof(*sorted), compare_blocks);
    return sorted;
}

/* Fills `out_ranks` by block id, and keeps one block of those that fell together. */
static enum serin_status rank_blocks(const struct block_tables *tables, struct block_set *set,
                                     const uint32_t *pod_ranks, uint32_t *out_ranks)
{
    owned_memory struct placed_block *sorted = sort_blocks(tables, set, pod_ranks);
    if (!sorted) {
        return SERIN_NO_MEMORY;
    }
    size_t kept = 0;
    for (size_t i = 0; i < set->block_count; i++) {
        if (kept == 0 || compare_blocks(&sorted[i], &sorted[i - 1]) != 0) {
            set->blocks[kept++] = sorted[i].block;
        }
        out_ranks[sorted[i].id] = (uint32_t)(kept - 1);
    }
    set->block_count = kept;
    return SERIN_OK;
}

/* ---- slices ---------------------------------------------------------------------------------- */

struct named_pair {
    struct slice_value slice;
    uint32_t id;
};

static int compare_pairs(const void *left, const void *right)
{
    const struct slice_value *a = &((const struct named_pair *)left)->slice;
    const struct slice_value *b = &((const struct named_pair *)right)->slice;
    int order = text_compare(a->dimension, b->dimension);
    return order != 0 ? order : text_compare(a->value, b->value);
}

static struct named_pair *sort_pairs(const struct slices *slices)
{
    size_t count = dictionary_size(slices->pairs);
    struct named_pair *sorted = memory_allocate(count, sizeof(*sorted));
    if (!sorted) {
        return NULL;
    }
    for (size_t id = 0; id < count; id++) {
        uint32_t ids[2];
        memcpy(ids, dictionary_text(slices->pairs, (uint32_t)id).start, sizeof(ids));
        struct slice_value slice = {dictionary_text(slices->dimensions, ids[0]),
                                    dictionary_text(slices->values, ids[1])};
        sorted[id] = (struct named_pair){slice, (uint32_t)id};
    }
    qsort(sorted, count, sizeof(*sorted), compare_pairs);
    return sorted;
}

static size_t tuple_length(const struct slices *slices, size_t tuple)
{
    return dictionary_text(slices->tuples, (uint32_t)tuple).length / sizeof(uint32_t);
}

static void list_members(struct slices *slices, const uint32_t *pair_ranks)
{
    size_t first = 0;
    for (size_t tuple = 0; tuple < dictionary_size(slices->tuples); tuple++) {
        struct text_view key = dictionary_text(slices->tuples, (uint32_t)tuple);
        size_t count = tuple_length(slices, tuple);
        slices->by_tuple[tuple] = (struct tuple){first, count};
        memcpy(&slices->members[first], key.start, key.length);
        for (size_t i = first; i < first + count; i++) {
            slices->members[i] = pair_ranks[slices->members[i]];
        }
        first += count;
    }
}

static enum serin_status rank_slices(struct slices *slices)
{
    size_t pairs = dictionary_size(slices->pairs);
    size_t tuples = dictionary_size(slices->tuples);
    size_t members = 0;
    for (size_t tuple = 0; tuple < tuples; tuple++) {
        members += tuple_length(slices, tuple);
    }
    owned_memory struct named_pair *sorted = sort_pairs(slices);
    owned_memory uint32_t *pair_ranks = memory_allocate(pairs, sizeof(*pair_ranks));
    slices->names = memory_allocate(pairs, sizeof(*slices->names));
    slices->by_tuple = memory_allocate(tuples, sizeof(*slices->by_tuple));
    slices->members = memory_allocate(members, sizeof(*slices->members));
    if (!sorted || !pair_ranks || !slices->names || !slices->by_tuple || !slices->members) {
        return SERIN_NO_MEMORY;
    }
    for (size_t rank = 0; rank < pairs; rank++) {
        slices->names[rank] = sorted[rank].slice;
        pair_ranks[sorted[rank].id] = (uint32_t)rank;
    }
    slices->name_count = pairs;
    list_members(slices, pair_ranks);
    return SERIN_OK;
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* Events without a reference come after the last reference. */
static uint32_t row_rank(const struct ranking *references, uint32_t row)
{
    return row == ROW_NONE ? (uint32_t)references->count : references->ranks[row - 1];
}

static void rank_cells(const struct block_tables *tables, struct block_set *set,
                       const uint32_t *block_ranks, bool extra_is_label)
{
    const struct ranking *labels = &tables->labels.ranking;
    for (size_t i = 0; i < set->cells.count; i++) {
        uint32_t *keys = set->cells.cells[i].keys;
        keys[CELL_BLOCK] = block_ranks[keys[CELL_BLOCK]];
        keys[CELL_ROW] = row_rank(&tables->references.ranking, keys[CELL_ROW]);
        keys[CELL_COLUMN] = labels->ranks[keys[CELL_COLUMN]];
        if (extra_is_label) {
            keys[CELL_EXTRA] = labels->ranks[keys[CELL_EXTRA]];
        }
    }
}

static enum serin_status index_blocks(struct block_set *set)
{
    set->first_cells = memory_allocate(set->block_count + 1, sizeof(*set->first_cells));
    if (!set->first_cells) {
        return SERIN_NO_MEMORY;
    }
    size_t block = 0;
    for (size_t i = 0; i < set->cells.count; i++) {
        while (block <= set->cells.cells[i].keys[CELL_BLOCK]) {
            set->first_cells[block++] = i;
        }
    }
    while (block <= set->block_count) {
        set->first_cells[block++] = set->cells.count;
    }
    return SERIN_OK;
}

static enum serin_status seal_set(const struct block_tables *tables, struct block_set *set,
                                  bool extra_is_label)
{
    struct ranking pods = {0};
    enum serin_status status = rank_texts(set->pods, false, &pods);
    set->pod_names = pods.texts;
    owned_memory uint32_t *pod_ranks = pods.ranks;
    TRY(status);
    owned_memory uint32_t *block_ranks = memory_allocate(set->block_count, sizeof(*block_ranks));
    if (!block_ranks) {
        return SERIN_NO_MEMORY;
    }
    TRY(rank_blocks(tables, set, pod_ranks, block_ranks));
    rank_cells(tables, set, block_ranks, extra_is_label);
    TRY(cell_log_compact(&set->cells));
    return index_blocks(set);
}

enum serin_status block_tables_seal(struct block_tables *tables)
{
    size_t cells = 0;
    if (tables->sealed) {
        return SERIN_OK;
    }
    TRY(rank_labels(&tables->labels));
    TRY(rank_labels(&tables->references));
    TRY(rank_slices(&tables->slices));
    for (size_t i = 0; i < SET_COUNT; i++) {
        TRY(seal_set(tables, &tables->sets[i], i >= SET_PAIRS));
        cells += tables->sets[i].cells.count;
    }
    tables->sealed = cells <= tables->limits.cells;
    return tables->sealed ? SERIN_OK : SERIN_TOO_LARGE;
}
