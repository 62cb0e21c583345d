#include "study/sampler.h"

#include <gsl/gsl_randist.h>

struct occupied {
    size_t cell;
    double conditional; /* share of this cell among itself and those after it */
};

struct sampler {
    struct occupied *cells;
    size_t count;
    gsl_ran_discrete_t *lookup;
};

void sampler_destroy(struct sampler *sampler)
{
    if (sampler) {
        if (sampler->lookup) {
            gsl_ran_discrete_free(sampler->lookup);
        }
        memory_free(sampler->cells);
        memory_free(sampler);
    }
}

/* From the last cell backwards, so that what is left is a sum of positive numbers. */
static void condition(struct sampler *sampler, const double *shares)
{
    double rest = 0.0;
    for (size_t i = sampler->count; i-- > 0;) {
        double share = shares[sampler->cells[i].cell];
        rest += share;
        sampler->cells[i].conditional = share / rest;
    }
}

struct sampler *sampler_create(const struct population *population)
{
    size_t cells = population->rows * population->columns;
    owned(sampler) sampler = memory_allocate(1, sizeof(*sampler));
    if (!sampler) {
        return NULL;
    }
    sampler->cells = memory_allocate(cells, sizeof(*sampler->cells));
    sampler->lookup = gsl_ran_discrete_preproc(cells, population->shares);
    if (!sampler->cells || !sampler->lookup) {
        return NULL;
    }
    for (size_t i = 0; i < cells; i++) {
        if (population->shares[i] > 0.0) {
            sampler->cells[sampler->count++].cell = i;
        }
    }
    condition(sampler, population->shares);
    return give(sampler);
}

size_t sampler_draw_one(const struct sampler *sampler, struct random *random)
{
    return gsl_ran_discrete(random_gsl(random), sampler->lookup);
}

/* gsl_ran_binomial takes 32-bit numbers. */
static uint64_t draw_binomial(gsl_rng *generator, double share, uint64_t events)
{
    if (share >= 1.0) {
        return events;
    }
    return gsl_ran_binomial(generator, share, (unsigned)events);
}

static void draw_by_cell(const struct sampler *sampler, gsl_rng *generator, uint64_t events,
                         uint64_t *counts)
{
    for (size_t i = 0; i < sampler->count && events > 0; i++) {
        const struct occupied *cell = &sampler->cells[i];
        uint64_t drawn = draw_binomial(generator, cell->conditional, events);
        counts[cell->cell] += drawn;
        events -= drawn;
    }
}

void sampler_draw(const struct sampler *sampler, struct random *random, uint64_t events,
                  uint64_t *counts)
{
    if (events < sampler->count) {
        for (uint64_t i = 0; i < events; i++) {
            counts[sampler_draw_one(sampler, random)]++;
        }
        return;
    }
    draw_by_cell(sampler, random_gsl(random), events, counts);
}
