#include "serin/interval.h"
#include "verdict/dependence.h"
#include "verdict/measure.h"

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

/* The arm's own NMI, and how much dependence inflates its variance. */
static enum serin_status measure_own(const struct counts *counts, const struct block_tables *tables,
                                     enum arm arm, struct evidence *evidence,
                                     struct serin_design_effect *out, struct serin_error *err)
{
    struct arm_evidence *of = &evidence->arms[arm];
    struct serin_table table = counts_table(counts, arm);
    struct dependence dependence;
    TRY(dependence_of_table(counts, tables, evidence->judgement, arm, &dependence, err));
    of->result.design_effect = dependence.effect.deff;
    of->within_pods = dependence.within_pods;
    of->pods_differ = dependence.pods_differ;
    *out = dependence.effect;
    return measure_arm(&table, evidence->judgement, &dependence.effect, &of->result.nmi, err);
}

enum serin_status measure_reference(const struct counts *counts, const struct block_tables *tables,
                                    struct evidence *evidence, struct serin_error *err)
{
    struct serin_comparison_input input = {
        .canary = counts_table(counts, ARM_CANARY),
        .stable = counts_table(counts, ARM_STABLE),
        .normalizer = evidence->judgement->normalizer,
        .confidence = judgement_confidence(evidence->judgement),
    };
    TRY(measure_own(counts, tables, ARM_CANARY, evidence, &input.canary_effect, err));
    TRY(measure_own(counts, tables, ARM_STABLE, evidence, &input.stable_effect, err));
    struct serin_comparison comparison;
    bool defined = false;
    TRY(measured(serin_compare(&input, &comparison), "the comparison of the arms", &defined, err));
    if (defined && comparison.state == SERIN_TABLE_OK) {
        take_comparison(&comparison, evidence);
    }
    return SERIN_OK;
}
