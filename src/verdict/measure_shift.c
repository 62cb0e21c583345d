#include "serin/shift.h"
#include "verdict/dependence.h"
#include "verdict/measure.h"

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

static enum serin_status measure_own(const struct counts *counts, const struct block_tables *tables,
                                     enum arm arm, struct evidence *evidence,
                                     struct serin_design_effect *out, struct serin_error *err)
{
    struct arm_evidence *of = &evidence->arms[arm];
    struct dependence dependence;
    TRY(dependence_of_labels(counts, tables, evidence->judgement, arm, &dependence, err));
    of->result.design_effect = dependence.effect.deff;
    of->effective = (double)of->result.samples / dependence.effect.deff;
    of->within_pods = dependence.within_pods;
    of->pods_differ = dependence.pods_differ;
    *out = dependence.effect;
    return SERIN_OK;
}

enum serin_status measure_shift(const struct counts *counts, const struct block_tables *tables,
                                struct evidence *evidence, struct serin_error *err)
{
    struct serin_shift_input input = {
        .canary = counts->arms[ARM_CANARY].totals,
        .stable = counts->arms[ARM_STABLE].totals,
        .labels = counts->columns,
        .normalizer = evidence->judgement->normalizer,
        .confidence = judgement_confidence(evidence->judgement),
    };
    TRY(measure_own(counts, tables, ARM_CANARY, evidence, &input.canary_effect, err));
    TRY(measure_own(counts, tables, ARM_STABLE, evidence, &input.stable_effect, err));
    struct serin_shift shift;
    bool defined = false;
    TRY(measured(serin_shift(&input, &shift), "the shift of the labels", &defined, err));
    if (defined && shift.state == SERIN_TABLE_OK) {
        take_shift(&shift, evidence);
    }
    return SERIN_OK;
}
