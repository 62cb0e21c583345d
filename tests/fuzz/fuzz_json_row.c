/*
 * Lines of NDJSON from outside: the reader survives anything, what it accepts is JSON to an
 * independent parser as well, and both find the same texts.
 */
#include "base/memory.h"
#include "source/json_row.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct text_view names[] = {
    TEXT_VIEW("label"), TEXT_VIEW("reference"), {0}, TEXT_VIEW("count"), TEXT_VIEW("label")};

static void fail(const char *what, struct text_view line)
{
    (void)fprintf(stderr, "%s: %.*s\n", what, (int)line.length, line.start);
    abort();
}

/* Only texts are compared: of numbers and words the row keeps the spelling. */
static void compare(const json_t *object, struct text_view name, struct text_view value,
                    struct text_view line)
{
    const json_t *other = json_object_getn(object, name.start, name.length);
    if ((value.start == NULL) != (other == NULL || json_is_null(other))) {
        fail("one reading has a value", line);
    }
    if (other && json_is_string(other)) {
        struct text_view text = {json_string_value(other), json_string_length(other)};
        if (!text_equal(text, value)) {
            fail("the readings differ", line);
        }
    }
}

static void check(struct text_view line, const struct text_view *values)
{
    json_error_t error;
    json_t *object = json_loadb(line.start, line.length, JSON_ALLOW_NUL, &error);
    bool is_too_large = json_error_code(&error) == json_error_numeric_overflow;
    if (!object && !is_too_large) {
        fail("not JSON", line);
    }
    for (size_t i = 0; object && i < ARRAY_LENGTH(names); i++) {
        if (names[i].start) {
            compare(object, names[i], values[i], line);
        }
    }
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_row_scratch scratch;
    struct text_view values[ARRAY_LENGTH(names)];
    struct text_view line = {(const char *)data, size};
    /* jansson skips a zero byte after a number instead of refusing it. */
    bool has_zero = size > 0 && memchr(data, '\0', size);
    if (json_row_parse(line, names, ARRAY_LENGTH(names), &scratch, values, NULL) == SERIN_OK &&
        !has_zero) {
        check(line, values);
    }
    return 0;
}
