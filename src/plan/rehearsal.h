/*
 * What the judge would say at a given size: events are drawn from a population and put before the
 * real judge, again and again. So a plan knows every correction, allowance and guard of the verdict
 * without a formula for any of them.
 */
#ifndef SERIN_PLAN_REHEARSAL_H
#define SERIN_PLAN_REHEARSAL_H

#include "plan/population.h"
#include "serin/error.h"
#include "verdict/spec.h"

#include <stddef.h>
#include <stdint.h>

/* How much each arm has gathered when it is looked at. */
struct rehearsal_size {
    uint64_t events[ARM_COUNT];
    size_t blocks[ARM_COUNT]; /* the events spread evenly over them; 0 in either: blocks unknown */
    size_t pods[ARM_COUNT]; /* which the blocks belong to in turn; at least 1 where there are any */
};

/* The interval's end that decides: a lower end above −margin promotes, an upper below rolls back.
 */
enum interval_end { END_LOWER, END_UPPER };
enum { END_COUNT = 2 };

/* Who wants to know how far the work has come; told after each sample. */
struct rehearsal_watch {
    void (*rehearsed)(void *watcher);
    void *watcher;
};

struct rehearsal {
    size_t draws;
    size_t silent;              /* of them: a guard answered, or there was no interval */
    size_t passed[END_COUNT];   /* of them: this end of the interval lay beyond the margin */
    size_t withheld[END_COUNT]; /* of those: a guard answered all the same */
    const char *silent_reason;  /* of the last of these; static; NULL: none was silent */
    double mean[END_COUNT];     /* of the interval's ends, by enum interval_end, silent or not */
    double deviation[END_COUNT];
};

/*
 * Judges `draws` random samples of this size, fewer when guards answer all of the first ones. Same
 * arguments, same result. `watch` may be NULL. Fails with SERIN_NO_MEMORY, and with SERIN_UNDEFINED
 * when not two samples had an interval.
 */
SERIN_MUST_CHECK enum serin_status rehearse(const struct plan_population *population,
                                            const struct judgement *judgement,
                                            const struct rehearsal_size *size, size_t draws,
                                            const struct rehearsal_watch *watch,
                                            struct rehearsal *out, struct serin_error *err);

#endif
