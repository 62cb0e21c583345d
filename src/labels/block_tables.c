#include "labels/block_tables.h"

#include "labels/block_tables_state.h"

#include <assert.h>

const struct table_limits table_limits_default = {
    .labels = 10000,
    .pods = 5000,
    .cells = 4000000,
};

const char *arm_name(enum arm arm)
{
    return arm == ARM_CANARY ? "canary" : "stable";
}

static bool create_set(struct block_set *set, const struct table_limits *limits)
{
    set->pods = dictionary_create(limits->pods, &limits->key);
    set->block_ids = dictionary_create(limits->cells, &limits->key);
    return set->pods && set->block_ids;
}

static bool create_slices(struct slices *slices, const struct table_limits *limits)
{
    slices->dimensions = dictionary_create(limits->cells, &limits->key);
    slices->values = dictionary_create(limits->cells, &limits->key);
    slices->pairs = dictionary_create(limits->cells, &limits->key);
    slices->tuples = dictionary_create(limits->cells, &limits->key);
    return slices->dimensions && slices->values && slices->pairs && slices->tuples;
}

static bool create_parts(struct block_tables *tables)
{
    const struct table_limits *limits = &tables->limits;
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (!create_set(&tables->sets[i], limits)) {
            return false;
        }
    }
    tables->labels.texts = dictionary_create(limits->labels, &limits->key);
    tables->references.texts = dictionary_create(limits->labels, &limits->key);
    return tables->labels.texts && tables->references.texts &&
           create_slices(&tables->slices, limits);
}

struct block_tables *block_tables_create(const struct table_limits *limits)
{
    owned(block_tables) tables = memory_allocate(1, sizeof(*tables));
    if (!tables) {
        return NULL;
    }
    tables->limits = *limits;
    return create_parts(tables) ? give(tables) : NULL;
}

const struct table_limits *block_tables_limits(const struct block_tables *tables)
{
    return &tables->limits;
}

static void destroy_set(struct block_set *set)
{
    dictionary_destroy(set->pods);
    dictionary_destroy(set->block_ids);
    memory_free(set->blocks);
    cell_log_clear(&set->cells);
    memory_free(set->pod_names);
    memory_free(set->first_cells);
}

static void destroy_space(struct label_space *space)
{
    dictionary_destroy(space->texts);
    memory_free(space->ranking.texts);
    memory_free(space->ranking.ranks);
}

static void destroy_slices(struct slices *slices)
{
    dictionary_destroy(slices->dimensions);
    dictionary_destroy(slices->values);
    dictionary_destroy(slices->pairs);
    dictionary_destroy(slices->tuples);
    memory_free(slices->names);
    memory_free(slices->by_tuple);
    memory_free(slices->members);
}

void block_tables_destroy(struct block_tables *tables)
{
    if (!tables) {
        return;
    }
    for (size_t i = 0; i < SET_COUNT; i++) {
        destroy_set(&tables->sets[i]);
    }
    destroy_space(&tables->labels);
    destroy_space(&tables->references);
    destroy_slices(&tables->slices);
    memory_free(tables);
}

void block_tables_set_coverage(struct block_tables *tables, enum arm arm,
                               const struct arm_coverage *coverage)
{
    tables->coverage[arm] = *coverage;
}

void block_tables_set_window(struct block_tables *tables, int64_t start_ms, int64_t end_ms)
{
    tables->window_start_ms = start_ms;
    tables->window_end_ms = end_ms;
}

void block_tables_widen_blocks(struct block_tables *tables, int64_t base_ms)
{
    assert(base_ms > 0 && !tables->sealed);
    tables->base_ms = base_ms;
}

void block_tables_set_incomplete(struct block_tables *tables, const char *reason)
{
    if (tables->incomplete.status == SERIN_OK) {
        (void)serin_fail(&tables->incomplete, SERIN_UNAVAILABLE, "%s", reason);
    }
}

void block_tables_set_blocks_unknown(struct block_tables *tables)
{
    tables->blocks_unknown = true;
}

void block_tables_set_capped(struct block_tables *tables)
{
    tables->capped = true;
}
