/*
 * Serin and what people use today, on the same simulated rollouts: how often each promotes a bad
 * canary or rolls back a good one, and how many canary events it takes to decide.
 */
#include "study/study_rows.h"

#include "study/decisions_figures.h"
#include "study/gates.h"
#include "study/scenario.h"

#include <math.h>
#include <string.h>

enum { MINUTES = 200, EVENTS_PER_MINUTE = 50 };

/* Three columns a gate, in the order of the table of gates. */
enum { PROMOTED, ROLLED_BACK, SAMPLES, PER_GATE };
#define GATE_MEASURES(name)                                                                        \
    {name "_promoted", MEASURE_RATE, "", 0.0}, {name "_rolled_back", MEASURE_RATE, "", 0.0},       \
        {name "_samples", MEASURE_MEAN, "canary events until decided, or until the end", 0.0}
enum { TRUE_DELTA = GATE_COUNT * PER_GATE };
static const struct measure measures[] = {
    GATE_MEASURES("serin"),
    GATE_MEASURES("threshold_minute"),
    GATE_MEASURES("threshold_all"),
    GATE_MEASURES("mann_whitney"),
    GATE_MEASURES("bootstrap"),
    GATE_MEASURES("divergence"),
    {"true_delta", MEASURE_MEAN, "", 0.0},
};

/* ---- cells ----------------------------------------------------------------------------------- */

struct setting {
    size_t labels;
    double nmi;
    const char *fault;
};

static const struct setting full_settings[] = {
    {5,  0.7, "spread"   },
    {10, 0.7, "spread"   },
    {10, 0.9, "spread"   },
    {20, 0.7, "spread"   },
    {10, 0.7, "new_label"},
    {10, 0.7, "merged"   },
};
static const struct setting ci_settings[] = {
    {5, 0.7, "spread"}
};

static void add_cell(struct cell_list *cells, const struct setting *setting, double drop,
                     size_t repetitions)
{
    struct cell *cell = cell_list_add(cells, repetitions, 10);
    cell_set_number(cell, "references", (double)setting->labels);
    cell_set_number(cell, "labels", (double)setting->labels);
    cell_set_text(cell, "marginal", "zipf");
    cell_set_text(cell, "fault", setting->fault);
    cell_set_text(cell, "normalizer", "geometric");
    cell_set_number(cell, "nmi", setting->nmi);
    cell_set_number(cell, "delta", 0.0 - drop);
    cell_set_number(cell, "margin", 0.1);
    cell_set_number(cell, "ratio", 19);
    cell_set_number(cell, "events_per_minute", EVENTS_PER_MINUTE);
    cell_set_number(cell, "minutes", MINUTES);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    enum { ROLLOUTS = 2000, ROLLOUTS_CI = 60 };
    static const double drops[] = {0.0, 0.05, 0.1, 0.2};
    bool is_ci = profile == PROFILE_CI;
    const struct setting *settings = is_ci ? ci_settings : full_settings;
    size_t count = is_ci ? ARRAY_LENGTH(ci_settings) : ARRAY_LENGTH(full_settings);
    for (size_t i = 0; i < count; i++) {
        for (size_t d = 0; d < ARRAY_LENGTH(drops); d++) {
            add_cell(cells, &settings[i], drops[d], is_ci ? ROLLOUTS_CI : ROLLOUTS);
        }
    }
}

/* ---- one rollout ----------------------------------------------------------------------------- */

enum { CANARY, STABLE, CANARY_MINUTE, STABLE_MINUTE, BASELINE_MINUTE, COUNTS };

struct passage { /* of a rollout through the gates */
    const struct scenario *scenario;
    uint64_t *counts; /* COUNTS tables */
    double margin;
    double ratio;
    struct gate_memory memory[GATE_COUNT];
    enum gate_answer answer[GATE_COUNT];
    double samples[GATE_COUNT];
};

static uint64_t *counts_of(const struct passage *passage, size_t which)
{
    return passage->counts + which * passage->scenario->cells;
}

static struct serin_table table_of(const struct passage *passage, size_t which)
{
    const struct population *shape = passage->scenario->stable;
    return (struct serin_table){counts_of(passage, which), shape->rows, shape->columns};
}

/* The baseline is a part of the stable arm's traffic. */
static void draw_minute(struct passage *passage, struct random *random)
{
    const struct scenario *scenario = passage->scenario;
    uint64_t stable = (uint64_t)llround((double)EVENTS_PER_MINUTE * passage->ratio);
    memset(counts_of(passage, CANARY_MINUTE), 0, 3 * scenario->cells * sizeof(uint64_t));
    sampler_draw(scenario->canary_sampler, random, EVENTS_PER_MINUTE,
                 counts_of(passage, CANARY_MINUTE));
    sampler_draw(scenario->stable_sampler, random, EVENTS_PER_MINUTE,
                 counts_of(passage, BASELINE_MINUTE));
    sampler_draw(scenario->stable_sampler, random, stable - EVENTS_PER_MINUTE,
                 counts_of(passage, STABLE_MINUTE));
    for (size_t i = 0; i < scenario->cells; i++) {
        counts_of(passage, STABLE_MINUTE)[i] += counts_of(passage, BASELINE_MINUTE)[i];
        counts_of(passage, CANARY)[i] += counts_of(passage, CANARY_MINUTE)[i];
        counts_of(passage, STABLE)[i] += counts_of(passage, STABLE_MINUTE)[i];
    }
}

/* Returns how many gates still wait in `*out_waiting`. */
static enum serin_status ask_gates(struct passage *passage, struct random *random, size_t number,
                                   size_t *out_waiting, struct serin_error *err)
{
    struct gate_minute minute = {
        .number = number,
        .canary = table_of(passage, CANARY),
        .stable = table_of(passage, STABLE),
        .canary_minute = table_of(passage, CANARY_MINUTE),
        .stable_minute = table_of(passage, STABLE_MINUTE),
        .baseline_minute = table_of(passage, BASELINE_MINUTE),
    };
    struct gate_question question = {&minute, passage->margin, random};
    size_t waiting = 0;
    for (size_t g = 0; g < GATE_COUNT; g++) {
        if (passage->answer[g] == GATE_WAITS) {
            passage->samples[g] = (double)(number * EVENTS_PER_MINUTE);
            TRY(gates[g].ask(&question, &passage->memory[g], &passage->answer[g], err));
            waiting += passage->answer[g] == GATE_WAITS ? 1 : 0;
        }
    }
    *out_waiting = waiting;
    return SERIN_OK;
}

static enum serin_status run_one(struct passage *passage, struct random *random,
                                 struct tallies *tallies, struct serin_error *err)
{
    size_t waiting = GATE_COUNT;
    memset(passage->counts, 0, COUNTS * passage->scenario->cells * sizeof(uint64_t));
    memset(passage->memory, 0, sizeof(passage->memory));
    memset(passage->answer, 0, sizeof(passage->answer));
    for (size_t number = 1; number <= MINUTES && waiting > 0; number++) {
        draw_minute(passage, random);
        TRY(ask_gates(passage, random, number, &waiting, err));
    }
    for (size_t g = 0; g < GATE_COUNT; g++) {
        tally_add(tallies, g * PER_GATE + PROMOTED, passage->answer[g] == GATE_PROMOTES);
        tally_add(tallies, g * PER_GATE + ROLLED_BACK, passage->answer[g] == GATE_ROLLS_BACK);
        tally_add(tallies, g * PER_GATE + SAMPLES, passage->samples[g]);
    }
    tally_add(tallies, TRUE_DELTA, passage->scenario->delta);
    return SERIN_OK;
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    struct scenario_wish wish = scenario_wish_of(cell);
    TRY(scenario_create(&wish, &scenario, err));
    owned_memory struct passage *passage = memory_allocate(1, sizeof(*passage));
    owned_memory uint64_t *counts = memory_allocate(COUNTS * scenario->cells, sizeof(*counts));
    if (!passage || !counts) {
        return serin_fail(err, SERIN_NO_MEMORY, "a rollout");
    }
    *passage = (struct passage){.scenario = scenario,
                                .counts = counts,
                                .margin = cell_number(cell, "margin"),
                                .ratio = cell_number(cell, "ratio")};
    for (size_t i = 0; i < repetitions; i++) {
        TRY(run_one(passage, random, tallies, err));
    }
    return SERIN_OK;
}

/* ---- promises -------------------------------------------------------------------------------- */

static bool is_lossless(const struct result *result)
{
    return fabs(result_estimate(result, "true_delta").value) < 1e-6;
}

static bool is_beyond_margin(const struct result *result)
{
    double margin = cell_number(result->cell, "margin");
    return result_estimate(result, "true_delta").value <= -margin + 1e-6;
}

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST, "serin_promoted",    0.025, is_beyond_margin, "bad canaries promoted"    },
    {PROMISE_EACH_AT_MOST, "serin_rolled_back", 0.025, is_lossless,      "good canaries rolled back"},
};

static const struct figure figures[] = {
    {"false_promotions.svg", draw_false_promotions},
    {"false_rollbacks.svg",  draw_false_rollbacks },
    {"decision_samples.svg", draw_decision_samples},
};

const struct study study_decisions = {
    .name = "decisions",
    .title = "Decisions beside those of what people use today",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .figures = figures,
    .figure_count = ARRAY_LENGTH(figures),
    .plan = plan,
    .run = run,
};
