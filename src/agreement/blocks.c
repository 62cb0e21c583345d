#include "agreement/blocks.h"

#include "base/memory.h"

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

double design_effect_df(const struct serin_design_effect *effect)
{
    return effect->df > 0.0 ? effect->df : (double)(effect->blocks - 1);
}

double bias_deff_of(const struct serin_design_effect *effect)
{
    return effect->bias_deff > 0.0 ? effect->bias_deff : effect->deff;
}

/*
 * How much more outer blocks have to vary before it counts. Where they are too few to estimate a
 * variance from: more than chance does in 95 % of cases, χ²'s quantile over its degrees of freedom.
 */
static double excess_by_chance(size_t outer_blocks)
{
    static const double of_few[] = {3.841, 2.996, 2.605}; /* 2, 3, 4 blocks */
    return outer_blocks < ARRAY_LENGTH(of_few) + 2 ? of_few[outer_blocks - 2] : 1.0;
}

struct serin_design_effect serin_nested_effect(const struct serin_design_effect *inner,
                                               const struct serin_design_effect *outer)
{
    if (outer->blocks < 2 || outer->deff <= excess_by_chance(outer->blocks) * inner->deff) {
        return *inner;
    }
    double within = inner->deff / outer->deff;
    double between = 1.0 - within;
    struct serin_design_effect nested = *inner;
    nested.variance = outer->variance;
    nested.deff = outer->deff;
    nested.bias_deff = bias_deff_of(inner);
    nested.df = 1.0 / (within * within / design_effect_df(inner) +
                       between * between / design_effect_df(outer));
    return nested;
}
