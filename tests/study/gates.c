#include "study/gates.h"

#include "serin/nmi.h"
#include "study/rollout.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Serin ----------------------------------------------------------------------------------- */

static enum serin_status ask_serin(const struct gate_question *question, struct gate_memory *memory,
                                   enum gate_answer *out, struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    const struct gate_minute *minute = question->minute;
    struct judgement judgement = judgement_default;
    struct verdict verdict;
    (void)memory; /* it needs none: the answer depends on the counts alone */
    judgement.margin = question->margin;
    TRY(rollout_of_counts(minute->canary.rows, minute->canary.columns, minute->canary.counts,
                          minute->stable.counts, &tables, err));
    TRY(rollout_judge(&judgement, false, tables, &verdict, err));
    if (verdict.decision != DECISION_INCONCLUSIVE) {
        *out = verdict.decision == DECISION_PROMOTE ? GATE_PROMOTES : GATE_ROLLS_BACK;
    }
    return SERIN_OK;
}

/* ---- thresholds ------------------------------------------------------------------------------ */

/* Ten checks a minute apart, three of which may fail: Argo's count and failureLimit, or Flagger's
   threshold of failed checks. A check without a value (one label only) is none. */
static enum serin_status ask_threshold(const struct serin_table *canary,
                                       const struct serin_table *stable, double margin,
                                       struct gate_memory *memory, enum gate_answer *out)
{
    enum { CHECKS = 10, FAILURES_ALLOWED = 3 };
    double of_canary = 0.0;
    double of_stable = 0.0;
    enum serin_status status = serin_nmi(canary, SERIN_GEOMETRIC, &of_canary);
    if (status == SERIN_OK) {
        status = serin_nmi(stable, SERIN_GEOMETRIC, &of_stable);
    }
    if (status != SERIN_OK) {
        return status == SERIN_UNDEFINED ? SERIN_OK : status;
    }
    memory->checks++;
    memory->failures += of_canary - of_stable < -margin ? 1 : 0;
    if (memory->failures > FAILURES_ALLOWED) {
        *out = GATE_ROLLS_BACK;
    } else if (memory->checks == CHECKS) {
        *out = GATE_PROMOTES;
    }
    return SERIN_OK;
}

static enum serin_status ask_threshold_minute(const struct gate_question *question,
                                              struct gate_memory *memory, enum gate_answer *out,
                                              struct serin_error *err)
{
    (void)err;
    return ask_threshold(&question->minute->canary_minute, &question->minute->stable_minute,
                         question->margin, memory, out);
}

static enum serin_status ask_threshold_all(const struct gate_question *question,
                                           struct gate_memory *memory, enum gate_answer *out,
                                           struct serin_error *err)
{
    (void)err;
    return ask_threshold(&question->minute->canary, &question->minute->stable, question->margin,
                         memory, out);
}

/* ---- Mann-Whitney ------------------------------------------------------------------------------
 */

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

enum serin_status location_shift(const double *a, size_t a_count, const double *b, size_t b_count,
                                 double level, struct location_shift *out)
{
    size_t pairs = a_count * b_count;
    owned_memory double *differences = memory_allocate(pairs, sizeof(*differences));
    if (!differences) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < pairs; i++) {
        differences[i] = a[i / b_count] - b[i % b_count];
    }
    qsort(differences, pairs, sizeof(*differences), compare_numbers);
    double spread = sqrt((double)pairs * (double)(a_count + b_count + 1) / 12.0);
    double z = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * level);
    double rank = floor(0.5 * (double)pairs - z * spread);
    size_t first = rank > 1.0 ? (size_t)rank - 1 : 0;
    *out = (struct location_shift){
        .estimate = 0.5 * (differences[(pairs - 1) / 2] + differences[pairs / 2]),
        .lower = differences[first],
        .upper = differences[pairs - 1 - first],
    };
    return SERIN_OK;
}

/*
 * The Kayenta judge's rule on the metric "NMI of the minute", direction "decrease", against a
 * baseline of the canary's size, which it asks for: the canary is low when the 98 % interval of the
 * location shift lies below −0.25 times the shift itself. Judged every 20 minutes; what has not
 * failed after 60 passes (50 points or more are advised).
 */
static enum serin_status judge_points(const struct gate_memory *memory, enum gate_answer *out)
{
    const double level = 0.98;
    const double tolerance = 0.25;
    struct location_shift shift;
    TRY(location_shift(memory->canary_points, memory->points, memory->baseline_points,
                       memory->points, level, &shift));
    if (shift.upper < -tolerance * fabs(shift.estimate)) {
        *out = GATE_ROLLS_BACK;
    }
    return SERIN_OK;
}

static enum serin_status ask_mann_whitney(const struct gate_question *question,
                                          struct gate_memory *memory, enum gate_answer *out,
                                          struct serin_error *err)
{
    enum { INTERVAL = 20, LIFETIME = 60 };
    const struct gate_minute *minute = question->minute;
    (void)err;
    double canary = 0.0;
    double baseline = 0.0;
    if (serin_nmi(&minute->canary_minute, SERIN_GEOMETRIC, &canary) == SERIN_OK &&
        serin_nmi(&minute->baseline_minute, SERIN_GEOMETRIC, &baseline) == SERIN_OK) {
        memory->canary_points[memory->points] = canary;
        memory->baseline_points[memory->points] = baseline;
        memory->points++;
    }
    if (minute->number % INTERVAL != 0 || memory->points == 0) {
        return SERIN_OK;
    }
    TRY(judge_points(memory, out));
    if (*out == GATE_WAITS && minute->number >= LIFETIME) {
        *out = GATE_PROMOTES;
    }
    return SERIN_OK;
}

/* ---- bootstrap ------------------------------------------------------------------------------- */

enum { RESAMPLES = 199 };

static void resample(struct random *random, const struct serin_table *table, uint64_t total,
                     uint64_t *out)
{
    uint64_t left = total; /* to draw */
    uint64_t rest = total; /* of the table's events, in this cell and after it */
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        uint64_t count = table->counts[i];
        double share = count < rest ? (double)count / (double)rest : 1.0;
        out[i] =
            count > 0 && left > 0 ? gsl_ran_binomial(random_gsl(random), share, (unsigned)left) : 0;
        left -= out[i];
        rest -= count;
    }
}

static uint64_t total_of(const struct serin_table *table)
{
    uint64_t total = 0;
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        total += table->counts[i];
    }
    return total;
}

/* NMI of a resample; of one that has a single label 0. */
static enum serin_status resampled_nmi(struct random *random, const struct serin_table *table,
                                       uint64_t total, uint64_t *room, double *out)
{
    double nmi = 0.0;
    struct serin_table drawn = {room, table->rows, table->columns};
    resample(random, table, total, room);
    enum serin_status status = serin_nmi(&drawn, SERIN_GEOMETRIC, &nmi);
    if (status != SERIN_OK && status != SERIN_UNDEFINED) {
        return status;
    }
    *out = nmi;
    return SERIN_OK;
}

static enum serin_status resample_deltas(const struct gate_question *question, double *deltas)
{
    const struct gate_minute *minute = question->minute;
    uint64_t canary_total = total_of(&minute->canary);
    uint64_t stable_total = total_of(&minute->stable);
    owned_memory uint64_t *room =
        memory_allocate(minute->canary.rows * minute->canary.columns, sizeof(*room));
    if (!room) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < RESAMPLES; i++) {
        double canary = 0.0;
        double stable = 0.0;
        TRY(resampled_nmi(question->random, &minute->canary, canary_total, room, &canary));
        TRY(resampled_nmi(question->random, &minute->stable, stable_total, room, &stable));
        deltas[i] = canary - stable;
    }
    qsort(deltas, RESAMPLES, sizeof(*deltas), compare_numbers);
    return SERIN_OK;
}

/* The percentile interval at 95 %, from 100 canary events on. */
static enum serin_status ask_bootstrap(const struct gate_question *question,
                                       struct gate_memory *memory, enum gate_answer *out,
                                       struct serin_error *err)
{
    enum { LEAST_EVENTS = 100, TAIL = 5 }; /* the 5th of 199 from either end leaves 2.5 % */
    double deltas[RESAMPLES];
    (void)memory;
    (void)err;
    if (total_of(&question->minute->canary) < LEAST_EVENTS) {
        return SERIN_OK;
    }
    TRY(resample_deltas(question, deltas));
    if (deltas[TAIL - 1] > -question->margin) {
        *out = GATE_PROMOTES;
    } else if (deltas[RESAMPLES - TAIL] < -question->margin) {
        *out = GATE_ROLLS_BACK;
    }
    return SERIN_OK;
}

/* ---- divergence of the labels ---------------------------------------------------------------- */

static double label_share(const struct serin_table *table, size_t column, double total)
{
    uint64_t count = 0;
    for (size_t i = 0; i < table->rows; i++) {
        count += table->counts[i * table->columns + column];
    }
    return (double)count / total;
}

static double half_divergence(double share, double mean)
{
    return share > 0.0 ? 0.5 * share * log(share / mean) : 0.0;
}

double label_distance(const struct serin_table *a, const struct serin_table *b)
{
    double a_total = (double)total_of(a);
    double b_total = (double)total_of(b);
    double divergence = 0.0;
    for (size_t j = 0; j < a->columns; j++) {
        double of_a = label_share(a, j, a_total);
        double of_b = label_share(b, j, b_total);
        double mean = 0.5 * (of_a + of_b);
        divergence += half_divergence(of_a, mean) + half_divergence(of_b, mean);
    }
    return sqrt(fmax(0.0, divergence));
}

/* Evidently's default for a column of labels, from its 1,000 objects on: drift when the distance is
   0.1 or more. Ten minutes without drift promote. */
static enum serin_status ask_divergence(const struct gate_question *question,
                                        struct gate_memory *memory, enum gate_answer *out,
                                        struct serin_error *err)
{
    enum { CHECKS = 10, LEAST_EVENTS = 1000 };
    const double threshold = 0.1;
    (void)err;
    if (total_of(&question->minute->canary) < LEAST_EVENTS) {
        return SERIN_OK;
    }
    memory->checks++;
    if (label_distance(&question->minute->canary, &question->minute->stable) >= threshold) {
        *out = GATE_ROLLS_BACK;
    } else if (memory->checks == CHECKS) {
        *out = GATE_PROMOTES;
    }
    return SERIN_OK;
}

const struct gate gates[GATE_COUNT] = {
    [GATE_SERIN] = {"serin",            "Serin",                  "sequential interval",        ask_serin           },
    [GATE_THRESHOLD_MINUTE] = {"threshold_minute", "NMI of the last minute",
                    "Argo, Flagger: 10 checks",                                                 ask_threshold_minute},
    [GATE_THRESHOLD_ALL] = {"threshold_all",    "NMI since the start",    "Argo, Flagger: 10 checks",
                    ask_threshold_all                                                                               },
    [GATE_MANN_WHITNEY] = {"mann_whitney",     "Mann-Whitney test",      "Kayenta's rule, 60 minutes",
                    ask_mann_whitney                                                                                },
    [GATE_BOOTSTRAP] = {"bootstrap",        "95 % bootstrap",         "looked at each minute",      ask_bootstrap       },
    [GATE_DIVERGENCE] = {"divergence",       "JS distance of labels",  "Evidently's default, 0.1",
                    ask_divergence                                                                                  },
};
