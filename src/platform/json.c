#include "platform/json.h"

#include <jansson.h>
#include <string.h>

static void release_value(json_t **value)
{
    json_decref(*value);
}

static enum serin_status status_of(enum json_error_code code)
{
    if (code == json_error_out_of_memory) {
        return SERIN_NO_MEMORY;
    }
    return code == json_error_stack_overflow ? SERIN_TOO_LARGE : SERIN_INVALID;
}

/* Failures that deserve better words than the library's. */
static const struct {
    enum json_error_code code;
    const char *words;
} failures[] = {
    {json_error_out_of_memory,          "no memory for the document"                  },
    {json_error_stack_overflow,         "nested too deeply"                           },
    {json_error_invalid_utf8,           "the text is not UTF-8"                       },
    {json_error_premature_end_of_input, "the text ends before the value does"         },
    {json_error_end_of_input_expected,  "the value is complete, but more text follows"},
    {json_error_null_character,         "a text holds a zero character (\\u0000)"     },
    {json_error_null_byte_in_key,       "a name holds a zero character (\\u0000)"     },
    {json_error_duplicate_key,          "a name is given twice in one object"         },
    {json_error_numeric_overflow,       "a number is too large"                       },
};

/*
 * What went wrong. The library's own phrase loses the piece of input it quotes, which may hold
 * anything and may be long.
 */
static struct text_view words_for(const json_error_t *error)
{
    for (size_t i = 0; i < ARRAY_LENGTH(failures); i++) {
        if (failures[i].code == json_error_code(error)) {
            return text_view_of(failures[i].words);
        }
    }
    struct text_view phrase = text_view_of(error->text);
    const char *quote = strstr(error->text, " near ");
    if (quote) {
        phrase.length = (size_t)(quote - error->text);
    }
    return text_is_printable(phrase) ? phrase : text_view_of("not JSON");
}

static enum serin_status refuse(const json_error_t *error, struct serin_error *err)
{
    /* Where memory is out the library often gives up without a word. */
    if (error->text[0] == '\0') {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the document");
    }
    struct text_view words = words_for(error);
    return serin_fail(err, status_of(json_error_code(error)), "line %d, column %d: %.*s",
                      error->line, error->column > 0 ? error->column : 1, (int)words.length,
                      words.start);
}

static enum serin_status add_value(const json_t *value, struct document_builder *builder,
                                   struct serin_error *err);

static enum serin_status add_object(const json_t *object, struct document_builder *builder,
                                    struct serin_error *err)
{
    TRY(document_open_map(builder, err));
    /* The library's iterator wants to be able to change what it walks. */
    json_t *walked = (json_t *)object;
    for (void *at = json_object_iter(walked); at; at = json_object_iter_next(walked, at)) {
        TRY(document_add_key(builder, text_view_of(json_object_iter_key(at)), err));
        TRY(add_value(json_object_iter_value(at), builder, err));
    }
    document_close(builder);
    return SERIN_OK;
}

static enum serin_status add_array(const json_t *array, struct document_builder *builder,
                                   struct serin_error *err)
{
    TRY(document_open_list(builder, err));
    for (size_t i = 0; i < json_array_size(array); i++) {
        TRY(add_value(json_array_get(array, i), builder, err));
    }
    document_close(builder);
    return SERIN_OK;
}

/* The builder's limit on depth also bounds this recursion. */
static enum serin_status add_value(const json_t *value, struct document_builder *builder,
                                   struct serin_error *err)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return add_object(value, builder, err);
    case JSON_ARRAY:
        return add_array(value, builder, err);
    case JSON_STRING: {
        struct text_view text = {json_string_value(value), json_string_length(value)};
        return document_add_text(builder, text, err);
    }
    case JSON_INTEGER:
        return document_add_int64(builder, json_integer_value(value), err);
    case JSON_REAL:
        return document_add_real(builder, json_real_value(value), err);
    case JSON_TRUE:
    case JSON_FALSE:
        return document_add_bool(builder, json_is_true(value), err);
    case JSON_NULL:
        return document_add_null(builder, err);
    }
    return serin_fail(err, SERIN_BUG, "a JSON value of unknown type");
}

enum serin_status json_parse(struct text_view bytes, const struct document_limits *limits,
                             struct document **out, struct serin_error *err)
{
    TRY(document_check_size(limits, bytes.length, err));
    json_error_t error;
    const char *start = bytes.start ? bytes.start : "";
    __attribute__((cleanup(release_value))) json_t *value =
        json_loadb(start, bytes.length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value) {
        return refuse(&error, err);
    }
    owned(document_builder) builder = document_builder_create(limits);
    if (!builder) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the document");
    }
    TRY(add_value(value, builder, err));
    *out = document_builder_take(builder);
    return SERIN_OK;
}
