#include "agreement/divergence.h"

#include "agreement/exact_sum.h"
#include "agreement/hypergeometric_walk.h"

/* Above this expected count in both arms a label's mean divergence follows its expansion. */
static const double expansion_mean = 100.0;

/* (p − q)/(p + q) for shares p = x/n and q = y/m, from exact integers. */
static double contrast(const struct label_counts *counts, uint64_t x, uint64_t y)
{
    uint128 canary = (uint128)x * counts->stable_total;
    uint128 stable = (uint128)y * counts->canary_total;
    return (double)(int128)(canary - stable) / (double)(canary + stable);
}

/* ((1+d) ln(1+d) + (1−d) ln(1−d))/2 for |d| ≤ 1: even, never negative. */
static double binary_divergence(double d)
{
    double square = d * d;
    if (square < 1e-4) {
        return square * (0.5 + square * (1.0 / 12.0 + square * (1.0 / 30.0 + square / 56.0)));
    }
    if (square == 1.0) {
        return M_LN2;
    }
    return 0.5 * ((1.0 + d) * log1p(d) + (1.0 - d) * log1p(-d));
}

/* What a label seen x and y times adds to the divergence; d is its contrast. */
static double contribution(const struct label_counts *counts, uint64_t x, uint64_t y, double d)
{
    double sum =
        (double)x / (double)counts->canary_total + (double)y / (double)counts->stable_total;
    return 0.5 * sum * binary_divergence(d);
}

struct split {
    double per_canary_event;
    double per_stable_event;
    uint64_t label_total;
};

/* As contribution, but quick: a mean of many needs no exact contrast. */
static double contribution_of_split(const void *context, uint64_t x)
{
    const struct split *split = context;
    double canary = (double)x * split->per_canary_event;
    double stable = (double)(split->label_total - x) * split->per_stable_event;
    double sum = canary + stable;
    return 0.5 * sum * binary_divergence((canary - stable) / sum);
}

/* A label's mean contribution if its events fell on the arms at random, and the arms kept theirs.
 */
static double null_contribution(const struct label_counts *counts, uint64_t label_total)
{
    uint64_t total = counts->canary_total + counts->stable_total;
    if (label_total == total) {
        return 0.0;
    }
    struct hypergeometric law = hypergeometric_law(total, label_total, counts->canary_total);
    double smaller_mean = fmin(law.mean, (double)label_total - law.mean);
    double per_canary_event = 1.0 / (double)counts->canary_total;
    double per_stable_event = 1.0 / (double)counts->stable_total;
    if (smaller_mean > expansion_mean) {
        double rest = (double)(total - label_total) / (double)(total - 1);
        return rest * (per_canary_event + per_stable_event) / 8.0;
    }
    struct split split = {per_canary_event, per_stable_event, label_total};
    return hypergeometric_mean(&law, contribution_of_split, &split);
}

/* Mean and mean square of ln(2p/(p+q)) over an arm's events. */
struct moments {
    struct exact_sum first;
    struct exact_sum second;
    struct exact_sum bias;
};

static void observe(struct moments *moments, double share, double d)
{
    if (share > 0.0) {
        double ln_ratio = log1p(d);
        exact_sum_add(&moments->first, share * ln_ratio);
        exact_sum_add(&moments->second, share * ln_ratio * ln_ratio);
        exact_sum_add(&moments->bias, (1.0 - share) * 0.5 * (1.0 - d));
    }
}

/* The influence of an event is half of its ln(2p/(p+q)). */
static double variance(const struct moments *moments)
{
    double mean = exact_sum_value(&moments->first);
    return fmax(0.0, exact_sum_value(&moments->second) - mean * mean) / 4.0;
}

struct divergence divergence_of(const struct label_counts *counts)
{
    double canary_total = (double)counts->canary_total;
    double stable_total = (double)counts->stable_total;
    struct exact_sum value = {0};
    struct exact_sum null_bias = {0};
    struct moments canary = {{0}, {0}, {0}};
    struct moments stable = {{0}, {0}, {0}};
    for (size_t i = 0; i < counts->labels; i++) {
        uint64_t x = counts->canary[i];
        uint64_t y = counts->stable[i];
        if (x + y > 0) {
            double d = contrast(counts, x, y);
            exact_sum_add(&value, contribution(counts, x, y, d));
            exact_sum_add(&null_bias, null_contribution(counts, x + y));
            observe(&canary, (double)x / canary_total, d);
            observe(&stable, (double)y / stable_total, -d);
        }
    }
    return (struct divergence){
        .value = exact_sum_value(&value),
        .canary_variance = variance(&canary),
        .stable_variance = variance(&stable),
        .null_bias = exact_sum_value(&null_bias),
        .bias = exact_sum_value(&canary.bias) / (4.0 * canary_total) +
                exact_sum_value(&stable.bias) / (4.0 * stable_total),
    };
}
