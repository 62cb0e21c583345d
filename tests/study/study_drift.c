/*
 * Traffic that drifts while the rollout goes on: the mix of references, how hard they are, or both;
 * with a constant share of the traffic for the canary, and with one that rises in steps. Then each
 * arm has seen its own mixture of times, and pooling can feign a difference (Simpson's paradox).
 */
#include "study/study_rows.h"

#include "study/population.h"
#include "study/rollout.h"
#include "study/sampler.h"

#include <math.h>
#include <string.h>

enum { LABELS = 5, CELLS = LABELS * LABELS, BUCKETS = 30, CANARY_PODS = 2, STABLE_PODS = 4 };
#define MARGIN 0.1

enum { FALSE_ROLLBACK, FALSE_PROMOTE, PROMOTED, GUARDED, MIX_WARNED, BIAS, WIDTH };

static const struct measure measures[] = {
    [FALSE_ROLLBACK] = {"false_rollback", MEASURE_RATE, "where nothing changed",                          0.0},
    [FALSE_PROMOTE] = {"false_promote",  MEASURE_RATE, "where the canary always lost the margin",
                        0.0                                                                                  },
    [PROMOTED] = {"promoted",       MEASURE_RATE, "where nothing changed",                          0.0},
    [GUARDED] = {"guarded",        MEASURE_RATE, "a guard gave the answer",                        0.0},
    [MIX_WARNED] = {"mix_warned",     MEASURE_RATE, "reference_mix_differs was told",                 0.0},
    [BIAS] = {"bias",           MEASURE_MEAN, "of the estimate against the loss at every time", 0.0},
    [WIDTH] = {"width",          MEASURE_MEAN, "of the interval",                                0.0},
};

/* ---- cells ----------------------------------------------------------------------------------- */

static const char *const drifts[] = {"none", "mix", "harder", "easier", "both"};
static const char *const shares[] = {"constant", "steps"};

static void add_cell(struct cell_list *cells, const char *drift, const char *share, double loss,
                     size_t repetitions)
{
    struct cell *cell = cell_list_add(cells, repetitions, 25);
    cell_set_text(cell, "drift", drift);
    cell_set_text(cell, "share", share);
    cell_set_number(cell, "loss", loss);
    cell_set_number(cell, "nmi", 0.7);
    cell_set_number(cell, "events", 30000.0);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    size_t repetitions = profile == PROFILE_CI ? 50 : 2000;
    for (size_t i = 0; i < ARRAY_LENGTH(drifts); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(shares); j++) {
            add_cell(cells, drifts[i], shares[j], 0.0, repetitions);
            add_cell(cells, drifts[i], shares[j], MARGIN, repetitions);
        }
    }
}

/* ---- populations over time ------------------------------------------------------------------- */

/* From Zipf to its mirror image by the end. */
static void mix_at(double progress, double out[static LABELS])
{
    double sum = 0.0;
    for (size_t i = 0; i < LABELS; i++) {
        out[i] = (1.0 - progress) / (double)(i + 1) + progress / (double)(LABELS - i);
        sum += out[i];
    }
    for (size_t i = 0; i < LABELS; i++) {
        out[i] /= sum;
    }
}

/* A share of errors, spread by the labels' shares. */
static void fill(const double mix[static LABELS], double error, struct population *out)
{
    for (size_t i = 0; i < LABELS; i++) {
        for (size_t j = 0; j < LABELS; j++) {
            out->shares[i * LABELS + j] = mix[i] * ((i == j ? 1.0 - error : 0.0) + error * mix[j]);
        }
    }
}

/* Fills the population with that mix and NMI. */
static void fill_for(const double mix[static LABELS], double nmi, struct population *out)
{
    double low = 0.0;
    double high = 1.0;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2.0;
        fill(mix, middle, out);
        if (population_nmi(out, SERIN_GEOMETRIC) > nmi) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/* The canary's share of the traffic: 10 %, or 5, 10, 20, 35 and 50 % by turns. */
static double canary_share(const struct cell *cell, size_t bucket)
{
    static const double steps[] = {0.05, 0.1, 0.2, 0.35, 0.5};
    bool is_constant = strcmp(cell_text(cell, "share"), "constant") == 0;
    return is_constant ? 0.1 : steps[bucket * ARRAY_LENGTH(steps) / BUCKETS];
}

/* "both": the mix, and harder. */
static bool drifts_in(const struct cell *cell, const char *what)
{
    const char *drift = cell_text(cell, "drift");
    bool is_both = strcmp(drift, "both") == 0 && strcmp(what, "easier") != 0;
    return is_both || strcmp(drift, what) == 0;
}

/* Both arms' samplers at every time. */
struct course {
    struct sampler *samplers[BUCKETS][ARM_COUNT];
};

static void course_clear(struct course *course)
{
    for (size_t i = 0; i < BUCKETS * ARM_COUNT; i++) {
        sampler_destroy(course->samplers[i / ARM_COUNT][i % ARM_COUNT]);
    }
}

/* NMI falls from .15 above the cell's to .15 below, or rises as much. */
static double difficulty_at(const struct cell *cell, double progress)
{
    double change = 0.15 - 0.3 * progress;
    if (drifts_in(cell, "harder")) {
        return change;
    }
    return drifts_in(cell, "easier") ? -change : 0.0;
}

static enum serin_status course_init(const struct cell *cell, struct course *out,
                                     struct serin_error *err)
{
    double cells[CELLS];
    struct population population = {LABELS, LABELS, cells};
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        double progress = (double)bucket / (BUCKETS - 1);
        double mix[LABELS];
        double nmi = cell_number(cell, "nmi");
        nmi += difficulty_at(cell, progress);
        mix_at(drifts_in(cell, "mix") ? progress : 0.0, mix);
        for (size_t arm = 0; arm < ARM_COUNT; arm++) {
            fill_for(mix, arm == ARM_CANARY ? nmi - cell_number(cell, "loss") : nmi, &population);
            out->samplers[bucket][arm] = sampler_create(&population);
            if (!out->samplers[bucket][arm]) {
                return serin_fail(err, SERIN_NO_MEMORY, "an arm");
            }
        }
    }
    return SERIN_OK;
}

/* ---- one rollout ----------------------------------------------------------------------------- */

static enum serin_status arm_draw(const struct sampler *sampler, enum arm arm, size_t bucket,
                                  double events, struct random *random, struct rollout *rollout,
                                  struct serin_error *err)
{
    size_t pods = arm == ARM_CANARY ? CANARY_PODS : STABLE_PODS;
    for (size_t pod = 0; pod < pods; pod++) {
        uint64_t counts[CELLS] = {0};
        struct rollout_block block = {
            .arm = arm, .pod = pod, .start_ms = (int64_t)bucket * 60000, .counts = counts};
        sampler_draw(sampler, random, (uint64_t)llround(events / (double)pods), counts);
        TRY(rollout_add(rollout, &block, err));
    }
    return SERIN_OK;
}

static enum serin_status rollout_draw(const struct cell *cell, const struct course *course,
                                      struct random *random, struct rollout *rollout,
                                      struct serin_error *err)
{
    double events = cell_number(cell, "events") / (double)BUCKETS;
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        double share = canary_share(cell, bucket);
        TRY(arm_draw(course->samplers[bucket][ARM_CANARY], ARM_CANARY, bucket, events * share,
                     random, rollout, err));
        TRY(arm_draw(course->samplers[bucket][ARM_STABLE], ARM_STABLE, bucket,
                     events * (1.0 - share), random, rollout, err));
    }
    return SERIN_OK;
}

static bool warns(const struct verdict *verdict, const char *name)
{
    for (size_t i = 0; i < verdict->warning_count; i++) {
        if (strcmp(verdict->warnings[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void tally_verdict(const struct verdict *verdict, double loss, struct tallies *tallies)
{
    if (loss > 0.0) {
        tally_add(tallies, FALSE_PROMOTE, verdict->decision == DECISION_PROMOTE);
    } else {
        tally_add(tallies, FALSE_ROLLBACK, verdict->decision == DECISION_ROLLBACK);
        tally_add(tallies, PROMOTED, verdict->decision == DECISION_PROMOTE);
    }
    bool is_guarded = rollout_is_guarded(verdict);
    tally_add(tallies, GUARDED, is_guarded);
    tally_add(tallies, MIX_WARNED, warns(verdict, "reference_mix_differs"));
    tally_add(tallies, BIAS, verdict->delta.value + loss);
    tally_add(tallies, WIDTH, verdict->delta.upper - verdict->delta.lower);
    if (is_guarded) {
        tally_reason(tallies, verdict->reason);
    }
}

static enum serin_status run_one(const struct cell *cell, const struct course *course,
                                 struct random *random, struct tallies *tallies,
                                 struct serin_error *err)
{
    owned(rollout) rollout = rollout_create(LABELS, LABELS);
    owned(block_tables) tables = NULL;
    struct judgement judgement = judgement_default;
    struct verdict verdict;
    judgement.interval = INTERVAL_FIXED;
    judgement.margin = MARGIN;
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    TRY(rollout_draw(cell, course, random, rollout, err));
    TRY(rollout_seal(rollout, &tables, err));
    TRY(rollout_judge(&judgement, false, tables, &verdict, err));
    tally_verdict(&verdict, cell_number(cell, "loss"), tallies);
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    __attribute__((cleanup(course_clear))) struct course course = {0};
    TRY(course_init(cell, &course, err));
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(cell, &course, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- promises -------------------------------------------------------------------------------- */

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST, "false_rollback", 0.005, NULL, "false rollbacks"},
    {PROMISE_EACH_AT_MOST, "false_promote",  0.035, NULL, "false promotes" },
};

const struct study study_drift = {
    .name = "drift",
    .title = "Traffic that drifts during the rollout",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
