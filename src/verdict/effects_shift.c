#include "verdict/effects_of.h"

#include <math.h>

/* A label in both arms. */
struct shares {
    double canary;
    double stable;
};

static struct shares shares_of(const struct counts *counts, size_t column)
{
    const struct arm_counts *canary = &counts->arms[ARM_CANARY];
    const struct arm_counts *stable = &counts->arms[ARM_STABLE];
    return (struct shares){(double)canary->totals[column] / (double)canary->events,
                           (double)stable->totals[column] / (double)stable->events};
}

static double half_term(double share, double mean)
{
    return share > 0.0 ? 0.5 * share * log2(share / mean) : 0.0;
}

/* A label's term of the plug-in divergence, in bits. */
static double divergence_of(struct shares shares)
{
    double mean = (shares.canary + shares.stable) / 2.0;
    return half_term(shares.canary, mean) + half_term(shares.stable, mean);
}

static double chance_weight(struct shares shares)
{
    double mean = (shares.canary + shares.stable) / 2.0;
    return mean > 0.0 ? 1.0 - mean : 0.0;
}

void effects_shift_fill(struct effects *effects)
{
    double plug_in = 0.0;
    double chance = 0.0;
    for (size_t j = 0; j < effects->counts->columns; j++) {
        struct shares shares = shares_of(effects->counts, j);
        effects->values[j] = divergence_of(shares);
        plug_in += effects->values[j];
        chance += chance_weight(shares);
    }
    double correction = plug_in - effects->evidence->delta.value;
    for (size_t j = 0; j < effects->counts->columns; j++) {
        effects->values[j] -= correction * chance_weight(shares_of(effects->counts, j)) / chance;
    }
}

/*
 * By its slope, ½ log2 of a share over the mean of both; and where both are alike, so that the
 * slope vanishes, by its curvature: the term is then (p − q)² / (8 · mean · ln 2).
 */
static double variance_of(struct shares shares, double canary_size, double stable_size)
{
    double mean = (shares.canary + shares.stable) / 2.0;
    double canary = shares.canary * (1.0 - shares.canary) / canary_size;
    double stable = shares.stable * (1.0 - shares.stable) / stable_size;
    double of_canary = shares.canary > 0.0 ? 0.5 * log2(shares.canary / mean) : 0.0;
    double of_stable = shares.stable > 0.0 ? 0.5 * log2(shares.stable / mean) : 0.0;
    double curved = (canary + stable) / (8.0 * mean * M_LN2);
    return of_canary * of_canary * canary + of_stable * of_stable * stable + 2.0 * curved * curved;
}

void effects_shift_variances(const struct effects *effects, const size_t *columns, size_t count,
                             double *out)
{
    const struct arm_evidence *arms = effects->evidence->arms;
    for (size_t k = 0; k < count; k++) {
        out[k] = variance_of(shares_of(effects->counts, columns[k]), arms[ARM_CANARY].effective,
                             arms[ARM_STABLE].effective);
    }
}
