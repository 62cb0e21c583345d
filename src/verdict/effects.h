/*
 * What each emitted label contributes to delta.
 */
#ifndef SERIN_VERDICT_EFFECTS_H
#define SERIN_VERDICT_EFFECTS_H

#include "base/memory.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"
#include "verdict/strata.h"

#include <stdbool.h>
#include <stddef.h>

struct effects;

/*
 * Splits the delta of the evidence, which was measured from the same counts, among its labels.
 *
 * NMI is I/M, and both I and the labels' entropy in M are sums over labels. A label is put down
 * what its terms' changes move NMI on the straight way from the stable arm's sums to the canary's
 * (agreement/parts.h), all at the comparison size; and likewise what its terms contribute to the
 * bias correction of either arm. Where strata carry delta, a label's contribution is the mean over
 * them of that within each, by their weights in delta, so that a mix that differs is put down to no
 * label (`strata` is NULL where none do). In `shift` it is the label's term of the divergence, less
 * a part of the bias correction in proportion to 1 − share, which is how chance spreads among
 * labels. What no label can be blamed for is the rest: see effects_rest.
 *
 * Nothing is defined where delta is not. Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status effects_create(const struct counts *counts,
                                                  const struct evidence *evidence,
                                                  const struct strata *strata, struct effects **out,
                                                  struct serin_error *err);
void effects_destroy(struct effects *effects); /* NULL is fine */
DEFINE_CLEANUP(effects)

bool effects_defined(const struct effects *effects);
double effects_value(const struct effects *effects, size_t column);

/*
 * delta less all labels' contributions: the mix of the references, within strata where these carry
 * delta, and what the ends of the scale cut off.
 */
double effects_rest(const struct effects *effects);

/*
 * Half the width of the intervals of some columns' contributions, at the critical value of delta:
 * each holds by itself. By the infinitesimal jackknife over blocks where they are known, and never
 * less than for independent events; in `paired` over keys, which move both arms.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status effects_half_widths(const struct effects *effects,
                                                       const size_t *columns, size_t count,
                                                       double *out, struct serin_error *err);

#endif
