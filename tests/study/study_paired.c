/*
 * The paired design: the same keys labelled by both arms. Coverage of the interval of the
 * difference where the canary copies most of the stable arm's answers, and with bursts of keys.
 */
#include "study/study_rows.h"

#include "study/bursty.h"
#include "study/rollout.h"
#include "study/scenario.h"

#include <stdio.h>
#include <string.h>

#define MARGIN 0.1

enum { COVERED, LOWER_MISS, UPPER_MISS, GUARDED, WIDTH, DESIGN_EFFECT, EFFECTIVE };

static const struct measure measures[] = {
    [COVERED] = {"covered",       MEASURE_RATE, "interval holds the true delta, or a guard answers", 0.0},
    [LOWER_MISS] = {"lower_miss",    MEASURE_RATE, "whole interval above the true delta",               0.0},
    [UPPER_MISS] = {"upper_miss",    MEASURE_RATE, "whole interval below the true delta",               0.0},
    [GUARDED] = {"guarded",       MEASURE_RATE, "a guard gave the answer",                           0.0},
    [WIDTH] = {"width",         MEASURE_MEAN, "of the interval, where no guard answers",           0.0},
    [DESIGN_EFFECT] = {"design_effect", MEASURE_MEAN, "as the judge found it",                             0.0},
    [EFFECTIVE] = {"effective",     MEASURE_MEAN, "keys after the true design effect",                 0.0},
};

/* ---- cells ----------------------------------------------------------------------------------- */

struct group {
    size_t labels;
    double nmi;
    double delta;
    double copied; /* share of the stable arm's answers that the canary copies */
    double keys;
    size_t size; /* keys of a burst; 1: independent */
    double icc;
};

static const struct group full_groups[] = {
    {2,  0.7, 0.0,   0.5, 300,  1,  0.0},
    {2,  0.7, -0.1,  0.0, 1000, 1,  0.0},
    {2,  1.0, -0.1,  0.0, 300,  1,  0.0},
    {2,  0.9, 0.0,   0.9, 1000, 1,  0.0},
    {5,  0.7, 0.0,   0.9, 1000, 1,  0.0},
    {5,  0.7, -0.1,  0.5, 1000, 1,  0.0},
    {5,  0.9, 0.0,   0.9, 1000, 1,  0.0},
    {5,  0.9, 0.0,   0.9, 5000, 1,  0.0},
    {5,  0.9, -0.1,  0.5, 1000, 1,  0.0},
    {5,  1.0, -0.05, 0.9, 300,  1,  0.0},
    {5,  1.0, -0.1,  0.0, 1000, 1,  0.0},
    {10, 0.9, 0.0,   0.9, 1000, 1,  0.0},
    {10, 0.9, -0.1,  0.5, 1000, 1,  0.0},
    {10, 1.0, -0.05, 0.0, 300,  1,  0.0},
    {10, 1.0, -0.05, 0.9, 300,  1,  0.0},
    {10, 1.0, -0.05, 0.9, 1000, 1,  0.0},
    {10, 1.0, -0.1,  0.0, 1000, 1,  0.0},
    {5,  0.7, -0.1,  0.5, 3000, 10, 0.1},
    {5,  0.7, -0.1,  0.5, 3000, 10, 0.3},
    {5,  0.9, -0.1,  0.5, 5000, 50, 0.1},
    {5,  0.9, 0.0,   0.9, 5000, 50, 0.1},
    {2,  0.9, -0.1,  0.5, 3000, 10, 0.2},
};
static const struct group ci_groups[] = {
    {5,  0.9, -0.1,  0.5, 1000, 1,  0.0},
    {10, 1.0, -0.05, 0.9, 300,  1,  0.0},
    {5,  0.7, -0.1,  0.5, 3000, 10, 0.2},
};

static void add_cell(struct cell_list *cells, const struct group *group, size_t repetitions)
{
    struct cell *cell = cell_list_add(cells, repetitions, 25);
    cell_set_number(cell, "references", (double)group->labels);
    cell_set_number(cell, "labels", (double)group->labels);
    cell_set_text(cell, "marginal", "zipf");
    cell_set_text(cell, "fault", "spread");
    cell_set_text(cell, "normalizer", "geometric");
    cell_set_number(cell, "nmi", group->nmi);
    cell_set_number(cell, "delta", group->delta);
    cell_set_number(cell, "copied", group->copied);
    cell_set_number(cell, "keys", group->keys);
    cell_set_text(cell, "level", "session");
    cell_set_number(cell, "size", (double)group->size);
    cell_set_number(cell, "icc", group->icc);
    cell_set_number(cell, "buckets", 10.0);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    bool is_ci = profile == PROFILE_CI;
    const struct group *groups = is_ci ? ci_groups : full_groups;
    size_t count = is_ci ? ARRAY_LENGTH(ci_groups) : ARRAY_LENGTH(full_groups);
    for (size_t i = 0; i < count; i++) {
        add_cell(cells, &groups[i], is_ci ? 300 : 2000);
    }
}

/* ---- pairs as one population ----------------------------------------------------------------- */

static double row_share(const struct population *population, size_t row)
{
    double sum = 0.0;
    for (size_t j = 0; j < population->columns; j++) {
        sum += population->shares[row * population->columns + j];
    }
    return sum;
}

/*
 * The canary copies a share of the stable arm's answers and draws the rest from what is left of
 * its own population; where that would be negative it copies as much as it can.
 */
static void pair_row(const struct scenario *scenario, size_t row, double copied, double *out)
{
    size_t labels = scenario->stable->columns;
    const double *canary = scenario->canary->shares + row * labels;
    const double *stable = scenario->stable->shares + row * labels;
    double share = row_share(scenario->stable, row);
    for (size_t j = 0; j < labels; j++) {
        copied = stable[j] > 0.0 && copied * stable[j] > canary[j] ? canary[j] / stable[j] : copied;
    }
    for (size_t i = 0; i < labels; i++) {
        for (size_t j = 0; j < labels; j++) {
            double own = canary[i] - copied * stable[i];
            out[i * labels + j] = own * stable[j] / share + (i == j ? copied * stable[j] : 0.0);
        }
    }
}

/* Rows are references, columns pairs of the canary's and the stable arm's label. */
static struct population *pairs_create(const struct scenario *scenario, double copied)
{
    size_t labels = scenario->stable->columns;
    owned(population) pairs = memory_allocate(1, sizeof(*pairs));
    if (!pairs) {
        return NULL;
    }
    *pairs = (struct population){
        .rows = scenario->stable->rows,
        .columns = labels * labels,
        .shares = memory_allocate(scenario->stable->rows * labels * labels, sizeof(double))};
    if (!pairs->shares) {
        return NULL;
    }
    for (size_t row = 0; row < pairs->rows; row++) {
        pair_row(scenario, row, copied, pairs->shares + row * pairs->columns);
    }
    return give(pairs);
}

/* ---- one rollout ----------------------------------------------------------------------------- */

static struct text_view name_of(char kind, size_t index, char out[static 8])
{
    (void)snprintf(out, 8, "%c%zu", kind, index % 1000);
    return text_view_of(out);
}

static enum serin_status pairs_add(const struct bursty *bursty, const struct population *pairs,
                                   size_t labels, const uint64_t *counts,
                                   struct block_tables *tables, struct serin_error *err)
{
    size_t cells = pairs->rows * pairs->columns;
    for (size_t i = 0; i < bursty->pods * bursty->buckets * cells; i++) {
        char pod[8];
        char canary[8];
        char stable[8];
        char reference[8];
        size_t block = i / cells;
        size_t pair = i % pairs->columns;
        struct paired_count count = {
            .pod = name_of('p', block / bursty->buckets, pod),
            .block_start_ms = (int64_t)(block % bursty->buckets) * 60000,
            .canary_label = name_of('l', pair / labels, canary),
            .stable_label = name_of('l', pair % labels, stable),
            .reference = name_of('r', i % cells / pairs->columns, reference),
            .has_reference = true,
            .count = counts[i],
        };
        TRY(block_tables_add_paired(tables, &count, err));
    }
    return SERIN_OK;
}

static enum serin_status judge_pairs(const struct bursty *bursty, const struct population *pairs,
                                     size_t labels, const uint64_t *counts, struct verdict *out,
                                     struct serin_error *err)
{
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    struct judgement judgement = judgement_default;
    judgement.design = DESIGN_PAIRED;
    judgement.interval = INTERVAL_FIXED;
    judgement.margin = MARGIN;
    judgement.min_samples = 100;
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    TRY(pairs_add(bursty, pairs, labels, counts, tables, err));
    if (bursty->size == 1) {
        block_tables_set_blocks_unknown(tables);
    }
    if (block_tables_seal(tables) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "sealing simulated tables");
    }
    return rollout_judge(&judgement, false, tables, out, err);
}

static void tally_verdict(const struct verdict *verdict, double delta, struct tallies *tallies)
{
    bool is_guarded = rollout_is_guarded(verdict);
    bool misses_below = !is_guarded && verdict->delta.lower > delta;
    bool misses_above = !is_guarded && verdict->delta.upper < delta;
    tally_add(tallies, COVERED, !misses_below && !misses_above);
    tally_add(tallies, LOWER_MISS, misses_below);
    tally_add(tallies, UPPER_MISS, misses_above);
    tally_add(tallies, GUARDED, is_guarded);
    tally_add(tallies, DESIGN_EFFECT, verdict->arms[ARM_CANARY].design_effect);
    if (is_guarded) {
        tally_reason(tallies, verdict->reason);
    } else {
        tally_add(tallies, WIDTH, verdict->delta.upper - verdict->delta.lower);
    }
}

static enum serin_status run_all(const struct cell *cell, const struct scenario *scenario,
                                 const struct population *pairs, struct random *random,
                                 size_t repetitions, struct tallies *tallies,
                                 struct serin_error *err)
{
    struct bursty bursty = bursty_of(cell, 2);
    double keys = cell_number(cell, "keys");
    owned(sampler) sampler = sampler_create(pairs);
    owned_memory uint64_t *counts = memory_allocate(
        bursty.pods * bursty.buckets * pairs->rows * pairs->columns, sizeof(*counts));
    if (!sampler || !counts) {
        return serin_fail(err, SERIN_NO_MEMORY, "pairs");
    }
    for (size_t i = 0; i < repetitions; i++) {
        struct verdict verdict;
        bursty_draw(&bursty, pairs, sampler, random, (uint64_t)keys, counts);
        TRY(judge_pairs(&bursty, pairs, scenario->stable->columns, counts, &verdict, err));
        tally_verdict(&verdict, scenario->delta, tallies);
        tally_add(tallies, EFFECTIVE, keys / bursty_design_effect(&bursty, keys));
    }
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    struct scenario_wish wish = scenario_wish_of(cell);
    TRY(scenario_create(&wish, &scenario, err));
    owned(population) pairs = pairs_create(scenario, cell_number(cell, "copied"));
    if (!pairs) {
        return serin_fail(err, SERIN_NO_MEMORY, "a population of pairs");
    }
    return run_all(cell, scenario, pairs, random, repetitions, tallies, err);
}

/* ---- promises -------------------------------------------------------------------------------- */

static bool is_dependent(const struct result *result)
{
    return result_is_answered(result) && cell_number(result->cell, "icc") > 0.0;
}

static bool is_independent(const struct result *result)
{
    return result_is_answered(result) && !is_dependent(result);
}

static const struct promise promises[] = {
    {PROMISE_EACH_AT_LEAST, "covered",    0.945, is_independent, "coverage"                     },
    {PROMISE_EACH_AT_MOST,  "lower_miss", 0.04,  is_independent, "misses below, up to 10 labels"},
    {PROMISE_EACH_AT_LEAST, "covered",    0.93,  is_dependent,   "coverage with bursts of keys" },
    {PROMISE_EACH_AT_MOST,  "lower_miss", 0.05,  is_dependent,   "misses below with bursts"     },
};

const struct study study_paired = {
    .name = "paired",
    .title = "The same keys in both arms",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
