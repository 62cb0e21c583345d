#include "verdict/one_pod.h"

#include "serin/leave_out.h"
#include "verdict/arm_blocks.h"
#include "verdict/measure.h"
#include "verdict/pod_driver.h"

/* An arm's pods, each left out in turn. */
struct pods {
    struct serin_block_cell *cells; /* the arm's, with pods for blocks */
    uint32_t *first_block;          /* by pod */
    struct serin_left_out *left_out;
    size_t count; /* with events that are compared */
};

static void pods_clear(struct pods *pods)
{
    memory_free(pods->cells);
    memory_free(pods->first_block);
    memory_free(pods->left_out);
}

/* The arm's cells with pods for blocks. Returns a number above that of each pod. */
static size_t cells_by_pod(const struct arm_counts *arm, const uint32_t *pods, struct pods *out)
{
    size_t count = 0;
    for (size_t i = 0; i < arm->cell_count; i++) {
        uint32_t block = arm->cells[i].block;
        uint32_t pod = pods[block];
        out->first_block[pod] = pod >= count ? block : out->first_block[pod];
        count = pod >= count ? (size_t)pod + 1 : count;
        out->cells[i] = arm->cells[i];
        out->cells[i].block = pod;
    }
    return count;
}

static enum serin_status pods_leave_out(const struct counts *counts,
                                        const struct block_tables *tables,
                                        const struct evidence *evidence, enum arm which,
                                        struct pods *out, struct serin_error *err)
{
    const struct arm_counts *arm = &counts->arms[which];
    enum design design = evidence->judgement->design;
    size_t block_count = arm_blocks_count(counts, tables, design, which);
    owned_memory uint32_t *pods = memory_allocate(block_count + 1, sizeof(*pods));
    out->cells = memory_allocate(arm->cell_count + 1, sizeof(*out->cells));
    out->first_block = memory_allocate(block_count + 1, sizeof(*out->first_block));
    if (!pods || !out->cells || !out->first_block) {
        return serin_fail(err, SERIN_NO_MEMORY, "the pods of an arm");
    }
    arm_blocks_pods(counts, tables, design, which, pods);
    size_t pod_count = cells_by_pod(arm, pods, out);
    out->left_out = memory_allocate(pod_count + 1, sizeof(*out->left_out));
    if (!out->left_out) {
        return serin_fail(err, SERIN_NO_MEMORY, "the pods of an arm");
    }
    struct serin_blocks blocks = {.cells = out->cells,
                                  .count = arm->cell_count,
                                  .rows = counts->rows,
                                  .columns = counts->columns};
    bool defined = false;
    return measured(
        serin_leave_out(&blocks, evidence->judgement->normalizer, out->left_out, &out->count),
        "an arm without each of its pods", &defined, err);
}

static enum serin_status arm_search(const struct counts *counts, const struct block_tables *tables,
                                    enum arm arm, struct evidence *evidence,
                                    struct serin_error *err)
{
    struct pods pods = {0};
    enum design design = evidence->judgement->design;
    enum serin_status status = pods_leave_out(counts, tables, evidence, arm, &pods, err);
    bool suffice = status == SERIN_OK && pods.count >= PODS_LEAST;
    for (size_t i = 0; suffice && i < pods.count; i++) {
        const struct serin_left_out *pod = &pods.left_out[i];
        struct pod_effect effect = pod_effect_of(evidence, arm, pod);
        effect.change = arm == ARM_CANARY ? effect.change : -effect.change;
        uint32_t block = pods.first_block[pod->block];
        pod_driver_take(evidence, arm, arm_block(counts, tables, design, arm, block).pod,
                        effect.change, effect.variance, &evidence->driver);
    }
    pods_clear(&pods);
    return status;
}

/* A pair belongs to the canary's pod, and leaves both arms with it. */
static void pairs_take(const struct pods pods[static ARM_COUNT], const struct block_tables *tables,
                       struct evidence *evidence)
{
    size_t count = pods[ARM_CANARY].count;
    bool suffice = count >= PODS_LEAST && count == pods[ARM_STABLE].count;
    for (size_t i = 0; suffice && i < count; i++) {
        const struct serin_left_out *pod = &pods[ARM_CANARY].left_out[i];
        struct pod_effect effect = pod_effect_of(evidence, ARM_CANARY, pod);
        effect.change -= pod_effect_of(evidence, ARM_STABLE, &pods[ARM_STABLE].left_out[i]).change;
        uint32_t block = pods[ARM_CANARY].first_block[pod->block];
        pod_driver_take(evidence, ARM_CANARY, block_tables_paired_block(tables, block).pod,
                        effect.change, effect.variance, &evidence->driver);
    }
}

static enum serin_status pairs_search(const struct counts *counts,
                                      const struct block_tables *tables, struct evidence *evidence,
                                      struct serin_error *err)
{
    struct pods pods[ARM_COUNT] = {0};
    enum serin_status status = SERIN_OK;
    for (size_t arm = 0; arm < ARM_COUNT && status == SERIN_OK; arm++) {
        status = pods_leave_out(counts, tables, evidence, (enum arm)arm, &pods[arm], err);
    }
    if (status == SERIN_OK) {
        pairs_take(pods, tables, evidence);
    }
    pods_clear(&pods[ARM_CANARY]);
    pods_clear(&pods[ARM_STABLE]);
    return status;
}

enum serin_status one_pod_find(const struct counts *counts, const struct block_tables *tables,
                               struct evidence *evidence, struct serin_error *err)
{
    if (evidence->judgement->design == DESIGN_SHIFT || !evidence->blocks_known ||
        !evidence->delta.defined || evidence->is_stratified) {
        return SERIN_OK;
    }
    if (evidence->judgement->design == DESIGN_PAIRED && !evidence->is_agreement) {
        return pairs_search(counts, tables, evidence, err);
    }
    TRY(arm_search(counts, tables, ARM_CANARY, evidence, err));
    if (evidence->is_agreement) {
        return SERIN_OK;
    }
    return arm_search(counts, tables, ARM_STABLE, evidence, err);
}
