/*
 * Rollouts whose traffic has slices, each with a population of its own.
 */
#ifndef SERIN_STUDY_SLICED_H
#define SERIN_STUDY_SLICED_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "serin/error.h"
#include "study/cell.h"
#include "study/random.h"
#include "verdict/judge.h"

#include <stddef.h>
#include <stdint.h>

/* One repetition: slices, populations, and the counts drawn so far. */
struct sliced;

/*
 * Reads the parameters labels, nmi, slices, sizes, mix, loss, margin and events of a cell:
 *   nmi     of the slices' populations: .2 above and below it by turns
 *   sizes   "equal" or "zipf": the slices' shares of the traffic
 *   mix     "same", or "reversed": the canary has the shares of the good and of the bad slices
 *           the other way round, one in five against four in five
 *   loss    "none"; "all": every slice loses the margin; "half": every other slice loses twice
 *           that; "one": the first slice loses twice that
 *   events  "independent", without blocks; or in bursts of 10 with an intra-class correlation of .2
 *           in 20 blocks an arm: "within", each burst in one slice; "across", over all of them;
 *           "pods", each block in one slice
 * Fails with SERIN_NO_MEMORY. The caller destroys `*out`.
 */
SERIN_MUST_CHECK enum serin_status sliced_create(const struct cell *cell, struct sliced **out,
                                                 struct serin_error *err);
void sliced_destroy(struct sliced *sliced); /* NULL is fine */
DEFINE_CLEANUP(sliced)

/* Forgets all counts. */
void sliced_begin(struct sliced *sliced);

/* Draws further events of both arms on top of those that are there. */
void sliced_draw(struct sliced *sliced, struct random *random, uint64_t canary, uint64_t stable);

/* Sealed tables of all events so far; the caller destroys them. */
SERIN_MUST_CHECK enum serin_status
sliced_tables(const struct sliced *sliced, struct block_tables **out, struct serin_error *err);

/* The slices' true deltas, weighted by the traffic both arms have had so far. */
double sliced_delta(const struct sliced *sliced);

/*
 * The truth about what a verdict measured: as sliced_delta, but of slices that it took together the
 * delta of their mixtures, which is another quantity where they lose unlike amounts. NaN when
 * memory is out.
 */
double sliced_delta_judged(const struct sliced *sliced, const struct verdict *verdict);

/* The true delta of a slice, by the name it has in the tables. */
double sliced_delta_of(const struct sliced *sliced, struct text_view name);

#endif
