/*
 * Coverage at one look: how often the interval of the delta misses the truth, on either side, and
 * how often a look decides wrongly.
 */
#include "study/study_rows.h"

#include "study/rollout.h"
#include "study/scenario.h"

#include <math.h>

enum {
    COVERED,
    COVERED_UNGUARDED,
    LOWER_MISS,
    LOWER_MISS_UNGUARDED,
    UPPER_MISS,
    UPPER_MISS_UNGUARDED,
    PROMOTED,
    ROLLED_BACK,
    GUARDED,
    WIDTH,
    BIAS,
    TRUE_NMI,
    TRUE_DELTA
};

static const struct measure measures[] = {
    [COVERED] = {"covered",              MEASURE_RATE, "interval holds the true delta, or a guard answers", 0.0 },
    [COVERED_UNGUARDED] = {"covered_unguarded",    MEASURE_RATE, "of the answers without guard",                      0.0 },
    [LOWER_MISS] = {"lower_miss",           MEASURE_RATE, "whole interval above the true delta",               0.03},
    [LOWER_MISS_UNGUARDED] = {"lower_miss_unguarded", MEASURE_RATE, "of answers without guard",
                 0.0                                                                                            },
    [UPPER_MISS] = {"upper_miss",           MEASURE_RATE, "whole interval below the true delta",               0.03},
    [UPPER_MISS_UNGUARDED] = {"upper_miss_unguarded", MEASURE_RATE, "of answers without guard",
                 0.0                                                                                            },
    [PROMOTED] = {"promoted",             MEASURE_RATE, "",                                                  0.0 },
    [ROLLED_BACK] = {"rolled_back",          MEASURE_RATE, "",                                                  0.0 },
    [GUARDED] = {"guarded",              MEASURE_RATE, "a guard gave the answer",                           0.0 },
    [WIDTH] = {"width",                MEASURE_MEAN, "of the interval, where no guard answers",           0.0 },
    [BIAS] = {"bias",                 MEASURE_MEAN, "estimate minus true delta, where no guard answers", 0.0 },
    [TRUE_NMI] = {"true_nmi",             MEASURE_MEAN, "of the stable arm",                                 0.0 },
    [TRUE_DELTA] = {"true_delta",           MEASURE_MEAN, "",                                                  0.0 },
};

static void add_cell(struct cell_list *cells, size_t labels, double nmi, double delta,
                     double canary, double ratio)
{
    struct cell *cell = cell_list_add(cells, 500, 125);
    cell_set_number(cell, "references", (double)labels);
    cell_set_number(cell, "labels", (double)labels);
    cell_set_text(cell, "marginal", "zipf");
    cell_set_text(cell, "fault", "spread");
    cell_set_text(cell, "normalizer", "geometric");
    cell_set_number(cell, "nmi", nmi);
    cell_set_number(cell, "delta", delta);
    cell_set_number(cell, "margin", 0.1);
    cell_set_number(cell, "canary", canary);
    cell_set_number(cell, "ratio", ratio);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    (void)profile;
    add_cell(cells, 5, 0.7, -0.1, 1000, 19);
    add_cell(cells, 5, 0.7, 0, 1000, 1);
}

static void tally_interval(const struct verdict *verdict, double delta, struct tallies *tallies)
{
    bool is_guarded = rollout_is_guarded(verdict);
    bool misses_below = !is_guarded && verdict->delta.lower > delta;
    bool misses_above = !is_guarded && verdict->delta.upper < delta;
    bool is_covered = !misses_below && !misses_above;
    tally_add(tallies, COVERED, is_covered);
    tally_add(tallies, LOWER_MISS, misses_below);
    tally_add(tallies, UPPER_MISS, misses_above);
    tally_add(tallies, GUARDED, is_guarded);
    if (is_guarded) {
        tally_reason(tallies, verdict->reason);
        return;
    }
    tally_add(tallies, COVERED_UNGUARDED, is_covered);
    tally_add(tallies, LOWER_MISS_UNGUARDED, misses_below);
    tally_add(tallies, UPPER_MISS_UNGUARDED, misses_above);
    tally_add(tallies, WIDTH, verdict->delta.upper - verdict->delta.lower);
    tally_add(tallies, BIAS, verdict->delta.value - delta);
}

static enum serin_status run_one(const struct cell *cell, struct scenario *scenario,
                                 struct random *random, struct tallies *tallies,
                                 struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    struct verdict verdict;
    double events = cell_number(cell, "canary");
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED;
    judgement.margin = cell_number(cell, "margin");
    scenario_draw(scenario, random, (uint64_t)events,
                  (uint64_t)llround(events * cell_number(cell, "ratio")));
    TRY(rollout_of_counts(scenario->stable->rows, scenario->stable->columns,
                          scenario->canary_counts, scenario->stable_counts, &tables, err));
    TRY(rollout_judge(&judgement, false, tables, &verdict, err));
    tally_interval(&verdict, scenario->delta, tallies);
    tally_add(tallies, PROMOTED, verdict.decision == DECISION_PROMOTE);
    tally_add(tallies, ROLLED_BACK, verdict.decision == DECISION_ROLLBACK);
    tally_add(tallies, TRUE_NMI, scenario->stable_nmi);
    tally_add(tallies, TRUE_DELTA, scenario->delta);
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    struct scenario_wish wish = scenario_wish_of(cell);
    TRY(scenario_create(&wish, &scenario, err));
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(cell, scenario, random, tallies, err));
    }
    return SERIN_OK;
}

const struct study study_coverage = {
    .name = "coverage",
    .title = "Coverage of the interval at one look",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .plan = plan,
    .run = run,
};
