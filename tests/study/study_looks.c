/*
 * Two hundred looks at one rollout: how often the sequential interval ever decides wrongly or ever
 * misses the truth, and what a fixed interval does over the same looks.
 */
#include "study/study_rows.h"

#include "serin/interval.h"
#include "study/plot.h"
#include "study/rollout.h"
#include "study/scenario.h"

#include <math.h>
#include <stdio.h>

/* The first look that counts comes earlier than a stream asks for by default. */
enum { LEAST_SAMPLES = 100 };
enum { LOOKS = 200, EVENTS_PER_LOOK = 50, BLOCKS_PER_ARM_MAX = 32, LOOKS_TOLD = 6 };
static const size_t looks_told[LOOKS_TOLD] = {2, 5, 10, 20, 50, 100};

enum {
    PROMOTED_EVER,
    ROLLED_BACK_EVER,
    MISSED_EVER,
    FALSE_PROMOTE,
    FALSE_ROLLBACK,
    ROLLBACK_AT_MARGIN,
    NAIVE_FALSE_PROMOTE,
    NAIVE_FALSE_ROLLBACK,
    NAIVE_ROLLBACK_AT_MARGIN,
    NAIVE_MISSED_EVER,
    SAMPLES_TO_PROMOTE,
    SAMPLES_TO_ROLLBACK,
    FINAL_WIDTH,
    GUARDED_LOOKS,
    TRUE_DELTA,
    MISSED_BY, /* each of looks_told, then the same for the fixed interval */
    NAIVE_MISSED_BY = MISSED_BY + LOOKS_TOLD
};

static const struct measure measures[] = {
    [PROMOTED_EVER] = {"promoted_ever",            MEASURE_RATE, "at any look",                        0.0},
    [ROLLED_BACK_EVER] = {"rolled_back_ever",         MEASURE_RATE, "at any look",                        0.0},
    [MISSED_EVER] = {"missed_ever",              MEASURE_RATE, "an interval without the true delta", 0.0},
    [FALSE_PROMOTE] = {"false_promote",            MEASURE_RATE, "ever, where the truth is -margin",   0.0},
    [FALSE_ROLLBACK] = {"false_rollback",           MEASURE_RATE, "ever, where nothing changed",        0.0},
    [ROLLBACK_AT_MARGIN] = {"rollback_at_margin",       MEASURE_RATE, "ever, where the truth is -margin",
                       0.0                                                                                },
    [NAIVE_FALSE_PROMOTE] = {"naive_false_promote",      MEASURE_RATE, "by a fixed interval",                0.0},
    [NAIVE_FALSE_ROLLBACK] = {"naive_false_rollback",     MEASURE_RATE, "by a fixed interval",                0.0},
    [NAIVE_ROLLBACK_AT_MARGIN] = {"naive_rollback_at_margin", MEASURE_RATE, "by a fixed interval",
                       0.0                                                                                },
    [NAIVE_MISSED_EVER] = {"naive_missed_ever",        MEASURE_RATE, "by a fixed interval",                0.0},
    [SAMPLES_TO_PROMOTE] = {"samples_to_promote",       MEASURE_MEAN,
                       "canary events, where it comes to that",                                        0.0},
    [SAMPLES_TO_ROLLBACK] = {"samples_to_rollback",      MEASURE_MEAN,
                       "canary events, where it comes to that",                                        0.0},
    [FINAL_WIDTH] = {"final_width",              MEASURE_MEAN, "of the interval at the last look",   0.0},
    [GUARDED_LOOKS] = {"guarded_looks",            MEASURE_MEAN, "share of the looks a guard answers", 0.0},
    [TRUE_DELTA] = {"true_delta",               MEASURE_MEAN, "",                                   0.0},
    [MISSED_BY] = {"missed_by_2",              MEASURE_RATE, "at that look or before",             0.0},
    {"missed_by_5",              MEASURE_RATE, "",                                   0.0},
    {"missed_by_10",             MEASURE_RATE, "",                                   0.0},
    {"missed_by_20",             MEASURE_RATE, "",                                   0.0},
    {"missed_by_50",             MEASURE_RATE, "",                                   0.0},
    {"missed_by_100",            MEASURE_RATE, "",                                   0.0},
    [NAIVE_MISSED_BY] = {"naive_missed_by_2",        MEASURE_RATE, "by a fixed interval",                0.0},
    {"naive_missed_by_5",        MEASURE_RATE, "",                                   0.0},
    {"naive_missed_by_10",       MEASURE_RATE, "",                                   0.0},
    {"naive_missed_by_20",       MEASURE_RATE, "",                                   0.0},
    {"naive_missed_by_50",       MEASURE_RATE, "",                                   0.0},
    {"naive_missed_by_100",      MEASURE_RATE, "",                                   0.0},
};

/* ---- cells ----------------------------------------------------------------------------------- */

struct group {
    size_t labels;
    double nmi;
    double ratio;
    size_t blocks; /* per arm; 0: events taken as independent */
    size_t repetitions;
};

static const struct group full_groups[] = {
    {2,  0.5, 1,  0,  2000},
    {2,  0.7, 1,  0,  2000},
    {2,  0.9, 1,  0,  2000},
    {2,  0.5, 19, 0,  2000},
    {2,  0.7, 19, 0,  2000},
    {2,  0.9, 19, 0,  2000},
    {5,  0.5, 1,  0,  2000},
    {5,  0.7, 1,  0,  2000},
    {5,  0.9, 1,  0,  2000},
    {5,  0.5, 19, 0,  2000},
    {5,  0.7, 19, 0,  2000},
    {5,  0.9, 19, 0,  2000},
    {10, 0.5, 19, 0,  2000},
    {10, 0.7, 1,  0,  2000},
    {10, 0.7, 19, 0,  2000},
    {10, 0.9, 19, 0,  2000},
    {20, 0.7, 19, 0,  2000},
    {20, 0.9, 19, 0,  2000},
    {50, 0.7, 19, 0,  400 },
    {2,  0.7, 19, 20, 1000},
    {5,  0.7, 19, 10, 1000},
    {5,  0.7, 19, 20, 1000},
    {5,  0.9, 1,  20, 1000},
    {10, 0.7, 19, 20, 2000},
};
static const struct group ci_groups[] = {
    {2, 0.7, 19, 0,  200},
    {5, 0.7, 19, 0,  200},
    {5, 0.9, 1,  0,  200},
    {5, 0.7, 19, 20, 50 },
};

static void add_cell(struct cell_list *cells, const struct group *group, double delta)
{
    struct cell *cell = cell_list_add(cells, group->repetitions, 25);
    cell_set_number(cell, "references", (double)group->labels);
    cell_set_number(cell, "labels", (double)group->labels);
    cell_set_text(cell, "marginal", "zipf");
    cell_set_text(cell, "fault", "spread");
    cell_set_text(cell, "normalizer", "geometric");
    cell_set_number(cell, "nmi", group->nmi);
    cell_set_number(cell, "delta", delta);
    cell_set_number(cell, "margin", 0.1);
    cell_set_number(cell, "ratio", group->ratio);
    cell_set_number(cell, "blocks", (double)group->blocks);
    cell_set_number(cell, "looks", LOOKS);
    cell_set_number(cell, "events_per_look", EVENTS_PER_LOOK);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    bool is_ci = profile == PROFILE_CI;
    const struct group *groups = is_ci ? ci_groups : full_groups;
    size_t count = is_ci ? ARRAY_LENGTH(ci_groups) : ARRAY_LENGTH(full_groups);
    for (size_t i = 0; i < count; i++) {
        add_cell(cells, &groups[i], 0.0);
        add_cell(cells, &groups[i], -0.1);
    }
}

/* ---- one rollout ----------------------------------------------------------------------------- */

/* What has happened at any look so far. */
struct history {
    bool promoted;
    bool rolled_back;
    bool missed;
    bool naive_promoted;
    bool naive_rolled_back;
    bool naive_missed;
    bool missed_by[LOOKS_TOLD];
    bool naive_missed_by[LOOKS_TOLD];
    double samples_to_promote;
    double samples_to_rollback;
    size_t guarded;
    const char *guard; /* the last that answered */
    double width;
};

struct looking {
    const struct cell *cell;
    struct scenario *scenario;
    struct judgement judgement;
    double ratio;
    size_t blocks;
    uint64_t *block_counts; /* arm × block × cell */
};

/* The counts of one block, or of the whole arm where there are no blocks. */
static uint64_t *counts_of(const struct looking *looking, enum arm arm, size_t block)
{
    size_t blocks = looking->blocks > 0 ? looking->blocks : 1;
    return looking->block_counts + ((size_t)arm * blocks + block) * looking->scenario->cells;
}

/* Events of a look, spread over the blocks as evenly as they go. */
static void draw_arm(const struct looking *looking, struct random *random, enum arm arm,
                     uint64_t events)
{
    size_t blocks = looking->blocks > 0 ? looking->blocks : 1;
    const struct sampler *sampler =
        arm == ARM_CANARY ? looking->scenario->canary_sampler : looking->scenario->stable_sampler;
    for (size_t b = 0; b < blocks; b++) {
        uint64_t share = events * (b + 1) / blocks - events * b / blocks;
        sampler_draw(sampler, random, share, counts_of(looking, arm, b));
    }
}

static void pool(const struct looking *looking, enum arm arm, uint64_t *out)
{
    size_t blocks = looking->blocks > 0 ? looking->blocks : 1;
    for (size_t i = 0; i < looking->scenario->cells; i++) {
        out[i] = 0;
        for (size_t b = 0; b < blocks; b++) {
            out[i] += counts_of(looking, arm, b)[i];
        }
    }
}

static enum serin_status make_tables(const struct looking *looking, struct block_tables **out,
                                     struct serin_error *err)
{
    const struct population *shape = looking->scenario->stable;
    size_t blocks = looking->blocks > 0 ? looking->blocks : 1;
    owned(rollout) rollout = rollout_create(shape->rows, shape->columns);
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    if (looking->blocks == 0) {
        block_tables_set_blocks_unknown(rollout_tables(rollout));
    }
    for (enum arm arm = ARM_CANARY; arm <= ARM_STABLE; arm++) {
        for (size_t b = 0; b < blocks; b++) {
            struct rollout_block block = {
                .arm = arm, .pod = b, .counts = counts_of(looking, arm, b)};
            TRY(rollout_add(rollout, &block, err));
        }
    }
    return rollout_seal(rollout, out, err);
}

static void remember(const struct looking *looking, const struct verdict *verdict, double samples,
                     struct history *history)
{
    double delta = looking->scenario->delta;
    bool is_guarded = rollout_is_guarded(verdict);
    if (verdict->decision == DECISION_PROMOTE && !history->promoted) {
        history->promoted = true;
        history->samples_to_promote = samples;
    }
    if (verdict->decision == DECISION_ROLLBACK && !history->rolled_back) {
        history->rolled_back = true;
        history->samples_to_rollback = samples;
    }
    history->guarded += is_guarded ? 1 : 0;
    history->guard = is_guarded ? verdict->reason : history->guard;
    history->missed |=
        !is_guarded && (verdict->delta.lower > delta || verdict->delta.upper < delta);
    history->width = verdict->delta.upper - verdict->delta.lower;
}

static void remember_told_look(size_t number, struct history *history)
{
    for (size_t i = 0; i < LOOKS_TOLD; i++) {
        if (looks_told[i] == number) {
            history->missed_by[i] = history->missed;
            history->naive_missed_by[i] = history->naive_missed;
        }
    }
}

/* The interval of one look, fixed beforehand, taken at every look. */
static enum serin_status look_naively(const struct looking *looking, struct history *history)
{
    const struct scenario *scenario = looking->scenario;
    struct serin_comparison comparison;
    struct serin_comparison_input input = {
        .canary = {scenario->canary_counts, scenario->stable->rows, scenario->stable->columns},
        .stable = {scenario->stable_counts, scenario->stable->rows, scenario->stable->columns},
        .canary_effect = SERIN_INDEPENDENT,
        .stable_effect = SERIN_INDEPENDENT,
        .normalizer = looking->judgement.normalizer,
        .confidence = {.interval = SERIN_FIXED, .level = looking->judgement.level},
    };
    double margin = looking->judgement.margin;
    pool(looking, ARM_CANARY, scenario->canary_counts);
    pool(looking, ARM_STABLE, scenario->stable_counts);
    TRY(serin_compare(&input, &comparison));
    history->naive_promoted |= comparison.lower > -margin;
    history->naive_rolled_back |= comparison.upper < -margin;
    history->naive_missed |=
        comparison.lower > scenario->delta || comparison.upper < scenario->delta;
    return SERIN_OK;
}

static enum serin_status look(const struct looking *looking, struct random *random, size_t number,
                              struct history *history, struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    struct verdict verdict;
    uint64_t stable = (uint64_t)llround((double)EVENTS_PER_LOOK * looking->ratio);
    draw_arm(looking, random, ARM_CANARY, EVENTS_PER_LOOK);
    draw_arm(looking, random, ARM_STABLE, stable);
    TRY(make_tables(looking, &tables, err));
    TRY(rollout_judge(&looking->judgement, false, tables, &verdict, err));
    remember(looking, &verdict, (double)(number * EVENTS_PER_LOOK), history);
    /* A gate that has nothing to say yet is not blamed for it: both look at the same data. */
    return rollout_is_guarded(&verdict) ? SERIN_OK : look_naively(looking, history);
}

static void tally_history(const struct looking *looking, const struct history *history,
                          struct tallies *tallies)
{
    const double tolerance = 1e-6;
    double delta = looking->scenario->delta;
    tally_add(tallies, PROMOTED_EVER, history->promoted);
    tally_add(tallies, ROLLED_BACK_EVER, history->rolled_back);
    tally_add(tallies, MISSED_EVER, history->missed);
    tally_add(tallies, NAIVE_MISSED_EVER, history->naive_missed);
    if (fabs(delta + looking->judgement.margin) < tolerance) {
        tally_add(tallies, FALSE_PROMOTE, history->promoted);
        tally_add(tallies, ROLLBACK_AT_MARGIN, history->rolled_back);
        tally_add(tallies, NAIVE_FALSE_PROMOTE, history->naive_promoted);
        tally_add(tallies, NAIVE_ROLLBACK_AT_MARGIN, history->naive_rolled_back);
    }
    if (fabs(delta) < tolerance) {
        tally_add(tallies, FALSE_ROLLBACK, history->rolled_back);
        tally_add(tallies, NAIVE_FALSE_ROLLBACK, history->naive_rolled_back);
    }
    if (history->promoted) {
        tally_add(tallies, SAMPLES_TO_PROMOTE, history->samples_to_promote);
    }
    if (history->rolled_back) {
        tally_add(tallies, SAMPLES_TO_ROLLBACK, history->samples_to_rollback);
    }
    tally_add(tallies, FINAL_WIDTH, history->width);
    tally_add(tallies, GUARDED_LOOKS, (double)history->guarded / (double)LOOKS);
    if (2 * history->guarded > LOOKS) {
        tally_reason(tallies, history->guard); /* what the intervals showed is little */
    }
    tally_add(tallies, TRUE_DELTA, delta);
    for (size_t i = 0; i < LOOKS_TOLD; i++) {
        tally_add(tallies, MISSED_BY + i, history->missed_by[i]);
        tally_add(tallies, NAIVE_MISSED_BY + i, history->naive_missed_by[i]);
    }
}

static enum serin_status run_one(struct looking *looking, struct random *random,
                                 struct tallies *tallies, struct serin_error *err)
{
    struct history history = {.promoted = false};
    size_t blocks = looking->blocks > 0 ? looking->blocks : 1;
    for (size_t i = 0; i < ARM_COUNT * blocks * looking->scenario->cells; i++) {
        looking->block_counts[i] = 0;
    }
    for (size_t number = 1; number <= LOOKS; number++) {
        TRY(look(looking, random, number, &history, err));
        remember_told_look(number, &history);
    }
    tally_history(looking, &history, tallies);
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    struct scenario_wish wish = scenario_wish_of(cell);
    TRY(scenario_create(&wish, &scenario, err));
    owned_memory uint64_t *counts =
        memory_allocate(ARM_COUNT * BLOCKS_PER_ARM_MAX * scenario->cells, sizeof(*counts));
    if (!counts) {
        return serin_fail(err, SERIN_NO_MEMORY, "the blocks of a rollout");
    }
    struct looking looking = {
        .cell = cell,
        .scenario = scenario,
        .judgement = judgement_default,
        .ratio = cell_number(cell, "ratio"),
        .blocks = cell_size(cell, "blocks"),
        .block_counts = counts,
    };
    looking.judgement.min_samples = LEAST_SAMPLES;
    looking.judgement.merge_rare = false; /* would be another delta */
    looking.judgement.margin = cell_number(cell, "margin");
    looking.judgement.normalizer = scenario->normalizer;
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(&looking, random, tallies, err));
    }
    return SERIN_OK;
}

/* Each decision errs at most in half of what the level leaves. */
static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST, "false_promote",      0.025, NULL, "ever promoted at -margin"     },
    {PROMISE_EACH_AT_MOST, "false_rollback",     0.025, NULL, "ever rolled back at no change"},
    {PROMISE_EACH_AT_MOST, "rollback_at_margin", 0.025, NULL, "ever rolled back at -margin"  },
    {PROMISE_EACH_AT_MOST, "missed_ever",        0.03,  NULL, "ever missing the true delta"  },
};

/* ---- figure ---------------------------------------------------------------------------------- */

/* Five labels, NMI 0.7, 19:1, nothing lost, independent events. */
static bool is_shown(const struct result *result)
{
    const struct cell *cell = result->cell;
    return result->is_last && cell_size(cell, "labels") == 5 && cell_number(cell, "nmi") == 0.7 &&
           cell_number(cell, "ratio") == 19.0 && cell_number(cell, "blocks") == 0.0 &&
           cell_number(cell, "delta") == 0.0;
}

/* The looks told and the last one. */
enum { POINTS = LOOKS_TOLD + 1 };

static void gather_told(const struct result *result, const char *prefix, double *values,
                        double *errors)
{
    char name[48];
    for (size_t i = 0; i < POINTS; i++) {
        if (i < LOOKS_TOLD) {
            (void)snprintf(name, sizeof(name), "%s_by_%zu", prefix, looks_told[i]);
        } else {
            (void)snprintf(name, sizeof(name), "%s_ever", prefix);
        }
        struct estimate_of estimate = result_estimate(result, name);
        values[i] = estimate.value;
        errors[i] = estimate.error;
    }
}

static void draw_result(const struct result *result, struct buffer *out)
{
    static const struct svg_heading heading = {
        .title = "What looking again costs",
        .subtitle = "5 labels, NMI 0.7, nothing lost, 50 canary events a look",
        .description = "Share of rollouts whose 95 % interval has missed the true difference at "
                       "this look or an earlier one: a fixed interval taken at every look misses "
                       "more and more often, the sequential one stays below 5 %.",
    };
    static const double ticks_y[] = {0.0, 0.1, 0.2, 0.3, 0.4};
    static const double x_values[POINTS] = {2, 5, 10, 20, 50, 100, LOOKS};
    double values[2][POINTS];
    double errors[2][POINTS];
    gather_told(result, "missed", values[0], errors[0]);
    gather_told(result, "naive_missed", values[1], errors[1]);
    struct plot_series series[] = {
        {"sequential interval (the default)",   x_values, values[0], errors[0], POINTS},
        {"fixed interval, taken at every look", x_values, values[1], errors[1], POINTS},
    };
    struct plot_axis x = {.label = "looks so far",
                          .low = 2,
                          .high = LOOKS,
                          .is_log = true,
                          .ticks = x_values,
                          .tick_count = POINTS,
                          .limit = NAN};
    struct plot_axis y = {.label = "rollouts with a miss so far",
                          .high = 0.4,
                          .is_percent = true,
                          .ticks = ticks_y,
                          .tick_count = ARRAY_LENGTH(ticks_y),
                          .limit = 0.05,
                          .limit_label = "allowed: 5 %"};
    plot_lines(&heading, &x, &y, series, ARRAY_LENGTH(series), out);
}

static enum serin_status draw_looks(const struct results *results, struct buffer *out,
                                    struct serin_error *err)
{
    for (size_t i = 0; i < results->count; i++) {
        if (is_shown(&results->items[i])) {
            draw_result(&results->items[i], out);
            return SERIN_OK;
        }
    }
    return serin_fail(err, SERIN_BUG, "the cell of the figure is not among the results");
}

static const struct figure figures[] = {
    {"looks.svg", draw_looks}
};

const struct study study_looks = {
    .name = "looks",
    .title = "Two hundred looks with optional stopping",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .figures = figures,
    .figure_count = ARRAY_LENGTH(figures),
    .plan = plan,
    .run = run,
};
