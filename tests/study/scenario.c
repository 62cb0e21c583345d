#include "study/scenario.h"

#include <stdbool.h>
#include <string.h>

void scenario_destroy(struct scenario *scenario)
{
    if (scenario) {
        population_destroy(scenario->canary);
        population_destroy(scenario->stable);
        sampler_destroy(scenario->canary_sampler);
        sampler_destroy(scenario->stable_sampler);
        memory_free(scenario->canary_counts);
        memory_free(scenario->stable_counts);
        memory_free(scenario);
    }
}

static struct scenario *build(const struct scenario_wish *wish)
{
    owned(scenario) scenario = memory_allocate(1, sizeof(*scenario));
    owned(population) healthy = population_create(&wish->stable);
    if (!scenario || !healthy) {
        return NULL;
    }
    scenario->canary =
        population_damage(healthy, wish->fault, wish->delta, wish->stable.normalizer);
    if (!scenario->canary) {
        return NULL;
    }
    scenario->cells = scenario->canary->rows * scenario->canary->columns;
    scenario->stable = population_widen(healthy, scenario->canary->columns);
    scenario->canary_counts = memory_allocate(scenario->cells, sizeof(uint64_t));
    scenario->stable_counts = memory_allocate(scenario->cells, sizeof(uint64_t));
    scenario->canary_sampler = sampler_create(scenario->canary);
    scenario->stable_sampler = scenario->stable ? sampler_create(scenario->stable) : NULL;
    bool is_whole = scenario->stable_sampler && scenario->canary_sampler &&
                    scenario->canary_counts && scenario->stable_counts;
    return is_whole ? give(scenario) : NULL;
}

enum serin_status scenario_create(const struct scenario_wish *wish, struct scenario **out,
                                  struct serin_error *err)
{
    struct scenario *scenario = build(wish);
    if (!scenario) {
        return serin_fail(err, SERIN_NO_MEMORY, "the populations of a cell");
    }
    scenario->normalizer = wish->stable.normalizer;
    scenario->stable_nmi = population_nmi(scenario->stable, wish->stable.normalizer);
    scenario->delta = scenario_delta(scenario, wish->stable.normalizer);
    *out = scenario;
    return SERIN_OK;
}

static enum serin_normalizer normalizer_of(const struct cell *cell)
{
    enum serin_normalizer normalizer = SERIN_GEOMETRIC;
    if (serin_normalizer_find(cell_text(cell, "normalizer"), &normalizer) != SERIN_OK) {
        return SERIN_GEOMETRIC;
    }
    return normalizer;
}

struct scenario_wish scenario_wish_of(const struct cell *cell)
{
    enum fault fault = fault_find(cell_text(cell, "fault"));
    return (struct scenario_wish){
        .stable =
            {
                     .references = cell_size(cell, "references"),
                     .labels = cell_size(cell, "labels"),
                     .marginal = marginal_find(cell_text(cell, "marginal")),
                     .errors = fault == FAULT_NEIGHBOUR ? FAULT_NEIGHBOUR : FAULT_SPREAD,
                     .nmi = cell_number(cell, "nmi"),
                     .normalizer = normalizer_of(cell),
                     },
        .fault = fault,
        .delta = cell_number(cell, "delta"),
    };
}

void scenario_draw(struct scenario *scenario, struct random *random, uint64_t canary,
                   uint64_t stable)
{
    memset(scenario->canary_counts, 0, scenario->cells * sizeof(uint64_t));
    memset(scenario->stable_counts, 0, scenario->cells * sizeof(uint64_t));
    sampler_draw(scenario->canary_sampler, random, canary, scenario->canary_counts);
    sampler_draw(scenario->stable_sampler, random, stable, scenario->stable_counts);
}

double scenario_delta(const struct scenario *scenario, enum serin_normalizer normalizer)
{
    return population_nmi(scenario->canary, normalizer) -
           population_nmi(scenario->stable, normalizer);
}
