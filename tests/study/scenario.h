/*
 * The two arms of a cell: what each one's events are drawn from, and the truth about them.
 */
#ifndef SERIN_STUDY_SCENARIO_H
#define SERIN_STUDY_SCENARIO_H

#include "base/memory.h"
#include "serin/error.h"
#include "study/cell.h"
#include "study/population.h"
#include "study/sampler.h"

#include <stddef.h>
#include <stdint.h>

struct scenario {
    struct population *canary; /* both of the same shape */
    struct population *stable;
    struct sampler *canary_sampler;
    struct sampler *stable_sampler;
    uint64_t *canary_counts; /* room for one table each */
    uint64_t *stable_counts;
    size_t cells;                     /* references × labels */
    enum serin_normalizer normalizer; /* of what follows */
    double stable_nmi;
    double delta; /* the true one, which a fault may keep from being the one asked for */
};

struct scenario_wish {
    struct population_wish stable;
    enum fault fault; /* the canary's, on top of the errors of both arms */
    double delta;
};

/*
 * Builds both arms. Fails with SERIN_NO_MEMORY. The caller destroys *out with scenario_destroy.
 */
SERIN_MUST_CHECK enum serin_status scenario_create(const struct scenario_wish *wish,
                                                   struct scenario **out, struct serin_error *err);
void scenario_destroy(struct scenario *scenario); /* NULL is fine */
DEFINE_CLEANUP(scenario)

/* The wish of a cell with the parameters references, labels, marginal, fault, nmi, normalizer,
   delta. */
struct scenario_wish scenario_wish_of(const struct cell *cell);

/* Empties the room for counts and draws new tables. */
void scenario_draw(struct scenario *scenario, struct random *random, uint64_t canary,
                   uint64_t stable);

/* The true delta at another normalizer. */
double scenario_delta(const struct scenario *scenario, enum serin_normalizer normalizer);

#endif
