#include "verdict/one_pod.h"

#include "serin/leave_out.h"
#include "verdict/arm_blocks.h"
#include "verdict/guards.h"
#include "verdict/measure.h"

#include <math.h>

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

/* Blocks come by pod, so those of a pod are neighbours. Returns the number of pods. */
static size_t cells_by_pod(const struct counts *counts, const struct block_tables *tables,
                           enum design design, enum arm which, struct pods *out)
{
    const struct arm_counts *arm = &counts->arms[which];
    size_t pods = 0;
    struct text_view pod = {0};
    for (size_t i = 0; i < arm->cell_count; i++) {
        uint32_t block = arm->cells[i].block;
        struct text_view of_block = arm_block(counts, tables, design, which, block).pod;
        if (pods == 0 || !text_equal(of_block, pod)) {
            pod = of_block;
            out->first_block[pods++] = block;
        }
        out->cells[i] = arm->cells[i];
        out->cells[i].block = (uint32_t)(pods - 1);
    }
    return pods;
}

static enum serin_status pods_leave_out(const struct counts *counts,
                                        const struct block_tables *tables,
                                        const struct evidence *evidence, enum arm which,
                                        struct pods *out, struct serin_error *err)
{
    const struct arm_counts *arm = &counts->arms[which];
    enum design design = evidence->judgement->design;
    out->cells = memory_allocate(arm->cell_count + 1, sizeof(*out->cells));
    out->first_block = memory_allocate(arm->cell_count + 1, sizeof(*out->first_block));
    if (!out->cells || !out->first_block) {
        return serin_fail(err, SERIN_NO_MEMORY, "the pods of an arm");
    }
    size_t pods = cells_by_pod(counts, tables, design, which, out);
    out->left_out = memory_allocate(pods + 1, sizeof(*out->left_out));
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

/* An arm's NMI without one of its pods − with it, and what chance makes of that. */
struct effect {
    double change;
    double noise;
};

/* The half-sample gap of independent events: a pod that stands out inflates the design effect. */
static double independent_gap(const struct evidence *evidence, enum arm arm)
{
    const struct arm_evidence *of = &evidence->arms[arm];
    double samples = (double)of->result.samples;
    double other = (double)evidence->arms[ARM_COUNT - 1 - arm].result.samples;
    return of->gap / (1.0 + (of->within_pods - 1.0) * fmin(1.0, other / samples));
}

static double size_within_pods(const struct arm_evidence *arm)
{
    return (double)arm->result.samples / arm->within_pods;
}

/* What a change has to exceed if pods are alike, for what they differ by is the question here. */
static double critical_value(const struct evidence *evidence)
{
    struct serin_confidence confidence = judgement_confidence(evidence->judgement);
    double z = evidence->z;
    double size = serin_harmonic_size(size_within_pods(&evidence->arms[ARM_CANARY]),
                                      size_within_pods(&evidence->arms[ARM_STABLE]));
    return serin_critical_value(&confidence, size, &z) == SERIN_OK ? z : evidence->z;
}

static struct effect effect_of(const struct evidence *evidence, enum arm arm,
                               const struct serin_left_out *pod)
{
    const struct arm_evidence *of = &evidence->arms[arm];
    double rest = (double)of->result.samples - (double)pod->events;
    if (rest <= 0.0) {
        return (struct effect){0.0, 0.0};
    }
    double odds = (double)pod->events / rest;
    return (struct effect){
        .change = pod->change - independent_gap(evidence, arm) * odds,
        .noise = critical_value(evidence) * sqrt(of->variance / size_within_pods(of) * odds),
    };
}

/* What the interval of the difference would reach to each side if pods were alike. */
static double half_width_within_pods(const struct evidence *evidence)
{
    double variance = 0.0;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        variance += evidence->arms[arm].variance / size_within_pods(&evidence->arms[arm]);
    }
    return critical_value(evidence) * sqrt(variance);
}

/*
 * Whether the estimate without the pod contradicts what the whole interval says or, where pods that
 * differ have made that too wide to say anything, what it would say if they were alike.
 */
static bool contradicts(const struct evidence *evidence, double delta)
{
    double lower = evidence->delta.lower;
    double upper = evidence->delta.upper;
    if (evidence->arms[ARM_CANARY].pods_differ || evidence->arms[ARM_STABLE].pods_differ) {
        double half_width = half_width_within_pods(evidence);
        lower = evidence->delta.value - half_width;
        upper = evidence->delta.value + half_width;
    }
    bool is_within = lower > -evidence->margin;
    bool is_beyond = upper < -evidence->margin;
    return (is_within && delta < -evidence->margin) || (is_beyond && delta > -evidence->margin);
}

static void driver_take(const struct evidence *evidence, enum arm arm, struct text_view pod,
                        struct effect effect, struct pod_driver *driver)
{
    double delta = evidence->delta.value + effect.change;
    bool moves_most =
        !driver->found || fabs(effect.change) > fabs(driver->delta_without - evidence->delta.value);
    if (fabs(effect.change) > effect.noise && contradicts(evidence, delta) && moves_most) {
        *driver = (struct pod_driver){true, arm, pod, delta};
    }
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
        struct effect effect = effect_of(evidence, arm, pod);
        effect.change = arm == ARM_CANARY ? effect.change : -effect.change;
        uint32_t block = pods.first_block[pod->block];
        driver_take(evidence, arm, arm_block(counts, tables, design, arm, block).pod, effect,
                    &evidence->driver);
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
        struct effect effect = effect_of(evidence, ARM_CANARY, pod);
        effect.change -= effect_of(evidence, ARM_STABLE, &pods[ARM_STABLE].left_out[i]).change;
        uint32_t block = pods[ARM_CANARY].first_block[pod->block];
        driver_take(evidence, ARM_CANARY, block_tables_paired_block(tables, block).pod, effect,
                    &evidence->driver);
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
        !evidence->delta.defined) {
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
