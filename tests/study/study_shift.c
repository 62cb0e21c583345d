/*
 * The shift design: the divergence of the emitted labels, its interval, and the test that both arms
 * emit alike; independent and in bursts.
 */
#include "study/study_rows.h"

#include "study/bursty.h"
#include "study/rollout.h"

#include <math.h>

enum { UPPER_MISS, LOWER_MISS, GUARDED, ALARMED, WIDTH, DESIGN_EFFECT, TRUE_BITS, EFFECTIVE };

static const struct measure measures[] = {
    [UPPER_MISS] = {"upper_miss",     MEASURE_RATE, "whole interval below the true divergence",        0.0},
    [LOWER_MISS] = {"lower_miss",     MEASURE_RATE, "whole interval above the true divergence",        0.0},
    [GUARDED] = {"guarded",        MEASURE_RATE, "a guard gave the answer",                         0.0},
    [ALARMED] = {"g_test_below_5", MEASURE_RATE, "p of the G-test below 5 %",                       0.0},
    [WIDTH] = {"width",          MEASURE_MEAN, "of the interval in bits, where no guard answers", 0.0},
    [DESIGN_EFFECT] = {"design_effect",  MEASURE_MEAN, "of the canary, as the judge found it",            0.0},
    [TRUE_BITS] = {"true_bits",      MEASURE_MEAN, "",                                                0.0},
    [EFFECTIVE] = {"effective",      MEASURE_MEAN, "canary events after the true design effect",      0.0},
};

/* ---- cells ----------------------------------------------------------------------------------- */

struct group {
    size_t labels;
    double moved; /* share of the first label's events that the canary gives to the last */
    double canary;
    double ratio;
    size_t size; /* events of a burst; 1: independent */
    double icc;
};

static const struct group full_groups[] = {
    {2,   0.0, 1000,  19, 1,  0.0 },
    {2,   0.1, 1000,  19, 1,  0.0 },
    {2,   0.3, 1000,  1,  1,  0.0 },
    {5,   0.0, 1000,  9,  1,  0.0 },
    {5,   0.1, 1000,  9,  1,  0.0 },
    {5,   0.3, 10000, 19, 1,  0.0 },
    {10,  0.0, 1000,  19, 1,  0.0 },
    {10,  0.1, 1000,  19, 1,  0.0 },
    {10,  0.3, 1000,  1,  1,  0.0 },
    {50,  0.0, 1000,  19, 1,  0.0 },
    {50,  0.1, 1000,  19, 1,  0.0 },
    {50,  0.3, 10000, 1,  1,  0.0 },
    {200, 0.0, 3000,  19, 1,  0.0 },
    {5,   0.0, 5000,  9,  10, 0.1 },
    {5,   0.1, 5000,  9,  10, 0.1 },
    {5,   0.0, 5000,  9,  10, 0.3 },
    {5,   0.3, 5000,  9,  50, 0.1 },
    {5,   0.0, 5000,  9,  50, 0.02},
    {10,  0.1, 5000,  1,  50, 0.1 },
    {50,  0.1, 10000, 1,  10, 0.2 },
};
static const struct group ci_groups[] = {
    {5,  0.1, 1000, 9, 1,  0.0},
    {50, 0.0, 1000, 9, 1,  0.0},
    {5,  0.1, 5000, 9, 10, 0.2},
};

static void add_cell(struct cell_list *cells, const struct group *group, size_t repetitions)
{
    struct cell *cell = cell_list_add(cells, repetitions, 25);
    cell_set_number(cell, "labels", (double)group->labels);
    cell_set_number(cell, "moved", group->moved);
    cell_set_number(cell, "canary", group->canary);
    cell_set_number(cell, "ratio", group->ratio);
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
        add_cell(cells, &groups[i], is_ci ? 200 : 2000);
    }
}

/* ---- the two arms ---------------------------------------------------------------------------- */

struct arms {
    struct population *populations[ARM_COUNT]; /* one row: labels without references */
    struct sampler *samplers[ARM_COUNT];
    struct bursty bursty[ARM_COUNT];
    uint64_t *counts[ARM_COUNT];
    uint64_t events[ARM_COUNT];
    double bits; /* the true divergence */
};

static void arms_clear(struct arms *arms)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        population_destroy(arms->populations[arm]);
        sampler_destroy(arms->samplers[arm]);
        memory_free(arms->counts[arm]);
    }
}

/* Zipf, with a share of the first label's events moved to the last. */
static struct population *labels_create(size_t labels, double moved)
{
    owned(population) population = memory_allocate(1, sizeof(*population));
    double sum = 0.0;
    if (!population) {
        return NULL;
    }
    *population = (struct population){
        .rows = 1, .columns = labels, .shares = memory_allocate(labels, sizeof(double))};
    if (!population->shares) {
        return NULL;
    }
    for (size_t i = 0; i < labels; i++) {
        sum += 1.0 / (double)(i + 1);
    }
    for (size_t i = 0; i < labels; i++) {
        population->shares[i] = 1.0 / (double)(i + 1) / sum;
    }
    population->shares[labels - 1] += moved * population->shares[0];
    population->shares[0] *= 1.0 - moved;
    return give(population);
}

static double bits_between(const struct population *a, const struct population *b)
{
    double bits = 0.0;
    for (size_t i = 0; i < a->columns; i++) {
        double mean = (a->shares[i] + b->shares[i]) / 2.0;
        bits +=
            (a->shares[i] * log2(a->shares[i] / mean) + b->shares[i] * log2(b->shares[i] / mean)) /
            2.0;
    }
    return bits;
}

static enum serin_status arms_init(const struct cell *cell, struct arms *out,
                                   struct serin_error *err)
{
    size_t labels = cell_size(cell, "labels");
    double canary = cell_number(cell, "canary");
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        bool is_canary = arm == ARM_CANARY;
        struct bursty bursty = bursty_of(cell, is_canary ? 2 : 4);
        out->bursty[arm] = bursty;
        out->events[arm] = (uint64_t)(is_canary ? canary : canary * cell_number(cell, "ratio"));
        out->populations[arm] = labels_create(labels, is_canary ? cell_number(cell, "moved") : 0.0);
        out->samplers[arm] = out->populations[arm] ? sampler_create(out->populations[arm]) : NULL;
        out->counts[arm] = memory_allocate(bursty.pods * bursty.buckets * labels, sizeof(uint64_t));
        if (!out->samplers[arm] || !out->counts[arm]) {
            return serin_fail(err, SERIN_NO_MEMORY, "an arm");
        }
    }
    out->bits = bits_between(out->populations[ARM_CANARY], out->populations[ARM_STABLE]);
    return SERIN_OK;
}

/* ---- one rollout ----------------------------------------------------------------------------- */

static enum serin_status judge_arms(struct arms *arms, struct random *random, struct verdict *out,
                                    struct serin_error *err)
{
    size_t labels = arms->populations[ARM_CANARY]->columns;
    owned(rollout) rollout = rollout_create(1, labels);
    owned(block_tables) tables = NULL;
    struct judgement judgement = judgement_default;
    judgement.design = DESIGN_SHIFT;
    judgement.interval = INTERVAL_FIXED;
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        bursty_draw(&arms->bursty[arm], arms->populations[arm], arms->samplers[arm], random,
                    arms->events[arm], arms->counts[arm]);
        TRY(bursty_add(&arms->bursty[arm], (enum arm)arm, arms->counts[arm], labels, rollout, err));
    }
    if (arms->bursty[ARM_CANARY].size == 1) {
        block_tables_set_blocks_unknown(rollout_tables(rollout));
    }
    TRY(rollout_seal(rollout, &tables, err));
    return rollout_judge(&judgement, false, tables, out, err);
}

static void tally_verdict(const struct verdict *verdict, double bits, struct tallies *tallies)
{
    bool is_guarded = rollout_is_guarded(verdict);
    tally_add(tallies, UPPER_MISS, !is_guarded && verdict->delta.upper < bits);
    tally_add(tallies, LOWER_MISS, !is_guarded && verdict->delta.lower > bits);
    tally_add(tallies, GUARDED, is_guarded);
    tally_add(tallies, ALARMED, verdict->shift_p_value < 0.05);
    tally_add(tallies, DESIGN_EFFECT, verdict->arms[ARM_CANARY].design_effect);
    tally_add(tallies, TRUE_BITS, bits);
    if (is_guarded) {
        tally_reason(tallies, verdict->reason);
    } else {
        tally_add(tallies, WIDTH, verdict->delta.upper - verdict->delta.lower);
    }
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    __attribute__((cleanup(arms_clear))) struct arms arms = {0};
    double canary = cell_number(cell, "canary");
    TRY(arms_init(cell, &arms, err));
    for (size_t i = 0; i < repetitions; i++) {
        struct verdict verdict;
        TRY(judge_arms(&arms, random, &verdict, err));
        tally_verdict(&verdict, arms.bits, tallies);
        tally_add(tallies, EFFECTIVE,
                  canary / bursty_design_effect(&arms.bursty[ARM_CANARY], canary));
    }
    return SERIN_OK;
}

/* ---- promises -------------------------------------------------------------------------------- */

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST, "upper_miss", 0.035, result_is_answered, "misses of the upper end"},
    {PROMISE_EACH_AT_MOST, "lower_miss", 0.035, result_is_answered, "misses of the lower end"},
};

const struct study study_shift = {
    .name = "shift",
    .title = "The divergence of the emitted labels",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
