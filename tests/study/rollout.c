#include "study/rollout.h"

#include <stdio.h>
#include <string.h>

struct rollout {
    size_t references;
    size_t labels;
    struct block_tables *tables;
    uint32_t *reference_ids;
    uint32_t *label_ids;
    struct table_cell *cells; /* room for one block's */
};

void rollout_destroy(struct rollout *rollout)
{
    if (rollout) {
        block_tables_destroy(rollout->tables);
        memory_free(rollout->reference_ids);
        memory_free(rollout->label_ids);
        memory_free(rollout->cells);
        memory_free(rollout);
    }
}

static struct text_view name_of(char kind, size_t index, char out[static 24])
{
    (void)snprintf(out, 24, "%c%04zu", kind, index);
    return text_view_of(out);
}

static enum serin_status name_all(struct rollout *rollout)
{
    char text[24];
    for (size_t i = 0; i < rollout->references; i++) {
        TRY(block_tables_reference_id(rollout->tables, name_of('r', i, text),
                                      &rollout->reference_ids[i], NULL));
    }
    for (size_t j = 0; j < rollout->labels; j++) {
        TRY(block_tables_label_id(rollout->tables, name_of('l', j, text), &rollout->label_ids[j],
                                  NULL));
    }
    return SERIN_OK;
}

struct rollout *rollout_create(size_t references, size_t labels)
{
    owned(rollout) rollout = memory_allocate(1, sizeof(*rollout));
    if (!rollout) {
        return NULL;
    }
    *rollout = (struct rollout){
        .references = references,
        .labels = labels,
        .tables = block_tables_create(&table_limits_default),
        .reference_ids = memory_allocate(references, sizeof(uint32_t)),
        .label_ids = memory_allocate(labels, sizeof(uint32_t)),
        .cells = memory_allocate(references * labels, sizeof(struct table_cell)),
    };
    bool is_ready =
        rollout->tables && rollout->reference_ids && rollout->label_ids && rollout->cells;
    return is_ready && name_all(rollout) == SERIN_OK ? give(rollout) : NULL;
}

static size_t gather_cells(struct rollout *rollout, const uint64_t *counts, uint32_t slices)
{
    size_t gathered = 0;
    for (size_t i = 0; i < rollout->references; i++) {
        for (size_t j = 0; j < rollout->labels; j++) {
            uint64_t count = counts[i * rollout->labels + j];
            if (count > 0) {
                rollout->cells[gathered++] = (struct table_cell){
                    rollout->reference_ids[i], rollout->label_ids[j], slices, count};
            }
        }
    }
    return gathered;
}

enum serin_status rollout_add(struct rollout *rollout, const struct rollout_block *block,
                              struct serin_error *err)
{
    char pod[24];
    uint32_t slices = 0;
    struct slice_value value = {text_view_of(ROLLOUT_DIMENSION), text_view_of(block->slice)};
    TRY(block_tables_slices_id(rollout->tables, &value, block->slice ? 1 : 0, &slices, err));
    size_t count = gather_cells(rollout, block->counts, slices);
    return block_tables_add_block(rollout->tables, block->arm, name_of('p', block->pod, pod),
                                  block->start_ms, rollout->cells, count, err);
}

struct block_tables *rollout_tables(struct rollout *rollout)
{
    return rollout->tables;
}

enum serin_status rollout_seal(struct rollout *rollout, struct block_tables **out,
                               struct serin_error *err)
{
    if (block_tables_seal(rollout->tables) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "sealing simulated tables");
    }
    *out = give(rollout->tables);
    return SERIN_OK;
}

enum serin_status rollout_of_counts(size_t references, size_t labels, const uint64_t *canary,
                                    const uint64_t *stable, struct block_tables **out,
                                    struct serin_error *err)
{
    owned(rollout) rollout = rollout_create(references, labels);
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    block_tables_set_blocks_unknown(rollout->tables);
    TRY(rollout_add(rollout, &(struct rollout_block){.arm = ARM_CANARY, .counts = canary}, err));
    TRY(rollout_add(rollout, &(struct rollout_block){.arm = ARM_STABLE, .counts = stable}, err));
    return rollout_seal(rollout, out, err);
}

enum serin_status rollout_judge(const struct judgement *judgement, bool slices,
                                const struct block_tables *tables, struct verdict *out,
                                struct serin_error *err)
{
    static const struct judge_context context = {.now_ms = 0};
    static char dimension[] = ROLLOUT_DIMENSION;
    static char arm_names[ARM_COUNT][8] = {"canary", "stable"};
    char *dimensions[] = {dimension};
    struct spec spec = {
        .canary = arm_names[ARM_CANARY],
        .stable = arm_names[ARM_STABLE],
        .window = {.is_rollout = true},
        .judgement = *judgement,
        .slices = dimensions,
        .slice_count = slices ? 1 : 0,
    };
    return judge(&spec, tables, &context, out, err);
}

bool rollout_is_guarded(const struct verdict *verdict)
{
    return verdict->decision == DECISION_INCONCLUSIVE &&
           strcmp(verdict->reason, "straddles_margin") != 0;
}

void rollout_see(const struct verdict *verdict, double delta, struct rollout_seen *seen)
{
    bool speaks = !rollout_is_guarded(verdict);
    seen->lower_miss = seen->lower_miss || (speaks && verdict->delta.lower > delta);
    seen->upper_miss = seen->upper_miss || (speaks && verdict->delta.upper < delta);
    seen->promoted = seen->promoted || verdict->decision == DECISION_PROMOTE;
    seen->rolled_back = seen->rolled_back || verdict->decision == DECISION_ROLLBACK;
}
