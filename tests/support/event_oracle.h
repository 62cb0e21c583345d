/*
 * A slow, independent reading of an event line with jansson, to hold event_line.c against: both
 * must accept the same lines and read the same event from them.
 */
#ifndef SERIN_TESTS_SUPPORT_EVENT_ORACLE_H
#define SERIN_TESTS_SUPPORT_EVENT_ORACLE_H

#include "base/rfc3339.h"
#include "base/text.h"
#include "source/event_line.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

/* The value of a field; NULL when absent or null. */
static inline const json_t *oracle_value(const json_t *line, const char *name)
{
    const json_t *value = json_object_get(line, name);
    return json_is_null(value) ? NULL : value;
}

static inline struct text_view oracle_text(const json_t *value)
{
    return (struct text_view){json_string_value(value), json_string_length(value)};
}

static inline bool oracle_is_text(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) >= 1 &&
           json_string_length(value) <= EVENT_TEXT_BYTES_MAX &&
           text_is_printable(oracle_text(value));
}

static inline bool oracle_time(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return *out >= 0 && *out <= UNIX_MS_MAX;
    }
    return oracle_is_text(value) && rfc3339_parse(oracle_text(value), out) == SERIN_OK;
}

static inline bool oracle_count(const json_t *value, uint64_t *out)
{
    json_int_t count = value ? json_integer_value(value) : 1;
    *out = (uint64_t)count;
    return (!value || json_is_integer(value)) && count >= 1 && count <= (INT64_C(1) << 53);
}

static inline bool oracle_slices(const json_t *value)
{
    if (!value) {
        return true;
    }
    if (!json_is_object(value) || json_object_size(value) > SLICE_DIMENSIONS_MAX) {
        return false;
    }
    const char *name = NULL;
    json_t *slice = NULL;
    json_object_foreach((json_t *)value, name, slice)
    {
        size_t length = strlen(name);
        if (length == 0 || length > EVENT_TEXT_BYTES_MAX ||
            !text_is_printable((struct text_view){name, length}) || !oracle_is_text(slice)) {
            return false;
        }
    }
    return true;
}

static const char *const oracle_text_names[] = {"stream", "arm",       "pod",
                                                "label",  "reference", "key"};
enum { ORACLE_TEXTS = 6 };

static inline bool oracle_fields(const json_t *line)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)line, name, value)
    {
        bool is_known = !strcmp(name, "time") || !strcmp(name, "slices") || !strcmp(name, "count");
        for (size_t i = 0; i < ORACLE_TEXTS && !is_known; i++) {
            is_known = !strcmp(name, oracle_text_names[i]);
            if (is_known && !json_is_null(value) && !oracle_is_text(value)) {
                return false;
            }
        }
        if (!is_known) {
            return false;
        }
    }
    return true;
}

static inline bool oracle_accepts(const json_t *line)
{
    int64_t time_ms = 0;
    uint64_t count = 0;
    bool has_label = oracle_value(line, "label");
    bool is_late = oracle_value(line, "key") && oracle_value(line, "reference");
    return json_is_object(line) && oracle_fields(line) && oracle_value(line, "stream") &&
           oracle_time(oracle_value(line, "time"), &time_ms) &&
           oracle_count(oracle_value(line, "count"), &count) &&
           oracle_slices(oracle_value(line, "slices")) &&
           (has_label ? oracle_value(line, "arm") && oracle_value(line, "pod") : is_late);
}

static inline bool oracle_agrees(const json_t *line, const struct label_event *event)
{
    const struct text_view texts[ORACLE_TEXTS] = {event->stream, event->arm,       event->pod,
                                                  event->label,  event->reference, event->key};
    for (size_t i = 0; i < ORACLE_TEXTS; i++) {
        if (!text_equal(texts[i], oracle_text(oracle_value(line, oracle_text_names[i])))) {
            return false;
        }
    }
    int64_t time_ms = 0;
    uint64_t count = 0;
    (void)oracle_time(oracle_value(line, "time"), &time_ms);
    (void)oracle_count(oracle_value(line, "count"), &count);
    const json_t *slices = oracle_value(line, "slices");
    for (size_t i = 0; i < event->slice_count; i++) {
        char name[EVENT_TEXT_BYTES_MAX + 1] = "";
        memcpy(name, event->slices[i].dimension.start, event->slices[i].dimension.length);
        if (!text_equal(oracle_text(json_object_get(slices, name)), event->slices[i].value)) {
            return false;
        }
    }
    return event->time_ms == time_ms && event->count == count &&
           event->slice_count == json_object_size(slices) &&
           event->has_label == (oracle_value(line, "label") != NULL) &&
           event->has_reference == (oracle_value(line, "reference") != NULL) &&
           event->has_key == (oracle_value(line, "key") != NULL);
}

/* NULL when both readings agree on the line, else what they disagree about. */
static inline const char *oracle_disagreement(const char *bytes, size_t length)
{
    struct event_scratch scratch = {0};
    struct label_event event = {0};
    struct serin_error err = {0};
    enum serin_status status =
        event_line_parse((struct text_view){bytes, length}, &scratch, &event, &err);
    /* jansson skips a zero byte after a number instead of refusing it. */
    bool has_zero = length > 0 && memchr(bytes, '\0', length);
    json_t *line = has_zero ? NULL : json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);
    bool is_accepted = line && oracle_accepts(line);
    const char *found = NULL;
    if ((status == SERIN_OK) != is_accepted) {
        found = is_accepted ? "refused a good line" : "accepted a bad line";
    } else if (is_accepted && !oracle_agrees(line, &event)) {
        found = "read another event";
    } else if (!is_accepted && (status != SERIN_INVALID || err.detail[0] == '\0')) {
        found = "refused without saying why";
    }
    json_decref(line);
    return found;
}

#endif
