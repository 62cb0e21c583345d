/*
 * Which slices make up the whole, where they carry its delta: each event is in one of them.
 */
#ifndef SERIN_VERDICT_STRATA_H
#define SERIN_VERDICT_STRATA_H

#include "base/memory.h"
#include "serin/error.h"
#include "verdict/evidence.h"
#include "verdict/slice_measure.h"

#include <stddef.h>

struct strata;

/*
 * Chooses among the results of one dimension, which are borrowed.
 *
 *   results   all slices of the dimension, and the rest
 *   evidence  of the whole, measured
 *
 * A rest too small to be a stratum is measured together with the smallest slice. Where these are
 * none even together, with fewer than two strata, and in other designs than `reference`, there are
 * no strata and the pooled delta stays: pairs are alike in both arms, and a divergence near 0 has
 * no interval that adds up. Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status strata_create(const struct slice_question *question,
                                                 const struct slice_result *results, size_t count,
                                                 const struct evidence *evidence,
                                                 struct strata **out, struct serin_error *err);
void strata_destroy(struct strata *strata); /* NULL is fine */
DEFINE_CLEANUP(strata)

size_t strata_count(const struct strata *strata); /* none, or at least two */
const struct slice_result *strata_at(const struct strata *strata, size_t i);

/* Of all compared events, both arms' together, those in the stratum: its weight in the mean. */
double strata_share(const struct strata *strata, size_t i);

#endif
