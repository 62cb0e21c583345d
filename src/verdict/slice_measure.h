/*
 * The slices of the traffic measured one by one, and what is left of each dimension together.
 */
#ifndef SERIN_VERDICT_SLICE_MEASURE_H
#define SERIN_VERDICT_SLICE_MEASURE_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "serin/error.h"
#include "serin/jackknife.h"
#include "verdict/evidence.h"
#include "verdict/grouping.h"
#include "verdict/guards.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>

/* What measuring any slice needs. Borrowed. */
struct slice_question {
    const struct block_tables *tables;
    const struct spec *spec;
    const struct grouping *grouping;
};

/* An arm's events in a slice, labels grouped; ordered by block, row, column. */
struct slice_events {
    struct serin_block_cell *cells;
    size_t count;
};

/* Everything known of one slice before the slices are tested together. */
struct slice_result {
    struct slice_value value; /* of the rest: SLICE_REST_TEXT */
    size_t slice;             /* as the tables number them; SLICE_REST: all others */
    struct evidence evidence;
    struct outcome outcome;
    struct slice_events arms[ARM_COUNT];
    bool is_tested;  /* its data suffice for a verdict */
    bool is_stratum; /* they suffice for a delta */
};
#define SLICE_REST      SIZE_MAX
#define SLICE_REST_TEXT "(others)"

/* Results of several dimensions, those of one being neighbours, its rest last. */
struct slice_results {
    struct slice_result *items;
    size_t count;
    size_t capacity;
};

/* Room for `capacity` results; SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status slice_results_create(size_t capacity,
                                                        struct slice_results **out);
void slice_results_destroy(struct slice_results *results); /* NULL is fine */
DEFINE_CLEANUP(slice_results)

/*
 * Measures slices of one dimension, in the tables' order, and then all other traffic together:
 * slices that are too small by themselves, those not among `slices`, events without a value. There
 * is no such rest when nothing is left or only a single slice. Adds count + 1 results at most.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status slices_measure(const struct slice_question *question,
                                                  const size_t *slices, size_t count,
                                                  struct slice_results *out,
                                                  struct serin_error *err);

/*
 * Measures what lies in none of these results' slices, all of one dimension. `out` gets no value;
 * its events are the caller's to free (slice_result_clear), also after a failure.
 */
SERIN_MUST_CHECK enum serin_status slice_rest_measure(const struct slice_question *question,
                                                      const struct slice_result *const *apart,
                                                      size_t count, struct slice_result *out,
                                                      struct serin_error *err);
void slice_result_clear(struct slice_result *result);

#endif
