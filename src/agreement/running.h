/*
 * A table from which the events of a block are taken out and put back, its sums following along.
 */
#ifndef SERIN_AGREEMENT_RUNNING_H
#define SERIN_AGREEMENT_RUNNING_H

#include "agreement/measured.h"
#include "base/memory.h"

struct running;

/* Empty, of this shape; NULL when there is no memory or the shape overflows. */
struct running *running_create(size_t rows, size_t columns);
void running_destroy(struct running *running);
DEFINE_CLEANUP(running)

/* Adds events while the table is built; SERIN_RANGE when the total would exceed SERIN_TOTAL_MAX. */
SERIN_MUST_CHECK enum serin_status running_add(struct running *running, size_t row, size_t column,
                                               uint64_t count);

/* The table as it stands. */
struct serin_table running_table(const struct running *running);

/* Takes events out that are in; running_restore puts the same events back. */
void running_remove(struct running *running, size_t row, size_t column, uint64_t count);
void running_restore(struct running *running, size_t row, size_t column, uint64_t count);

/*
 * NMI of what is left between removals and restorals. `whole` is the information of the complete
 * table, from which the cells' sum follows by what was removed.
 */
double running_nmi(const struct running *running, const struct information *whole,
                   enum serin_normalizer normalizer);

#endif
