#include "verdict/score.h"

#include "verdict/counts.h"
#include "verdict/dependence.h"
#include "verdict/measure.h"

#include <math.h>

static enum serin_status counts_score(const struct counts *counts,
                                      const struct block_tables *tables,
                                      const struct judgement *judgement, struct score *out,
                                      struct serin_error *err)
{
    struct serin_table table = counts_table(counts, ARM_CANARY);
    bool defined = false;
    TRY(measured(serin_scores(&table, judgement->normalizer, &out->scores), "the scores", &defined,
                 err));
    struct dependence dependence;
    TRY(dependence_of_table(counts, tables, judgement, ARM_CANARY, &dependence, err));
    out->design_effect = dependence.effect.deff;
    out->blocks = dependence.effect.blocks;
    return measure_arm(&table, judgement, &dependence.effect, &out->nmi, err);
}

enum serin_status score_measure(const struct block_tables *tables,
                                const struct judgement *judgement, struct score *out,
                                struct serin_error *err)
{
    owned(grouping) grouping = NULL;
    owned(counts) counts = NULL;
    struct judgement of_reference = *judgement;
    of_reference.design = DESIGN_REFERENCE;
    TRY(counts_create_ranked(tables, &of_reference, &grouping, &counts, err));
    const struct arm_counts *arm = &counts->arms[ARM_CANARY];
    struct score score = {
        .normalizer = judgement->normalizer,
        .interval = judgement->interval,
        .level = judgement->level,
        .samples = arm->events - arm->unreferenced,
        .unreferenced = arm->unreferenced,
        .merged = arm->merged,
        .blocks_known = block_tables_blocks_known(tables),
    };
    TRY(counts_score(counts, tables, &of_reference, &score, err));
    *out = score;
    return SERIN_OK;
}

bool score_has_few_blocks(const struct score *score)
{
    return score->blocks_known && score->blocks < BLOCKS_LEAST;
}

double score_sample_reach(const struct estimate *estimate, double share)
{
    double longer = fmax(estimate->upper - estimate->value, estimate->value - estimate->lower);
    return estimate->defined ? sqrt(fmax(0.0, 1.0 - share)) * longer : 0.0;
}

enum decision score_gate(const struct score *score, double min_nmi)
{
    if (!score->nmi.defined || score_has_few_blocks(score)) {
        return DECISION_INCONCLUSIVE;
    }
    if (score->nmi.lower >= min_nmi) {
        return DECISION_PROMOTE;
    }
    return score->nmi.upper < min_nmi ? DECISION_ROLLBACK : DECISION_INCONCLUSIVE;
}
