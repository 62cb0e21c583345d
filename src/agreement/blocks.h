/*
 * The jackknife over blocks.
 */
#ifndef SERIN_AGREEMENT_BLOCKS_H
#define SERIN_AGREEMENT_BLOCKS_H

#include "agreement/exact_sum.h"
#include "serin/jackknife.h"

#include <stddef.h>
#include <stdint.h>

/* Scores of an arm with one block left out, as deviations from the score of all blocks. */
struct block_scores {
    struct exact_sum first;
    struct exact_sum second;
    size_t blocks;
};

void block_scores_add(struct block_scores *scores, double deviation);

/* (B−1)/B Σ (θ₋b − mean)² */
double block_scores_variance(const struct block_scores *scores);

struct block_deviation {
    uint32_t block;
    double deviation;
};

/* How an arm's NMI moves when each of its blocks is left out. */
struct block_deviations {
    struct block_deviation *blocks; /* owned by the caller: memory_free */
    size_t count;
    double independent; /* variance of NMI if its events were independent */
    uint64_t samples;
};

/* Fails as serin_design_effect does, but one block is enough. */
SERIN_MUST_CHECK enum serin_status block_deviations_find(const struct serin_blocks *blocks,
                                                         enum serin_normalizer normalizer,
                                                         struct block_deviations *out);

/* How much larger than that of independent events a variance is: at least 1. */
double design_effect_of(double variance, double independent);

/* What the bias left in a score grows by. */
double bias_deff_of(const struct serin_design_effect *effect);

/* Degrees of freedom of the variance in an effect of at least two blocks. */
double design_effect_df(const struct serin_design_effect *effect);

#endif
