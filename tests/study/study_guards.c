/*
 * Guards and warnings about labels and pods: how often each fires on a canary without fault, and
 * how often on the fault that it is for.
 */
#include "study/study_rows.h"

#include "study/rollout.h"
#include "study/scenario.h"

#include <math.h>
#include <string.h>

enum { FIRED, PROMOTED, ROLLED_BACK };

static const struct measure measures[] = {
    [FIRED] = {"fired",       MEASURE_RATE, "the guard or warning", 0.0},
    [PROMOTED] = {"promoted",    MEASURE_RATE, "",                     0.0},
    [ROLLED_BACK] = {"rolled_back", MEASURE_RATE, "",                     0.0},
};

enum { BUCKETS = 20, STABLE_PODS = 4, STABLE_TIMES = 4 };

/* What is wrong with the canary, beside `loss` of NMI on every pod. */
struct trouble {
    const char *name;
    enum fault fault;
    double loss;     /* of NMI, on top */
    bool is_one_pod; /* of the first pod alone */
    bool is_collapse;
};

static const struct trouble troubles[] = {
    {"none",      FAULT_SPREAD,    0.0,  false, false},
    {"new",       FAULT_NEW_LABEL, 0.03, false, false},
    {"lost",      FAULT_SWALLOWED, 1.0,  false, false},
    {"one_pod",   FAULT_SPREAD,    0.6,  true,  false},
    {"collapsed", FAULT_SPREAD,    0.0,  false, true },
};

static const struct trouble *trouble_of(const struct cell *cell)
{
    size_t i = 0;
    while (strcmp(troubles[i].name, cell_text(cell, "fault")) != 0) {
        i++;
    }
    return &troubles[i];
}

/* ---- the grid -------------------------------------------------------------------------------- */

struct question {
    const char *guard;
    const char *fault;
    double loss;
    double nmi;
    double labels;
    double pods; /* of the canary */
};

static const struct question questions[] = {
    {"labels_new",       "none",      0.0, 0.7,  5,   3 },
    {"labels_new",       "none",      0.0, 0.7,  20,  3 },
    {"labels_new",       "new",       0.0, 0.7,  5,   3 },
    {"labels_lost",      "none",      0.0, 0.7,  5,   3 },
    {"labels_lost",      "none",      0.0, 0.7,  20,  3 },
    {"labels_lost",      "lost",      0.0, 0.7,  5,   3 },
    {"single_label",     "none",      0.0, 0.7,  5,   3 },
    {"single_label",     "collapsed", 0.0, 0.7,  5,   3 },
    {"metrics_disagree", "none",      0.0, 0.7,  5,   3 },
    {"metrics_disagree", "none",      0.0, 0.7,  20,  3 },
    {"metrics_disagree", "lost",      0.0, 0.78, 10,  3 },
    {"metrics_disagree", "lost",      0.0, 0.98, 12,  3 },
    {"one_pod_drives",   "none",      0.0, 0.7,  5,   3 },
    {"one_pod_drives",   "none",      0.1, 0.7,  5,   3 },
    {"one_pod_drives",   "none",      0.2, 0.7,  5,   3 },
    {"one_pod_drives",   "none",      0.1, 0.7,  5,   10},
    {"one_pod_drives",   "one_pod",   0.0, 0.7,  5,   3 },
    {"one_pod_drives",   "one_pod",   0.0, 0.7,  5,   5 },
    {"labels_capped",    "none",      0.0, 0.7,  20,  3 },
    {"labels_capped",    "none",      0.0, 0.7,  200, 3 },
    {"full_agreement",   "none",      0.0, 0.9,  5,   3 },
    {"self_agreement",   "none",      0.0, 0.9,  5,   3 },
    {"self_agreement",   "none",      0.0, 0.9,  20,  3 },
    {"self_agreement",   "none",      0.3, 0.9,  5,   3 },
};

static void plan(enum profile profile, struct cell_list *cells)
{
    static const double events[] = {2000, 10000};
    bool is_full = profile == PROFILE_FULL;
    for (size_t e = is_full ? 0 : 1; e < ARRAY_LENGTH(events); e++) {
        for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
            const struct question *question = &questions[i];
            size_t repetitions = is_full ? (question->labels > 20.0 ? 400 : 2000) : 80;
            struct cell *cell = cell_list_add(cells, repetitions, repetitions / 8);
            cell_set_text(cell, "guard", question->guard);
            cell_set_text(cell, "fault", question->fault);
            cell_set_number(cell, "loss", question->loss);
            cell_set_number(cell, "nmi", question->nmi);
            cell_set_number(cell, "labels", question->labels);
            cell_set_number(cell, "pods", question->pods);
            cell_set_number(cell, "events", events[e]);
        }
    }
}

/* ---- one rollout ----------------------------------------------------------------------------- */

/* One arm's pods over the buckets; `odd` is what the first pod's events are drawn from. */
struct arm_plan {
    enum arm arm;
    const struct sampler *sampler;
    const struct sampler *odd;
    size_t pods;
    uint64_t events;
    bool is_collapse;
};

/* Every event gets the first label. */
static void collapse(uint64_t *counts, const struct population *population)
{
    for (size_t row = 0; row < population->rows; row++) {
        uint64_t *cells = counts + row * population->columns;
        for (size_t column = 1; column < population->columns; column++) {
            cells[0] += cells[column];
            cells[column] = 0;
        }
    }
}

static enum serin_status arm_draw(const struct arm_plan *plan, struct scenario *scenario,
                                  struct random *random, struct rollout *rollout,
                                  struct serin_error *err)
{
    uint64_t events = plan->events / plan->pods / BUCKETS;
    for (size_t i = 0; i < plan->pods * BUCKETS; i++) {
        const struct sampler *sampler = i < BUCKETS ? plan->odd : plan->sampler;
        struct rollout_block block = {
            .arm = plan->arm,
            .pod = i / BUCKETS,
            .start_ms = (int64_t)(i % BUCKETS) * 60000,
            .counts = scenario->canary_counts,
        };
        memset(scenario->canary_counts, 0, scenario->cells * sizeof(uint64_t));
        sampler_draw(sampler, random, events, scenario->canary_counts);
        if (plan->is_collapse) {
            collapse(scenario->canary_counts, scenario->canary);
        }
        TRY(rollout_add(rollout, &block, err));
    }
    return SERIN_OK;
}

static enum serin_status arms_draw(const struct cell *cell, struct scenario *scenario,
                                   struct random *random, struct block_tables **out,
                                   struct serin_error *err)
{
    const struct trouble *trouble = trouble_of(cell);
    owned(rollout) rollout = rollout_create(scenario->canary->rows, scenario->canary->columns);
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    struct arm_plan canary = {
        .arm = ARM_CANARY,
        .sampler = trouble->is_one_pod ? scenario->stable_sampler : scenario->canary_sampler,
        .odd = scenario->canary_sampler,
        .pods = cell_size(cell, "pods"),
        .events = (uint64_t)cell_number(cell, "events"),
        .is_collapse = trouble->is_collapse,
    };
    struct arm_plan stable = {
        .arm = ARM_STABLE,
        .sampler = scenario->stable_sampler,
        .odd = scenario->stable_sampler,
        .pods = STABLE_PODS,
        .events = canary.events * STABLE_TIMES,
    };
    TRY(arm_draw(&canary, scenario, random, rollout, err));
    TRY(arm_draw(&stable, scenario, random, rollout, err));
    return rollout_seal(rollout, out, err);
}

/* ---- pairs without references ---------------------------------------------------------------- */

/* How two labellers of the same items agree: the joint shares of their labels. */
static struct population *agreement_create(const struct population *first,
                                           const struct population *second)
{
    owned(population) out = population_widen(first, first->columns);
    if (!out) {
        return NULL;
    }
    memset(out->shares, 0, out->rows * out->columns * sizeof(double));
    for (size_t row = 0; row < first->rows; row++) {
        const double *one = first->shares + row * first->columns;
        const double *two = second->shares + row * second->columns;
        double total = 0.0;
        for (size_t a = 0; a < first->columns; a++) {
            total += one[a];
        }
        for (size_t a = 0; a < first->columns && total > 0.0; a++) {
            for (size_t b = 0; b < second->columns; b++) {
                out->shares[a * out->columns + b] += one[a] * two[b] / total;
            }
        }
    }
    return give(out);
}

typedef enum serin_status pair_adder(struct block_tables *tables, const struct paired_count *count,
                                     struct serin_error *err);

/* Keys whose first label is the stable arm's and whose second the other labeller's, in blocks. */
static enum serin_status keys_draw(const struct population *first, const struct population *second,
                                   uint64_t keys, struct random *random, pair_adder *add,
                                   struct block_tables *tables, struct serin_error *err)
{
    static const char names[] = "abcdefghijklmnopqrst";
    owned(population) joint = agreement_create(first, second);
    owned(sampler) sampler = joint ? sampler_create(joint) : NULL;
    if (!sampler) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated pairs");
    }
    for (uint64_t key = 0; key < keys; key++) {
        size_t cell = sampler_draw_one(sampler, random);
        struct paired_count count = {
            .pod = {names + key % STABLE_PODS,     1},
            .block_start_ms = (int64_t)(key / STABLE_PODS % BUCKETS) * 60000,
            .stable_label = {names + cell / joint->columns, 1},
            .canary_label = {names + cell % joint->columns, 1},
            .count = 1,
        };
        TRY(add(tables, &count, err));
    }
    return SERIN_OK;
}

static enum serin_status pairs_draw(const struct cell *cell, const struct scenario *scenario,
                                    struct random *random, struct block_tables **out,
                                    struct serin_error *err)
{
    bool has_self = strcmp(cell_text(cell, "guard"), "self_agreement") == 0;
    uint64_t keys = (uint64_t)cell_number(cell, "events");
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated pairs");
    }
    TRY(keys_draw(scenario->stable, scenario->canary, keys, random, block_tables_add_paired, tables,
                  err));
    TRY(keys_draw(scenario->stable, scenario->stable, has_self ? keys : 0, random,
                  block_tables_add_self_paired, tables, err));
    if (block_tables_seal(tables) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "sealing simulated pairs");
    }
    *out = give(tables);
    return SERIN_OK;
}

/* ---- running --------------------------------------------------------------------------------- */

static bool is_agreement(const struct cell *cell)
{
    return strstr(cell_text(cell, "guard"), "agreement") != NULL;
}

static bool has_fired(const struct verdict *verdict, const char *guard)
{
    bool fired = strcmp(verdict->reason, guard) == 0;
    for (size_t i = 0; i < verdict->warning_count; i++) {
        fired = fired || strcmp(verdict->warnings[i], guard) == 0;
    }
    return fired;
}

static enum serin_status run_one(const struct cell *cell, struct scenario *scenario,
                                 struct random *random, struct tallies *tallies,
                                 struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    struct verdict verdict;
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED;
    if (is_agreement(cell)) {
        judgement.design = DESIGN_PAIRED;
        TRY(pairs_draw(cell, scenario, random, &tables, err));
    } else {
        judgement.label_cap = 100;
        TRY(arms_draw(cell, scenario, random, &tables, err));
    }
    TRY(rollout_judge(&judgement, false, tables, &verdict, err));
    tally_add(tallies, FIRED, has_fired(&verdict, cell_text(cell, "guard")));
    tally_add(tallies, PROMOTED, verdict.decision == DECISION_PROMOTE);
    tally_add(tallies, ROLLED_BACK, verdict.decision == DECISION_ROLLBACK);
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    const struct trouble *trouble = trouble_of(cell);
    struct scenario_wish wish = {
        .stable = {.references = cell_size(cell, "labels"),
                   .labels = cell_size(cell, "labels"),
                   .marginal = MARGINAL_ZIPF,
                   .errors = FAULT_SPREAD,
                   .nmi = cell_number(cell, "nmi"),
                   .normalizer = SERIN_GEOMETRIC},
        .fault = trouble->fault,
        .delta = -trouble->loss - cell_number(cell, "loss"),
    };
    TRY(scenario_create(&wish, &scenario, err));
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(cell, scenario, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- promises -------------------------------------------------------------------------------- */

static bool is_guard(const struct result *result)
{
    return !is_agreement(result->cell) &&
           strcmp(cell_text(result->cell, "guard"), "labels_capped") != 0;
}

static bool is_sound(const struct result *result)
{
    return is_guard(result) && strcmp(cell_text(result->cell, "fault"), "none") == 0;
}

static bool is_faulty(const struct result *result)
{
    return is_guard(result) && !is_sound(result) && cell_number(result->cell, "events") >= 10000.0;
}

static bool is_self_agreement(const struct result *result)
{
    return strcmp(cell_text(result->cell, "guard"), "self_agreement") == 0 &&
           cell_number(result->cell, "loss") == 0.0;
}

static bool is_less_agreement(const struct result *result)
{
    return is_agreement(result->cell) && cell_number(result->cell, "loss") > 0.0;
}

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST,  "fired",       0.025, is_sound,          "guards on a canary without fault"},
    {PROMISE_EACH_AT_LEAST, "fired",       0.9,   is_faulty,         "guards on the fault they are for"},
    {PROMISE_EACH_AT_MOST,  "rolled_back", 0.025, is_self_agreement,
     "a stable version rolled back for not agreeing with itself"                                       },
    {PROMISE_EACH_AT_LEAST, "rolled_back", 0.9,   is_less_agreement,
     "a canary that agrees less rolled back"                                                           },
};

const struct study study_guards = {
    .name = "guards",
    .title = "False alarms and hits of the guards about labels and pods",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
