/*
 * Agreement on pairs of events, from exact integers.
 */
#ifndef SERIN_AGREEMENT_PAIRS_H
#define SERIN_AGREEMENT_PAIRS_H

#include "agreement/measured.h"

struct pair_scores {
    double rand;
    double adjusted_rand;
};

struct pair_scores pair_scores_of(const struct serin_table *table, const struct margins *margins);

#endif
