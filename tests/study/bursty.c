#include "study/bursty.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKET_MS = 60000, PODS_MAX = 256 };

struct bursty bursty_of(const struct cell *cell, size_t pods)
{
    static const char *const names[] = {"session", "user", "pod"};
    const char *name = cell_text(cell, "level");
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return (struct bursty){.level = (enum bursty_level)i,
                                   .size = cell_size(cell, "size"),
                                   .correlation = cell_number(cell, "icc"),
                                   .pods = pods,
                                   .buckets = cell_size(cell, "buckets")};
        }
    }
    (void)fprintf(stderr, "study: no level is called \"%s\"\n", name);
    abort();
}

double bursty_design_effect(const struct bursty *bursty, double events)
{
    double size =
        bursty->level == BURSTY_POD ? events / (double)bursty->pods : (double)bursty->size;
    return 1.0 + (size - 1.0) * bursty->correlation;
}

static size_t any_block(const struct bursty *bursty, gsl_rng *gsl)
{
    return (size_t)gsl_rng_uniform_int(gsl, bursty->pods * bursty->buckets);
}

static void draw_in_bursts(const struct bursty *bursty, size_t cells, const struct sampler *sampler,
                           struct random *random, uint64_t events, uint64_t *counts)
{
    gsl_rng *gsl = random_gsl(random);
    double copies = sqrt(bursty->correlation);
    size_t template = 0;
    size_t block = 0;
    for (uint64_t i = 0; i < events; i++) {
        bool begins = i % bursty->size == 0;
        template = begins ? sampler_draw_one(sampler, random) : template;
        if (begins || bursty->level == BURSTY_USER) {
            block = any_block(bursty, gsl);
        }
        bool is_copy = gsl_rng_uniform(gsl) < copies;
        size_t cell = is_copy ? template : sampler_draw_one(sampler, random);
        counts[block * cells + cell]++;
    }
}

/* Share of events whose label is drawn by the labels' shares, whatever the reference. */
static double error_share(const struct population *population)
{
    size_t columns = population->columns;
    double first = 0.0;
    double second = 0.0;
    for (size_t j = 0; j < columns; j++) {
        first += population->shares[j];
        second += population->shares[columns + j];
    }
    return population->shares[1] / (first * second);
}

static void pods_error(const struct bursty *bursty, double error, gsl_rng *gsl, double *out)
{
    double less = (1.0 - bursty->correlation) / bursty->correlation;
    for (size_t pod = 0; pod < bursty->pods; pod++) {
        out[pod] = bursty->correlation > 0.0 ? gsl_ran_beta(gsl, error * less, (1.0 - error) * less)
                                             : error;
    }
}

static void draw_in_pods(const struct bursty *bursty, const struct population *population,
                         const struct sampler *sampler, struct random *random, uint64_t events,
                         uint64_t *counts)
{
    gsl_rng *gsl = random_gsl(random);
    size_t columns = population->columns;
    double errors[PODS_MAX];
    pods_error(bursty, error_share(population), gsl, errors);
    for (uint64_t i = 0; i < events; i++) {
        size_t block = any_block(bursty, gsl);
        size_t row = sampler_draw_one(sampler, random) / columns;
        bool is_error = gsl_rng_uniform(gsl) < errors[block / bursty->buckets];
        size_t label = is_error ? sampler_draw_one(sampler, random) % columns : row;
        counts[block * population->rows * columns + row * columns + label]++;
    }
}

void bursty_draw(const struct bursty *bursty, const struct population *population,
                 const struct sampler *sampler, struct random *random, uint64_t events,
                 uint64_t *counts)
{
    size_t cells = population->rows * population->columns;
    memset(counts, 0, bursty->pods * bursty->buckets * cells * sizeof(*counts));
    if (bursty->level == BURSTY_POD) {
        draw_in_pods(bursty, population, sampler, random, events, counts);
    } else {
        draw_in_bursts(bursty, cells, sampler, random, events, counts);
    }
}

enum serin_status bursty_add(const struct bursty *bursty, enum arm arm, const uint64_t *counts,
                             size_t cells, struct rollout *rollout, struct serin_error *err)
{
    for (size_t block = 0; block < bursty->pods * bursty->buckets; block++) {
        struct rollout_block one = {.arm = arm,
                                    .pod = block / bursty->buckets,
                                    .start_ms = (int64_t)(block % bursty->buckets) * BUCKET_MS,
                                    .counts = counts + block * cells};
        TRY(rollout_add(rollout, &one, err));
    }
    return SERIN_OK;
}
