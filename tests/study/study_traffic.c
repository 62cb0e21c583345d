/*
 * Alarms about the traffic: how often the tests of the canary's share, of the mix of kinds and of
 * the completeness of references sound in a rollout of 200 looks, with and without bursts.
 */
#include "study/study_rows.h"

#include "serin/sample_ratio.h"
#include "verdict/judge.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

enum { LOOKS = 200, KINDS_MAX = 50 };

enum { ALARMED, ALARMED_NAIVELY, LOOK };

static const struct measure measures[] = {
    [ALARMED] = {"alarmed",         MEASURE_RATE, "at any of 200 looks",                     0.0},
    [ALARMED_NAIVELY] = {"alarmed_naively", MEASURE_RATE, "the single-look test at any of them",
                 0.0                                                                            },
    [LOOK] = {"look",            MEASURE_MEAN, "of the first alarm, where there was one", 0.0},
};

/*
 *   share   the canary's part of the traffic, promised and (fault none) kept
 *   burst   events that come together: of one arm and one kind
 *   look    events of both arms between two looks
 *   bias    share: what the canary gets instead, over what was promised; kinds: how much rarer the
 *           first kind is in the canary
 */
static void add_cell(struct cell_list *cells, size_t repetitions, const char *test, double share,
                     double kinds, double burst, double bias)
{
    struct cell *cell = cell_list_add(cells, repetitions, repetitions / 8);
    cell_set_text(cell, "test", test);
    cell_set_text(cell, "fault", bias == 1.0 ? "none" : "biased");
    cell_set_number(cell, "share", share);
    cell_set_number(cell, "kinds", kinds);
    cell_set_number(cell, "burst", burst);
    cell_set_number(cell, "bias", bias);
    cell_set_number(cell, "look", 1000);
}

static void plan(enum profile profile, struct cell_list *cells)
{
    static const double shares[] = {0.05, 0.5};
    static const double kinds[] = {2, 5, 50};
    static const double bursts[] = {1, 5, 20};
    bool is_full = profile == PROFILE_FULL;
    for (size_t b = 0; b < ARRAY_LENGTH(bursts); b++) {
        for (size_t s = 0; s < ARRAY_LENGTH(shares); s++) {
            add_cell(cells, is_full ? 40000 : 2000, "share", shares[s], 1, bursts[b], 1.0);
        }
        add_cell(cells, is_full ? 2000 : 200, "share", 0.05, 1, bursts[b], 1.2);
        for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
            size_t repetitions = kinds[k] > 5 ? 2000 : 8000;
            size_t small = kinds[k] > 5 ? 40 : 400;
            add_cell(cells, is_full ? repetitions : small, "kinds", 0.1, kinds[k], bursts[b], 1.0);
        }
        add_cell(cells, is_full ? 2000 : 80, "kinds", 0.1, 5, bursts[b], 0.5);
        add_cell(cells, is_full ? 8000 : 400, "missing", 0.1, 2, bursts[b], 1.0);
        add_cell(cells, is_full ? 2000 : 80, "missing", 0.1, 2, bursts[b], 1.5);
    }
}

/* What came of the looks of one rollout. */
struct alarms {
    size_t first; /* look of the first alarm, from 1; 0: none */
    bool naive;
};

static void alarm_take(double p_value, size_t look, struct alarms *alarms)
{
    bool is_alarm = look >= BLOCKS_LEAST && p_value < SERIN_SAMPLE_RATIO_ALPHA;
    alarms->first = is_alarm && alarms->first == 0 ? look : alarms->first;
}

/* ---- the canary's share ---------------------------------------------------------------------- */

static enum serin_status share_run(const struct cell *cell, struct random *random,
                                   struct alarms *out)
{
    struct serin_traffic buckets[LOOKS];
    struct serin_traffic all = {0, 0};
    size_t burst = cell_size(cell, "burst");
    double promised = cell_number(cell, "share");
    double seen = promised * cell_number(cell, "bias");
    unsigned bursts = (unsigned)(cell_size(cell, "look") / burst);
    for (size_t look = 0; look < LOOKS; look++) {
        struct serin_anytime_test test;
        struct serin_sample_ratio naive;
        unsigned canary = gsl_ran_binomial(random_gsl(random), seen, bursts);
        buckets[look] = (struct serin_traffic){canary * burst, (bursts - canary) * burst};
        all.canary += buckets[look].canary;
        all.stable += buckets[look].stable;
        TRY(serin_sample_ratio_anytime(buckets, look + 1, promised, &test));
        TRY(serin_sample_ratio(all.canary, all.stable, promised, &naive));
        alarm_take(test.p_value, look + 1, out);
        out->naive = out->naive || naive.mismatch;
    }
    return SERIN_OK;
}

/* ---- the mix of kinds ------------------------------------------------------------------------ */

/* One arm's blocks so far: a bucket each. */
struct arm_blocks {
    struct serin_block_cell *cells;
    size_t count;
    double shares[KINDS_MAX];
};

/* Kinds as 1, 1/2, 1/3 …; of two the second is the tenth part, as what lacks a reference. */
static void shares_fill(const struct cell *cell, double bias, double *out)
{
    size_t kinds = cell_size(cell, "kinds");
    bool is_missing = strcmp(cell_text(cell, "test"), "missing") == 0;
    for (size_t i = 0; i < kinds; i++) {
        out[i] = is_missing ? (i == 0 ? 0.1 : 0.9) : 1.0 / ((double)i + 1.0);
    }
    out[0] *= bias;
}

static void arm_grow(struct arm_blocks *arm, size_t kinds, size_t look, unsigned bursts,
                     size_t burst, struct random *random)
{
    unsigned counts[KINDS_MAX];
    gsl_ran_multinomial(random_gsl(random), kinds, bursts, arm->shares, counts);
    for (size_t i = 0; i < kinds; i++) {
        if (counts[i] > 0) {
            arm->cells[arm->count++] = (struct serin_block_cell){(uint32_t)look, SERIN_NO_REFERENCE,
                                                                 (uint32_t)i, counts[i] * burst};
        }
    }
}

static enum serin_status kinds_looks(const struct cell *cell, struct random *random,
                                     struct arm_blocks arms[2], struct alarms *out)
{
    size_t kinds = cell_size(cell, "kinds");
    size_t burst = cell_size(cell, "burst");
    unsigned bursts = (unsigned)(cell_size(cell, "look") / burst);
    for (size_t look = 0; look < LOOKS; look++) {
        struct serin_anytime_test test;
        unsigned canary = gsl_ran_binomial(random_gsl(random), cell_number(cell, "share"), bursts);
        arm_grow(&arms[0], kinds, look, canary, burst, random);
        arm_grow(&arms[1], kinds, look, bursts - canary, burst, random);
        struct serin_blocks of_canary = {
            .cells = arms[0].cells, .count = arms[0].count, .columns = kinds};
        struct serin_blocks of_stable = {
            .cells = arms[1].cells, .count = arms[1].count, .columns = kinds};
        enum serin_status status = serin_mix_anytime(&of_canary, &of_stable, &test);
        if (status == SERIN_OK) {
            alarm_take(test.p_value, look + 1, out);
        } else if (status != SERIN_UNDEFINED) {
            return status;
        }
    }
    return SERIN_OK;
}

static enum serin_status kinds_run(const struct cell *cell, struct random *random,
                                   struct alarms *out)
{
    size_t room = LOOKS * cell_size(cell, "kinds");
    owned_memory struct serin_block_cell *canary = memory_allocate(room, sizeof(*canary));
    owned_memory struct serin_block_cell *stable = memory_allocate(room, sizeof(*stable));
    if (!canary || !stable) {
        return SERIN_NO_MEMORY;
    }
    struct arm_blocks arms[2] = {{.cells = canary}, {.cells = stable}};
    shares_fill(cell, cell_number(cell, "bias"), arms[0].shares);
    shares_fill(cell, 1.0, arms[1].shares);
    return kinds_looks(cell, random, arms, out);
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    bool is_share = strcmp(cell_text(cell, "test"), "share") == 0;
    for (size_t i = 0; i < repetitions; i++) {
        struct alarms alarms = {0};
        enum serin_status status =
            is_share ? share_run(cell, random, &alarms) : kinds_run(cell, random, &alarms);
        if (status != SERIN_OK) {
            return serin_fail(err, status, "a test of the traffic");
        }
        tally_add(tallies, ALARMED, alarms.first > 0);
        if (is_share) {
            tally_add(tallies, ALARMED_NAIVELY, alarms.naive);
        }
        if (alarms.first > 0) {
            tally_add(tallies, LOOK, (double)alarms.first);
        }
    }
    return SERIN_OK;
}

static bool is_sound(const struct result *result)
{
    return strcmp(cell_text(result->cell, "fault"), "none") == 0;
}

/* In long bursts a look holds but two or three of the canary's, and 200 looks may not suffice. */
static bool is_audible(const struct result *result)
{
    return !is_sound(result) && cell_number(result->cell, "burst") <= 5.0;
}

static const struct promise promises[] = {
    {PROMISE_EACH_AT_MOST,  "alarmed", SERIN_SAMPLE_RATIO_ALPHA, is_sound,
     "alarms about traffic without fault, over 200 looks"},
    {PROMISE_EACH_AT_LEAST, "alarmed", 0.95,                     is_audible,
     "faults that are heard, bursts of up to 5"          },
};

const struct study study_traffic = {
    .name = "traffic",
    .title = "Alarms about the traffic's share and mix over 200 looks",
    .measures = measures,
    .measure_count = ARRAY_LENGTH(measures),
    .promises = promises,
    .promise_count = ARRAY_LENGTH(promises),
    .plan = plan,
    .run = run,
};
