/*
 * The only place that joins I/O and judgement: request → spec → source → tables → judge → answer.
 */
#ifndef SERIN_ANALYSIS_ANALYSIS_H
#define SERIN_ANALYSIS_ANALYSIS_H

#include "analysis/catalog.h"
#include "base/node.h"
#include "platform/deadline.h"
#include "serin/error.h"
#include "verdict/answer.h"
#include "verdict/judge.h"

#include <stddef.h>
#include <stdint.h>

/* What came of one analysis: the answer's bytes and what logs and metrics want to know. */
struct analysis_result {
    char json[ANSWER_BYTES_MAX + 1];
    size_t length;
    char id[33];
    enum decision decision;
    const char *reason;
    char stream[128];
    int64_t source_ms; /* time spent in the source */
};

/*
 * Answers a decoded request. `now_ms` is the wall clock. Statuses: SERIN_INVALID (a field is wrong:
 * err->field names it), SERIN_NOT_FOUND (unknown stream), SERIN_UNAVAILABLE and SERIN_TIMEOUT (the
 * source), SERIN_NO_MEMORY, SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status
analysis_run(const struct catalog *catalog, const struct node *request, int64_t now_ms,
             struct deadline deadline, struct analysis_result *out, struct serin_error *err);

#endif
