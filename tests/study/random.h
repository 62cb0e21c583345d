/*
 * Seeded random numbers for GSL: one generator per chunk, its seed derived from where the chunk
 * stands and not from what was drawn before it.
 */
#ifndef SERIN_STUDY_RANDOM_H
#define SERIN_STUDY_RANDOM_H

#include "base/memory.h"

#include <gsl/gsl_rng.h>
#include <stddef.h>
#include <stdint.h>

struct random;

/* Where a chunk stands. */
struct random_place {
    const char *study;
    uint64_t cell; /* cell_digest */
    size_t stage;
    size_t chunk;
};

/* NULL when memory is out. */
struct random *random_create(const struct random_place *place);
void random_destroy(struct random *random);
DEFINE_CLEANUP(random)

/* For the gsl_ran_ functions; lives as long as `random`. */
gsl_rng *random_gsl(struct random *random);

#endif
