/*
 * Random counts for rehearsals, the same in every run: seeded, and with no state but the caller's.
 */
#ifndef SERIN_PLAN_DRAW_H
#define SERIN_PLAN_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct draw {
    uint64_t state;
};

struct draw draw_seeded(uint64_t seed);

double draw_uniform(struct draw *draw); /* in (0, 1) */

/*
 * How many of `events` fall to a part of share `share`, in [0, 1]: exact while the rarer outcome is
 * expected less than 50 times, above from the normal distribution.
 */
uint64_t draw_binomial(struct draw *draw, uint64_t events, double share);

/* Spreads `events` over `count` cells of these shares, which sum to 1. */
void draw_counts(struct draw *draw, uint64_t events, const double *shares, size_t count,
                 uint64_t *out);

#endif
