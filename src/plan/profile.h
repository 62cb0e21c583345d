/*
 * How the interval narrows and the guards fall silent as a rollout gathers events: rehearsals at a
 * few sizes, read between them.
 */
#ifndef SERIN_PLAN_PROFILE_H
#define SERIN_PLAN_PROFILE_H

#include "plan/population.h"
#include "plan/rehearsal.h"
#include "plan/traffic.h"
#include "serin/error.h"
#include "verdict/spec.h"

/* One size, as interpolated. */
struct profile_point {
    double mean; /* of the interval's end that decides */
    double deviation;
    double silent;             /* share of the samples that a guard answers, 0 … 1 */
    const char *silent_reason; /* static; NULL: none is */
};

struct profile;

/*
 * Borrows what it points to; `watch` may be NULL. `end` is the end of the interval that decides.
 * NULL when memory is out.
 */
struct profile *profile_create(const struct plan_population *population,
                               const struct judgement *judgement, const struct traffic *traffic,
                               const struct rehearsal_watch *watch, enum interval_end end)
    __attribute__((warn_unused_result));
void profile_destroy(struct profile *profile); /* NULL is fine */
DEFINE_CLEANUP(profile)

/* Below so many canary events no verdict is given: `min_samples` of the smaller arm. */
double profile_least_events(const struct profile *profile);

/* At `canary_events` of at least the least. Fails as rehearse does, but never SERIN_UNDEFINED. */
SERIN_MUST_CHECK enum serin_status profile_at(struct profile *profile, double canary_events,
                                              struct profile_point *out, struct serin_error *err);

#endif
