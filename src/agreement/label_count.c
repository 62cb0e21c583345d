#include "agreement/label_count.h"

#include "agreement/exact_sum.h"

#include <math.h>

/* Expected number of labels that `size` of the events show. */
static double labels_at(const struct measured *measured, uint64_t size)
{
    const struct margins *margins = &measured->margins;
    if (size >= margins->total) {
        return (double)margins->occupied_columns;
    }
    double ln_missed = log1p(-(double)size / (double)margins->total);
    struct exact_sum sum = {0};
    for (size_t j = 0; j < measured->table.columns; j++) {
        if (margins->columns[j] > 0) {
            exact_sum_add(&sum, -expm1((double)margins->columns[j] * ln_missed));
        }
    }
    return exact_sum_value(&sum);
}

/* ln of how many times the labels of `more` at `size` outnumber all of `fewer`; 0: they do not. */
static double ln_times_more(const struct measured *more, const struct measured *fewer,
                            uint64_t size)
{
    return fmax(0.0, log(labels_at(more, size) / (double)fewer->margins.occupied_columns));
}

double label_count_bias(const struct measured *canary, const struct measured *stable,
                        const struct serin_arm *canary_arm, const struct serin_arm *stable_arm)
{
    uint64_t size = canary_arm->size;
    double entropy = canary->entropies.label - stable->entropies.label;
    double excess = fmin(ln_times_more(canary, stable, size), fmax(0.0, entropy)) -
                    fmin(ln_times_more(stable, canary, size), fmax(0.0, -entropy));
    double rare = 0.5 * (canary_arm->singletons + stable_arm->singletons) / (double)size;
    return rare * excess / arm_divisor(canary);
}
