#include "serin/shift.h"
#include "verdict/measure.h"

static enum serin_status effect_find(const struct counts *counts, enum arm arm,
                                     const struct evidence *evidence,
                                     struct serin_design_effect *out, struct serin_error *err)
{
    if (!evidence->blocks_known) {
        return SERIN_OK;
    }
    struct serin_blocks blocks = counts_blocks(counts, arm);
    bool defined = false;
    return measured(serin_shift_design_effect(&blocks, out), "the design effect", &defined, err);
}

/*
 * Both arms' variance is put down to the canary's: the forecast only asks how the interval shrinks
 * with the canary's samples at the present split.
 */
static void take_shift(const struct serin_shift *shift, struct evidence *evidence)
{
    struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    evidence->delta = (struct estimate){.defined = true,
                                        .value = shift->js_bits_corrected,
                                        .lower = shift->js_bits_lower,
                                        .upper = shift->js_bits_upper};
    evidence->z = shift->z;
    evidence->df = shift->df;
    evidence->size = shift->size;
    evidence->shift_p_value = shift->p_value_adjusted;
    canary->variance = shift->js_bits_se * shift->js_bits_se * canary->effective;
}

enum serin_status measure_shift(const struct counts *counts, struct evidence *evidence,
                                struct serin_error *err)
{
    struct serin_shift_input input = {
        .canary = counts->arms[ARM_CANARY].totals,
        .stable = counts->arms[ARM_STABLE].totals,
        .labels = counts->columns,
        .canary_effect = SERIN_INDEPENDENT,
        .stable_effect = SERIN_INDEPENDENT,
        .normalizer = evidence->judgement->normalizer,
        .confidence = judgement_confidence(evidence->judgement),
    };
    TRY(effect_find(counts, ARM_CANARY, evidence, &input.canary_effect, err));
    TRY(effect_find(counts, ARM_STABLE, evidence, &input.stable_effect, err));
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_evidence *out = &evidence->arms[arm];
        double deff = arm == ARM_CANARY ? input.canary_effect.deff : input.stable_effect.deff;
        out->result.design_effect = deff;
        out->effective = (double)out->result.samples / deff;
    }
    struct serin_shift shift;
    bool defined = false;
    TRY(measured(serin_shift(&input, &shift), "the shift of the labels", &defined, err));
    if (defined && shift.state == SERIN_TABLE_OK) {
        take_shift(&shift, evidence);
    }
    return SERIN_OK;
}
