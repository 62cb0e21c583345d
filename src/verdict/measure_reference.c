#include "serin/interval.h"
#include "verdict/measure.h"

/* Leaves `out` at independence where there is nothing to learn from. */
static enum serin_status design_effect_find(const struct counts *counts, enum arm arm,
                                            const struct evidence *evidence,
                                            struct serin_design_effect *out,
                                            struct serin_error *err)
{
    if (!evidence->blocks_known) {
        return SERIN_OK;
    }
    struct serin_blocks blocks = counts_blocks(counts, arm);
    bool defined = false;
    return measured(serin_design_effect(&blocks, evidence->judgement->normalizer, out),
                    "the design effect", &defined, err);
}

static void take_arm(const struct serin_arm *arm, struct arm_evidence *out)
{
    out->gap = arm->gap;
    out->variance = arm->se * arm->se * (double)arm->samples / arm->deff;
}

static void take_comparison(const struct serin_comparison *comparison, struct evidence *evidence)
{
    evidence->delta = (struct estimate){.defined = true,
                                        .value = comparison->estimate,
                                        .lower = comparison->lower,
                                        .upper = comparison->upper};
    evidence->comparison = *comparison;
    evidence->z = comparison->z;
    evidence->df = comparison->df;
    evidence->size = comparison->size;
    evidence->unseen = comparison->unseen;
    take_arm(&comparison->canary, &evidence->arms[ARM_CANARY]);
    take_arm(&comparison->stable, &evidence->arms[ARM_STABLE]);
}

enum serin_status measure_reference(const struct counts *counts, struct evidence *evidence,
                                    struct serin_error *err)
{
    struct serin_comparison_input input = {
        .canary = counts_table(counts, ARM_CANARY),
        .stable = counts_table(counts, ARM_STABLE),
        .canary_effect = SERIN_INDEPENDENT,
        .stable_effect = SERIN_INDEPENDENT,
        .normalizer = evidence->judgement->normalizer,
        .confidence = judgement_confidence(evidence->judgement),
    };
    TRY(design_effect_find(counts, ARM_CANARY, evidence, &input.canary_effect, err));
    TRY(design_effect_find(counts, ARM_STABLE, evidence, &input.stable_effect, err));
    evidence->arms[ARM_CANARY].result.design_effect = input.canary_effect.deff;
    evidence->arms[ARM_STABLE].result.design_effect = input.stable_effect.deff;
    TRY(measure_arm(&input.canary, evidence->judgement, &input.canary_effect,
                    &evidence->arms[ARM_CANARY].result.nmi, err));
    TRY(measure_arm(&input.stable, evidence->judgement, &input.stable_effect,
                    &evidence->arms[ARM_STABLE].result.nmi, err));
    struct serin_comparison comparison;
    bool defined = false;
    TRY(measured(serin_compare(&input, &comparison), "the comparison of the arms", &defined, err));
    if (defined && comparison.state == SERIN_TABLE_OK) {
        take_comparison(&comparison, evidence);
    }
    return SERIN_OK;
}
