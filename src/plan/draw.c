#include "plan/draw.h"

#include "agreement/normal.h"

#include <math.h>

/* Where the normal distribution takes over; exact drawing takes as many steps as are expected. */
static const double exact_below = 50.0;

struct draw draw_seeded(uint64_t seed)
{
    return (struct draw){seed};
}

/* SplitMix64: Steele, Lea & Flood, OOPSLA 2014. */
static uint64_t next(struct draw *draw)
{
    draw->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = draw->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

double draw_uniform(struct draw *draw)
{
    return ((double)(next(draw) >> 11) + 0.5) * 0x1p-53;
}

/* Walks the probabilities from 0 up until they use up a uniform number. */
static uint64_t by_inversion(struct draw *draw, uint64_t events, double share)
{
    double left = draw_uniform(draw);
    double odds = share / (1.0 - share);
    double chance = exp((double)events * log1p(-share));
    uint64_t found = 0;
    while (left > chance && found < events) {
        left -= chance;
        found++;
        chance *= odds * (double)(events - found + 1) / (double)found;
        if (chance < 1e-300) {
            break;
        }
    }
    return found;
}

static uint64_t by_normal(struct draw *draw, uint64_t events, double share)
{
    double mean = (double)events * share;
    double deviation = sqrt(mean * (1.0 - share));
    double drawn = round(mean + deviation * normal_upper_quantile(draw_uniform(draw)));
    return (uint64_t)fmin((double)events, fmax(0.0, drawn));
}

uint64_t draw_binomial(struct draw *draw, uint64_t events, double share)
{
    if (events == 0 || share <= 0.0) {
        return 0;
    }
    if (share >= 1.0) {
        return events;
    }
    double rarer = fmin(share, 1.0 - share);
    if (rarer * (double)events >= exact_below) {
        return by_normal(draw, events, share);
    }
    uint64_t found = by_inversion(draw, events, rarer);
    return share > rarer ? events - found : found;
}

void draw_counts(struct draw *draw, uint64_t events, const double *shares, size_t count,
                 uint64_t *out)
{
    double rest = 1.0;
    for (size_t i = 0; i < count; i++) {
        out[i] = i + 1 == count ? events
                                : draw_binomial(draw, events, rest > 0.0 ? shares[i] / rest : 1.0);
        events -= out[i];
        rest -= shares[i];
    }
}
