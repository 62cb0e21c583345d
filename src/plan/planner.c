#include "plan/planner.h"

#include "agreement/crossing.h"
#include "plan/profile.h"
#include "serin/critical.h"

#include <math.h>

enum {
    LOOKS_MAX = 2048,
    LOOKS_TOLD_APART = 100 /* later ones are kept when they bring news */
};

/* Events that a later look has to add to be kept: a hundredth is a tenth of what is promised. */
static const double news = 0.01;

/* Who looks all the time looks whenever there is a twentieth more. */
static const double steady_growth = 1.05;

static const double year_minutes = 365.0 * 24.0 * 60.0;
static const double events_most = 1e12;

/* Once the bound is so far below the mean, a verdict is certain. */
static const double certain = -4.0;

/* A guard that still answers at so many times the events that made the interval certain stays. */
static const double patience = 32.0;

struct look {
    uint64_t number; /* from 1 */
    double minutes;
    double chance; /* of the verdict by this look */
};

struct outlook {
    struct traffic traffic;
    struct profile *profile; /* borrows the traffic */
    enum decision decision;
    bool is_repeated; /* the interval may be looked at again and again */
    double margin;
};

struct plan {
    struct traffic traffic;
    size_t count;
    struct look looks[LOOKS_MAX];
    double sizes[LOOKS_MAX]; /* canary events */
    double bounds[LOOKS_MAX];
    double chances[LOOKS_MAX];
    double clear[LOOKS_MAX]; /* share of the samples that no guard silences */
    double convinced; /* the least canary events at which the interval is certain; 0: none yet */
    struct plan_hold hold;
};

void plan_destroy(struct plan *plan)
{
    memory_free(plan);
}

void outlook_destroy(struct outlook *outlook)
{
    if (outlook) {
        profile_destroy(outlook->profile);
        memory_free(outlook);
    }
}

enum decision outlook_decision(const struct outlook *outlook)
{
    return outlook->decision;
}

/* What looks are taken for. */
struct timetable {
    struct outlook *outlook;
    struct look_schedule schedule;
    double longest_minutes;
    double least; /* canary events */
};

/* ---- looks ----------------------------------------------------------------------------------- */

static bool is_timed(const struct timetable *timetable)
{
    return timetable->outlook->traffic.events_per_minute > 0.0;
}

/* The first look that finds at least so many canary events. */
static struct look first_look_at(const struct timetable *timetable, double events)
{
    const struct look_schedule *schedule = &timetable->schedule;
    double minutes = traffic_minutes(&timetable->outlook->traffic, events);
    double after = fmax(0.0, minutes - schedule->delay_minutes);
    double number = ceil(after / schedule->interval_minutes - 1e-9);
    return (struct look){.number = (uint64_t)number + 1,
                         .minutes = schedule->delay_minutes + number * schedule->interval_minutes};
}

/* The look after one that found `events`; before the first, at the least number of events. */
static struct look next_look(const struct timetable *timetable, const struct plan *plan)
{
    if (plan->count == 0) {
        return is_timed(timetable) ? first_look_at(timetable, timetable->least)
                                   : (struct look){.number = 1};
    }
    const struct look *last = &plan->looks[plan->count - 1];
    double events = plan->sizes[plan->count - 1];
    struct look next = {.number = last->number + 1};
    if (is_timed(timetable)) {
        next.minutes = last->minutes + timetable->schedule.interval_minutes;
        struct look worth = first_look_at(timetable, events * (1.0 + news));
        next = plan->count > LOOKS_TOLD_APART && worth.number > next.number ? worth : next;
    }
    return next;
}

static double events_at(const struct timetable *timetable, const struct plan *plan,
                        const struct look *look)
{
    if (is_timed(timetable)) {
        return traffic_canary_events(&timetable->outlook->traffic, look->minutes);
    }
    return plan->count == 0 ? timetable->least : plan->sizes[plan->count - 1] * steady_growth;
}

static bool is_too_late(const struct timetable *timetable, const struct look *look, double events)
{
    double longest = timetable->longest_minutes > 0.0 ? timetable->longest_minutes : year_minutes;
    return look->minutes > longest + 1e-9 || events > events_most;
}

static bool is_silenced(const struct profile_point *point)
{
    return point->silent >= 0.5;
}

/* How far above its mean the standardised end has to be, for the verdict; guards apart. */
static double bound_of(const struct outlook *outlook, const struct profile_point *point)
{
    double beyond = outlook->decision == DECISION_PROMOTE ? point->mean + outlook->margin
                                                          : -outlook->margin - point->mean;
    return point->deviation > 0.0 ? -beyond / point->deviation
                                  : (beyond > 0.0 ? -INFINITY : INFINITY);
}

static void note_silence(struct plan *plan, const struct profile_point *point, double bound,
                         double events)
{
    if (point->silent > 0.05 && point->silent_reason) {
        plan->hold.guard = point->silent_reason;
        plan->hold.until = (uint64_t)events;
    }
    if (plan->convinced == 0.0 && bound < certain) {
        plan->convinced = events;
    }
    plan->hold.is_lasting =
        is_silenced(point) && plan->convinced > 0.0 && events > patience * plan->convinced;
}

static enum serin_status add_look(const struct timetable *timetable, const struct look *look,
                                  double events, struct plan *plan, struct serin_error *err)
{
    struct profile_point point;
    TRY(profile_at(timetable->outlook->profile, events, &point, err));
    double bound = bound_of(timetable->outlook, &point);
    note_silence(plan, &point, bound, events);
    plan->looks[plan->count] = *look;
    plan->sizes[plan->count] = events;
    plan->bounds[plan->count] = is_silenced(&point) ? INFINITY : bound;
    plan->clear[plan->count] = 1.0 - point.silent;
    plan->count++;
    return SERIN_OK;
}

static bool is_certain(const struct plan *plan)
{
    return plan->count > 0 && plan->bounds[plan->count - 1] < certain &&
           plan->clear[plan->count - 1] > 0.995;
}

static enum serin_status take_looks(const struct timetable *timetable, struct plan *plan,
                                    struct serin_error *err)
{
    while (plan->count < LOOKS_MAX && !is_certain(plan) && !plan->hold.is_lasting) {
        struct look look = next_look(timetable, plan);
        double events = events_at(timetable, plan, &look);
        if (is_too_late(timetable, &look, events)) {
            break;
        }
        TRY(add_look(timetable, &look, events, plan, err));
    }
    return SERIN_OK;
}

/* A fixed interval is looked at once, so each look stands by itself. */
static enum serin_status single_chances(const double *bounds, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        const double size = 1.0;
        TRY(crossing_chances(&size, &bounds[i], 1, &out[i]));
    }
    return SERIN_OK;
}

/* The verdict needs both: that no guard answers, and an interval that has passed the margin. */
static enum serin_status weigh_chances(const struct outlook *outlook, struct plan *plan,
                                       struct serin_error *err)
{
    enum serin_status status =
        outlook->is_repeated
            ? crossing_chances(plan->sizes, plan->bounds, plan->count, plan->chances)
            : single_chances(plan->bounds, plan->count, plan->chances);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the chances of %zu looks", plan->count);
    }
    double reached = 0.0;
    for (size_t i = 0; i < plan->count; i++) {
        reached = fmax(reached, fmin(plan->chances[i], plan->clear[i]));
        plan->looks[i].chance = reached;
    }
    return SERIN_OK;
}

/* ---- the plan -------------------------------------------------------------------------------- */

enum serin_status outlook_create(const struct plan_population *population,
                                 const struct judgement *judgement, const struct traffic *traffic,
                                 const struct rehearsal_watch *watch, struct outlook **out,
                                 struct serin_error *err)
{
    double margin = judgement_margin(judgement);
    double delta =
        plan_population_nmi(population, ARM_CANARY) - plan_population_nmi(population, ARM_STABLE);
    if (fabs(delta + margin) < 1e-6) {
        serin_error_at(err, "delta");
        return serin_fail(err, SERIN_INVALID,
                          "a loss of exactly the margin is neither promoted nor rolled back, "
                          "however long one waits");
    }
    owned(outlook) outlook = memory_allocate(1, sizeof(*outlook));
    if (!outlook) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the plan");
    }
    enum interval_end end = delta > -margin ? END_LOWER : END_UPPER;
    outlook->traffic = *traffic;
    outlook->margin = margin;
    outlook->decision = end == END_LOWER ? DECISION_PROMOTE : DECISION_ROLLBACK;
    outlook->is_repeated = judgement->interval == INTERVAL_SEQUENTIAL;
    outlook->profile = profile_create(population, judgement, &outlook->traffic, watch, end);
    if (!outlook->profile) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the plan");
    }
    *out = give(outlook);
    return SERIN_OK;
}

enum serin_status plan_make(struct outlook *outlook, const struct look_schedule *schedule,
                            double longest_minutes, struct plan **out, struct serin_error *err)
{
    owned(plan) plan = memory_allocate(1, sizeof(*plan));
    if (!plan) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the plan");
    }
    struct timetable timetable = {outlook, *schedule, longest_minutes,
                                  profile_least_events(outlook->profile)};
    plan->traffic = outlook->traffic;
    TRY(take_looks(&timetable, plan, err));
    TRY(weigh_chances(outlook, plan, err));
    *out = give(plan);
    return SERIN_OK;
}

static struct plan_moment moment_at(const struct plan *plan, size_t index, double chance)
{
    const struct traffic *traffic = &plan->traffic;
    double canary = ceil(plan->sizes[index] - 1e-6);
    double stable = ceil(canary * traffic_stable_per_canary(traffic) - 1e-6);
    bool is_known = traffic->events_per_minute > 0.0;
    return (struct plan_moment){
        .is_reached = true,
        .chance = chance,
        .canary_samples = (uint64_t)canary,
        .stable_samples = (uint64_t)stable,
        .effective = serin_harmonic_size(canary, stable) / traffic->design_effect,
        .minutes = plan->looks[index].minutes,
        .looks = is_known ? plan->looks[index].number : 0,
    };
}

struct plan_moment plan_moment_of(const struct plan *plan, double chance)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->looks[i].chance >= chance) {
            return moment_at(plan, i, chance);
        }
    }
    return (struct plan_moment){.chance = chance};
}

struct plan_hold plan_hold_of(const struct plan *plan)
{
    return plan->hold;
}
