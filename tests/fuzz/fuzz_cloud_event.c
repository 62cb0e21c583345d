/*
 * CloudEvents from outside: the reader survives anything; what it accepts is JSON to an independent
 * parser as well, and both find the same attributes and data. The same bytes as headers, one a
 * line, are survived too.
 */
#include "base/memory.h"
#include "source/cloud_event.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, const char *name)
{
    (void)fprintf(stderr, "%s: %s\n", what, name);
    abort();
}

static void compare(const json_t *object, const char *name, struct text_view text)
{
    const json_t *other = json_object_get(object, name);
    struct text_view value = {json_string_value(other), json_string_length(other)};
    if (!text_equal(json_is_string(other) ? value : (struct text_view){0}, text)) {
        fail("the readings differ", name);
    }
}

static void compare_data(const json_t *object, struct text_view data)
{
    const json_t *other = json_object_get(object, "data");
    json_t *value = json_loadb(data.start, data.length, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    if ((other != NULL) != (data.length > 0) || (other && value && !json_equal(other, value))) {
        fail("the readings differ", "data");
    }
    json_decref(value);
}

static void check(const char *bytes, size_t size, const struct cloud_event *event)
{
    json_error_t error;
    json_t *object = json_loadb(bytes, size, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &error);
    if (!object) {
        if (json_error_code(&error) != json_error_numeric_overflow &&
            json_error_code(&error) != json_error_invalid_utf8) {
            fail("not JSON", error.text);
        }
        return;
    }
    compare(object, "id", event->id);
    compare(object, "source", event->source);
    compare(object, "type", event->type);
    compare(object, "subject", event->subject);
    compare_data(object, event->data);
    json_decref(object);
}

/* Lines of the input as the values of the headers. */
static void read_headers(const uint8_t *data, size_t size, struct cloud_event_scratch *scratch)
{
    enum { HEADERS = 6 };
    char *text = memory_copy_text((const char *)data, size);
    const char *values[HEADERS] = {"1.0"};
    struct cloud_event event;
    char *rest = text;
    for (size_t i = 1; text && i < HEADERS && rest; i++) {
        values[i] = strsep(&rest, "\n");
    }
    struct cloud_event_headers headers = {values[0], values[1], values[2],
                                          values[3], values[4], values[5]};
    if (text && cloud_event_from_headers(&headers, scratch, &event, NULL) == SERIN_OK &&
        !text_is_printable(event.id)) {
        fail("not printable", "id");
    }
    memory_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cloud_event_scratch scratch;
    struct cloud_event event;
    const char *bytes = (const char *)data;
    struct json_scan scan = json_scan_of((struct text_view){bytes, size});
    /* jansson skips a zero byte after a number instead of refusing it. */
    bool has_zero = size > 0 && memchr(data, '\0', size);
    if (size > 0 && cloud_event_parse(&scan, &scratch, &event, NULL) == SERIN_OK && !has_zero) {
        check(bytes, (size_t)(scan.at - bytes), &event);
    }
    read_headers(data, size, &scratch);
    return 0;
}
