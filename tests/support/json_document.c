#include "support/json_document.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(enum serin_status status)
{
    if (status != SERIN_OK) {
        fprintf(stderr, "building a document: %s\n", serin_status_name(status));
        abort();
    }
}

static void add_value(struct document_builder *builder, json_t *value);

static void add_map(struct document_builder *builder, json_t *map)
{
    const char *key = NULL;
    json_t *value = NULL;
    require(document_open_map(builder, NULL));
    json_object_foreach(map, key, value)
    {
        require(document_add_key(builder, text_view_of(key), NULL));
        add_value(builder, value);
    }
    document_close(builder);
}

static void add_list(struct document_builder *builder, json_t *list)
{
    size_t index = 0;
    json_t *value = NULL;
    require(document_open_list(builder, NULL));
    json_array_foreach(list, index, value)
    {
        add_value(builder, value);
    }
    document_close(builder);
}

static void add_value(struct document_builder *builder, json_t *value)
{
    struct text_view text = {json_string_value(value), json_string_length(value)};
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_map(builder, value);
        return;
    case JSON_ARRAY:
        add_list(builder, value);
        return;
    case JSON_STRING:
        require(document_add_text(builder, text, NULL));
        return;
    case JSON_INTEGER:
        require(document_add_int64(builder, json_integer_value(value), NULL));
        return;
    case JSON_REAL:
        require(document_add_real(builder, json_real_value(value), NULL));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        require(document_add_bool(builder, json_is_true(value), NULL));
        return;
    case JSON_NULL:
        require(document_add_null(builder, NULL));
        return;
    }
}

struct document *json_document(const char *json)
{
    json_error_t error;
    json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!value) {
        fprintf(stderr, "%s: %s\n", error.text, json);
        abort();
    }
    owned(document_builder) builder = document_builder_create(&document_limits_file);
    add_value(builder, value);
    json_decref(value);
    return document_builder_take(builder);
}

struct document *query_document(const char *query)
{
    owned(document_builder) builder = document_builder_create(&document_limits_file);
    require(document_open_map(builder, NULL));
    while (*query != '\0') {
        size_t length = strcspn(query, "&");
        size_t name = strcspn(query, "=");
        require(document_add_key(builder, (struct text_view){query, name}, NULL));
        require(document_add_untyped(
            builder, (struct text_view){query + name + 1, length - name - 1}, NULL));
        query += length + (query[length] == '&');
    }
    document_close(builder);
    return document_builder_take(builder);
}
