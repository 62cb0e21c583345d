#include "plan/advice.h"

#include "serin/nmi.h"

#include <math.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)

/* Looks that a person finds natural, from the closest to the furthest apart. */
static const int64_t usual_intervals_ms[] = {
    30 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS,
    30 * MINUTE_MS, HOUR_MS,   2 * HOUR_MS,   6 * HOUR_MS,   24 * HOUR_MS};

/* More looks than this only fill the AnalysisRun. */
static const double looks_usual = 20.0;

/* A tuned boundary is worth a line in the configuration from this saving on. */
static const double worthwhile = 0.02;

static double minutes_of(int64_t milliseconds)
{
    return (double)milliseconds / (double)MINUTE_MS;
}

static enum serin_status populate(const struct advice_question *question, double delta,
                                  struct plan_population **out, struct serin_error *err)
{
    if (question->history) {
        return plan_population_of_table(question->history, delta, question->judgement.normalizer,
                                        out, err);
    }
    struct plan_population_model model = question->model;
    model.delta = delta;
    model.normalizer = question->judgement.normalizer;
    return plan_population_of_model(&model, out, err);
}

/* The populations behind the cases, and what was rehearsed of them. */
struct prospects {
    struct plan_population *populations[ADVICE_CASES_MAX];
    struct outlook *outlooks[ADVICE_CASES_MAX];
};

static void prospects_clear(struct prospects *prospects)
{
    for (size_t i = 0; i < ADVICE_CASES_MAX; i++) {
        outlook_destroy(prospects->outlooks[i]);
        plan_population_destroy(prospects->populations[i]);
    }
}

static struct look_schedule schedule_of(const struct advice_question *question, int64_t every_ms)
{
    return (struct look_schedule){.delay_minutes = minutes_of(question->delay_ms),
                                  .interval_minutes = minutes_of(every_ms)};
}

static enum serin_status fill_case(const struct advice_question *question, struct outlook *outlook,
                                   int64_t every_ms, struct advice_case *of,
                                   struct serin_error *err)
{
    owned(plan) plan = NULL;
    struct look_schedule schedule = schedule_of(question, every_ms);
    TRY(plan_make(outlook, &schedule, 0.0, &plan, err));
    of->decision = outlook_decision(outlook);
    of->half = plan_moment_of(plan, 0.5);
    of->likely = plan_moment_of(plan, question->power);
    of->hold = plan_hold_of(plan);
    return SERIN_OK;
}

static enum serin_status fill_cases(const struct advice_question *question,
                                    const struct prospects *prospects, int64_t every_ms,
                                    struct advice *advice, struct serin_error *err)
{
    for (size_t i = 0; i < advice->case_count; i++) {
        TRY(fill_case(question, prospects->outlooks[i], every_ms, &advice->cases[i], err));
    }
    return SERIN_OK;
}

static enum serin_status add_case(const struct advice_question *question, double delta,
                                  struct prospects *prospects, struct advice *advice,
                                  struct serin_error *err)
{
    size_t i = advice->case_count;
    TRY(populate(question, delta, &prospects->populations[i], err));
    TRY(outlook_create(prospects->populations[i], &question->judgement, &question->traffic,
                       question->watch, &prospects->outlooks[i], err));
    advice->cases[i].delta = delta;
    advice->case_count++;
    return SERIN_OK;
}

const char *advice_lasting_guard(const struct advice *advice)
{
    for (size_t i = 0; i < advice->case_count; i++) {
        if (advice->cases[i].hold.is_lasting) {
            return advice->cases[i].hold.guard;
        }
    }
    return NULL;
}

/* The case that takes longest; NULL when one of them is never decided. */
static const struct advice_case *slowest(const struct advice *advice)
{
    const struct advice_case *found = &advice->cases[0];
    for (size_t i = 0; i < advice->case_count; i++) {
        const struct advice_case *each = &advice->cases[i];
        if (!each->likely.is_reached) {
            return NULL;
        }
        if (each->likely.canary_samples > found->likely.canary_samples) {
            found = each;
        }
    }
    return found;
}

/*
 * What a loss is worth planning for: none, which must be promoted, and twice the margin, which must
 * be rolled back. A stream that has less to lose than that is planned for the first alone.
 */
static enum serin_status choose_cases(const struct advice_question *question,
                                      struct prospects *prospects, struct advice *advice,
                                      struct serin_error *err)
{
    double loss = 2.0 * judgement_margin(&question->judgement);
    TRY(add_case(question, question->has_delta ? question->delta : 0.0, prospects, advice, err));
    advice->nmi = plan_population_nmi(prospects->populations[0], ARM_STABLE);
    advice->labels = plan_population_columns(prospects->populations[0]);
    bool can_lose = advice->nmi > loss + 1e-6;
    return question->has_delta || !can_lose ? SERIN_OK
                                            : add_case(question, -loss, prospects, advice, err);
}

/* ---- how Argo should look -------------------------------------------------------------------- */

static int64_t usual_interval(double minutes)
{
    size_t i = 0;
    while (i + 1 < ARRAY_LENGTH(usual_intervals_ms) &&
           minutes > looks_usual * minutes_of(usual_intervals_ms[i])) {
        i++;
    }
    return usual_intervals_ms[i];
}

/* Looks half a minute apart first tell how long it takes, and that how far apart they may be. */
static enum serin_status choose_interval(const struct advice_question *question,
                                         const struct prospects *prospects, struct advice *advice,
                                         int64_t *out, struct serin_error *err)
{
    *out = question->every_ms > 0 ? question->every_ms : usual_intervals_ms[0];
    if (question->every_ms > 0 || question->traffic.events_per_minute <= 0.0) {
        return SERIN_OK;
    }
    TRY(fill_cases(question, prospects, *out, advice, err));
    const struct advice_case *last = slowest(advice);
    if (last) {
        *out = usual_interval(last->likely.minutes - minutes_of(question->delay_ms));
    }
    return SERIN_OK;
}

/* A fixed interval allows one look, taken when the chance is reached. */
static void set_gate(const struct advice_question *question, int64_t every_ms,
                     struct advice *advice)
{
    const struct advice_case *last = slowest(advice);
    if (!last || question->traffic.events_per_minute <= 0.0) {
        return;
    }
    bool is_repeated = question->judgement.interval == INTERVAL_SEQUENTIAL;
    int64_t at_ms = (int64_t)ceil(last->likely.minutes) * MINUTE_MS;
    advice->gate = (struct advice_gate){
        .is_known = true,
        .delay_ms = is_repeated ? question->delay_ms : at_ms,
        .every_ms = every_ms,
        .looks = is_repeated ? last->likely.looks : 1,
    };
}

/* ---- what would be quicker ------------------------------------------------------------------- */

/* The boundary tightest where the slowest case is decided, if that decides noticeably sooner. */
static enum serin_status tune(const struct advice_question *question,
                              const struct prospects *prospects, int64_t every_ms,
                              struct advice *advice, struct serin_error *err)
{
    const struct advice_case *last = slowest(advice);
    if (!last || question->judgement.interval != INTERVAL_SEQUENTIAL) {
        return SERIN_OK;
    }
    struct judgement tuned = question->judgement;
    tuned.plan = (uint64_t)fmax(1.0, round(last->likely.effective / 100.0)) * 100;
    owned(outlook) outlook = NULL;
    struct advice_case again = {.delta = last->delta};
    TRY(outlook_create(prospects->populations[last - advice->cases], &tuned, &question->traffic,
                       question->watch, &outlook, err));
    TRY(fill_case(question, outlook, every_ms, &again, err));
    double saved = 1.0 - (double)again.likely.canary_samples / (double)last->likely.canary_samples;
    advice->has_plan = again.likely.is_reached && saved > worthwhile;
    advice->plan = tuned.plan;
    advice->plan_gain = saved;
    return SERIN_OK;
}

/* The share that would gather in time what the case takes at the present one. */
static double guess_share(const struct advice_question *question, const struct plan_moment *moment)
{
    double events = question->traffic.events_per_minute * question->within_minutes;
    return moment->is_reached && events > 0.0 ? (double)moment->canary_samples / events : 0.5;
}

static enum serin_status raise_share(const struct advice_question *question,
                                     const struct prospects *prospects, int64_t every_ms,
                                     size_t which, struct advice *advice, struct serin_error *err)
{
    struct share_question of = {.population = prospects->populations[which],
                                .judgement = &question->judgement,
                                .traffic = question->traffic,
                                .schedule = schedule_of(question, every_ms),
                                .minutes = question->within_minutes,
                                .chance = question->power,
                                .guess = guess_share(question, &advice->cases[which].likely),
                                .least = advice->least_share,
                                .watch = question->watch};
    return plan_least_share(&of, &advice->share_found, &advice->least_share, err);
}

/* The least share at which every case is decided in time: from the slowest case's up. */
static enum serin_status find_share(const struct advice_question *question,
                                    const struct prospects *prospects, int64_t every_ms,
                                    struct advice *advice, struct serin_error *err)
{
    if (question->within_minutes <= 0.0) {
        return SERIN_OK;
    }
    const struct advice_case *last = slowest(advice);
    size_t first = last ? (size_t)(last - advice->cases) : 0;
    advice->has_share = true;
    advice->within_minutes = question->within_minutes;
    advice->share_found = true;
    for (size_t i = 0; i < advice->case_count && advice->share_found; i++) {
        size_t which = (first + i) % advice->case_count;
        TRY(raise_share(question, prospects, every_ms, which, advice, err));
    }
    return SERIN_OK;
}

static enum serin_status fill_advice(const struct advice_question *question,
                                     struct prospects *prospects, struct advice *advice,
                                     struct serin_error *err)
{
    int64_t every_ms = 0;
    TRY(choose_cases(question, prospects, advice, err));
    TRY(choose_interval(question, prospects, advice, &every_ms, err));
    TRY(fill_cases(question, prospects, every_ms, advice, err));
    set_gate(question, every_ms, advice);
    TRY(tune(question, prospects, every_ms, advice, err));
    return find_share(question, prospects, every_ms, advice, err);
}

enum serin_status advise(const struct advice_question *question, struct advice *out,
                         struct serin_error *err)
{
    struct advice advice = {
        .judgement = question->judgement, .traffic = question->traffic, .power = question->power};
    struct prospects prospects = {0};
    enum serin_status status = fill_advice(question, &prospects, &advice, err);
    prospects_clear(&prospects);
    if (status == SERIN_OK) {
        *out = advice;
    }
    return status;
}
