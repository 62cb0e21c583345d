#include "base/number.h"
#include "source/prometheus_answer_state.h"
#include "source/prometheus_sample.h"

#include <string.h>

enum { NESTING_MAX = 64 }; /* of what is passed over */

static const struct {
    enum place place;
    enum member member;
    const char *name;
} members[] = {
    {PLACE_SERIES, MEMBER_METRIC,      "metric"    },
    {PLACE_SERIES, MEMBER_METRIC,      "stream"    },
    {PLACE_SERIES, MEMBER_VALUES,      "values"    },
    {PLACE_SERIES, MEMBER_HISTOGRAMS,  "histograms"},
    {PLACE_ROOT,   MEMBER_STATUS,      "status"    },
    {PLACE_ROOT,   MEMBER_ERROR_TYPE,  "errorType" },
    {PLACE_ROOT,   MEMBER_ERROR,       "error"     },
    {PLACE_ROOT,   MEMBER_WARNINGS,    "warnings"  },
    {PLACE_ROOT,   MEMBER_PARTIAL,     "isPartial" },
    {PLACE_ROOT,   MEMBER_DATA,        "data"      },
    {PLACE_DATA,   MEMBER_RESULT_TYPE, "resultType"},
    {PLACE_DATA,   MEMBER_RESULT,      "result"    },
};

enum container { CONTAINER_MAP, CONTAINER_LIST };

/* The maps and lists that mean something; the commonest first. */
static const struct {
    enum place from;
    enum member member;
    enum container container;
    enum place to;
} openings[] = {
    {PLACE_VALUES,  MEMBER_NONE,     CONTAINER_LIST, PLACE_SAMPLE  },
    {PLACE_SERIES,  MEMBER_METRIC,   CONTAINER_MAP,  PLACE_METRIC  },
    {PLACE_SERIES,  MEMBER_VALUES,   CONTAINER_LIST, PLACE_VALUES  },
    {PLACE_RESULT,  MEMBER_NONE,     CONTAINER_MAP,  PLACE_SERIES  },
    {PLACE_DATA,    MEMBER_RESULT,   CONTAINER_LIST, PLACE_RESULT  },
    {PLACE_ROOT,    MEMBER_DATA,     CONTAINER_MAP,  PLACE_DATA    },
    {PLACE_ROOT,    MEMBER_WARNINGS, CONTAINER_LIST, PLACE_WARNINGS},
    {PLACE_OUTSIDE, MEMBER_NONE,     CONTAINER_MAP,  PLACE_ROOT    },
};

/* ---- failing --------------------------------------------------------------------------------- */

enum { GO_ON = 1, STOP = 0 }; /* what yajl's callbacks return */

static int stop(struct prometheus_answer *answer, enum serin_status status)
{
    answer->failure = status;
    return STOP;
}

static int unreadable(struct prometheus_answer *answer, const char *why)
{
    return stop(answer, serin_fail(answer->err, SERIN_UNAVAILABLE,
                                   "not the answer of a %s to a range query: %s; check the "
                                   "source's url",
                                   prometheus_answer_product(answer), why));
}

static int go_on_if(struct prometheus_answer *answer, enum serin_status status)
{
    return status == SERIN_OK ? GO_ON : stop(answer, status);
}

/* ---- places ---------------------------------------------------------------------------------- */

static enum place place(const struct prometheus_answer *answer)
{
    return answer->depth > 0 ? answer->places[answer->depth - 1] : PLACE_OUTSIDE;
}

/* Whether it stands in a map whose members have meanings. */
static bool has_members(const struct prometheus_answer *answer)
{
    return place(answer) == PLACE_ROOT || place(answer) == PLACE_DATA ||
           place(answer) == PLACE_SERIES;
}

static void forget(struct prometheus_answer *answer, enum member member)
{
    answer->seen &= ~(1U << member);
}

/* What begins with a map or list that means something. */
static int enter(struct prometheus_answer *answer, enum place to)
{
    answer->places[answer->depth++] = to;
    answer->member = MEMBER_NONE;
    if (to == PLACE_SERIES) {
        forget(answer, MEMBER_METRIC);
        forget(answer, MEMBER_VALUES);
        forget(answer, MEMBER_HISTOGRAMS);
        label_collector_begin(answer->labels);
        answer->last_sample_ms = INT64_MIN;
    }
    if (to == PLACE_VALUES && !has_seen(answer, MEMBER_METRIC)) {
        return unreadable(answer, "a series has its values before its labels");
    }
    if (to == PLACE_SAMPLE) {
        answer->sample_parts = 0;
    }
    return GO_ON;
}

static int open_container(struct prometheus_answer *answer, enum container container)
{
    answer->quiet_bytes = 0;
    if (answer->passed_over > 0) {
        answer->has_histograms |= answer->member == MEMBER_HISTOGRAMS;
        return ++answer->passed_over > NESTING_MAX ? unreadable(answer, "nested too deep") : GO_ON;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(openings); i++) {
        if (openings[i].from == place(answer) && openings[i].member == answer->member &&
            openings[i].container == container) {
            return enter(answer, openings[i].to);
        }
    }
    bool means_nothing = answer->member == MEMBER_NONE || answer->member == MEMBER_HISTOGRAMS;
    if (has_members(answer) && means_nothing) {
        answer->passed_over = 1;
        return GO_ON;
    }
    return unreadable(answer, "a map or list where none belongs");
}

static int end_metric(struct prometheus_answer *answer)
{
    struct series_labels labels;
    if (!label_collector_end(answer->labels, &labels)) {
        return unreadable(answer, "a label occurs twice in a series");
    }
    return go_on_if(answer, answer->sink->series(answer->context, labels, answer->err));
}

static int end_series(struct prometheus_answer *answer)
{
    if (!has_seen(answer, MEMBER_METRIC)) {
        return unreadable(answer, "a series without labels");
    }
    if (!has_seen(answer, MEMBER_VALUES) && !has_seen(answer, MEMBER_HISTOGRAMS)) {
        return unreadable(answer, "a series without values");
    }
    return go_on_if(answer, answer->sink->series_end(answer->context, answer->err));
}

static int close_container(struct prometheus_answer *answer)
{
    answer->quiet_bytes = 0;
    if (answer->passed_over > 0) {
        answer->passed_over--;
        return GO_ON;
    }
    enum place closed = place(answer);
    answer->depth--;
    answer->member = MEMBER_NONE;
    if (closed == PLACE_METRIC) {
        return end_metric(answer);
    }
    if (closed == PLACE_SERIES) {
        return end_series(answer);
    }
    if (closed == PLACE_SAMPLE && answer->sample_parts != 2) {
        return unreadable(answer, "a sample that is not a time and a value");
    }
    return GO_ON;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Keeps the start of a text from outside as one line that can be shown. */
static void keep_printable(struct text_view text, char *out, size_t size)
{
    size_t used = 0;
    while (text.length > 0) {
        uint32_t code_point = 0;
        size_t length = text_first_character(text, &code_point);
        size_t consumed = length > 0 ? length : 1;
        bool shows = text_is_printable((struct text_view){text.start, consumed});
        size_t written = shows ? consumed : 1;
        if (used + written >= size) {
            break;
        }
        memcpy(out + used, shows ? text.start : " ", written);
        used += written;
        text.start += consumed;
        text.length -= consumed;
    }
    out[used] = '\0';
}

static int sample_value(struct prometheus_answer *answer, struct text_view value)
{
    if (answer->sample_parts != 1) {
        return unreadable(answer, "a sample that is not a time and a value");
    }
    if (answer->sample_ms <= answer->last_sample_ms) {
        return unreadable(answer, "the samples of a series are not in the order of time");
    }
    answer->sample_parts = 2;
    answer->last_sample_ms = answer->sample_ms;
    return go_on_if(answer,
                    answer->sink->sample(answer->context, answer->sample_ms, value, answer->err));
}

/* Nanoseconds are beyond what a double holds exactly, so they come as a text. */
static int entry_time(struct prometheus_answer *answer, struct text_view text)
{
    uint64_t time_ns = 0;
    if (number_parse_uint64(text, &time_ns) != SERIN_OK || time_ns > INT64_MAX) {
        return unreadable(answer, "a line's time is no Unix time in nanoseconds");
    }
    answer->entry_ns = (int64_t)time_ns;
    answer->sample_parts = 1;
    return GO_ON;
}

static int entry_line(struct prometheus_answer *answer, struct text_view line)
{
    if (answer->sample_parts != 1) {
        return unreadable(answer, "a line that is not a time and a text");
    }
    answer->sample_parts = 2;
    return go_on_if(answer,
                    answer->sink->entry(answer->context, answer->entry_ns, line, answer->err));
}

/* A text within a sample: its value; of a line both parts are texts. */
static int sample_text(struct prometheus_answer *answer, struct text_view text)
{
    if (!answer->sink->entry) {
        return sample_value(answer, text);
    }
    return answer->sample_parts == 0 ? entry_time(answer, text) : entry_line(answer, text);
}

static bool is_ignored(const struct prometheus_answer *answer, struct text_view warning)
{
    for (size_t i = 0; i < answer->ignored_warning_count; i++) {
        const char *text = answer->ignored_warnings[i];
        if (memmem(warning.start, warning.length, text, strlen(text))) {
            return true;
        }
    }
    return false;
}

static int keep_warning(struct prometheus_answer *answer, struct text_view text)
{
    if (!answer->has_warning && !is_ignored(answer, text)) {
        keep_printable(text, answer->warning, sizeof(answer->warning));
        answer->has_warning = true;
    }
    return GO_ON;
}

static int member_text(struct prometheus_answer *answer, struct text_view text)
{
    switch (answer->member) {
    case MEMBER_STATUS:
        answer->is_success = text_equals(text, "success");
        return GO_ON;
    case MEMBER_ERROR_TYPE:
        keep_printable(text, answer->error_type, sizeof(answer->error_type));
        return GO_ON;
    case MEMBER_ERROR:
        keep_printable(text, answer->error, sizeof(answer->error));
        return GO_ON;
    case MEMBER_RESULT_TYPE:
        answer->type = text_equals(text, "matrix")    ? RESULT_MATRIX
                       : text_equals(text, "streams") ? RESULT_STREAMS
                                                      : RESULT_OTHER;
        return GO_ON;
    case MEMBER_NONE:
        return GO_ON;
    case MEMBER_WARNINGS:
    case MEMBER_PARTIAL:
    case MEMBER_DATA:
    case MEMBER_RESULT:
    case MEMBER_METRIC:
    case MEMBER_VALUES:
    case MEMBER_HISTOGRAMS:
        break;
    }
    return unreadable(answer, "a text where none belongs");
}

/* ---- yajl's callbacks ------------------------------------------------------------------------ */

static int on_string(void *context, const unsigned char *bytes, size_t length)
{
    struct prometheus_answer *answer = context;
    struct text_view text = {(const char *)bytes, length};
    answer->quiet_bytes = 0;
    if (answer->passed_over > 0) {
        return GO_ON;
    }
    switch (place(answer)) {
    case PLACE_SAMPLE:
        return sample_text(answer, text);
    case PLACE_METRIC:
        return go_on_if(answer, label_collector_value(answer->labels, text, answer->err));
    case PLACE_WARNINGS:
        return keep_warning(answer, text);
    case PLACE_ROOT:
    case PLACE_DATA:
    case PLACE_SERIES:
        return member_text(answer, text);
    case PLACE_OUTSIDE:
    case PLACE_RESULT:
    case PLACE_VALUES:
        break;
    }
    return unreadable(answer, "a text where none belongs");
}

static int on_number(void *context, const char *bytes, size_t length)
{
    struct prometheus_answer *answer = context;
    answer->quiet_bytes = 0;
    if (answer->passed_over > 0) {
        return GO_ON;
    }
    if (place(answer) == PLACE_SAMPLE && answer->sample_parts == 0 && !answer->sink->entry) {
        if (prometheus_parse_time((struct text_view){bytes, length}, &answer->sample_ms) !=
            SERIN_OK) {
            return unreadable(answer, "a sample's time is no Unix time");
        }
        answer->sample_parts = 1;
        return GO_ON;
    }
    return has_members(answer) && answer->member == MEMBER_NONE
               ? GO_ON
               : unreadable(answer, "a number where none belongs");
}

/* `"data": null` and the like mean that there are none. */
static int on_null(void *context)
{
    struct prometheus_answer *answer = context;
    answer->quiet_bytes = 0;
    if (answer->passed_over == 0 && !has_members(answer)) {
        return unreadable(answer, "a null where none belongs");
    }
    if (answer->passed_over == 0) {
        forget(answer, answer->member);
    }
    return GO_ON;
}

/* What lacks a part says so beside its success, as others do by warnings. */
static int tell_partial(struct prometheus_answer *answer, bool is_partial)
{
    if (is_partial && !answer->has_warning) {
        keep_printable(text_view_of("the answer is partial, some storage nodes did not answer"),
                       answer->warning, sizeof(answer->warning));
        answer->has_warning = true;
    }
    return GO_ON;
}

static int on_boolean(void *context, int value)
{
    struct prometheus_answer *answer = context;
    answer->quiet_bytes = 0;
    if (answer->passed_over > 0) {
        return GO_ON;
    }
    if (place(answer) == PLACE_ROOT && answer->member == MEMBER_PARTIAL) {
        return tell_partial(answer, value != 0);
    }
    return has_members(answer) && answer->member == MEMBER_NONE
               ? GO_ON
               : unreadable(answer, "a truth value where none belongs");
}

static int on_key(void *context, const unsigned char *bytes, size_t length)
{
    struct prometheus_answer *answer = context;
    struct text_view key = {(const char *)bytes, length};
    answer->quiet_bytes = 0;
    if (answer->passed_over > 0) {
        return GO_ON;
    }
    if (place(answer) == PLACE_METRIC) {
        return go_on_if(answer, label_collector_name(answer->labels, key, answer->err));
    }
    answer->member = MEMBER_NONE;
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        if (members[i].place == place(answer) && text_equals(key, members[i].name)) {
            answer->member = members[i].member;
        }
    }
    if (answer->member == MEMBER_NONE) {
        return GO_ON;
    }
    if (has_seen(answer, answer->member)) {
        return unreadable(answer, "a member occurs twice");
    }
    answer->seen |= 1U << answer->member;
    return GO_ON;
}

static int on_start_map(void *context)
{
    return open_container(context, CONTAINER_MAP);
}

static int on_start_array(void *context)
{
    return open_container(context, CONTAINER_LIST);
}

static int on_end(void *context)
{
    return close_container(context);
}

const yajl_callbacks prometheus_answer_callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};
