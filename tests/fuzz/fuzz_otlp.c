/*
 * OTLP requests from outside: the reader survives anything; what it accepts is JSON to an
 * independent parser as well, and both find the same records with the same labels.
 */
#include "base/memory.h"
#include "source/otlp_logs.h"
#include "source/otlp_value.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

/* ---- the independent reading ----------------------------------------------------------------- */

/* The record of a number, counted over all lists; NULL when there are not so many. */
static const json_t *nth_record(const json_t *root, uint64_t number)
{
    size_t i = 0;
    size_t j = 0;
    const json_t *resource = NULL;
    const json_t *scope = NULL;
    json_array_foreach(json_object_get(root, "resourceLogs"), i, resource)
    {
        json_array_foreach(json_object_get(resource, "scopeLogs"), j, scope)
        {
            const json_t *records = json_object_get(scope, "logRecords");
            if (number <= json_array_size(records)) {
                return json_array_get(records, number - 1);
            }
            number -= json_array_size(records);
        }
    }
    return NULL;
}

/* The first attribute of the record itself that is called "label" and has a value. */
static const json_t *label_of(const json_t *record)
{
    size_t i = 0;
    const json_t *each = NULL;
    json_array_foreach(json_object_get(record, "attributes"), i, each)
    {
        const char *name = json_string_value(json_object_get(each, "key"));
        if (name && strcmp(name, "label") == 0) {
            const json_t *value = json_object_get(each, "value");
            return json_is_null(value) ? NULL : value;
        }
    }
    return NULL;
}

/* ---- one record ------------------------------------------------------------------------------ */

struct check {
    const json_t *root; /* NULL: not to be compared */
    uint64_t records;
};

static void compare(const json_t *record, struct text_view text)
{
    const json_t *value = json_object_get(label_of(record), "stringValue");
    struct text_view other = {json_string_value(value), json_string_length(value)};
    if (json_is_string(value) && !text_equal(other, text)) {
        fail("the labels differ");
    }
}

static enum serin_status check_record(void *context, const struct otlp_record *record,
                                      struct serin_error *err)
{
    static const struct text_view label = TEXT_VIEW("label");
    struct check *check = context;
    struct otlp_room room;
    struct text_view text = {0};
    bool known = false;
    int64_t time_ms = 0;
    (void)err;
    check->records++;
    if (check->records != record->number) {
        fail("a record is left out");
    }
    (void)!otlp_time(record->time, &known, &time_ms, NULL);
    (void)otlp_resource_value(record, label);
    enum serin_status status =
        otlp_value_text(otlp_record_value(record, label), &room, &text, NULL);
    if (status == SERIN_OK && !text_is_printable(text)) {
        fail("a text that is not printable");
    }
    const json_t *other = check->root ? nth_record(check->root, record->number) : NULL;
    if (check->root && !other) {
        fail("a record that is none");
    }
    if (status == SERIN_OK && label_of(other)) {
        compare(other, text);
    }
    return SERIN_OK;
}

/* Of names that come twice the parser keeps the last, so such a body is not compared. */
static json_t *read_independently(const char *bytes, size_t size, json_error_t *error)
{
    return json_loadb(bytes, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, error);
}

static bool is_expected(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_invalid_utf8 ||
           code == json_error_duplicate_key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t error;
    struct text_view body = {(const char *)data, size};
    /* jansson skips a zero byte after a number instead of refusing it. */
    bool has_zero = size > 0 && memchr(data, '\0', size);
    json_t *root = has_zero ? NULL : read_independently(body.start, size, &error);
    struct check check = {.root = root};
    if (size > 0 && otlp_logs_read(body, check_record, &check, NULL) == SERIN_OK && !has_zero &&
        !root && !is_expected(&error)) {
        fail("not JSON");
    }
    json_decref(root);
    return 0;
}
