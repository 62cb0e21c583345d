/*
 * When a rollout will be decided: the chance of a verdict by each look.
 */
#ifndef SERIN_PLAN_PLANNER_H
#define SERIN_PLAN_PLANNER_H

#include "plan/population.h"
#include "plan/profile.h"
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

struct plan_question {
    const struct population *population;
    const struct judgement *judgement; /* of the design `reference` */
    struct traffic traffic;
    struct look_schedule schedule; /* of traffic that is known; else one looks all the time */
    double longest_minutes;        /* no look later than that; 0: a year */
};

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
 * Finds the chances of the verdict that is right for the population: a promote when the canary's
 * loss is smaller than the margin, else a rollback. Pure and deterministic; takes from a tenth of a
 * second to some seconds (hundreds of labels). Fails with SERIN_INVALID when the loss equals the
 * margin, so that no verdict is right, and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status plan_make(const struct plan_question *question,
                                             struct plan **out, struct serin_error *err);
void plan_destroy(struct plan *plan); /* NULL is fine */
DEFINE_CLEANUP(plan)

enum decision plan_decision(const struct plan *plan); /* the right one */

/* The first look by which the chance is at least this; in (0, 1). */
struct plan_moment plan_moment_of(const struct plan *plan, double chance);

/* The guard that holds up the verdict longest, and until how many canary samples; NULL: none. */
const char *plan_held_by(const struct plan *plan, uint64_t *out_until);

/*
 * The least canary share, up to one half, at which the verdict comes within `minutes` with this
 * chance; false in `out_found` when there is none. Fails as plan_make does.
 */
SERIN_MUST_CHECK enum serin_status plan_least_share(const struct plan_question *question,
                                                    double minutes, double chance, bool *out_found,
                                                    double *out_share, struct serin_error *err);

#endif
