/*
 * The same question at the same time is asked once: the first asker works, the others wait for its
 * answer. Argo's retries and a controller that just restarted ask twice; the source need not know.
 */
#ifndef SERIN_ANALYSIS_FLIGHT_H
#define SERIN_ANALYSIS_FLIGHT_H

#include "analysis/analysis.h"
#include "base/memory.h"
#include "serin/error.h"

struct flights;

struct flights *flights_create(void);
void flights_destroy(struct flights *flights); /* NULL is fine; nothing may be under way */
DEFINE_CLEANUP(flights)

/* What answers the question; see analysis_run. */
typedef enum serin_status flight_work(void *context, struct analysis_result *out,
                                      struct serin_error *err);

/*
 * The result of `work`, run by this thread or by another that is already at the same `question`
 * (compared as text) under the same `generation` (a configuration: answers of an old one are not
 * shared). A waiting thread gives up with SERIN_TIMEOUT when its own deadline passes.
 */
SERIN_MUST_CHECK enum serin_status flight_join(struct flights *flights, const char *question,
                                               const void *generation, struct deadline deadline,
                                               flight_work *work, void *context,
                                               struct analysis_result *out,
                                               struct serin_error *err);

#endif
