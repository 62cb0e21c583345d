/*
 * Sampling: whether a part of the rows gives the NMI of all of them within the error it states, and
 * what it saves.
 */
#include "study/study_rows.h"

#include "study/population.h"
#include "study/rollout.h"
#include "study/sampler.h"
#include "verdict/score.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ALL_ROWS = 200000 };

enum { OUTSIDE, ERROR, REACH };

static const struct measure measures[] = {
    [OUTSIDE] = {"outside", MEASURE_RATE, "further from the NMI of all rows than stated", 0.05},
    [ERROR] = {"error",   MEASURE_MEAN, "NMI of the sample less that of all rows",      0.0 },
    [REACH] = {"stated",  MEASURE_MEAN, "error that the sample states at 95 %",         0.0 },
};

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST, "outside", 0.05, NULL, "a sample errs by more than it states, at 95 %"},
};

static const char *const ways[] = {"rows", "keys"};
static const double sizes[] = {1000, 3000, 10000, 30000, 100000};

static void add_cells(struct cell_list *cells, double labels, double nmi, const char *marginal,
                      size_t repetitions)
{
    for (size_t way = 0; way < ARRAY_LENGTH(ways); way++) {
        for (size_t size = 0; size < ARRAY_LENGTH(sizes); size++) {
            struct cell *cell = cell_list_add(cells, repetitions, repetitions / 4);
            if (labels > 50.0) {
                cell->confirmation = 3 * repetitions; /* large tables are slow */
            }
            cell_set_number(cell, "labels", labels);
            cell_set_text(cell, "marginal", marginal);
            cell_set_number(cell, "nmi", nmi);
            cell_set_text(cell, "by", ways[way]);
            cell_set_number(cell, "sample", sizes[size]);
        }
    }
}

static void plan(enum profile profile, struct cell_list *cells)
{
    if (profile == PROFILE_CI) {
        add_cells(cells, 5, 0.7, "zipf", 100);
        add_cells(cells, 50, 0.7, "zipf", 20);
        return;
    }
    static const struct {
        double nmi;
        const char *marginal;
    } populations[] = {
        {0.7,  "uniform"},
        {0.3,  "zipf"   },
        {0.7,  "zipf"   },
        {0.95, "zipf"   },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(populations); i++) {
        add_cells(cells, 5, populations[i].nmi, populations[i].marginal, 1000);
        add_cells(cells, 50, populations[i].nmi, populations[i].marginal, 400);
        add_cells(cells, 200, populations[i].nmi, populations[i].marginal, 400);
    }
}

/* `sample` rows without replacement: each in turn with the chance that those wanted leave it. */
static void draw_rows(struct random *random, const uint64_t *all, size_t cells, uint64_t sample,
                      uint64_t *out)
{
    unsigned long left = ALL_ROWS;
    unsigned long wanted = sample;
    for (size_t k = 0; k < cells; k++) {
        out[k] = 0;
        for (uint64_t row = 0; row < all[k]; row++) {
            bool is_drawn = gsl_rng_uniform_int(random_gsl(random), left--) < wanted;
            out[k] += is_drawn;
            wanted -= is_drawn;
        }
    }
}

/* Each row's key by a hash of its own. */
static void draw_keys(struct random *random, const uint64_t *all, size_t cells, uint64_t sample,
                      uint64_t *out)
{
    double rate = (double)sample / (double)ALL_ROWS;
    for (size_t k = 0; k < cells; k++) {
        out[k] = gsl_ran_binomial(random_gsl(random), rate, (unsigned)all[k]);
    }
}

static enum serin_status score_counts(const struct population *population, const uint64_t *counts,
                                      struct score *out, struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED;
    TRY(rollout_of_counts(population->rows, population->columns, counts, counts, &tables, err));
    return score_measure(tables, &judgement, out, err);
}

/* What a cell's repetitions share. */
struct sampling {
    const struct population *population;
    const struct sampler *sampler;
    size_t cells;
    uint64_t *all;
    uint64_t *part;
    uint64_t sample;
    bool by_rows;
};

static enum serin_status repeat(const struct sampling *sampling, struct random *random,
                                struct tallies *tallies, struct serin_error *err)
{
    struct score of_all;
    struct score of_part;
    memset(sampling->all, 0, sampling->cells * sizeof(*sampling->all));
    sampler_draw(sampling->sampler, random, ALL_ROWS, sampling->all);
    if (sampling->by_rows) {
        draw_rows(random, sampling->all, sampling->cells, sampling->sample, sampling->part);
    } else {
        draw_keys(random, sampling->all, sampling->cells, sampling->sample, sampling->part);
    }
    TRY(score_counts(sampling->population, sampling->all, &of_all, err));
    TRY(score_counts(sampling->population, sampling->part, &of_part, err));
    double share = (double)of_part.samples / (double)of_all.samples;
    double reach = score_sample_reach(&of_part.nmi, share);
    double error = of_part.nmi.value - of_all.nmi.value;
    tally_add(tallies, OUTSIDE, fabs(error) > reach);
    tally_add(tallies, ERROR, error);
    tally_add(tallies, REACH, reach);
    return SERIN_OK;
}

static struct population *population_of(const struct cell *cell)
{
    struct population_wish wish = {
        .references = cell_size(cell, "labels"),
        .labels = cell_size(cell, "labels"),
        .marginal = marginal_find(cell_text(cell, "marginal")),
        .errors = FAULT_SPREAD,
        .nmi = cell_number(cell, "nmi"),
        .normalizer = SERIN_GEOMETRIC,
    };
    return population_create(&wish);
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(population) population = population_of(cell);
    owned(sampler) sampler = population ? sampler_create(population) : NULL;
    size_t cells = population ? population->rows * population->columns : 0;
    owned_memory uint64_t *counts = memory_allocate(2 * cells + 1, sizeof(*counts));
    if (!sampler || !counts) {
        return serin_fail(err, SERIN_NO_MEMORY, "a population to sample from");
    }
    struct sampling sampling = {
        .population = population,
        .sampler = sampler,
        .cells = cells,
        .all = counts,
        .part = counts + cells,
        .sample = cell_size(cell, "sample"),
        .by_rows = strcmp(cell_text(cell, "by"), ways[0]) == 0,
    };
    for (size_t i = 0; i < repetitions; i++) {
        TRY(repeat(&sampling, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- the cost -------------------------------------------------------------------------------- */

/* Processor time of counting and scoring so many events, one by one, of 50 labels; negative: none.
 */
static double time_of(size_t events)
{
    enum { LABELS = 50 };
    char texts[LABELS][8];
    clock_t start = clock();
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    struct judgement judgement = judgement_default;
    struct score score;
    for (size_t k = 0; k < LABELS; k++) {
        (void)snprintf(texts[k], sizeof(texts[k]), "l%zu", k);
    }
    for (size_t i = 0; tables && i < events; i++) {
        struct block_count count = {
            .arm = ARM_CANARY,
            .label = text_view_of(texts[i % LABELS]),
            .reference = text_view_of(texts[(i % 7 == 0 ? i * i : i) % LABELS]),
            .has_reference = true,
            .count = 1,
        };
        if (block_tables_add(tables, &count, NULL) != SERIN_OK) {
            return -1.0;
        }
    }
    if (!tables || block_tables_seal(tables) != SERIN_OK ||
        score_measure(tables, &judgement, &score, NULL) != SERIN_OK) {
        return -1.0;
    }
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static void summarize(const struct results *results, struct buffer *out)
{
    enum { PART = 10000 };
    double all = time_of(ALL_ROWS);
    double part = time_of(PART);
    (void)results;
    if (all > 0.0 && part > 0.0) {
        buffer_printf(out, "  counting and scoring %d events of %d costs one %.0fth\n", PART,
                      ALL_ROWS, all / part);
    }
}

const struct study study_sampling = {
    .name = "sampling",
    .title = "A sample of the rows against all of them",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
    .summarize = summarize,
};
