/*
 * The designs, one file each: how delta and the arms' own estimates come out of the counts.
 */
#ifndef SERIN_VERDICT_MEASURE_H
#define SERIN_VERDICT_MEASURE_H

#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"

#include <stdbool.h>

/*
 * Each fills the evidence's delta, its z, size and allowance, and the arms' estimates, design
 * effects and gaps; what has no value stays undefined. Fail with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status measure_reference(const struct counts *counts,
                                                     const struct block_tables *tables,
                                                     struct evidence *evidence,
                                                     struct serin_error *err);
SERIN_MUST_CHECK enum serin_status measure_paired(const struct counts *counts,
                                                  const struct block_tables *tables,
                                                  struct evidence *evidence,
                                                  struct serin_error *err);
SERIN_MUST_CHECK enum serin_status measure_shift(const struct counts *counts,
                                                 const struct block_tables *tables,
                                                 struct evidence *evidence,
                                                 struct serin_error *err);

/*
 * Sorts out what a statistic returned: `*out_defined` is false for SERIN_UNDEFINED, which is no
 * failure and leaves the statistic's result as it was. What else fails is our bug, for the counts
 * are sealed, and so says `err` about `what`.
 */
SERIN_MUST_CHECK enum serin_status measured(enum serin_status status, const char *what,
                                            bool *out_defined, struct serin_error *err);

/* The arm's own NMI with its interval, of the table compared. */
SERIN_MUST_CHECK enum serin_status measure_arm(const struct serin_table *table,
                                               const struct judgement *judgement,
                                               const struct serin_design_effect *effect,
                                               struct estimate *out, struct serin_error *err);

#endif
