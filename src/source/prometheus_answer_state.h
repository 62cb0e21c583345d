/*
 * The state of reading an answer: shared by what callers see (prometheus_answer.c) and what the
 * JSON parser calls (prometheus_answer_parse.c), and by nobody else.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_ANSWER_STATE_H
#define SERIN_SOURCE_PROMETHEUS_ANSWER_STATE_H

#include "source/prometheus_answer.h"

#include <stdint.h>
#include <yajl/yajl_parse.h>

enum { PLACES_MAX = 8 }; /* of the nesting that means something */

/* Where in the answer the reader stands: inside which map or list. */
enum place {
    PLACE_OUTSIDE,
    PLACE_ROOT,
    PLACE_WARNINGS,
    PLACE_DATA,
    PLACE_RESULT,
    PLACE_SERIES,
    PLACE_METRIC,
    PLACE_VALUES,
    PLACE_SAMPLE
};

enum member {
    MEMBER_NONE, /* one that is passed over */
    MEMBER_STATUS,
    MEMBER_ERROR_TYPE,
    MEMBER_ERROR,
    MEMBER_WARNINGS,
    MEMBER_PARTIAL, /* VictoriaMetrics: some of its storage did not answer */
    MEMBER_DATA,
    MEMBER_RESULT_TYPE,
    MEMBER_RESULT,
    MEMBER_METRIC,
    MEMBER_VALUES,
    MEMBER_HISTOGRAMS
};

enum result_type { RESULT_OTHER, RESULT_MATRIX, RESULT_STREAMS };

struct prometheus_answer {
    const struct prometheus_sink *sink;
    void *context;
    yajl_handle parser;
    enum place places[PLACES_MAX]; /* the innermost last */
    size_t depth;
    size_t passed_over; /* open maps and lists that mean nothing */
    enum member member; /* the last key of the innermost map */
    unsigned seen;      /* members that occurred, as bits */
    bool is_success;
    enum result_type type;
    bool has_histograms;
    char *const *ignored_warnings;
    size_t ignored_warning_count;
    bool has_warning;
    char warning[200];
    char error_type[48];
    char error[200];

    struct label_collector *labels;
    int sample_parts; /* read of [time, value] or [time, line] */
    int64_t sample_ms;
    int64_t last_sample_ms;
    int64_t entry_ns;

    size_t quiet_bytes; /* pushed since the parser last had something to tell */
    enum serin_status failure;
    struct serin_error *err;
};

/* Whether the member of the answer, its data or the series at hand occurred. */
static inline bool has_seen(const struct prometheus_answer *answer, enum member member)
{
    return (answer->seen & (1U << member)) != 0;
}

extern const yajl_callbacks prometheus_answer_callbacks;

#endif
