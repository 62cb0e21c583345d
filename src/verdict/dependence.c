#include "verdict/dependence.h"

#include "serin/paired.h"
#include "serin/shift.h"
#include "verdict/arm_blocks.h"
#include "verdict/measure.h"

#include <stdbool.h>
#include <string.h>

/* Which pod each block is of. */
static enum serin_status pods_find(const struct counts *counts, const struct block_tables *tables,
                                   enum design design, enum arm arm, uint32_t **out)
{
    size_t blocks = arm_blocks_count(counts, tables, design, arm);
    uint32_t *pods = memory_allocate(blocks + 1, sizeof(*pods));
    if (!pods) {
        return SERIN_NO_MEMORY;
    }
    arm_blocks_pods(counts, tables, design, arm, pods);
    *out = pods;
    return SERIN_OK;
}

/* The arm's cells with pods for blocks. */
static enum serin_status cells_by_pod(const struct arm_counts *arm, const uint32_t *pods,
                                      struct serin_block_cell **out, size_t *out_count)
{
    struct serin_block_cell *cells = memory_allocate(arm->cell_count + 1, sizeof(*cells));
    if (!cells) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < arm->cell_count; i++) {
        cells[i] = arm->cells[i];
    }
    *out_count = cells_take_pods(cells, arm->cell_count, pods);
    *out = cells;
    return SERIN_OK;
}

static enum serin_status triples_by_pod(const struct counts *counts, const uint32_t *pods,
                                        struct serin_triple **out)
{
    struct serin_triple *triples = memory_allocate(counts->triple_count + 1, sizeof(*triples));
    if (!triples) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < counts->triple_count; i++) {
        triples[i] = counts->triples[i];
        triples[i].block = pods[triples[i].block];
    }
    *out = triples;
    return SERIN_OK;
}

/* One arm's cells, by block or by pod, to either kind of effect. */
typedef enum serin_status effect_function(const struct serin_blocks *blocks,
                                          const struct judgement *judgement,
                                          struct serin_design_effect *out);

static enum serin_status effect_of_table(const struct serin_blocks *blocks,
                                         const struct judgement *judgement,
                                         struct serin_design_effect *out)
{
    return serin_design_effect(blocks, judgement->normalizer, out);
}

static enum serin_status effect_of_labels(const struct serin_blocks *blocks,
                                          const struct judgement *judgement,
                                          struct serin_design_effect *out)
{
    (void)judgement;
    return serin_shift_design_effect(blocks, out);
}

/* Pods vary by so much more than their buckets tell that it is worth saying. */
static const double pods_excess = 2.0;

struct dependence dependence_nest(const struct serin_design_effect *blocks,
                                  const struct serin_design_effect *pods)
{
    struct serin_design_effect nested = serin_nested_effect(blocks, pods);
    return (struct dependence){.effect = nested,
                               .within_pods = blocks->deff,
                               .pods_differ = nested.deff > pods_excess * blocks->deff};
}

static enum serin_status effect_of_arm(const struct counts *counts,
                                       const struct block_tables *tables,
                                       const struct judgement *judgement, enum arm arm,
                                       effect_function *function, struct dependence *out,
                                       struct serin_error *err)
{
    owned_memory uint32_t *pods = NULL;
    owned_memory struct serin_block_cell *cells = NULL;
    struct serin_blocks blocks = counts_blocks(counts, arm);
    struct serin_blocks by_pod = blocks;
    struct serin_design_effect inner = SERIN_INDEPENDENT;
    struct serin_design_effect outer = SERIN_INDEPENDENT;
    bool defined = false;
    if (!block_tables_blocks_known(tables)) {
        *out = dependence_nest(&inner, &outer);
        return SERIN_OK;
    }
    if (pods_find(counts, tables, judgement->design, arm, &pods) != SERIN_OK ||
        cells_by_pod(&counts->arms[arm], pods, &cells, &by_pod.count) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the pods of an arm");
    }
    by_pod.cells = cells;
    TRY(measured(function(&blocks, judgement, &inner), "the design effect", &defined, err));
    TRY(measured(function(&by_pod, judgement, &outer), "the pods' effect", &defined, err));
    *out = dependence_nest(&inner, &outer);
    return SERIN_OK;
}

enum serin_status dependence_of_table(const struct counts *counts,
                                      const struct block_tables *tables,
                                      const struct judgement *judgement, enum arm arm,
                                      struct dependence *out, struct serin_error *err)
{
    return effect_of_arm(counts, tables, judgement, arm, effect_of_table, out, err);
}

enum serin_status dependence_of_labels(const struct counts *counts,
                                       const struct block_tables *tables,
                                       const struct judgement *judgement, enum arm arm,
                                       struct dependence *out, struct serin_error *err)
{
    return effect_of_arm(counts, tables, judgement, arm, effect_of_labels, out, err);
}

enum serin_status dependence_of_pairs(const struct counts *counts,
                                      const struct block_tables *tables,
                                      const struct judgement *judgement, struct dependence *out,
                                      struct serin_error *err)
{
    owned_memory uint32_t *pods = NULL;
    owned_memory struct serin_triple *by_pod = NULL;
    struct serin_triples triples = {counts->triples, counts->triple_count, counts->rows,
                                    counts->columns};
    struct serin_design_effect inner = SERIN_INDEPENDENT;
    struct serin_design_effect outer = SERIN_INDEPENDENT;
    bool defined = false;
    if (!block_tables_blocks_known(tables)) {
        *out = dependence_nest(&inner, &outer);
        return SERIN_OK;
    }
    if (pods_find(counts, tables, DESIGN_PAIRED, ARM_CANARY, &pods) != SERIN_OK ||
        triples_by_pod(counts, pods, &by_pod) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the pods of the pairs");
    }
    TRY(measured(serin_paired_design_effect(&triples, judgement->normalizer, &inner),
                 "the design effect of the pairs", &defined, err));
    triples.triples = by_pod;
    TRY(measured(serin_paired_design_effect(&triples, judgement->normalizer, &outer),
                 "the pods' effect of the pairs", &defined, err));
    *out = dependence_nest(&inner, &outer);
    return SERIN_OK;
}
