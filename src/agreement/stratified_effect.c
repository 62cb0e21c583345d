#include "agreement/blocks.h"
#include "base/memory.h"
#include "serin/stratified.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* What the strata contribute, one after the other. */
struct strata {
    struct block_deviation *deviations; /* of the weighted mean, a block once per stratum */
    size_t count;
    size_t capacity;
    double independent;
    uint64_t samples;
    double own;         /* Σ of the strata's own block variances */
    double own_squares; /* Σ of their squares over their degrees of freedom */
};

static enum serin_status weight_total(const double *weights, size_t count, double *out)
{
    double total = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!(weights[i] >= 0.0)) {
            return SERIN_INVALID;
        }
        total += weights[i];
    }
    if (!(total > 0.0) || !isfinite(total)) {
        return SERIN_INVALID;
    }
    *out = total;
    return SERIN_OK;
}

static void own_variance_add(const struct block_deviations *found, double share,
                             struct strata *strata)
{
    struct block_scores scores = {{0}, {0}, 0};
    for (size_t i = 0; i < found->count; i++) {
        block_scores_add(&scores, share * found->blocks[i].deviation);
    }
    double variance = block_scores_variance(&scores);
    strata->own += variance;
    strata->own_squares += variance * variance / (double)(found->count - 1);
}

static enum serin_status stratum_add(const struct serin_blocks *blocks,
                                     enum serin_normalizer normalizer, double share,
                                     struct strata *strata)
{
    struct block_deviations found;
    TRY(block_deviations_find(blocks, normalizer, &found));
    owned_memory struct block_deviation *each = found.blocks;
    if (found.count < 2) {
        return SERIN_UNDEFINED;
    }
    TRY(memory_grow((void **)&strata->deviations, &strata->capacity, strata->count + found.count,
                    sizeof(*strata->deviations), SIZE_MAX));
    for (size_t i = 0; i < found.count; i++) {
        strata->deviations[strata->count++] = (struct block_deviation){
            .block = each[i].block, .deviation = share * each[i].deviation};
    }
    strata->samples += found.samples;
    strata->independent += share * share * found.independent;
    own_variance_add(&found, share, strata);
    return SERIN_OK;
}

static int by_block(const void *left, const void *right)
{
    const struct block_deviation *a = left;
    const struct block_deviation *b = right;
    return (a->block > b->block) - (a->block < b->block);
}

/* Adds up what leaving a block out of every stratum does. Exact sums know no order. */
static void blocks_score(struct strata *strata, struct block_scores *scores)
{
    assert(strata->deviations); /* each stratum has two blocks or more */
    qsort(strata->deviations, strata->count, sizeof(*strata->deviations), by_block);
    for (size_t i = 0; i < strata->count;) {
        uint32_t block = strata->deviations[i].block;
        struct exact_sum sum = {0};
        for (; i < strata->count && strata->deviations[i].block == block; i++) {
            exact_sum_add(&sum, strata->deviations[i].deviation);
        }
        block_scores_add(scores, exact_sum_value(&sum));
    }
}

static struct serin_design_effect effect_of(struct strata *strata)
{
    struct block_scores scores = {{0}, {0}, 0};
    blocks_score(strata, &scores);
    double variance = block_scores_variance(&scores);
    double df = (double)(scores.blocks - 1);
    if (strata->own_squares > 0.0) {
        df = fmin(df, strata->own * strata->own / strata->own_squares);
    }
    return (struct serin_design_effect){
        .variance = variance,
        .deff = design_effect_of(variance, strata->independent),
        .blocks = scores.blocks,
        .samples = strata->samples,
        .df = df,
    };
}

enum serin_status serin_stratified_effect(const struct serin_blocks *strata, const double *weights,
                                          size_t count, enum serin_normalizer normalizer,
                                          struct serin_design_effect *out)
{
    double total = 0.0;
    TRY(weight_total(weights, count, &total));
    struct strata sums = {0};
    enum serin_status status = SERIN_OK;
    for (size_t i = 0; i < count && status == SERIN_OK; i++) {
        status = stratum_add(&strata[i], normalizer, weights[i] / total, &sums);
    }
    owned_memory struct block_deviation *deviations = sums.deviations;
    TRY(status);
    sums.deviations = deviations;
    *out = effect_of(&sums);
    return SERIN_OK;
}
