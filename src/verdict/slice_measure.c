#include "verdict/slice_measure.h"

#include "labels/slice_cells.h"
#include "verdict/companions.h"
#include "verdict/counts.h"

#include <string.h>

/* ---- results -------------------------------------------------------------------------------- */

void slice_result_clear(struct slice_result *result)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        memory_free(result->arms[arm].cells);
        result->arms[arm] = (struct slice_events){0};
    }
}

enum serin_status slice_results_create(size_t capacity, struct slice_results **out)
{
    owned(slice_results) results = memory_allocate(1, sizeof(*results));
    if (!results) {
        return SERIN_NO_MEMORY;
    }
    results->items = memory_allocate(capacity, sizeof(*results->items));
    if (!results->items) {
        return SERIN_NO_MEMORY;
    }
    results->capacity = capacity;
    *out = give(results);
    return SERIN_OK;
}

void slice_results_destroy(struct slice_results *results)
{
    if (results) {
        for (size_t i = 0; i < results->count; i++) {
            slice_result_clear(&results->items[i]);
        }
        memory_free(results->items);
        memory_free(results);
    }
}

/* ---- one group of cells --------------------------------------------------------------------- */

static bool is_silenced(const char *reason)
{
    for (size_t i = 0; i < guard_count; i++) {
        if (guards[i].kind == GUARD_SILENCES && strcmp(guards[i].name, reason) == 0) {
            return true;
        }
    }
    return false;
}

static enum serin_status cells_measure(const struct slice_question *question,
                                       struct cell_view canary, struct cell_view stable,
                                       struct slice_result *out, struct serin_error *err)
{
    owned(counts) counts = NULL;
    struct evidence evidence;
    TRY(counts_create(canary, stable, question->grouping, &counts, err));
    TRY(evidence_measure(counts, question->tables, &question->spec->judgement, &evidence, err));
    TRY(companions_measure(counts, &evidence, err));
    bool has_companions = evidence.has_companions;
    evidence.has_companions = false; /* they are for the whole; a slice is judged by NMI alone */
    out->outcome = outcome_decide(&evidence);
    evidence.has_companions = has_companions;
    bool is_silent = is_silenced(out->outcome.reason);
    out->evidence = evidence;
    out->is_stratum = !is_silent && evidence.delta.defined;
    out->is_tested = !is_silent && (evidence.delta.defined || evidence.canary_collapsed);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        out->arms[arm].cells = give(counts->arms[arm].cells);
        out->arms[arm].count = counts->arms[arm].cell_count;
    }
    return SERIN_OK;
}

/* Both arms' cells in the groups, sorted out. */
struct split {
    struct slice_cells *arms[ARM_COUNT];
};

static void split_clear(struct split *split)
{
    slice_cells_destroy(split->arms[ARM_CANARY]);
    slice_cells_destroy(split->arms[ARM_STABLE]);
}
#define split_scope __attribute__((cleanup(split_clear))) struct split

/* Each of the slices a group of its own; `takes_rest`: and one more for all others. */
static enum serin_status slices_split(const struct block_tables *tables, const size_t *slices,
                                      size_t count, bool takes_rest, struct split *out,
                                      struct serin_error *err)
{
    size_t first = count > 0 ? slices[0] : 0;
    size_t range = count > 0 ? slices[count - 1] - first + 1 : 0;
    owned_memory size_t *map = memory_allocate(range, sizeof(*map));
    if (!map) {
        return serin_fail(err, SERIN_NO_MEMORY, "the cells of the slices");
    }
    for (size_t i = 0; i < range; i++) {
        map[i] = SLICE_UNGROUPED;
    }
    for (size_t i = 0; i < count; i++) {
        map[slices[i] - first] = i;
    }
    struct slice_groups groups = {.first = first,
                                  .slices = range,
                                  .map = map,
                                  .count = count + (takes_rest ? 1 : 0),
                                  .takes_rest = takes_rest};
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        enum serin_status status =
            slice_cells_create(tables, (enum arm)arm, &groups, &out->arms[arm]);
        if (status != SERIN_OK) {
            return serin_fail(err, status, "the cells of the slices");
        }
    }
    return SERIN_OK;
}

/* ---- the rest of a dimension ---------------------------------------------------------------- */

enum serin_status slice_rest_measure(const struct slice_question *question,
                                     const struct slice_result *const *apart, size_t count,
                                     struct slice_result *out, struct serin_error *err)
{
    split_scope split = {0};
    owned_memory size_t *slices = memory_allocate(count, sizeof(*slices));
    if (!slices) {
        return serin_fail(err, SERIN_NO_MEMORY, "the rest of the slices");
    }
    for (size_t i = 0; i < count; i++) {
        slices[i] = apart[i]->slice;
    }
    TRY(slices_split(question->tables, slices, count, true, &split, err));
    out->slice = SLICE_REST;
    return cells_measure(question, slice_cells_view(split.arms[ARM_CANARY], count),
                         slice_cells_view(split.arms[ARM_STABLE], count), out, err);
}

static uint64_t events_of(const struct slice_result *result)
{
    return result->evidence.arms[ARM_CANARY].events + result->evidence.arms[ARM_STABLE].events;
}

/* Adds the rest of the dimension whose slices are the results from `first` on. */
static enum serin_status rest_add(const struct slice_question *question, size_t first,
                                  struct slice_results *results, struct serin_error *err)
{
    uint64_t left = block_tables_events(question->tables, ARM_CANARY) +
                    block_tables_events(question->tables, ARM_STABLE);
    uint64_t largest_pooled = 0;
    size_t count = 0;
    owned_memory const struct slice_result **apart =
        memory_allocate(results->count - first, sizeof(*apart));
    if (!apart) {
        return serin_fail(err, SERIN_NO_MEMORY, "the rest of the slices");
    }
    for (size_t i = first; i < results->count; i++) {
        uint64_t events = events_of(&results->items[i]);
        if (results->items[i].is_stratum) {
            apart[count++] = &results->items[i];
            left -= events;
        } else if (events > largest_pooled) {
            largest_pooled = events;
        }
    }
    if (left == largest_pooled) { /* nothing, or one slice that is known already */
        return SERIN_OK;
    }
    struct slice_result *rest = &results->items[results->count++];
    TRY(slice_rest_measure(question, apart, count, rest, err));
    rest->value = (struct slice_value){.dimension = results->items[first].value.dimension,
                                       .value = TEXT_VIEW(SLICE_REST_TEXT)};
    return SERIN_OK;
}

enum serin_status slices_measure(const struct slice_question *question, const size_t *slices,
                                 size_t count, struct slice_results *out, struct serin_error *err)
{
    split_scope split = {0};
    size_t first = out->count;
    TRY(slices_split(question->tables, slices, count, false, &split, err));
    for (size_t i = 0; i < count; i++) {
        struct slice_result *result = &out->items[out->count++];
        result->slice = slices[i];
        result->value = block_tables_slice(question->tables, slices[i]);
        TRY(cells_measure(question, slice_cells_view(split.arms[ARM_CANARY], i),
                          slice_cells_view(split.arms[ARM_STABLE], i), result, err));
    }
    return rest_add(question, first, out, err);
}
