/*
 * Dependence: events in bursts, by session, by user and by pod. What the interval over blocks and
 * pods covers, and what one that takes events as independent does on the same events.
 */
#include "study/study_rows.h"

#include "study/bursty.h"
#include "study/rollout.h"
#include "study/scenario.h"

#include <string.h>

#define RATIO  9.0
#define MARGIN 0.1

enum {
    COVERED,
    LOWER_MISS,
    UPPER_MISS,
    GUARDED,
    MISSED_UNGUARDED,
    PROMOTED,
    ROLLED_BACK,
    NAIVE_MISSED,
    WIDTH,
    NAIVE_WIDTH,
    DESIGN_EFFECT,
    EFFECTIVE
};

static const struct measure measures[] = {
    [COVERED] = {"covered",          MEASURE_RATE, "interval holds the true delta, or a guard answers", 0.0},
    [LOWER_MISS] = {"lower_miss",       MEASURE_RATE, "whole interval above the true delta",               0.0},
    [UPPER_MISS] = {"upper_miss",       MEASURE_RATE, "whole interval below the true delta",               0.0},
    [GUARDED] = {"guarded",          MEASURE_RATE, "a guard gave the answer",                           0.0},
    [MISSED_UNGUARDED] = {"missed_unguarded", MEASURE_RATE, "of the answers without guard",                      0.0},
    [PROMOTED] = {"promoted",         MEASURE_RATE, "",                                                  0.0},
    [ROLLED_BACK] = {"rolled_back",      MEASURE_RATE, "",                                                  0.0},
    [NAIVE_MISSED] = {"naive_missed",     MEASURE_RATE, "with events taken as independent",                  0.0},
    [WIDTH] = {"width",            MEASURE_MEAN, "of the interval, where no guard answers",           0.0},
    [NAIVE_WIDTH] = {"naive_width",      MEASURE_MEAN, "with events taken as independent",                  0.0},
    [DESIGN_EFFECT] = {"design_effect",    MEASURE_MEAN, "of the canary, as the judge found it",              0.0},
    [EFFECTIVE] = {"effective",        MEASURE_MEAN, "canary events after the true design effect",        0.0},
};

/* ---- cells ----------------------------------------------------------------------------------- */

struct group {
    const char *level;
    size_t size;
    double icc;
    size_t canary_pods; /* the stable arm has twice as many */
    double canary;
    double nmi;
};

static const struct group full_groups[] = {
    {"session", 10, 0.0,  2,  5000,  0.7},
    {"session", 10, 0.02, 2,  5000,  0.7},
    {"session", 10, 0.1,  2,  5000,  0.7},
    {"session", 10, 0.2,  2,  5000,  0.7},
    {"session", 10, 0.3,  2,  5000,  0.7},
    {"session", 10, 0.1,  1,  5000,  0.7},
    {"session", 10, 0.2,  4,  5000,  0.7},
    {"session", 10, 0.2,  10, 5000,  0.7},
    {"session", 10, 0.2,  2,  1000,  0.7},
    {"session", 10, 0.2,  2,  5000,  0.9},
    {"session", 50, 0.02, 2,  5000,  0.7},
    {"session", 50, 0.1,  2,  5000,  0.7},
    {"session", 50, 0.2,  2,  5000,  0.7},
    {"session", 50, 0.3,  2,  5000,  0.7},
    {"session", 50, 0.1,  2,  1500,  0.7},
    {"session", 50, 0.2,  4,  10000, 0.7},
    {"session", 50, 0.2,  4,  10000, 0.9},
    {"pod",     1,  0.0,  2,  5000,  0.7},
    {"pod",     1,  0.0,  4,  5000,  0.7},
    {"pod",     1,  0.0,  10, 5000,  0.7},
    {"pod",     1,  0.0,  40, 5000,  0.7},
    {"pod",     1,  0.02, 2,  5000,  0.7},
    {"pod",     1,  0.02, 4,  5000,  0.7},
    {"pod",     1,  0.02, 10, 5000,  0.7},
    {"pod",     1,  0.02, 20, 5000,  0.7},
    {"pod",     1,  0.02, 40, 5000,  0.7},
    {"pod",     1,  0.1,  10, 5000,  0.7},
    {"pod",     1,  0.1,  40, 5000,  0.7},
    {"user",    10, 0.1,  2,  5000,  0.7},
    {"user",    50, 0.1,  2,  5000,  0.7},
};
static const struct group ci_groups[] = {
    {"session", 10, 0.2,  2,  5000, 0.7},
    {"session", 50, 0.1,  2,  1500, 0.7},
    {"pod",     1,  0.02, 10, 5000, 0.7},
};

static void add_cell(struct cell_list *cells, const struct group *group, double delta,
                     size_t repetitions)
{
    struct cell *cell = cell_list_add(cells, repetitions, 25);
    cell_set_number(cell, "references", 5.0);
    cell_set_number(cell, "labels", 5.0);
    cell_set_text(cell, "marginal", "zipf");
    cell_set_text(cell, "fault", "spread");
    cell_set_text(cell, "normalizer", "geometric");
    cell_set_number(cell, "nmi", group->nmi);
    cell_set_number(cell, "delta", delta);
    cell_set_number(cell, "canary", group->canary);
    cell_set_text(cell, "level", group->level);
    cell_set_number(cell, "size", (double)group->size);
    cell_set_number(cell, "icc", group->icc);
    cell_set_number(cell, "canary_pods", (double)group->canary_pods);
    cell_set_number(cell, "stable_pods", 2.0 * (double)group->canary_pods);
    cell_set_number(cell, "buckets", 10.0);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    bool is_ci = profile == PROFILE_CI;
    const struct group *groups = is_ci ? ci_groups : full_groups;
    size_t count = is_ci ? ARRAY_LENGTH(ci_groups) : ARRAY_LENGTH(full_groups);
    for (size_t i = 0; i < count; i++) {
        add_cell(cells, &groups[i], -MARGIN, is_ci ? 200 : 2000);
        if (!is_ci) {
            add_cell(cells, &groups[i], 0.0, 2000);
        }
    }
}

/* ---- one rollout ----------------------------------------------------------------------------- */

struct arms {
    struct bursty bursty[ARM_COUNT];
    uint64_t *counts[ARM_COUNT];
    size_t cells;
};

static void arms_clear(struct arms *arms)
{
    memory_free(arms->counts[ARM_CANARY]);
    memory_free(arms->counts[ARM_STABLE]);
}

static enum serin_status arms_init(const struct cell *cell, size_t cells, struct arms *out,
                                   struct serin_error *err)
{
    out->bursty[ARM_CANARY] = bursty_of(cell, cell_size(cell, "canary_pods"));
    out->bursty[ARM_STABLE] = bursty_of(cell, cell_size(cell, "stable_pods"));
    out->cells = cells;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        size_t blocks = out->bursty[arm].pods * out->bursty[arm].buckets;
        out->counts[arm] = memory_allocate(blocks * cells, sizeof(uint64_t));
        if (!out->counts[arm]) {
            return serin_fail(err, SERIN_NO_MEMORY, "the blocks of an arm");
        }
    }
    return SERIN_OK;
}

static enum serin_status judge_arms(const struct arms *arms, size_t labels, bool blocks_known,
                                    struct verdict *out, struct serin_error *err)
{
    owned(rollout) rollout = rollout_create(labels, labels);
    owned(block_tables) tables = NULL;
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED;
    judgement.margin = MARGIN;
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        TRY(bursty_add(&arms->bursty[arm], (enum arm)arm, arms->counts[arm], arms->cells, rollout,
                       err));
    }
    if (!blocks_known) {
        block_tables_set_blocks_unknown(rollout_tables(rollout));
    }
    TRY(rollout_seal(rollout, &tables, err));
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
    tally_add(tallies, PROMOTED, verdict->decision == DECISION_PROMOTE);
    tally_add(tallies, ROLLED_BACK, verdict->decision == DECISION_ROLLBACK);
    tally_add(tallies, DESIGN_EFFECT, verdict->arms[ARM_CANARY].design_effect);
    if (is_guarded) {
        tally_reason(tallies, verdict->reason);
        return;
    }
    tally_add(tallies, MISSED_UNGUARDED, misses_below || misses_above);
    tally_add(tallies, WIDTH, verdict->delta.upper - verdict->delta.lower);
}

static enum serin_status run_one(const struct cell *cell, struct scenario *scenario,
                                 struct arms *arms, struct random *random, struct tallies *tallies,
                                 struct serin_error *err)
{
    double canary = cell_number(cell, "canary");
    struct verdict verdict;
    struct verdict naive;
    bursty_draw(&arms->bursty[ARM_CANARY], scenario->canary, scenario->canary_sampler, random,
                (uint64_t)canary, arms->counts[ARM_CANARY]);
    bursty_draw(&arms->bursty[ARM_STABLE], scenario->stable, scenario->stable_sampler, random,
                (uint64_t)(canary * RATIO), arms->counts[ARM_STABLE]);
    TRY(judge_arms(arms, scenario->stable->columns, true, &verdict, err));
    TRY(judge_arms(arms, scenario->stable->columns, false, &naive, err));
    tally_verdict(&verdict, scenario->delta, tallies);
    tally_add(tallies, NAIVE_MISSED,
              naive.delta.lower > scenario->delta || naive.delta.upper < scenario->delta);
    tally_add(tallies, NAIVE_WIDTH, naive.delta.upper - naive.delta.lower);
    tally_add(tallies, EFFECTIVE, canary / bursty_design_effect(&arms->bursty[ARM_CANARY], canary));
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    __attribute__((cleanup(arms_clear))) struct arms arms = {0};
    struct scenario_wish wish = scenario_wish_of(cell);
    TRY(scenario_create(&wish, &scenario, err));
    TRY(arms_init(cell, scenario->cells, &arms, err));
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(cell, scenario, &arms, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- promises -------------------------------------------------------------------------------- */

static bool is_level(const struct result *result, const char *level)
{
    return strcmp(cell_text(result->cell, "level"), level) == 0;
}

/* What the dependence is confined to: at least 10 of them, and 300 events after it. A cell in which
   guards answer most is none to promise coverage in. */
static bool is_promised(const struct result *result)
{
    double pods = cell_number(result->cell, "canary_pods");
    double units = is_level(result, "pod") && cell_number(result->cell, "icc") > 0.0
                       ? pods
                       : pods * cell_number(result->cell, "buckets");
    return result_is_answered(result) && !is_level(result, "user") && units >= 10.0 &&
           result_estimate(result, "effective").value >= 300.0;
}

/* So few effective events that the judge should refuse. */
static bool is_refused(const struct result *result)
{
    return !is_level(result, "user") && result_estimate(result, "effective").value < 260.0;
}

static const struct promise promises[] = {
    {PROMISE_EACH_AT_LEAST, "covered",    0.93, is_promised, "coverage from 10 blocks and n/deff 300"},
    {PROMISE_EACH_AT_MOST,  "lower_miss", 0.05, is_promised, "misses below, the same cells"          },
    {PROMISE_EACH_AT_LEAST, "guarded",    0.6,  is_refused,  "refused below n/deff 260"              },
    {PROMISE_EACH_AT_MOST,  "lower_miss", 0.07, is_refused,  "misses below although refused"         },
};

const struct study study_bursts = {
    .name = "bursts",
    .title = "Events in bursts: by session, by user, by pod",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
