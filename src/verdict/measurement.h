/*
 * Both arms' counts at the resolution at which they can be judged, and what they say.
 */
#ifndef SERIN_VERDICT_MEASUREMENT_H
#define SERIN_VERDICT_MEASUREMENT_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"
#include "verdict/grouping.h"
#include "verdict/spec.h"

struct measurement {
    struct grouping *grouping;
    struct counts *counts; /* by the grouping */
    struct evidence evidence;
};
#define MEASUREMENT_NONE ((struct measurement){NULL, NULL, {0}})

void measurement_clear(struct measurement *measurement);

/* Runs measurement_clear when the name leaves scope; to be initialized at once. */
#define measurement_scope __attribute__((cleanup(measurement_clear))) struct measurement

/*
 * Counts with at most `label_cap` labels; where these are too many for the samples
 * (guards_find_sparse) and the judgement allows it, with the rare ones merged, by
 * counts_create_merged, until the table is dense. Where merging does not help, the first counts
 * stay. `out` has to be MEASUREMENT_NONE, and to be cleared also after a failure. Fails with
 * SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status measurement_take(const struct spec *spec,
                                                    const struct block_tables *tables,
                                                    struct measurement *out,
                                                    struct serin_error *err);

#endif
