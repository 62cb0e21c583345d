/*
 * Sparse tables: more labels than the samples fill. What a judge says who merges the rare labels,
 * what one says who waits instead, and what the merging hides.
 */
#include "study/study_rows.h"

#include "study/confined.h"
#include "study/rollout.h"
#include "study/scenario.h"
#include "verdict/measurement.h"

#include <math.h>
#include <string.h>

enum {
    LOWER_MISS,
    UPPER_MISS,
    FALSE_PROMOTE,
    FALSE_ROLLBACK,
    PROMOTED,
    ROLLED_BACK,
    MERGED,
    GROUPS,
    HIDDEN,
    CAPPED,
    WAITED_PROMOTED,
    WAITED_ROLLED_BACK,
    WAITED_GUARDED,
    MERGED_DELTA,
    TRUE_DELTA
};

static const struct measure measures[] = {
    [LOWER_MISS] = {"lower_miss",         MEASURE_RATE,
                    "interval above the true delta of the labels told apart, at any look",                      0.03},
    [UPPER_MISS] = {"upper_miss",         MEASURE_RATE, "interval below it, at any look",                       0.03},
    [FALSE_PROMOTE] = {"false_promote",      MEASURE_RATE,
                    "promoted at any look where the truth of all labels is -margin",                            0.02},
    [FALSE_ROLLBACK] = {"false_rollback",     MEASURE_RATE,
                    "rolled back at any look where nothing changed",                                            0.0 },
    [PROMOTED] = {"promoted",           MEASURE_RATE, "at the last look",                                     0.0 },
    [ROLLED_BACK] = {"rolled_back",        MEASURE_RATE, "at the last look",                                     0.0 },
    [MERGED] = {"merged",             MEASURE_RATE, "rare labels were judged as one, at the last look",     0.0 },
    [GROUPS] = {"groups",             MEASURE_MEAN, "labels told apart then",                               0.0 },
    [HIDDEN] = {"hidden_loss",        MEASURE_MEAN, "most that may be lost among the merged labels",        0.0 },
    [CAPPED] = {"capped",             MEASURE_RATE, "a promote is held back for what the merging may hide",
                    0.0                                                                                             },
    [WAITED_PROMOTED] = {"waited_promoted",    MEASURE_RATE, "promoted without merging",                             0.0 },
    [WAITED_ROLLED_BACK] = {"waited_rolled_back", MEASURE_RATE, "rolled back without merging",                          0.0 },
    [WAITED_GUARDED] = {"waited_guarded",     MEASURE_RATE, "a guard answers without merging",                      0.0 },
    [MERGED_DELTA] = {"merged_delta",       MEASURE_MEAN, "true delta of the labels told apart",                  0.0 },
    [TRUE_DELTA] = {"true_delta",         MEASURE_MEAN, "of all labels",                                        0.0 },
};

/* ---- the grid ------------------------------------------------------------------------------- */

struct point {
    size_t labels;
    const char *marginal;
    const char *loss; /* none; spread: over all labels; tail: among the rare ones alone */
    double canary;
    size_t looks; /* 1: one fixed look; else sequential */
    size_t repetitions;
};

static void add_point(struct cell_list *cells, const struct point *point)
{
    struct cell *cell = cell_list_add(cells, point->repetitions, point->repetitions / 10);
    cell_set_number(cell, "references", (double)point->labels);
    cell_set_number(cell, "labels", (double)point->labels);
    cell_set_text(cell, "marginal", point->marginal);
    cell_set_text(cell, "fault", "spread");
    cell_set_text(cell, "loss", point->loss);
    cell_set_number(cell, "nmi", 0.8);
    cell_set_text(cell, "normalizer", "geometric");
    cell_set_number(cell, "delta", strcmp(point->loss, "none") == 0 ? 0.0 : -0.1);
    cell_set_number(cell, "margin", 0.1);
    cell_set_number(cell, "canary", point->canary);
    cell_set_number(cell, "ratio", 9.0);
    cell_set_number(cell, "looks", (double)point->looks);
}

static void plan_ci(struct cell_list *cells)
{
    static const struct point points[] = {
        {50,  "zipf",    "none",   1000, 1,  100},
        {50,  "zipf",    "spread", 1000, 1,  100},
        {100, "zipf",    "tail",   3000, 1,  50 },
        {50,  "uniform", "spread", 1000, 1,  100},
        {50,  "zipf",    "spread", 2000, 20, 50 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(points); i++) {
        add_point(cells, &points[i]);
    }
}

static const char *const losses[] = {"none", "spread", "tail"};
static const char *const marginals[] = {"zipf", "uniform"};

static void plan_one_look(struct cell_list *cells)
{
    static const struct {
        size_t labels;
        size_t repetitions;
        double least; /* canary events */
        double most;
    } sizes[] = {
        {50,   400, 300,   30000},
        {100,  400, 1000,  10000},
        {200,  400, 1000,  10000},
        {500,  100, 3000,  3000 },
        {1000, 50,  10000, 10000},
    };
    static const double canary[] = {300, 1000, 3000, 10000, 30000};
    for (size_t s = 0; s < ARRAY_LENGTH(sizes); s++) {
        for (size_t n = 0; n < ARRAY_LENGTH(canary); n++) {
            bool is_asked = canary[n] >= sizes[s].least && canary[n] <= sizes[s].most;
            for (size_t l = 0; is_asked && l < ARRAY_LENGTH(losses) * ARRAY_LENGTH(marginals);
                 l++) {
                struct point point = {.labels = sizes[s].labels,
                                      .marginal = marginals[l % ARRAY_LENGTH(marginals)],
                                      .loss = losses[l / ARRAY_LENGTH(marginals)],
                                      .canary = canary[n],
                                      .looks = 1,
                                      .repetitions = sizes[s].repetitions};
                add_point(cells, &point);
            }
        }
    }
}

static void plan_looks(struct cell_list *cells)
{
    for (size_t l = 0; l < ARRAY_LENGTH(losses) * ARRAY_LENGTH(marginals); l++) {
        struct point point = {.labels = 50,
                              .marginal = marginals[l % ARRAY_LENGTH(marginals)],
                              .loss = losses[l / ARRAY_LENGTH(marginals)],
                              .canary = 5000,
                              .looks = 100,
                              .repetitions = 400};
        add_point(cells, &point);
    }
}

static void plan(enum profile profile, struct cell_list *cells)
{
    if (profile == PROFILE_CI) {
        plan_ci(cells);
        return;
    }
    plan_one_look(cells);
    plan_looks(cells);
}

/* ---- one rollout ---------------------------------------------------------------------------- */

/* What a rollout is simulated with. */
struct sparse {
    const struct cell *cell;
    struct scenario *scenario;
    struct judgement judgement;
};

static struct judgement judgement_of(const struct cell *cell)
{
    struct judgement judgement = judgement_default;
    judgement.interval = cell_size(cell, "looks") == 1 ? INTERVAL_FIXED : INTERVAL_SEQUENTIAL;
    judgement.margin = cell_number(cell, "margin");
    judgement.min_samples = 100;
    judgement.label_cap = 1000;
    return judgement;
}

/* The labels that the judge tells apart, and the delta they truly have. */
struct resolution {
    bool is_merged;
    size_t groups;
    double hidden_loss;
    double delta;
};

static enum serin_status resolution_find(const struct sparse *sparse,
                                         const struct block_tables *tables, struct resolution *out,
                                         struct serin_error *err)
{
    measurement_scope measurement = MEASUREMENT_NONE;
    struct spec spec = {.judgement = sparse->judgement};
    TRY(measurement_take(&spec, tables, &measurement, err));
    double canary = 0.0;
    double stable = 0.0;
    const struct grouping *grouping = measurement.grouping;
    TRY(confined_nmi(sparse->scenario->canary, grouping, tables, &canary, err));
    TRY(confined_nmi(sparse->scenario->stable, grouping, tables, &stable, err));
    *out = (struct resolution){.is_merged = measurement.evidence.is_merged,
                               .groups = grouping->columns.count,
                               .hidden_loss = measurement.evidence.hidden_loss,
                               .delta = canary - stable};
    return SERIN_OK;
}

static enum serin_status tally_last(const struct sparse *sparse, const struct block_tables *tables,
                                    const struct verdict *verdict,
                                    const struct resolution *resolution, struct tallies *tallies,
                                    struct serin_error *err)
{
    struct judgement waiting = sparse->judgement;
    struct verdict waited;
    waiting.merge_rare = false;
    TRY(rollout_judge(&waiting, false, tables, &waited, err));
    tally_add(tallies, PROMOTED, verdict->decision == DECISION_PROMOTE);
    tally_add(tallies, ROLLED_BACK, verdict->decision == DECISION_ROLLBACK);
    tally_add(tallies, MERGED, resolution->is_merged);
    tally_add(tallies, GROUPS, (double)resolution->groups);
    tally_add(tallies, HIDDEN, resolution->hidden_loss);
    tally_add(tallies, CAPPED, strcmp(verdict->reason, "labels_capped") == 0);
    tally_add(tallies, WAITED_PROMOTED, waited.decision == DECISION_PROMOTE);
    tally_add(tallies, WAITED_ROLLED_BACK, waited.decision == DECISION_ROLLBACK);
    tally_add(tallies, WAITED_GUARDED, rollout_is_guarded(&waited));
    tally_add(tallies, MERGED_DELTA, resolution->delta);
    tally_add(tallies, TRUE_DELTA, sparse->scenario->delta);
    if (rollout_is_guarded(verdict)) {
        tally_reason(tallies, verdict->reason);
    }
    return SERIN_OK;
}

static void tally_history(const struct sparse *sparse, const struct rollout_seen *seen,
                          struct tallies *tallies)
{
    tally_add(tallies, LOWER_MISS, seen->lower_miss);
    tally_add(tallies, UPPER_MISS, seen->upper_miss);
    if (fabs(sparse->scenario->delta + sparse->judgement.margin) < 1e-6) {
        tally_add(tallies, FALSE_PROMOTE, seen->promoted);
    }
    if (fabs(sparse->scenario->delta) < 1e-9) {
        tally_add(tallies, FALSE_ROLLBACK, seen->rolled_back);
    }
}

/* Adds the look's events as a minute of their own. */
static enum serin_status draw_minute(struct sparse *sparse, struct random *random, size_t look,
                                     struct rollout *rollout, struct serin_error *err)
{
    double events = cell_number(sparse->cell, "canary") / cell_number(sparse->cell, "looks");
    int64_t start_ms = (int64_t)look * 60000;
    scenario_draw(sparse->scenario, random, (uint64_t)llround(events),
                  (uint64_t)llround(events * cell_number(sparse->cell, "ratio")));
    const uint64_t *counts[ARM_COUNT] = {sparse->scenario->canary_counts,
                                         sparse->scenario->stable_counts};
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct rollout_block block = {
            .arm = (enum arm)arm, .start_ms = start_ms, .counts = counts[arm]};
        TRY(rollout_add(rollout, &block, err));
    }
    return SERIN_OK;
}

/* All minutes so far, drawn anew from the same seed, for tables cannot be added to once sealed. */
static enum serin_status tables_until(struct sparse *sparse, uint64_t seed, size_t looks,
                                      struct block_tables **out, struct serin_error *err)
{
    size_t labels = sparse->scenario->stable->columns;
    owned(rollout) rollout = rollout_create(sparse->scenario->stable->rows, labels);
    struct random_place place = {.study = "sparse", .cell = seed};
    owned(random) random = random_create(&place);
    if (!rollout || !random) {
        return serin_fail(err, SERIN_NO_MEMORY, "a simulated rollout");
    }
    block_tables_set_blocks_unknown(rollout_tables(rollout));
    for (size_t look = 0; look < looks; look++) {
        TRY(draw_minute(sparse, random, look, rollout, err));
    }
    return rollout_seal(rollout, out, err);
}

/* Looks grow by a tenth at a time: those between hardly differ, and cost as much. */
static size_t next_look(size_t look, size_t looks)
{
    size_t next = look + 1 + look / 10;
    return next < looks || look == looks ? next : looks;
}

static enum serin_status run_one(struct sparse *sparse, struct random *random,
                                 struct tallies *tallies, struct serin_error *err)
{
    struct rollout_seen seen = {.lower_miss = false};
    size_t looks = cell_size(sparse->cell, "looks");
    uint64_t seed = gsl_rng_get(random_gsl(random));
    for (size_t look = 1; look <= looks; look = next_look(look, looks)) {
        owned(block_tables) tables = NULL;
        struct verdict verdict;
        struct resolution resolution;
        TRY(tables_until(sparse, seed, look, &tables, err));
        TRY(rollout_judge(&sparse->judgement, false, tables, &verdict, err));
        TRY(resolution_find(sparse, tables, &resolution, err));
        rollout_see(&verdict, resolution.delta, &seen);
        if (look == looks) {
            TRY(tally_last(sparse, tables, &verdict, &resolution, tallies, err));
        }
    }
    tally_history(sparse, &seen, tallies);
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    struct scenario_wish wish = scenario_wish_of(cell);
    bool is_confined = strcmp(cell_text(cell, "loss"), "tail") == 0;
    TRY(is_confined ? confined_scenario_create(&wish, &scenario, err)
                    : scenario_create(&wish, &scenario, err));
    struct sparse sparse = {cell, scenario, judgement_of(cell)};
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(&sparse, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- what is promised ----------------------------------------------------------------------- */

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST, "lower_miss",     0.035, result_has_one_look,
     "merged labels: misses on the promote side"                                                   },
    {PROMISE_EACH_AT_MOST, "upper_miss",     0.035, result_has_one_look,
     "merged labels: misses on the rollback side"                                                  },
    {PROMISE_EACH_AT_MOST, "lower_miss",     0.025, result_has_many_looks,
     "merged labels: ever misses on the promote side"                                              },
    {PROMISE_EACH_AT_MOST, "upper_miss",     0.025, result_has_many_looks,
     "merged labels: ever misses on the rollback side"                                             },
    {PROMISE_EACH_AT_MOST, "false_promote",  0.025, NULL,
     "promotes at -margin of all labels, wherever the loss is"                                     },
    {PROMISE_EACH_AT_MOST, "false_rollback", 0.005, NULL,                  "rollbacks at no change"},
};

const struct study study_sparse = {
    .name = "sparse",
    .title = "Sparse tables: rare labels judged as one",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
