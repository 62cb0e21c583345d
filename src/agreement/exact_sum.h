/*
 * Sums of doubles that do not depend on their order: each term is rounded to a multiple of 2⁻⁹⁸ and
 * added as an integer. For quantities whose size is known: means over events of logarithms.
 */
#ifndef SERIN_AGREEMENT_EXACT_SUM_H
#define SERIN_AGREEMENT_EXACT_SUM_H

#include "agreement/wide.h"

struct exact_sum {
    int128 units;
};

/* |term| and every partial sum must stay below 2²⁶. */
static inline void exact_sum_add(struct exact_sum *sum, double term)
{
    int64_t high = (int64_t)(term * 0x1p36);
    int64_t low = (int64_t)((term - (double)high * 0x1p-36) * 0x1p98);
    sum->units += (int128)high * (INT64_C(1) << 62) + low;
}

static inline double exact_sum_value(const struct exact_sum *sum)
{
    return (double)sum->units * 0x1p-98;
}

#endif
