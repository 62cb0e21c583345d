#include "verdict/companions.h"

#include "serin/sample_ratio.h"
#include "serin/scores.h"
#include "serin/shift.h"
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
 * is taken against the plug-in change of NMI and put on top of the corrected delta. AMI carries its
 * own correction for chance.
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

/* The arm's references in the place of its labels, as the shift statistics take them. */
struct reference_cells {
    struct serin_block_cell *cells;
    size_t count;
    uint64_t *totals;
};

static void reference_cells_free(struct reference_cells *cells)
{
    memory_free(cells->cells);
    memory_free(cells->totals);
}

static enum serin_status reference_cells_take(const struct counts *counts, enum arm arm,
                                              struct reference_cells *out)
{
    const struct arm_counts *from = &counts->arms[arm];
    out->cells = memory_allocate(from->cell_count + 1, sizeof(*out->cells));
    out->totals = memory_allocate(counts->rows + 1, sizeof(*out->totals));
    if (!out->cells || !out->totals) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < from->cell_count; i++) {
        const struct serin_block_cell *cell = &from->cells[i];
        if (cell->row != SERIN_NO_REFERENCE) {
            out->cells[out->count++] = (struct serin_block_cell){.block = cell->block,
                                                                 .row = SERIN_NO_REFERENCE,
                                                                 .column = cell->row,
                                                                 .count = cell->count};
            out->totals[cell->row] += cell->count;
        }
    }
    return SERIN_OK;
}

static enum serin_status mix_effect(const struct counts *counts,
                                    const struct reference_cells *cells,
                                    const struct evidence *evidence,
                                    struct serin_design_effect *out, struct serin_error *err)
{
    if (!evidence->blocks_known) {
        return SERIN_OK;
    }
    struct serin_blocks blocks = {
        .cells = cells->cells, .count = cells->count, .columns = counts->rows};
    bool defined = false;
    return measured(serin_shift_design_effect(&blocks, out), "the design effect of references",
                    &defined, err);
}

static enum serin_status mix_shift(const struct counts *counts,
                                   const struct reference_cells *canary,
                                   const struct reference_cells *stable, struct evidence *evidence,
                                   struct serin_error *err)
{
    struct serin_shift_input input = {
        .canary = canary->totals,
        .stable = stable->totals,
        .labels = counts->rows,
        .canary_effect = SERIN_INDEPENDENT,
        .stable_effect = SERIN_INDEPENDENT,
        .normalizer = evidence->judgement->normalizer,
        .confidence = {.interval = SERIN_FIXED, .level = evidence->judgement->level},
    };
    struct serin_shift shift;
    bool defined = false;
    TRY(mix_effect(counts, canary, evidence, &input.canary_effect, err));
    TRY(mix_effect(counts, stable, evidence, &input.stable_effect, err));
    TRY(measured(serin_shift(&input, &shift), "the mix of references", &defined, err));
    evidence->reference_mix_differs = defined && shift.state == SERIN_TABLE_OK &&
                                      shift.p_value_adjusted < SERIN_SAMPLE_RATIO_ALPHA;
    return SERIN_OK;
}

enum serin_status reference_mix_compare(const struct counts *counts, struct evidence *evidence,
                                        struct serin_error *err)
{
    if (evidence->judgement->design != DESIGN_REFERENCE) {
        return SERIN_OK;
    }
    struct reference_cells arms[ARM_COUNT] = {0};
    enum serin_status status = reference_cells_take(counts, ARM_CANARY, &arms[ARM_CANARY]);
    if (status == SERIN_OK) {
        status = reference_cells_take(counts, ARM_STABLE, &arms[ARM_STABLE]);
    }
    status = status == SERIN_OK
                 ? mix_shift(counts, &arms[ARM_CANARY], &arms[ARM_STABLE], evidence, err)
                 : serin_fail(err, status, "the mix of references");
    reference_cells_free(&arms[ARM_CANARY]);
    reference_cells_free(&arms[ARM_STABLE]);
    return status;
}
