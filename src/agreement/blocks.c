#include "agreement/blocks.h"

#include <math.h>

void block_scores_add(struct block_scores *scores, double deviation)
{
    exact_sum_add(&scores->first, deviation);
    exact_sum_add(&scores->second, deviation * deviation);
    scores->blocks++;
}

double block_scores_variance(const struct block_scores *scores)
{
    double blocks = (double)scores->blocks;
    double first = exact_sum_value(&scores->first);
    double squares = exact_sum_value(&scores->second) - first * first / blocks;
    return squares > 0.0 ? (blocks - 1.0) / blocks * squares : 0.0;
}

double design_effect_of(double variance, double independent)
{
    return independent > 0.0 ? fmax(1.0, variance / independent) : 1.0;
}
