/*
 * Whether rollouts are decided when `serin plan` says: predicted beside simulated decision times.
 */
#include "study/study_rows.h"

#include "plan/planner.h"
#include "study/rollout.h"
#include "study/scenario.h"

#include <math.h>
#include <stdio.h>

enum {
    CHANCES = 3,
    RATIOS = 9,
    LOOKS_TO_HALF = 25, /* looks up to the predicted median */
    LOOKS_MAX = 400,
    BLOCKS_MAX_KEPT = 2048
};

static const double chances[CHANCES] = {0.5, 0.8, 0.9};

/* Times at which is counted who is decided, against the predicted one. */
static const double ratios[RATIOS] = {0.6, 0.75, 1.0 / 1.15, 0.93, 1.0, 1.07, 1.15, 1.35, 1.7};
enum { EARLY = 2, LATE = 6 }; /* of the ratios: 15 % off */

enum { PREDICTED = CHANCES * RATIOS, EVENTS_PER_LOOK = PREDICTED + CHANCES };

#define MEASURE_DECIDED(percent, name, ratio)                                                      \
    {"decided_" percent "_at_" name, MEASURE_RATE, "by " ratio " of the predicted time", 0.0}
#define MEASURES_DECIDED(percent)                                                                  \
    MEASURE_DECIDED(percent, "060", "0.60"), MEASURE_DECIDED(percent, "075", "0.75"),              \
        MEASURE_DECIDED(percent, "087", "1/1.15"), MEASURE_DECIDED(percent, "093", "0.93"),        \
        MEASURE_DECIDED(percent, "100", "all"), MEASURE_DECIDED(percent, "107", "1.07"),           \
        MEASURE_DECIDED(percent, "115", "1.15"), MEASURE_DECIDED(percent, "135", "1.35"),          \
        MEASURE_DECIDED(percent, "170", "1.70")

static const struct measure measures[] = {
    MEASURES_DECIDED("50"),
    MEASURES_DECIDED("80"),
    MEASURES_DECIDED("90"),
    {"predicted_50",    MEASURE_MEAN, "canary events", 0.0},
    {"predicted_80",    MEASURE_MEAN, "canary events", 0.0},
    {"predicted_90",    MEASURE_MEAN, "canary events", 0.0},
    {"events_per_look", MEASURE_MEAN, "of the canary", 0.0},
};

/* ---- cells ----------------------------------------------------------------------------------- */

static void add_cell(struct cell_list *cells, size_t labels, double nmi, double share,
                     double margin, double delta, size_t pods, size_t repetitions)
{
    struct cell *cell = cell_list_add(cells, repetitions, repetitions);
    cell_set_number(cell, "references", (double)labels);
    cell_set_number(cell, "labels", (double)labels);
    cell_set_text(cell, "marginal", "zipf");
    cell_set_text(cell, "fault", "spread");
    cell_set_text(cell, "normalizer", "geometric");
    cell_set_number(cell, "nmi", nmi);
    cell_set_number(cell, "delta", delta);
    cell_set_number(cell, "margin", margin);
    cell_set_number(cell, "share", share);
    cell_set_number(cell, "pods", (double)pods);
}

static const size_t all_labels[] = {2, 5, 10, 20};
static const double all_nmis[] = {0.5, 0.7, 0.9};
static const double all_shares[] = {0.05, 0.1, 0.5};
static const double all_margins[] = {0.05, 0.1};

static void add_arms(struct cell_list *cells, size_t labels, double nmi)
{
    for (size_t s = 0; s < ARRAY_LENGTH(all_shares); s++) {
        for (size_t m = 0; m < ARRAY_LENGTH(all_margins); m++) {
            double margin = all_margins[m];
            add_cell(cells, labels, nmi, all_shares[s], margin, 0.0, 0, 300);
            add_cell(cells, labels, nmi, all_shares[s], margin, -2.0 * margin, 0, 300);
        }
    }
}

static void plan_full(struct cell_list *cells)
{
    for (size_t k = 0; k < ARRAY_LENGTH(all_labels); k++) {
        for (size_t n = 0; n < ARRAY_LENGTH(all_nmis); n++) {
            add_arms(cells, all_labels[k], all_nmis[n]);
        }
    }
    add_cell(cells, 5, 0.7, 0.5, 0.1, 0.0, 1, 400);
    add_cell(cells, 5, 0.7, 0.5, 0.1, -0.2, 1, 400);
    add_cell(cells, 5, 0.7, 0.5, 0.1, 0.0, 5, 400);
    add_cell(cells, 10, 0.9, 0.5, 0.1, -0.2, 5, 400);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    if (profile == PROFILE_FULL) {
        plan_full(cells);
        return;
    }
    add_cell(cells, 2, 0.9, 0.05, 0.1, 0.0, 0, 200);
    add_cell(cells, 5, 0.7, 0.1, 0.1, 0.0, 0, 200);
    add_cell(cells, 5, 0.7, 0.1, 0.1, -0.2, 0, 200);
    add_cell(cells, 10, 0.5, 0.5, 0.1, -0.2, 0, 200);
    add_cell(cells, 20, 0.5, 0.05, 0.1, 0.0, 0, 100);
}

/* ---- the prediction -------------------------------------------------------------------------- */

struct prediction {
    enum decision decision;
    uint64_t per_look;     /* canary events */
    double looks[CHANCES]; /* the one by which the verdict has come with this chance */
    double samples[CHANCES];
};

/* Looks are a minute apart: the traffic makes them what is wanted. */
static struct traffic traffic_of(const struct cell *cell, double per_look)
{
    unsigned pods = (unsigned)cell_size(cell, "pods");
    return (struct traffic){
        .events_per_minute = per_look / cell_number(cell, "share"),
        .canary_share = cell_number(cell, "share"),
        .design_effect = 1.0,
        .pods = {pods, pods},
        .block_ms = 60000
    };
}

static enum serin_status predict_at(const struct plan_population *population,
                                    const struct judgement *judgement, const struct cell *cell,
                                    double per_look, struct prediction *out,
                                    struct serin_error *err)
{
    owned(outlook) outlook = NULL;
    owned(plan) planned = NULL;
    struct traffic traffic = traffic_of(cell, per_look);
    struct look_schedule schedule = {.delay_minutes = 1.0, .interval_minutes = 1.0};
    TRY(outlook_create(population, judgement, &traffic, NULL, &outlook, err));
    TRY(plan_make(outlook, &schedule, 0.0, &planned, err));
    out->decision = outlook_decision(outlook);
    out->per_look = (uint64_t)per_look;
    for (size_t i = 0; i < CHANCES; i++) {
        struct plan_moment moment = plan_moment_of(planned, chances[i]);
        out->samples[i] = (double)moment.canary_samples;
        out->looks[i] = moment.minutes;
    }
    return SERIN_OK;
}

/* First without looks in mind, to see how large they should be, then with them. */
static enum serin_status predict(const struct cell *cell, const struct judgement *judgement,
                                 struct prediction *out, struct serin_error *err)
{
    owned(plan_population) population = NULL;
    struct plan_population_model model = {.labels = cell_size(cell, "labels"),
                                          .shares = SHARES_ZIPF,
                                          .nmi = cell_number(cell, "nmi"),
                                          .delta = cell_number(cell, "delta"),
                                          .normalizer = SERIN_GEOMETRIC};
    struct prediction rough;
    TRY(plan_population_of_model(&model, &population, err));
    TRY(predict_at(population, judgement, cell, 0.0, &rough, err));
    double per_look = fmax(1.0, round(rough.samples[0] / (double)LOOKS_TO_HALF));
    return predict_at(population, judgement, cell, per_look, out, err);
}

/* ---- one rollout ----------------------------------------------------------------------------- */

struct rolling {
    const struct scenario *scenario;
    const struct judgement *judgement;
    const struct prediction *prediction;
    double stable_per_canary;
    size_t pods;      /* per arm; 0: blocks unknown */
    uint64_t *counts; /* arm × block × cell, a block for each pod and look; without pods pooled */
};

static uint64_t *counts_of(const struct rolling *rolling, enum arm arm, size_t block)
{
    return rolling->counts + ((size_t)arm * BLOCKS_MAX_KEPT + block) * rolling->scenario->cells;
}

/* Events of one arm up to and with a look. */
static uint64_t events_by(const struct rolling *rolling, enum arm arm, size_t look)
{
    double canary = (double)rolling->prediction->per_look * (double)look;
    return (uint64_t)llround(arm == ARM_CANARY ? canary : canary * rolling->stable_per_canary);
}

static void draw_look(const struct rolling *rolling, struct random *random, size_t look)
{
    size_t parts = rolling->pods > 0 ? rolling->pods : 1;
    for (enum arm arm = ARM_CANARY; arm <= ARM_STABLE; arm++) {
        const struct sampler *sampler = arm == ARM_CANARY ? rolling->scenario->canary_sampler
                                                          : rolling->scenario->stable_sampler;
        uint64_t events = events_by(rolling, arm, look) - events_by(rolling, arm, look - 1);
        for (size_t part = 0; part < parts; part++) {
            size_t block = rolling->pods > 0 ? (look - 1) * parts + part : 0;
            uint64_t share = events * (part + 1) / parts - events * part / parts;
            sampler_draw(sampler, random, share, counts_of(rolling, arm, block));
        }
    }
}

static enum serin_status make_tables(const struct rolling *rolling, size_t look,
                                     struct block_tables **out, struct serin_error *err)
{
    const struct population *shape = rolling->scenario->stable;
    if (rolling->pods == 0) {
        return rollout_of_counts(shape->rows, shape->columns, counts_of(rolling, ARM_CANARY, 0),
                                 counts_of(rolling, ARM_STABLE, 0), out, err);
    }
    owned(rollout) rollout = rollout_create(shape->rows, shape->columns);
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    int64_t width = block_width_ms(60000, 0, (int64_t)look * 60000, rolling->pods);
    for (enum arm arm = ARM_CANARY; arm <= ARM_STABLE; arm++) {
        for (size_t b = 0; b < look * rolling->pods; b++) {
            struct rollout_block block = {
                .arm = arm,
                .pod = b % rolling->pods,
                .start_ms = block_start((int64_t)(b / rolling->pods) * 60000, width),
                .counts = counts_of(rolling, arm, b)};
            TRY(rollout_add(rollout, &block, err));
        }
    }
    return rollout_seal(rollout, out, err);
}

static void forget(const struct rolling *rolling)
{
    size_t blocks = rolling->pods > 0 ? BLOCKS_MAX_KEPT : 1;
    for (enum arm arm = ARM_CANARY; arm <= ARM_STABLE; arm++) {
        uint64_t *counts = counts_of(rolling, arm, 0);
        for (size_t i = 0; i < blocks * rolling->scenario->cells; i++) {
            counts[i] = 0;
        }
    }
}

static uint64_t smaller_arm(const struct rolling *rolling, size_t look)
{
    uint64_t canary = events_by(rolling, ARM_CANARY, look);
    uint64_t stable = events_by(rolling, ARM_STABLE, look);
    return canary < stable ? canary : stable;
}

/* The look that decides as predicted; LOOKS_MAX when none does before. */
static enum serin_status decide(const struct rolling *rolling, struct random *random,
                                size_t *out_look, struct serin_error *err)
{
    size_t most = rolling->pods > 0 ? BLOCKS_MAX_KEPT / rolling->pods : LOOKS_MAX;
    size_t look = 1;
    forget(rolling);
    for (; look < most && look < LOOKS_MAX; look++) {
        owned(block_tables) tables = NULL;
        struct verdict verdict;
        draw_look(rolling, random, look);
        if (smaller_arm(rolling, look) < rolling->judgement->min_samples) {
            continue; /* never decided, and most of the time */
        }
        TRY(make_tables(rolling, look, &tables, err));
        TRY(rollout_judge(rolling->judgement, false, tables, &verdict, err));
        if (verdict.decision == rolling->prediction->decision) {
            break;
        }
    }
    *out_look = look;
    return SERIN_OK;
}

/* Looks are whole: half a look is given on either side of a time between two. */
static void tally_look(const struct prediction *prediction, size_t look, struct tallies *tallies)
{
    for (size_t c = 0; c < CHANCES; c++) {
        for (size_t r = 0; r < RATIOS; r++) {
            bool is_decided = (double)look <= round(prediction->looks[c] * ratios[r]);
            tally_add(tallies, c * RATIOS + r, is_decided);
        }
        tally_add(tallies, PREDICTED + c, prediction->samples[c]);
    }
    tally_add(tallies, EVENTS_PER_LOOK, (double)prediction->per_look);
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    struct scenario_wish wish = scenario_wish_of(cell);
    struct judgement judgement = judgement_default;
    struct prediction prediction;
    judgement.margin = cell_number(cell, "margin");
    TRY(scenario_create(&wish, &scenario, err));
    TRY(predict(cell, &judgement, &prediction, err));
    owned_memory uint64_t *counts =
        memory_allocate((size_t)ARM_COUNT * BLOCKS_MAX_KEPT * scenario->cells, sizeof(*counts));
    if (!counts) {
        return serin_fail(err, SERIN_NO_MEMORY, "the counts of a rollout");
    }
    double share = cell_number(cell, "share");
    struct rolling rolling = {
        scenario, &judgement, &prediction, (1.0 - share) / share, cell_size(cell, "pods"), counts};
    for (size_t i = 0; i < repetitions; i++) {
        size_t look = 0;
        TRY(decide(&rolling, random, &look, err));
        tally_look(&prediction, look, tallies);
    }
    return SERIN_OK;
}

/* ---- promises and summary -------------------------------------------------------------------- */

static const struct promise promises[] = {
    {PROMISE_EACH_AT_LEAST, "decided_50_at_115", 0.5, NULL, "the median comes by 1.15 of the plan"},
    {PROMISE_EACH_AT_MOST,  "decided_50_at_087", 0.5, NULL, "the median comes after 1/1.15 of it" },
    {PROMISE_EACH_AT_LEAST, "decided_80_at_115", 0.8, NULL, "80 % are decided by 1.15 of the plan"},
    {PROMISE_EACH_AT_MOST,  "decided_80_at_087", 0.8, NULL, "80 % are decided after 1/1.15 of it" },
    {PROMISE_EACH_AT_LEAST, "decided_90_at_115", 0.9, NULL, "90 % are decided by 1.15 of the plan"},
    {PROMISE_EACH_AT_MOST,  "decided_90_at_087", 0.9, NULL, "90 % are decided after 1/1.15 of it" },
};

/* Predicted time over simulated time: where the share of the decided reaches the chance. */
static double predicted_over_simulated(const struct result *result, size_t chance)
{
    double before = 0.0;
    double before_ratio = ratios[0];
    for (size_t r = 0; r < RATIOS; r++) {
        struct estimate_of decided = result_estimate(result, measures[chance * RATIOS + r].name);
        if (decided.value >= chances[chance]) {
            double step = decided.value - before;
            double part = step > 0.0 && r > 0 ? (chances[chance] - before) / step : 1.0;
            return 1.0 / (before_ratio + (ratios[r] - before_ratio) * part);
        }
        before = decided.value;
        before_ratio = ratios[r];
    }
    return 1.0 / ratios[RATIOS - 1];
}

static void summarize(const struct results *results, struct buffer *out)
{
    for (size_t c = 0; c < CHANCES; c++) {
        double least = INFINITY;
        double most = 0.0;
        size_t within = 0;
        for (size_t i = 0; i < results->count; i++) {
            double ratio = predicted_over_simulated(&results->items[i], c);
            least = fmin(least, ratio);
            most = fmax(most, ratio);
            within += ratio > 1.0 / 1.15 && ratio < 1.15 ? 1 : 0;
        }
        char line[160];
        (void)snprintf(
            line, sizeof(line),
            "  predicted over simulated time at a chance of %.0f %%: %.2f to %.2f, within "
            "15 %% in %zu of %zu cells\n",
            chances[c] * 100.0, least, most, within, results->count);
        buffer_append_text(out, line);
    }
}

const struct study study_plan = {
    .name = "plan",
    .title = "Predicted and simulated decision times",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
    .summarize = summarize,
};
