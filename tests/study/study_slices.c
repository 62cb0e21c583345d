/*
 * Slices: whether the delta taken slice by slice holds the truth where the pooled one falls for the
 * mix, how often a slice is rolled back falsely with and without Holm's correction, and what both
 * cost in power.
 */
#include "study/study_rows.h"

#include "study/rollout.h"
#include "study/sliced.h"

#include <math.h>
#include <string.h>

enum {
    LOWER_MISS,
    UPPER_MISS,
    APART_LOWER_MISS,
    APART_UPPER_MISS,
    POOLED_LOWER_MISS,
    POOLED_UPPER_MISS,
    PROMOTED,
    ROLLED_BACK,
    POOLED_PROMOTED,
    POOLED_ROLLED_BACK,
    WIDTH,
    POOLED_WIDTH,
    SLICE_FALSE,
    SLICE_FALSE_UNCORRECTED,
    SLICE_FOUND,
    SLICE_VETO,
    SLICES_POOLED,
    SLICES_UNDECIDED,
    ALL_PASS,
    TRUE_DELTA
};

static const struct measure measures[] = {
    [LOWER_MISS] = {"lower_miss",              MEASURE_RATE, "interval above the true delta, at any look",     0.03},
    [UPPER_MISS] = {"upper_miss",              MEASURE_RATE, "interval below the true delta, at any look",     0.03},
    [APART_LOWER_MISS] = {"apart_lower_miss",        MEASURE_RATE,
                    "the same of all slices told apart, also those too small for it",                          0.0 },
    [APART_UPPER_MISS] = {"apart_upper_miss",        MEASURE_RATE,
                    "the same of all slices told apart, also those too small for it",                          0.0 },
    [POOLED_LOWER_MISS] = {"pooled_lower_miss",       MEASURE_RATE, "the same without slices",                        0.0 },
    [POOLED_UPPER_MISS] = {"pooled_upper_miss",       MEASURE_RATE, "the same without slices",                        0.0 },
    [PROMOTED] = {"promoted",                MEASURE_RATE, "at any look",                                    0.0 },
    [ROLLED_BACK] = {"rolled_back",             MEASURE_RATE, "at any look",                                    0.0 },
    [POOLED_PROMOTED] = {"pooled_promoted",         MEASURE_RATE, "the same without slices",                        0.0 },
    [POOLED_ROLLED_BACK] = {"pooled_rolled_back",      MEASURE_RATE, "the same without slices",                        0.0 },
    [WIDTH] = {"width",                   MEASURE_MEAN, "of the last look's interval",                    0.0 },
    [POOLED_WIDTH] = {"pooled_width",            MEASURE_MEAN, "the same without slices",                        0.0 },
    [SLICE_FALSE] = {"slice_false",             MEASURE_RATE,
                    "some slice within the margin is rolled back at any look",                                 0.03},
    [SLICE_FALSE_UNCORRECTED] = {"slice_false_uncorrected", MEASURE_RATE,
                    "the same without Holm's correction",                                                      0.0 },
    [SLICE_FOUND] = {"slice_found",             MEASURE_MEAN, "share of the bad slices that is rolled back",
                    0.0                                                                                            },
    [SLICE_VETO] = {"slice_veto",              MEASURE_RATE, "a slice holds a promote back, at the last look",
                    0.0                                                                                            },
    [SLICES_POOLED] = {"slices_pooled",           MEASURE_MEAN, "share of the slices judged together",            0.0 },
    [SLICES_UNDECIDED] = {"slices_undecided",        MEASURE_MEAN, "share that straddles the margin",                0.0 },
    [ALL_PASS] = {"all_pass",                MEASURE_RATE, "promoted, and so is each slice by itself",       0.0 },
    [TRUE_DELTA] = {"true_delta",              MEASURE_MEAN, "at the traffic of both arms",                    0.0 },
};

/* ---- the grid ------------------------------------------------------------------------------- */

struct point {
    size_t labels;
    size_t slices;
    const char *sizes;
    const char *mix;
    const char *loss;
    const char *events;
    double canary;
    double ratio;
    size_t looks; /* 1: one fixed look; else sequential */
    size_t repetitions;
};

static void add_point(struct cell_list *cells, const struct point *point)
{
    struct cell *cell =
        cell_list_add(cells, point->repetitions, point->repetitions < 200 ? 50 : 200);
    cell_set_number(cell, "labels", (double)point->labels);
    cell_set_number(cell, "slices", (double)point->slices);
    cell_set_text(cell, "sizes", point->sizes);
    cell_set_text(cell, "mix", point->mix);
    cell_set_text(cell, "loss", point->loss);
    cell_set_text(cell, "events", point->events);
    cell_set_number(cell, "nmi", 0.6);
    cell_set_number(cell, "margin", 0.1);
    cell_set_number(cell, "canary", point->canary);
    cell_set_number(cell, "ratio", point->ratio);
    cell_set_number(cell, "looks", (double)point->looks);
}

static void plan_ci(struct cell_list *cells)
{
    static const struct point points[] = {
        {5, 2,  "equal", "reversed", "none", "independent", 4000, 1,  1,  400},
        {5, 2,  "equal", "reversed", "all",  "independent", 4000, 1,  1,  400},
        {5, 5,  "equal", "same",     "all",  "across",      5000, 4,  1,  200},
        {5, 10, "zipf",  "same",     "all",  "independent", 5000, 19, 1,  400},
        {2, 5,  "equal", "same",     "all",  "independent", 4000, 4,  20, 100},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(points); i++) {
        add_point(cells, &points[i]);
    }
}

/* Fixed looks: every number of labels and slices, by mix, loss, and size and split of the traffic.
 */
static void plan_coverage(struct cell_list *cells)
{
    static const size_t labels[] = {2, 5, 10};
    static const size_t slices[] = {2, 5, 20};
    static const char *const losses[] = {"none", "all", "half"};
    static const char *const mixes[] = {"same", "reversed"};
    static const double traffic[][2] = {
        {1000, 19},
        {6000, 1 }
    };
    for (size_t k = 0; k < ARRAY_LENGTH(labels) * ARRAY_LENGTH(slices); k++) {
        for (size_t l = 0; l < ARRAY_LENGTH(losses) * ARRAY_LENGTH(mixes); l++) {
            for (size_t n = 0; n < ARRAY_LENGTH(traffic); n++) {
                struct point point = {.labels = labels[k / ARRAY_LENGTH(slices)],
                                      .slices = slices[k % ARRAY_LENGTH(slices)],
                                      .sizes = "zipf",
                                      .mix = mixes[l % ARRAY_LENGTH(mixes)],
                                      .loss = losses[l / ARRAY_LENGTH(mixes)],
                                      .events = "independent",
                                      .canary = traffic[n][0],
                                      .ratio = traffic[n][1],
                                      .looks = 1,
                                      .repetitions = 2000};
                add_point(cells, &point);
            }
        }
    }
}

/* Families of slices at exactly the margin, one bad slice among good ones, and none. */
static void plan_families(struct cell_list *cells)
{
    static const size_t slices[] = {2, 5, 10, 20};
    static const char *const events[] = {"independent", "within", "across", "pods"};
    static const char *const losses[] = {"all", "one", "none"};
    for (size_t s = 0; s < ARRAY_LENGTH(slices); s++) {
        for (size_t e = 0; e < ARRAY_LENGTH(events) * ARRAY_LENGTH(losses); e++) {
            struct point point = {.labels = 3,
                                  .slices = slices[s],
                                  .sizes = "equal",
                                  .mix = "same",
                                  .loss = losses[e % ARRAY_LENGTH(losses)],
                                  .events = events[e / ARRAY_LENGTH(losses)],
                                  .canary = 1000.0 * (double)slices[s],
                                  .ratio = 2,
                                  .looks = 1,
                                  .repetitions = 2000};
            if (strcmp(point.events, "pods") != 0 || slices[s] == 2) { /* others have few blocks */
                add_point(cells, &point);
            }
        }
    }
}

static void plan_looks(struct cell_list *cells)
{
    static const char *const mixes[] = {"same", "reversed"};
    static const char *const losses[] = {"none", "all", "half"};
    for (size_t m = 0; m < ARRAY_LENGTH(mixes); m++) {
        for (size_t l = 0; l < ARRAY_LENGTH(losses); l++) {
            struct point point = {.labels = 5,
                                  .slices = 5,
                                  .sizes = "equal",
                                  .mix = mixes[m],
                                  .loss = losses[l],
                                  .events = "independent",
                                  .canary = 5000,
                                  .ratio = 4,
                                  .looks = 25,
                                  .repetitions = 2000};
            add_point(cells, &point);
        }
    }
}

static void plan(enum profile profile, struct cell_list *cells)
{
    switch (profile) {
    case PROFILE_CI:
        plan_ci(cells);
        break;
    case PROFILE_FULL:
        plan_coverage(cells);
        plan_families(cells);
        plan_looks(cells);
        break;
    }
}

/* ---- one rollout ---------------------------------------------------------------------------- */

struct history {
    struct rollout_seen sliced;
    struct rollout_seen apart; /* the same interval, held against all slices told apart */
    struct rollout_seen pooled;
    bool slice_false;
    bool slice_false_uncorrected;
};

static bool is_undecided(const struct slice_verdict *slice)
{
    return slice->decision == DECISION_INCONCLUSIVE &&
           strcmp(slice->reason, "straddles_margin") == 0;
}

/* Within the margin, with a little room for what populations are found to. */
static bool is_good(const struct sliced *sliced, const struct slice_verdict *slice, double margin)
{
    return sliced_delta_of(sliced, slice->slice.value) >= -margin - 1e-6;
}

static void see_slices(const struct sliced *sliced, const struct verdict *verdict,
                       struct history *history)
{
    for (size_t i = 0; i < verdict->slice_count; i++) {
        const struct slice_verdict *slice = &verdict->slices[i];
        if (slice->is_rest || slice->is_pooled || !is_good(sliced, slice, verdict->margin)) {
            continue;
        }
        bool is_rolled_back = slice->decision == DECISION_ROLLBACK;
        bool is_beyond = is_undecided(slice) && slice->delta.upper < -verdict->margin;
        history->slice_false = history->slice_false || is_rolled_back;
        history->slice_false_uncorrected =
            history->slice_false_uncorrected || is_rolled_back || is_beyond;
    }
}

static void tally_slices(const struct sliced *sliced, const struct verdict *verdict,
                         struct tallies *tallies)
{
    double pooled = 0.0;
    double undecided = 0.0;
    double found = 0.0;
    double bad = 0.0;
    double all = 0.0;
    bool all_pass = verdict->decision == DECISION_PROMOTE;
    for (size_t i = 0; i < verdict->slice_count; i++) {
        const struct slice_verdict *slice = &verdict->slices[i];
        if (!slice->is_rest) {
            bool is_bad = !is_good(sliced, slice, verdict->margin);
            all += 1.0;
            pooled += slice->is_pooled;
            undecided += is_undecided(slice);
            bad += is_bad;
            found += is_bad && slice->decision == DECISION_ROLLBACK;
        }
        all_pass = all_pass && (slice->is_pooled || slice->decision == DECISION_PROMOTE);
    }
    if (all > 0.0) {
        tally_add(tallies, SLICES_POOLED, pooled / all);
        tally_add(tallies, SLICES_UNDECIDED, undecided / all);
    }
    if (bad > 0.0) {
        tally_add(tallies, SLICE_FOUND, found / bad);
    }
    tally_add(tallies, ALL_PASS, all_pass);
    tally_add(tallies, SLICE_VETO, strcmp(verdict->reason, "slice_veto") == 0);
}

static void tally_history(const struct history *history, struct tallies *tallies)
{
    tally_add(tallies, LOWER_MISS, history->sliced.lower_miss);
    tally_add(tallies, UPPER_MISS, history->sliced.upper_miss);
    tally_add(tallies, PROMOTED, history->sliced.promoted);
    tally_add(tallies, ROLLED_BACK, history->sliced.rolled_back);
    tally_add(tallies, APART_LOWER_MISS, history->apart.lower_miss);
    tally_add(tallies, APART_UPPER_MISS, history->apart.upper_miss);
    tally_add(tallies, POOLED_LOWER_MISS, history->pooled.lower_miss);
    tally_add(tallies, POOLED_UPPER_MISS, history->pooled.upper_miss);
    tally_add(tallies, POOLED_PROMOTED, history->pooled.promoted);
    tally_add(tallies, POOLED_ROLLED_BACK, history->pooled.rolled_back);
    tally_add(tallies, SLICE_FALSE, history->slice_false);
    tally_add(tallies, SLICE_FALSE_UNCORRECTED, history->slice_false_uncorrected);
}

/* The last look: widths, guards, what became of the slices. */
static void tally_last(const struct sliced *sliced, const struct verdict *verdict,
                       const struct verdict *pooled, struct tallies *tallies)
{
    if (rollout_is_guarded(verdict)) {
        tally_reason(tallies, verdict->reason);
    } else {
        tally_add(tallies, WIDTH, verdict->delta.upper - verdict->delta.lower);
    }
    if (!rollout_is_guarded(pooled)) {
        tally_add(tallies, POOLED_WIDTH, pooled->delta.upper - pooled->delta.lower);
    }
    tally_slices(sliced, verdict, tallies);
    tally_add(tallies, TRUE_DELTA, sliced_delta(sliced));
}

static struct judgement judgement_of(const struct cell *cell)
{
    struct judgement judgement = judgement_default;
    judgement.interval = cell_size(cell, "looks") == 1 ? INTERVAL_FIXED : INTERVAL_SEQUENTIAL;
    judgement.margin = cell_number(cell, "margin");
    judgement.min_samples = 100;
    return judgement;
}

static enum serin_status run_one(const struct cell *cell, struct sliced *sliced,
                                 struct random *random, struct tallies *tallies,
                                 struct serin_error *err)
{
    struct judgement judgement = judgement_of(cell);
    struct history history = {.slice_false = false};
    size_t looks = cell_size(cell, "looks");
    double events = cell_number(cell, "canary") / (double)looks;
    sliced_begin(sliced);
    for (size_t look = 0; look < looks; look++) {
        owned(block_tables) tables = NULL;
        struct verdict verdict;
        struct verdict pooled;
        sliced_draw(sliced, random, (uint64_t)llround(events),
                    (uint64_t)llround(events * cell_number(cell, "ratio")));
        TRY(sliced_tables(sliced, &tables, err));
        TRY(rollout_judge(&judgement, true, tables, &verdict, err));
        TRY(rollout_judge(&judgement, false, tables, &pooled, err));
        double judged = sliced_delta_judged(sliced, &verdict);
        if (!isfinite(judged)) {
            return serin_fail(err, SERIN_NO_MEMORY, "the truth of a rollout");
        }
        rollout_see(&verdict, judged, &history.sliced);
        rollout_see(&verdict, sliced_delta(sliced), &history.apart);
        rollout_see(&pooled, sliced_delta(sliced), &history.pooled);
        see_slices(sliced, &verdict, &history);
        if (look + 1 == looks) {
            tally_last(sliced, &verdict, &pooled, tallies);
        }
    }
    tally_history(&history, tallies);
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(sliced) sliced = NULL;
    TRY(sliced_create(cell, &sliced, err));
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(cell, sliced, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- what is promised ----------------------------------------------------------------------- */

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST, "lower_miss",  0.035, result_has_one_look,
     "the interval of the stratified delta lies above the truth at one look"},
    {PROMISE_EACH_AT_MOST, "upper_miss",  0.035, result_has_one_look,
     "the interval of the stratified delta lies below the truth at one look"},
    {PROMISE_EACH_AT_MOST, "lower_miss",  0.025, result_has_many_looks,
     "the interval of the stratified delta ever lies above the truth"       },
    {PROMISE_EACH_AT_MOST, "upper_miss",  0.025, result_has_many_looks,
     "the interval of the stratified delta ever lies below the truth"       },
    {PROMISE_EACH_AT_MOST, "slice_false", 0.035, NULL,
     "any slice within the margin is rolled back, with Holm's correction"   },
};

const struct study study_slices = {
    .name = "slices",
    .title = "Slices: the delta at a common mix, and slices judged together",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
