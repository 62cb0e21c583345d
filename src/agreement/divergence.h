/*
 * The equal-weight Jensen-Shannon divergence of two arms' label counts, with what its interval
 * needs. In nats.
 */
#ifndef SERIN_AGREEMENT_DIVERGENCE_H
#define SERIN_AGREEMENT_DIVERGENCE_H

#include <stddef.h>
#include <stdint.h>

/* Events per emitted label; both arms have some, and their sum is at most 2⁵³. */
struct label_counts {
    const uint64_t *canary;
    const uint64_t *stable;
    size_t labels;
    uint64_t canary_total;
    uint64_t stable_total;
};

struct divergence {
    double value;           /* plug-in */
    double canary_variance; /* of √n · value through the canary's events, by influence */
    double stable_variance;
    double null_bias; /* mean of the plug-in if both arms were alike, given the labels' totals */
    double bias;      /* second-order bias at the shares observed */
};

struct divergence divergence_of(const struct label_counts *counts);

#endif
