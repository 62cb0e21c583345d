/*
 * The least share of the traffic with which a canary is decided in time.
 */
#ifndef SERIN_PLAN_LEAST_SHARE_H
#define SERIN_PLAN_LEAST_SHARE_H

#include "plan/planner.h"

#include <stdbool.h>

/* What a least share is looked for at. */
struct share_question {
    const struct plan_population *population;
    const struct judgement *judgement;
    struct traffic traffic; /* whatever its share */
    struct look_schedule schedule;
    double minutes; /* the verdict is to come within them … */
    double chance;  /* … with this chance */
    double guess;   /* where to start looking; the nearer, the quicker. In (0, 1) */
    double least;   /* no smaller one is of interest; at least 0 */
    const struct rehearsal_watch *watch; /* NULL: nobody */
};

/*
 * The least canary share, up to one half, that brings the verdict in time, to about 3 %; false in
 * `out_found` when there is none. Fails as outlook_create does.
 */
SERIN_MUST_CHECK enum serin_status plan_least_share(const struct share_question *question,
                                                    bool *out_found, double *out_share,
                                                    struct serin_error *err);

#endif
