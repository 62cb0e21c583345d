#include "labels/block_tables_state.h"

#include <assert.h>
#include <string.h>

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the counts");
}

static enum serin_status too_many_cells(const struct block_tables *tables, struct serin_error *err)
{
    return serin_fail(err, SERIN_TOO_LARGE,
                      "more than %zu occupied cells; count fewer labels, slices or blocks",
                      tables->limits.cells);
}

/* Interns where the limit of cells is the limit of texts, too: no text comes without a cell. */
static enum serin_status intern(struct block_tables *tables, struct dictionary *dictionary,
                                struct text_view text, uint32_t *out_id, struct serin_error *err)
{
    uint32_t id = 0;
    if (dictionary_intern(dictionary, text, &id) != SERIN_OK) {
        return no_memory(err);
    }
    if (id == DICTIONARY_OTHER) {
        return too_many_cells(tables, err);
    }
    *out_id = id;
    return SERIN_OK;
}

static enum serin_status intern_bytes(struct block_tables *tables, struct dictionary *dictionary,
                                      const void *bytes, size_t length, uint32_t *out_id,
                                      struct serin_error *err)
{
    return intern(tables, dictionary, (struct text_view){bytes, length}, out_id, err);
}

/* Labels beyond the limit share the id after the last one. */
static enum serin_status intern_label(struct label_space *space, struct text_view text,
                                      uint32_t *out_id, struct serin_error *err)
{
    uint32_t id = 0;
    if (dictionary_intern(space->texts, text, &id) != SERIN_OK) {
        return no_memory(err);
    }
    *out_id = id == DICTIONARY_OTHER ? (uint32_t)dictionary_size(space->texts) : id;
    return SERIN_OK;
}

static enum serin_status intern_row(struct block_tables *tables, struct text_view reference,
                                    bool has_reference, uint32_t *out_row, struct serin_error *err)
{
    uint32_t id = 0;
    if (!has_reference) {
        *out_row = ROW_NONE;
        return SERIN_OK;
    }
    TRY(intern_label(&tables->references, reference, &id, err));
    *out_row = id + 1;
    return SERIN_OK;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static enum serin_status intern_pod(const struct block_tables *tables, struct block_set *set,
                                    struct text_view pod, uint32_t *out_id, struct serin_error *err)
{
    uint32_t id = 0;
    if (dictionary_intern(set->pods, pod, &id) != SERIN_OK) {
        return no_memory(err);
    }
    if (id == DICTIONARY_OTHER) {
        return serin_fail(err, SERIN_TOO_LARGE, "more than %zu pods in one arm",
                          tables->limits.pods);
    }
    *out_id = id;
    return SERIN_OK;
}

static bool is_last_block(const struct block_set *set, struct text_view pod, int64_t start_ms)
{
    if (set->block_count == 0) {
        return false;
    }
    const struct block *last = &set->blocks[set->last_block];
    return last->start_ms == start_ms && text_equal(dictionary_text(set->pods, last->pod), pod);
}

static enum serin_status intern_block(struct block_tables *tables, struct block_set *set,
                                      struct text_view pod, int64_t start_ms, uint32_t *out_block,
                                      struct serin_error *err)
{
    if (is_last_block(set, pod, start_ms)) {
        *out_block = set->last_block;
        return SERIN_OK;
    }
    uint32_t pod_id = 0;
    uint32_t id = 0;
    char key[sizeof(pod_id) + sizeof(start_ms)];
    TRY(intern_pod(tables, set, pod, &pod_id, err));
    memcpy(key, &pod_id, sizeof(pod_id));
    memcpy(key + sizeof(pod_id), &start_ms, sizeof(start_ms));
    TRY(intern_bytes(tables, set->block_ids, key, sizeof(key), &id, err));
    if (id == set->block_count) {
        if (memory_grow((void **)&set->blocks, &set->block_room, set->block_count + 1,
                        sizeof(*set->blocks), SIZE_MAX) != SERIN_OK) {
            return no_memory(err);
        }
        set->blocks[set->block_count++] = (struct block){pod_id, start_ms};
    }
    set->last_block = id;
    *out_block = id;
    return SERIN_OK;
}

/* ---- slices ---------------------------------------------------------------------------------- */

struct slice_pair {
    uint32_t dimension;
    uint32_t pair;
};

static enum serin_status intern_pair(struct block_tables *tables, const struct slice_value *slice,
                                     struct slice_pair *out, struct serin_error *err)
{
    struct slices *slices = &tables->slices;
    uint32_t ids[2] = {0, 0};
    uint32_t pair = 0;
    TRY(intern(tables, slices->dimensions, slice->dimension, &ids[0], err));
    TRY(intern(tables, slices->values, slice->value, &ids[1], err));
    TRY(intern_bytes(tables, slices->pairs, ids, sizeof(ids), &pair, err));
    *out = (struct slice_pair){ids[0], pair};
    return SERIN_OK;
}

/* Keeps the pairs ordered by dimension, so that the order in which slices are named is no matter.
 */
static bool insert_pair(struct slice_pair *pairs, size_t count, struct slice_pair pair)
{
    size_t at = count;
    for (; at > 0 && pairs[at - 1].dimension >= pair.dimension; at--) {
        if (pairs[at - 1].dimension == pair.dimension) {
            return false;
        }
        pairs[at] = pairs[at - 1];
    }
    pairs[at] = pair;
    return true;
}

static enum serin_status intern_empty_tuple(struct block_tables *tables, uint32_t *out_tuple,
                                            struct serin_error *err)
{
    struct slices *slices = &tables->slices;
    if (!slices->has_empty_tuple) {
        TRY(intern_bytes(tables, slices->tuples, "", 0, &slices->empty_tuple, err));
        slices->has_empty_tuple = true;
    }
    *out_tuple = slices->empty_tuple;
    return SERIN_OK;
}

static enum serin_status intern_tuple(struct block_tables *tables, const struct slice_value *slices,
                                      size_t count, uint32_t *out_tuple, struct serin_error *err)
{
    struct slice_pair pairs[SLICE_DIMENSIONS_MAX];
    uint32_t key[SLICE_DIMENSIONS_MAX];
    assert(count <= SLICE_DIMENSIONS_MAX);
    if (count == 0) {
        return intern_empty_tuple(tables, out_tuple, err);
    }
    for (size_t i = 0; i < count; i++) {
        struct slice_pair pair = {0, 0};
        TRY(intern_pair(tables, &slices[i], &pair, err));
        if (!insert_pair(pairs, i, pair)) {
            return serin_fail(err, SERIN_INVALID, "the slice dimension %s is given twice",
                              TEXT_QUOTE(slices[i].dimension));
        }
    }
    for (size_t i = 0; i < count; i++) {
        key[i] = pairs[i].pair;
    }
    return intern_bytes(tables, tables->slices.tuples, key, count * sizeof(key[0]), out_tuple, err);
}

/* ---- cells ----------------------------------------------------------------------------------- */

static size_t cells_in_all(const struct block_tables *tables)
{
    size_t cells = 0;
    for (size_t i = 0; i < SET_COUNT; i++) {
        cells += tables->sets[i].cells.count;
    }
    return cells;
}

/* Merges equal cells in every log, to see how many there really are. */
static enum serin_status compact_all(struct block_tables *tables)
{
    for (size_t i = 0; i < SET_COUNT; i++) {
        TRY(cell_log_compact(&tables->sets[i].cells));
    }
    return SERIN_OK;
}

static enum serin_status make_room(struct block_tables *tables, struct cell_log *log,
                                   struct serin_error *err)
{
    bool may_exceed = cells_in_all(tables) >= tables->limits.cells;
    if (!may_exceed && !cell_log_is_small(log) && cell_log_compact(log) != SERIN_OK) {
        return no_memory(err);
    }
    if (may_exceed && compact_all(tables) != SERIN_OK) {
        return no_memory(err);
    }
    if (cells_in_all(tables) > tables->limits.cells) {
        return too_many_cells(tables, err);
    }
    return cell_log_reserve(log) == SERIN_OK ? SERIN_OK : no_memory(err);
}

/* Statistics pool the arms, so it is both together that must stay countable. */
static enum serin_status check_total(const struct block_tables *tables, const struct block_set *set,
                                     uint64_t count, struct serin_error *err)
{
    if (set >= &tables->sets[SET_PAIRS]) {
        return count > SERIN_TOTAL_MAX - set->events
                   ? serin_fail(err, SERIN_RANGE, "more than 2^53 keys that were labelled twice")
                   : SERIN_OK;
    }
    uint64_t events = tables->sets[ARM_CANARY].events + tables->sets[ARM_STABLE].events;
    return count > SERIN_TOTAL_MAX - events
               ? serin_fail(err, SERIN_RANGE,
                            "more than 2^53 events in both arms together, too many to count "
                            "exactly; judge a shorter time of both")
               : SERIN_OK;
}

static void note_events(struct block_set *set, const struct cell *cell)
{
    set->events += cell->count;
    if (cell->keys[CELL_ROW] == ROW_NONE) {
        set->unreferenced += cell->count;
    }
}

/* How a cell enters the log: cell_log_add, or cell_log_append where it is most likely new. */
typedef enum serin_status cell_entry(struct cell_log *log, const struct cell *cell);

static enum serin_status enter_cell(struct block_tables *tables, struct block_set *set,
                                    const struct cell *cell, cell_entry *enter,
                                    struct serin_error *err)
{
    TRY(check_total(tables, set, cell->count, err));
    if (enter(&set->cells, cell) != SERIN_OK) {
        TRY(make_room(tables, &set->cells, err));
        TRY(enter(&set->cells, cell));
    }
    note_events(set, cell);
    return SERIN_OK;
}

enum serin_status block_tables_add(struct block_tables *tables, const struct block_count *count,
                                   struct serin_error *err)
{
    struct block_set *set = &tables->sets[count->arm];
    struct cell cell = {.count = count->count};
    assert(!tables->sealed);
    if (count->count == 0) {
        return SERIN_OK;
    }
    TRY(intern_block(tables, set, count->pod, count->block_start_ms, &cell.keys[CELL_BLOCK], err));
    TRY(intern_row(tables, count->reference, count->has_reference, &cell.keys[CELL_ROW], err));
    TRY(intern_label(&tables->labels, count->label, &cell.keys[CELL_COLUMN], err));
    TRY(intern_tuple(tables, count->slices, count->slice_count, &cell.keys[CELL_EXTRA], err));
    return enter_cell(tables, set, &cell, cell_log_add, err);
}

static enum serin_status add_pair(struct block_tables *tables, struct block_set *set,
                                  const struct paired_count *count, struct serin_error *err)
{
    struct cell cell = {.count = count->count};
    assert(!tables->sealed);
    if (count->count == 0) {
        return SERIN_OK;
    }
    TRY(intern_block(tables, set, count->pod, count->block_start_ms, &cell.keys[CELL_BLOCK], err));
    TRY(intern_row(tables, count->reference, count->has_reference, &cell.keys[CELL_ROW], err));
    TRY(intern_label(&tables->labels, count->canary_label, &cell.keys[CELL_COLUMN], err));
    TRY(intern_label(&tables->labels, count->stable_label, &cell.keys[CELL_EXTRA], err));
    return enter_cell(tables, set, &cell, cell_log_add, err);
}

enum serin_status block_tables_add_paired(struct block_tables *tables,
                                          const struct paired_count *count, struct serin_error *err)
{
    return add_pair(tables, &tables->sets[SET_PAIRS], count, err);
}

enum serin_status block_tables_add_self_paired(struct block_tables *tables,
                                               const struct paired_count *count,
                                               struct serin_error *err)
{
    return add_pair(tables, &tables->sets[SET_SELF_PAIRS], count, err);
}

/* ---- by ids ---------------------------------------------------------------------------------- */

enum serin_status block_tables_label_id(struct block_tables *tables, struct text_view text,
                                        uint32_t *out_id, struct serin_error *err)
{
    assert(!tables->sealed);
    return intern_label(&tables->labels, text, out_id, err);
}

enum serin_status block_tables_reference_id(struct block_tables *tables, struct text_view text,
                                            uint32_t *out_id, struct serin_error *err)
{
    assert(!tables->sealed);
    return intern_label(&tables->references, text, out_id, err);
}

enum serin_status block_tables_slices_id(struct block_tables *tables,
                                         const struct slice_value *slices, size_t count,
                                         uint32_t *out_id, struct serin_error *err)
{
    assert(!tables->sealed);
    return intern_tuple(tables, slices, count, out_id, err);
}

enum serin_status block_tables_add_block(struct block_tables *tables, enum arm arm,
                                         struct text_view pod, int64_t block_start_ms,
                                         const struct table_cell *cells, size_t count,
                                         struct serin_error *err)
{
    struct block_set *set = &tables->sets[arm];
    uint32_t block = 0;
    assert(!tables->sealed);
    if (count == 0) {
        return SERIN_OK;
    }
    TRY(intern_block(tables, set, pod, block_start_ms, &block, err));
    for (size_t i = 0; i < count; i++) {
        bool has_reference = cells[i].reference != SERIN_NO_REFERENCE;
        struct cell cell = {
            .keys = {[CELL_BLOCK] = block,
                     [CELL_ROW] = has_reference ? cells[i].reference + 1 : ROW_NONE,
                     [CELL_COLUMN] = cells[i].label,
                     [CELL_EXTRA] = cells[i].slices},
            .count = cells[i].count,
        };
        if (cell.count > 0) {
            TRY(enter_cell(tables, set, &cell, cell_log_append, err));
        }
    }
    return SERIN_OK;
}
