/*
 * Coverage at one look: how often the interval of the delta misses the truth, on either side, and
 * how often a look decides wrongly.
 */
#include "study/study_rows.h"

#include "agreement/allowances.h"
#include "serin/interval.h"
#include "study/coverage_figures.h"
#include "study/coverage_grid.h"
#include "study/rollout.h"
#include "study/scenario.h"

#include <math.h>

/* The least that the method calls valid; a stream asks for more by default. */
enum { LEAST_SAMPLES = 100, ADDED_WIDTH_EVERY = 4 };

enum {
    COVERED,
    COVERED_UNGUARDED,
    LOWER_MISS,
    LOWER_MISS_UNGUARDED,
    UPPER_MISS,
    UPPER_MISS_UNGUARDED,
    PROMOTED,
    ROLLED_BACK,
    FALSE_PROMOTE,
    FALSE_ROLLBACK,
    GUARDED,
    WIDTH,
    ADDED_WIDTH,
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
    [FALSE_PROMOTE] = {"false_promote",        MEASURE_RATE, "promoted where the truth is -margin",               0.03},
    [FALSE_ROLLBACK] = {"false_rollback",       MEASURE_RATE, "rolled back where nothing changed",                 0.0 },
    [GUARDED] = {"guarded",              MEASURE_RATE, "a guard gave the answer",                           0.0 },
    [WIDTH] = {"width",                MEASURE_MEAN, "of the interval, where no guard answers",           0.0 },
    [ADDED_WIDTH] =
        {"added_width",          MEASURE_MEAN,
                 "by doubts beyond the published method, as a share of its width; in some repetitions",
                 0.0                                                                                            },
    [BIAS] = {"bias",                 MEASURE_MEAN, "estimate minus true delta, where no guard answers", 0.0 },
    [TRUE_NMI] = {"true_nmi",             MEASURE_MEAN, "of the stable arm",                                 0.0 },
    [TRUE_DELTA] = {"true_delta",           MEASURE_MEAN, "",                                                  0.0 },
};

static void tally_interval(const struct verdict *verdict, double delta, struct tallies *tallies)
{
    bool is_guarded = rollout_is_guarded(verdict) || !verdict->delta.defined;
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

/* What the truth makes an error is counted where the truth is just so. */
static void tally_decision(const struct verdict *verdict, double delta, double margin,
                           struct tallies *tallies)
{
    const double tolerance = 1e-6;
    bool is_promoted = verdict->decision == DECISION_PROMOTE;
    bool is_rolled_back = verdict->decision == DECISION_ROLLBACK;
    tally_add(tallies, PROMOTED, is_promoted);
    tally_add(tallies, ROLLED_BACK, is_rolled_back);
    if (fabs(delta + margin) < tolerance) {
        tally_add(tallies, FALSE_PROMOTE, is_promoted);
    }
    if (fabs(delta) < tolerance) {
        tally_add(tallies, FALSE_ROLLBACK, is_rolled_back);
    }
}

static double breadth(const struct allowances *allowances)
{
    struct reach reach = allowances_reach(allowances);
    return reach.below + reach.above;
}

/*
 * How much wider the interval is than that of the method it grew from, whose doubts are
 * `correction` and `unseen` alone.
 */
static enum serin_status tally_added_width(const struct scenario *scenario,
                                           const struct judgement *judgement,
                                           struct tallies *tallies)
{
    size_t rows = scenario->stable->rows;
    size_t columns = scenario->stable->columns;
    struct serin_comparison comparison;
    struct serin_comparison_input input = {
        .canary = {scenario->canary_counts, rows, columns},
        .stable = {scenario->stable_counts, rows, columns},
        .canary_effect = SERIN_INDEPENDENT,
        .stable_effect = SERIN_INDEPENDENT,
        .normalizer = judgement->normalizer,
        .confidence = judgement_confidence(judgement),
    };
    TRY(serin_compare(&input, &comparison));
    struct allowances published = {.correction = comparison.correction,
                                   .unseen = comparison.unseen};
    struct allowances all = {.correction = comparison.correction,
                             .overcorrection = comparison.overcorrection,
                             .unseen = comparison.unseen,
                             .unseen_doubt = comparison.unseen_doubt,
                             .label_bias = comparison.label_bias};
    double added = breadth(&all) - breadth(&published);
    double width = comparison.upper - comparison.lower;
    tally_add(tallies, ADDED_WIDTH, added / (width - added));
    return SERIN_OK;
}

static enum serin_status run_one(const struct cell *cell, struct scenario *scenario, size_t number,
                                 struct random *random, struct tallies *tallies,
                                 struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    struct verdict verdict;
    double events = cell_number(cell, "canary");
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED;
    judgement.min_samples = LEAST_SAMPLES;
    judgement.margin = cell_number(cell, "margin");
    judgement.merge_rare = false; /* would be another delta; the study of sparse tables asks it */
    judgement.normalizer = scenario->normalizer;
    if (judgement.label_cap < scenario->stable->columns) {
        judgement.label_cap = scenario->stable->columns;
    }
    scenario_draw(scenario, random, (uint64_t)events,
                  (uint64_t)llround(events * cell_number(cell, "ratio")));
    TRY(rollout_of_counts(scenario->stable->rows, scenario->stable->columns,
                          scenario->canary_counts, scenario->stable_counts, &tables, err));
    TRY(rollout_judge(&judgement, false, tables, &verdict, err));
    tally_interval(&verdict, scenario->delta, tallies);
    if (number % ADDED_WIDTH_EVERY == 0 && !rollout_is_guarded(&verdict)) {
        TRY(tally_added_width(scenario, &judgement, tallies));
    }
    tally_decision(&verdict, scenario->delta, judgement.margin, tallies);
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
        TRY(run_one(cell, scenario, i, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- promises -------------------------------------------------------------------------------- */

static size_t most_labels(const struct result *result)
{
    size_t references = cell_size(result->cell, "references");
    size_t labels = cell_size(result->cell, "labels");
    return references > labels ? references : labels;
}

static bool has_few_labels(const struct result *result)
{
    return result_is_answered(result) && most_labels(result) <= 10;
}

static bool has_many_labels(const struct result *result)
{
    return result_is_answered(result) && most_labels(result) > 10 && most_labels(result) <= 50;
}

static bool is_interior(const struct result *result)
{
    double nmi = cell_number(result->cell, "nmi");
    return has_few_labels(result) && nmi >= 0.3 && nmi <= 0.85 &&
           cell_number(result->cell, "canary") >= 1000.0;
}

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST,  "lower_miss",     0.035, result_is_answered, "misses on the promote side" },
    {PROMISE_EACH_AT_MOST,  "upper_miss",     0.035, result_is_answered, "misses on the rollback side"},
    {PROMISE_EACH_AT_LEAST, "covered",        0.935, has_few_labels,     "coverage, up to 10 labels"  },
    {PROMISE_MEAN_AT_LEAST, "covered",        0.945, is_interior,        "coverage within, at least"  },
    {PROMISE_MEAN_AT_MOST,  "covered",        0.965, is_interior,        "coverage within, at most"   },
    {PROMISE_EACH_AT_MOST,  "false_promote",  0.035, result_is_answered, "false promotes at -margin"  },
    {PROMISE_MEAN_AT_MOST,  "false_promote",  0.02,  has_few_labels,     "the same, up to 10 labels"  },
    {PROMISE_MEAN_AT_MOST,  "false_promote",  0.025, has_many_labels,    "the same, 11 to 50 labels"  },
    {PROMISE_MEAN_AT_MOST,  "added_width",    0.05,  result_is_answered,
     "width beyond the published one"                                                                 },
    {PROMISE_EACH_AT_MOST,  "false_rollback", 0.005, result_is_answered,
     "false rollbacks at no change"                                                                   },
};

/* ---- summary --------------------------------------------------------------------------------- */

static void summarize(const struct results *results, struct buffer *out)
{
    size_t reported = 0;
    size_t guarded = 0;
    for (size_t i = 0; i < results->count; i++) {
        reported += results->items[i].is_last ? 1 : 0;
        guarded += results->items[i].is_last && !result_is_answered(&results->items[i]) ? 1 : 0;
    }
    buffer_printf(out, "  of %zu cells, guards answer most comparisons in %zu\n", reported,
                  guarded);
}

static const struct figure figures[] = {
    {"coverage_lower_miss.svg", draw_lower_miss},
    {"coverage_width.svg",      draw_width     },
};

const struct study study_coverage = {
    .name = "coverage",
    .title = "Coverage of the interval at one look",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .figures = figures,
    .figure_count = ARRAY_LENGTH(figures),
    .plan = coverage_grid_plan,
    .run = run,
    .summarize = summarize,
};
