#include "serin/paired.h"
#include "verdict/dependence.h"
#include "verdict/measure.h"

/* Both arms have the same keys. */
static void take_dependence(const struct dependence *dependence, struct evidence *evidence)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        evidence->arms[arm].result.design_effect = dependence->effect.deff;
        evidence->arms[arm].within_pods = dependence->within_pods;
        evidence->arms[arm].pods_differ = dependence->pods_differ;
    }
}

static void take_arm(const struct serin_arm *arm, double variance, struct arm_evidence *out)
{
    out->gap = arm->gap;
    out->variance = variance;
}

/* The keys are one sample: all of the difference's variance is put down to the canary's. */
static void take_comparison(const struct serin_paired_comparison *comparison, double deff,
                            struct evidence *evidence)
{
    double variance = comparison->se * comparison->se * (double)comparison->samples / deff;
    evidence->delta = (struct estimate){.defined = true,
                                        .value = comparison->estimate,
                                        .lower = comparison->lower,
                                        .upper = comparison->upper};
    evidence->z = comparison->z;
    evidence->df = comparison->df;
    evidence->size = comparison->size;
    evidence->unseen = comparison->unseen;
    take_arm(&comparison->canary, variance, &evidence->arms[ARM_CANARY]);
    take_arm(&comparison->stable, 0.0, &evidence->arms[ARM_STABLE]);
}

/* An arm's NMI varies more between blocks than the difference, which bursts move on both sides. */
static enum serin_status measure_own(const struct counts *counts, const struct block_tables *tables,
                                     struct evidence *evidence, struct serin_error *err)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct serin_table table = counts_table(counts, (enum arm)arm);
        struct dependence own;
        TRY(dependence_of_table(counts, tables, evidence->judgement, (enum arm)arm, &own, err));
        TRY(measure_arm(&table, evidence->judgement, &own.effect, &evidence->arms[arm].result.nmi,
                        err));
    }
    return SERIN_OK;
}

static enum serin_status measure_delta(const struct counts *counts,
                                       const struct block_tables *tables, struct evidence *evidence,
                                       struct serin_error *err)
{
    const struct serin_triples triples = {.triples = counts->triples,
                                          .count = counts->triple_count,
                                          .rows = counts->rows,
                                          .columns = counts->columns};
    struct serin_confidence confidence = judgement_confidence(evidence->judgement);
    enum serin_normalizer normalizer = evidence->judgement->normalizer;
    struct dependence dependence;
    struct serin_paired_comparison comparison;
    bool defined = false;
    TRY(dependence_of_pairs(counts, tables, evidence->judgement, &dependence, err));
    TRY(measured(serin_paired(&triples, normalizer, &confidence, &dependence.effect, &comparison),
                 "the comparison of the pairs", &defined, err));
    if (defined && comparison.state == SERIN_TABLE_OK) {
        take_comparison(&comparison, dependence.effect.deff, evidence);
    }
    take_dependence(&dependence, evidence);
    return measure_own(counts, tables, evidence, err);
}

/*
 * Without references the canary agrees with the stable arm as far as NMI of the two says, and a
 * canary that does nothing else than the stable arm has 1: delta = NMI(canary, stable) − 1.
 */
static enum serin_status measure_agreement(const struct counts *counts,
                                           const struct block_tables *tables,
                                           struct evidence *evidence, struct serin_error *err)
{
    struct serin_table table = counts_table(counts, ARM_CANARY);
    struct serin_confidence confidence = judgement_confidence(evidence->judgement);
    enum serin_normalizer normalizer = evidence->judgement->normalizer;
    struct dependence dependence;
    struct serin_arm_interval interval;
    bool defined = false;
    TRY(dependence_of_table(counts, tables, evidence->judgement, ARM_CANARY, &dependence, err));
    struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    take_dependence(&dependence, evidence);
    TRY(measured(serin_arm_interval(&table, normalizer, &confidence, &dependence.effect, &interval),
                 "the agreement of the arms", &defined, err));
    if (!defined) {
        return SERIN_OK;
    }
    canary->gap = interval.arm.gap;
    canary->variance =
        interval.arm.se * interval.arm.se * (double)interval.arm.samples / dependence.effect.deff;
    canary->result.nmi = (struct estimate){.defined = true,
                                           .value = interval.arm.nmi,
                                           .lower = interval.lower,
                                           .upper = interval.upper};
    evidence->delta = (struct estimate){.defined = true,
                                        .value = interval.arm.nmi - 1.0,
                                        .lower = interval.lower - 1.0,
                                        .upper = interval.upper - 1.0};
    evidence->z = interval.z;
    evidence->df = interval.df;
    evidence->size = (double)interval.arm.samples / dependence.effect.deff;
    return SERIN_OK;
}

/*
 * Where the stable arm labelled keys twice, the bar is its agreement with itself: the same two-arm
 * comparison as with references. That both agreements share the stable arm's first labels makes
 * their difference vary less than it is taken to, never more.
 */
enum serin_status measure_paired(const struct counts *counts, const struct block_tables *tables,
                                 struct evidence *evidence, struct serin_error *err)
{
    if (counts->has_self_pairs) {
        return measure_reference(counts, tables, evidence, err);
    }
    return evidence->is_agreement ? measure_agreement(counts, tables, evidence, err)
                                  : measure_delta(counts, tables, evidence, err);
}
