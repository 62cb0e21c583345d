/*
 * Lines of a log from outside: the reader survives anything, what it accepts is JSON to an
 * independent parser as well, and both find the same texts at the same paths.
 */
#include "base/memory.h"
#include "tap/event_fields.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const texts[] = {"label", "a.label", "a.b.c", "a.b.d"};
enum { PATHS = 4 };

static void fail(const char *what, struct text_view line)
{
    (void)fprintf(stderr, "%s: %.*s\n", what, (int)line.length, line.start);
    abort();
}

/* What jansson finds; NULL where nothing is or where a name on the way comes twice. */
static const json_t *find(const json_t *object, const struct field_path *path)
{
    for (size_t level = 0; object && level < path->depth; level++) {
        struct text_view name = field_path_name(path, level);
        object = json_object_getn(object, name.start, name.length);
    }
    return object;
}

/* Of a name that comes twice jansson knows the last value only: found texts are compared. */
static void compare(const json_t *object, const struct field_path *path, struct text_view value,
                    struct text_view line)
{
    const json_t *other = find(object, path);
    if (other && json_is_string(other) && value.start) {
        struct text_view text = {json_string_value(other), json_string_length(other)};
        if (!text_equal(text, value)) {
            fail("the readings differ", line);
        }
    }
    if (other && json_is_string(other) && !value.start) {
        fail("a text was not found", line);
    }
}

static void check(struct text_view line, const struct field_path *paths,
                  const struct text_view *values)
{
    json_error_t error;
    json_t *object = json_loadb(line.start, line.length, JSON_ALLOW_NUL, &error);
    bool is_excused = json_error_code(&error) == json_error_numeric_overflow ||
                      json_error_code(&error) == json_error_invalid_utf8;
    if (!object && !is_excused) {
        fail("not JSON", line);
    }
    for (size_t i = 0; object && i < PATHS; i++) {
        compare(object, &paths[i], values[i], line);
    }
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event_fields_scratch scratch;
    struct field_path paths[PATHS];
    struct text_view values[PATHS];
    struct text_view line = {(const char *)data, size};
    for (size_t i = 0; i < PATHS; i++) {
        if (field_path_parse(text_view_of(texts[i]), &paths[i], NULL) != SERIN_OK) {
            abort();
        }
    }
    /* jansson skips a zero byte after a number instead of refusing it. */
    bool has_zero = size > 0 && memchr(data, '\0', size);
    if (event_fields_read(line, paths, PATHS, &scratch, values, NULL) == SERIN_OK && !has_zero) {
        check(line, paths, values);
    }
    return 0;
}
