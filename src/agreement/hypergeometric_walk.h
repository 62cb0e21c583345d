/*
 * Expectations under the hypergeometric law, by walking from its mode until nothing is added.
 */
#ifndef SERIN_AGREEMENT_HYPERGEOMETRIC_WALK_H
#define SERIN_AGREEMENT_HYPERGEOMETRIC_WALK_H

#include <math.h>
#include <stdint.h>

/* `drawn` out of `total` items of which `marked` count; the number k drawn of these is random. */
struct hypergeometric {
    double total;
    double marked;
    double drawn;
    double mean;
    uint64_t lowest;
    uint64_t highest;
};

/* marked and drawn in (0, total), total at most 2⁵³. */
static inline struct hypergeometric hypergeometric_law(uint64_t total, uint64_t marked,
                                                       uint64_t drawn)
{
    return (struct hypergeometric){
        .total = (double)total,
        .marked = (double)marked,
        .drawn = (double)drawn,
        .mean = (double)marked * (double)drawn / (double)total,
        .lowest = marked > total - drawn ? marked - (total - drawn) : 0,
        .highest = marked < drawn ? marked : drawn,
    };
}

static inline uint64_t hypergeometric_mode(const struct hypergeometric *law)
{
    double mode = floor((law->drawn + 1.0) * (law->marked + 1.0) / (law->total + 2.0));
    uint64_t k = (uint64_t)mode;
    k = k < law->lowest ? law->lowest : k;
    return k > law->highest ? law->highest : k;
}

/* P(k+1)/P(k) */
static inline double hypergeometric_ratio(const struct hypergeometric *law, double k)
{
    return (law->marked - k) * (law->drawn - k) /
           ((k + 1.0) * (law->total - law->marked - law->drawn + k + 1.0));
}

/*
 * E[value(k)]. Values should be of one sign, so that nothing cancels; weights are relative to the
 * mode's, and what is lighter than 10⁻¹⁹ of it adds nothing to a double.
 */
static inline __attribute__((always_inline)) double
hypergeometric_mean(const struct hypergeometric *law, double (*value)(const void *, uint64_t),
                    const void *context)
{
    const double negligible = 1e-19;
    uint64_t mode = hypergeometric_mode(law);
    double weights = 1.0;
    double sum = value(context, mode);
    double weight = 1.0;
    for (uint64_t k = mode; k < law->highest && weight > negligible; k++) {
        weight *= hypergeometric_ratio(law, (double)k);
        weights += weight;
        sum += weight * value(context, k + 1);
    }
    weight = 1.0;
    for (uint64_t k = mode; k > law->lowest && weight > negligible; k--) {
        weight /= hypergeometric_ratio(law, (double)k - 1.0);
        weights += weight;
        sum += weight * value(context, k - 1);
    }
    return sum / weights;
}

#endif
