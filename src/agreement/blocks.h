/*
 * The jackknife over blocks.
 */
#ifndef SERIN_AGREEMENT_BLOCKS_H
#define SERIN_AGREEMENT_BLOCKS_H

#include "agreement/exact_sum.h"

#include <stddef.h>

/* Scores of an arm with one block left out, as deviations from the score of all blocks. */
struct block_scores {
    struct exact_sum first;
    struct exact_sum second;
    size_t blocks;
};

void block_scores_add(struct block_scores *scores, double deviation);

/* (B−1)/B Σ (θ₋b − mean)² */
double block_scores_variance(const struct block_scores *scores);

/* How much larger than that of independent events a variance is: at least 1. */
double design_effect_of(double variance, double independent);

#endif
