/*
 * When a rollout will be decided: the chance of a verdict by each look.
 */
#ifndef SERIN_PLAN_PLANNER_H
#define SERIN_PLAN_PLANNER_H

#include "plan/population.h"
#include "plan/rehearsal.h"
#include "plan/traffic.h"
#include "serin/error.h"
#include "verdict/judge.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When Argo looks: `delay_minutes` after the canary got its traffic, then every so often. */
struct look_schedule {
    double delay_minutes;
    double interval_minutes; /* above 0 */
};

/*
 * A population under a judgement and traffic: what a plan rests on, whatever its schedule. Borrows
 * all but the traffic; `watch` may be NULL. The judgement is of the design `reference`. Fails with
 * SERIN_INVALID when the loss equals the margin, so that no verdict is right, and SERIN_NO_MEMORY.
 */
struct outlook;
SERIN_MUST_CHECK enum serin_status outlook_create(const struct plan_population *population,
                                                  const struct judgement *judgement,
                                                  const struct traffic *traffic,
                                                  const struct rehearsal_watch *watch,
                                                  struct outlook **out, struct serin_error *err);
void outlook_destroy(struct outlook *outlook); /* NULL is fine */
DEFINE_CLEANUP(outlook)

/*
 * The right verdict: a promote when the canary's loss is smaller than the margin, else a rollback.
 */
enum decision outlook_decision(const struct outlook *outlook);

/* By when the verdict has come with a given chance. */
struct plan_moment {
    bool is_reached; /* false: not within the longest time; the rest is then 0 */
    double chance;   /* asked for */
    uint64_t canary_samples;
    uint64_t stable_samples;
    double effective; /* harmonic effective size: what `plan` of a sequential interval is about */
    double minutes;   /* 0 where the traffic is not known */
    uint64_t looks;   /* up to and with the one that decides; 0 where the traffic is not known */
};

struct plan;

/*
 * Finds the chances of the right verdict by each look; none is taken later than `longest_minutes`
 * (0: a year). Deterministic. What was rehearsed is kept in the outlook: the first plan takes from
 * a tenth of a second to some seconds (hundreds of labels), the next ones little. Fails with
 * SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status plan_make(struct outlook *outlook,
                                             const struct look_schedule *schedule,
                                             double longest_minutes, struct plan **out,
                                             struct serin_error *err);
void plan_destroy(struct plan *plan); /* NULL is fine */
DEFINE_CLEANUP(plan)

/* The first look by which the chance is at least this; in (0, 1). */
struct plan_moment plan_moment_of(const struct plan *plan, double chance);

/* The guard that holds up the verdict longest. */
struct plan_hold {
    const char *guard; /* static; NULL: none does */
    uint64_t until;    /* canary samples */
    bool is_lasting;   /* it still answers there, at many times what the interval takes */
};
struct plan_hold plan_hold_of(const struct plan *plan);

#endif
