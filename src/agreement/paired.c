#include "serin/paired.h"

#include "agreement/allowances.h"
#include "agreement/arm.h"
#include "agreement/blocks.h"
#include "agreement/label_count.h"
#include "agreement/normalizer.h"
#include "agreement/pairing.h"
#include "agreement/student.h"
#include "base/memory.h"

#include <math.h>

static enum serin_status choose_critical_value(const struct serin_confidence *confidence,
                                               const struct serin_design_effect *effect,
                                               struct serin_paired_comparison *result)
{
    result->size = (double)result->samples / effect->deff;
    TRY(serin_critical_value(confidence, result->size, &result->z));
    if (effect->blocks >= 2) {
        result->df = design_effect_df(effect);
        result->z = student_critical(result->z, result->df);
    }
    return SERIN_OK;
}

static void set_limits(struct serin_paired_comparison *result)
{
    double half_width = result->z * result->se + result->few_keys;
    struct reach allowed = allowances_reach(&(struct allowances){
        .correction = result->correction,
        .unseen = result->unseen,
        .unseen_doubt = result->unseen_doubt,
        .label_bias = result->label_bias,
    });
    result->lower = fmax(-1.0, result->estimate - half_width - allowed.below);
    result->upper = fmin(1.0, result->estimate + half_width + allowed.above);
}

/*
 * Of the floor, on top of it. With no differing key at all the interval must reach as far as a mean
 * of 3.69 adverse keys, for a Poisson count of that mean is 0 in 2.5 % of cases: (3.69 / 1.96)² of
 * them in variance where the floor has 2.
 */
static const double further_keys = 0.77;

/* Of the doubt about `unseen`, as for independent arms; serin/interval.h. */
static const double unseen_doubt_share = 0.6;

/* Singletons count nearly independent rare keys; those that both arms share are counted twice. */
static double unseen_doubt(const struct pairing *pairing,
                           const struct serin_paired_comparison *result)
{
    double cost = arm_spread_cost(&pairing->canary_measured, result->rows, result->columns,
                                  result->canary.singletons);
    double singletons = result->canary.singletons + result->stable.singletons;
    double error = sqrt(result->canary.deff * singletons) / (double)result->samples;
    return unseen_doubt_share * result->z * cost * error;
}

static size_t count_labels(const struct pairing *pairing)
{
    const struct margins *canary = &pairing->canary_measured.margins;
    const struct margins *stable = &pairing->stable_measured.margins;
    size_t labels = 0;
    for (size_t j = 0; j < pairing->triples->columns; j++) {
        labels += canary->columns[j] > 0 || stable->columns[j] > 0;
    }
    return labels;
}

static enum serin_status compare_defined(const struct pairing *pairing,
                                         const struct serin_confidence *confidence,
                                         const struct serin_design_effect *effect,
                                         struct serin_paired_comparison *result)
{
    TRY(arm_describe(&pairing->canary_measured, 0, effect, &result->canary));
    TRY(arm_describe(&pairing->stable_measured, 0, effect, &result->stable));
    TRY(pairing_jackknife_variance(pairing, &result->jackknife_variance));
    TRY(choose_critical_value(confidence, effect, result));
    result->floor = pairing_unseen_variance(&pairing->stable_measured);
    result->se = sqrt(effect->deff * result->jackknife_variance + result->floor);
    result->estimate = result->canary.nmi - result->stable.nmi;
    result->correction = 0.5 * fabs(result->canary.gap - result->stable.gap);
    result->unseen = arm_unseen_cost(&pairing->canary_measured, result->rows, result->columns) *
                     (result->canary.singletons - result->stable.singletons) /
                     (double)result->samples;
    result->unseen_doubt = unseen_doubt(pairing, result);
    result->label_bias = label_count_bias(&pairing->canary_measured, &pairing->stable_measured,
                                          &result->canary, &result->stable);
    result->few_keys =
        result->z * (hypot(result->se, sqrt(further_keys * result->floor)) - result->se);
    set_limits(result);
    return SERIN_OK;
}

enum serin_status serin_paired(const struct serin_triples *triples,
                               enum serin_normalizer normalizer,
                               const struct serin_confidence *confidence,
                               const struct serin_design_effect *effect,
                               struct serin_paired_comparison *out)
{
    if (!isfinite(effect->deff) || effect->deff < 1.0) {
        return SERIN_INVALID;
    }
    pairing_scope pairing;
    TRY(pairing_init(&pairing, triples, normalizer));
    enum serin_table_state canary = pairing.canary_measured.state;
    enum serin_table_state stable = pairing.stable_measured.state;
    struct serin_paired_comparison result = {
        .state = canary != SERIN_TABLE_OK ? canary : stable,
        .canary_state = canary,
        .stable_state = stable,
        .samples = pairing.canary_measured.margins.total,
        .lower = -1.0,
        .upper = 1.0,
        .rows = pairing.canary_measured.margins.occupied_rows,
        .columns = count_labels(&pairing),
    };
    if (result.state == SERIN_TABLE_OK) {
        TRY(compare_defined(&pairing, confidence, effect, &result));
    }
    *out = result;
    return SERIN_OK;
}

static void remove_triple(struct pairing *pairing, const struct serin_triple *triple)
{
    running_remove(pairing->canary, triple->row, triple->canary, triple->count);
    running_remove(pairing->stable, triple->row, triple->stable, triple->count);
}

static void restore_triple(struct pairing *pairing, const struct serin_triple *triple)
{
    running_restore(pairing->canary, triple->row, triple->canary, triple->count);
    running_restore(pairing->stable, triple->row, triple->stable, triple->count);
}

/* The difference as it stands, against that of all keys. */
static double deviation(const struct pairing *pairing)
{
    const struct measured *canary = &pairing->canary_measured;
    const struct measured *stable = &pairing->stable_measured;
    double canary_nmi = running_nmi(pairing->canary, &canary->information, canary->normalizer);
    double stable_nmi = running_nmi(pairing->stable, &stable->information, stable->normalizer);
    return (canary_nmi - canary->nmi) - (stable_nmi - stable->nmi);
}

/* Scores without the block that starts at `start`; returns where the next one starts. */
static size_t score_without_block(struct pairing *pairing, size_t start,
                                  struct block_scores *scores)
{
    const struct serin_triples *triples = pairing->triples;
    const struct serin_triple *all = triples->triples;
    uint64_t removed = 0;
    size_t end = start;
    for (; end < triples->count && all[end].block == all[start].block; end++) {
        if (pairing_counts(&all[end])) {
            remove_triple(pairing, &all[end]);
            removed += all[end].count;
        }
    }
    if (removed > 0) {
        block_scores_add(scores, deviation(pairing));
    }
    for (size_t k = start; k < end; k++) {
        if (pairing_counts(&all[k])) {
            restore_triple(pairing, &all[k]);
        }
    }
    return end;
}

enum serin_status serin_paired_design_effect(const struct serin_triples *triples,
                                             enum serin_normalizer normalizer,
                                             struct serin_design_effect *out)
{
    pairing_scope pairing;
    TRY(pairing_init(&pairing, triples, normalizer));
    if (pairing.canary_measured.state != SERIN_TABLE_OK ||
        pairing.stable_measured.state != SERIN_TABLE_OK) {
        return SERIN_UNDEFINED;
    }
    double independent = 0.0;
    TRY(pairing_jackknife_variance(&pairing, &independent));
    struct block_scores scores = {{0}, {0}, 0};
    for (size_t k = 0; k < triples->count;) {
        k = score_without_block(&pairing, k, &scores);
    }
    if (scores.blocks < 2) {
        return SERIN_UNDEFINED;
    }
    double variance = block_scores_variance(&scores);
    *out = (struct serin_design_effect){
        .variance = variance,
        .deff = design_effect_of(variance, independent),
        .blocks = scores.blocks,
        .samples = pairing.canary_measured.margins.total,
    };
    return SERIN_OK;
}
