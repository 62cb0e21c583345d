#include "verdict/companions.h"

#include "serin/scores.h"
#include "verdict/measure.h"

static enum serin_status arm_score(const struct counts *counts, enum arm arm,
                                   struct evidence *evidence, struct serin_error *err)
{
    struct serin_table table = counts_table(counts, arm);
    struct serin_scores scores;
    bool defined = false;
    TRY(measured(serin_scores(&table, evidence->judgement->normalizer, &scores), "the scores",
                 &defined, err));
    struct arm_result *out = &evidence->arms[arm].result;
    out->has_companions = defined && scores.state == SERIN_TABLE_OK;
    if (out->has_companions) {
        out->nmi_plugin = scores.nmi;
        out->information_ratio = scores.homogeneity;
        out->ami = scores.adjusted_mutual_information;
        out->ari = scores.adjusted_rand;
        out->v_measure = scores.v_measure;
        out->homogeneity = scores.homogeneity;
        out->completeness = scores.completeness;
        out->purity = scores.purity;
    }
    return SERIN_OK;
}

/*
 * MI/H(reference) is a plug-in value and flatters the smaller arm as plain NMI does, so its change
 * is taken against the plug-in change of NMI and put on top of the corrected delta. AMI is left as
 * it is: its correction for chance goes a little too far in the larger arm, so that of equal arms
 * the smaller one shows more (by 0.04 at 20 labels and 500 events against 9,500; simulated), which
 * makes it the more lenient of the two.
 */
static void companions_compare(struct evidence *evidence)
{
    const struct arm_result *canary = &evidence->arms[ARM_CANARY].result;
    const struct arm_result *stable = &evidence->arms[ARM_STABLE].result;
    double plugin_delta = canary->nmi_plugin - stable->nmi_plugin;
    double ratio_delta = canary->information_ratio - stable->information_ratio;
    evidence->has_companions = true;
    evidence->information_delta = evidence->delta.value + ratio_delta - plugin_delta;
    evidence->ami_delta = canary->ami - stable->ami;
}

enum serin_status companions_measure(const struct counts *counts, struct evidence *evidence,
                                     struct serin_error *err)
{
    if (evidence->judgement->design == DESIGN_SHIFT) {
        return SERIN_OK;
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        if (evidence->arms[arm].state == SERIN_TABLE_OK) {
            TRY(arm_score(counts, (enum arm)arm, evidence, err));
        }
    }
    if (evidence->delta.defined && evidence->arms[ARM_CANARY].result.has_companions &&
        evidence->arms[ARM_STABLE].result.has_companions) {
        companions_compare(evidence);
    }
    return SERIN_OK;
}
