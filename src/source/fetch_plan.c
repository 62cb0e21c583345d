#include "source/fetch_plan.h"

#include "labels/block_tables.h"
#include "source/event_counts.h"

#include <stdlib.h>

void fetch_plan_clear(struct fetch_plan *plan)
{
    memory_free(plan->series);
    memory_free(plan->cells);
    *plan = (struct fetch_plan){0};
}

bool fetch_plan_holds(const struct fetch_plan *plan, const struct cube *cube)
{
    return plan->series && plan->series_count == cube_series_count(cube) &&
           plan->cell_count == cube_cell_count(cube);
}

/* ---- ranks of texts -------------------------------------------------------------------------- */

struct named_id {
    struct text_view text;
    uint32_t id;
};

static int compare_names(const void *left, const void *right)
{
    return text_compare(((const struct named_id *)left)->text,
                        ((const struct named_id *)right)->text);
}

/* By id, the place of each text among all; NULL when memory is short. */
static uint32_t *rank_texts(const struct dictionary *texts)
{
    size_t count = dictionary_size(texts);
    owned_memory struct named_id *names = memory_allocate(count, sizeof(*names));
    uint32_t *ranks = memory_allocate(count, sizeof(*ranks));
    if (!names || !ranks) {
        memory_free(ranks);
        return NULL;
    }
    for (size_t id = 0; id < count; id++) {
        names[id] = (struct named_id){dictionary_text(texts, (uint32_t)id), (uint32_t)id};
    }
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t rank = 0; rank < count; rank++) {
        ranks[names[rank].id] = (uint32_t)rank;
    }
    return ranks;
}

/* The tables put `other` last, and what has no reference after that. */
static uint32_t rank_of(const struct dictionary *texts, const uint32_t *ranks, uint32_t id)
{
    bool is_other = id == ID_OTHER || (id != ID_ABSENT &&
                                       text_equals(dictionary_text(texts, id), BLOCK_TABLES_OTHER));
    return id == ID_ABSENT ? UINT32_MAX : is_other ? UINT32_MAX - 1 : ranks[id];
}

/* ---- sorting --------------------------------------------------------------------------------- */

struct ranked {
    struct index_key rank;
    uint32_t index;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    if (a->rank.high != b->rank.high) {
        return a->rank.high < b->rank.high ? -1 : 1;
    }
    return (a->rank.low > b->rank.low) - (a->rank.low < b->rank.low);
}

/* The indexes in the order of their ranks, in an array that the plan takes over. */
static uint32_t *sort_indexes(struct ranked *ranked, size_t count)
{
    uint32_t *indexes = memory_allocate(count, sizeof(*indexes));
    if (indexes) {
        qsort(ranked, count, sizeof(*ranked), compare_ranked);
        for (size_t i = 0; i < count; i++) {
            indexes[i] = ranked[i].index;
        }
    }
    return indexes;
}

static enum serin_status order_series(struct fetch_plan *plan, const struct cube *cube,
                                      const struct dictionary *pods)
{
    size_t count = cube_series_count(cube);
    owned_memory uint32_t *ranks = rank_texts(pods);
    owned_memory struct ranked *ranked = memory_allocate(count, sizeof(*ranked));
    if (!ranks || !ranked) {
        return SERIN_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct index_key key = cube_series_key(cube, i);
        uint32_t pod = ranks[(uint32_t)key.high];
        ranked[i] = (struct ranked){index_key((uint32_t)(key.high >> 32), pod, 0, 0), i};
    }
    plan->series = sort_indexes(ranked, count);
    plan->series_count = count;
    return plan->series ? SERIN_OK : SERIN_NO_MEMORY;
}

static enum serin_status order_cells(struct fetch_plan *plan, const struct cube *cube,
                                     const struct dictionary *references,
                                     const struct dictionary *labels)
{
    size_t count = cube_cell_count(cube);
    plan->cell_count = count;
    if (count > FETCH_PLAN_CELLS_MAX) {
        return SERIN_OK;
    }
    owned_memory uint32_t *reference_ranks = rank_texts(references);
    owned_memory uint32_t *label_ranks = rank_texts(labels);
    owned_memory struct ranked *ranked = memory_allocate(count, sizeof(*ranked));
    if (!reference_ranks || !label_ranks || !ranked) {
        return SERIN_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct index_key key = cube_cell_key(cube, i);
        uint32_t tuple = (uint32_t)(key.high >> 32);
        uint32_t reference = rank_of(references, reference_ranks, (uint32_t)key.high);
        uint32_t label = rank_of(labels, label_ranks, (uint32_t)(key.low >> 32));
        ranked[i] = (struct ranked){index_key(reference, label, tuple, 0), i};
    }
    plan->cells = sort_indexes(ranked, count);
    return plan->cells ? SERIN_OK : SERIN_NO_MEMORY;
}

enum serin_status fetch_plan_make(struct fetch_plan *plan, const struct cube *cube,
                                  const struct dictionary *pods,
                                  const struct dictionary *references,
                                  const struct dictionary *labels)
{
    fetch_plan_clear(plan);
    enum serin_status status = order_series(plan, cube, pods);
    if (status == SERIN_OK) {
        status = order_cells(plan, cube, references, labels);
    }
    if (status != SERIN_OK) {
        fetch_plan_clear(plan);
    }
    return status;
}
