#include "base/decode_parts.h"

#include <string.h>

/* ---- what a field takes ----------------------------------------------------------------------*/

static const char *kind_text(const struct decode_field *field)
{
    switch (field->kind) {
    case DECODE_KIND_TEXT:
        return field->takes ? field->takes : "a text";
    case DECODE_KIND_TEXT_LIST:
        return "a list of texts";
    case DECODE_KIND_ENUM:
        return "one of ";
    case DECODE_KIND_BOOL:
        return "true or false";
    case DECODE_KIND_UINT64:
        return "a whole number";
    case DECODE_KIND_DOUBLE:
        return "a number";
    case DECODE_KIND_DURATION:
        return "a duration such as 90s or 1h30m";
    case DECODE_KIND_SIZE:
        return "a size such as 64KiB";
    case DECODE_KIND_MAP:
        return "a map";
    case DECODE_KIND_MAP_LIST:
        return "a list of maps";
    case DECODE_KIND_CUSTOM:
        return field->takes;
    }
    return "a value";
}

static const char *limit_unit(enum decode_kind kind)
{
    if (kind == DECODE_KIND_TEXT) {
        return " bytes";
    }
    bool is_list = kind == DECODE_KIND_TEXT_LIST || kind == DECODE_KIND_MAP_LIST;
    return is_list ? " items" : "";
}

static void append_limits(const struct decode_field *field, struct buffer *buffer)
{
    const struct {
        const char *word;
        const char *value;
    } limits[] = {
        {"at least", field->minimum},
        {"above",    field->above  },
        {"at most",  field->maximum},
        {"below",    field->below  },
    };
    const char *joint = ", ";
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        if (limits[i].value) {
            buffer_printf(buffer, "%s%s %s", joint, limits[i].word, limits[i].value);
            joint = " and ";
        }
    }
    if (strcmp(joint, ", ") != 0) {
        buffer_append_text(buffer, limit_unit(field->kind));
    }
}

void decode_describe(const struct decode_field *field, struct buffer *buffer)
{
    buffer_append_text(buffer, kind_text(field));
    if (field->kind == DECODE_KIND_ENUM) {
        for (const struct decode_name *name = field->names; name->name; name++) {
            buffer_printf(buffer, "%s%s", name == field->names ? "" : ", ", name->name);
        }
    }
    append_limits(field, buffer);
    if (field->kind == DECODE_KIND_TEXT && !field->minimum && !field->takes) {
        buffer_append_text(buffer, ", not empty");
    }
}

/* ---- the table itself ------------------------------------------------------------------------*/

static bool parses_as_limit(const struct decode_field *field, const char *limit)
{
    struct decode_field reader = *field;
    bool counts = field->kind == DECODE_KIND_TEXT || field->kind == DECODE_KIND_TEXT_LIST ||
                  field->kind == DECODE_KIND_MAP_LIST;
    bool orders = field->kind == DECODE_KIND_UINT64 || field->kind == DECODE_KIND_DOUBLE ||
                  field->kind == DECODE_KIND_DURATION || field->kind == DECODE_KIND_SIZE;
    reader.kind = counts ? DECODE_KIND_UINT64 : field->kind;
    union decode_value value = {.whole = 0};
    return !limit || ((counts || orders) &&
                      decode_value_from_text(&reader, text_view_of(limit), &value) == SERIN_OK);
}

static bool limits_parse(const struct decode_field *field)
{
    return parses_as_limit(field, field->minimum) && parses_as_limit(field, field->maximum) &&
           parses_as_limit(field, field->above) && parses_as_limit(field, field->below);
}

static bool fallback_is_valid(const struct decode_field *field)
{
    switch (field->kind) {
    case DECODE_KIND_TEXT_LIST:
        return true;
    case DECODE_KIND_MAP:
    case DECODE_KIND_MAP_LIST:
    case DECODE_KIND_CUSTOM:
        return !field->fallback;
    case DECODE_KIND_TEXT:
    case DECODE_KIND_ENUM:
    case DECODE_KIND_BOOL:
    case DECODE_KIND_UINT64:
    case DECODE_KIND_DOUBLE:
    case DECODE_KIND_DURATION:
    case DECODE_KIND_SIZE:
        break;
    }
    union decode_value value = {.whole = 0};
    return !field->fallback ||
           (decode_value_from_text(field, text_view_of(field->fallback), &value) == SERIN_OK &&
            decode_value_is_allowed(field, &value));
}

static bool has_what_its_kind_needs(const struct decode_field *field)
{
    bool has_table = field->table != NULL;
    bool wants_table = field->kind == DECODE_KIND_MAP || field->kind == DECODE_KIND_MAP_LIST;
    bool is_enum = field->kind == DECODE_KIND_ENUM;
    bool is_custom = field->kind == DECODE_KIND_CUSTOM;
    return (has_table == wants_table || is_custom) &&
           (field->names && field->names->name) == is_enum &&
           (field->read && field->release && field->takes) == is_custom;
}

static const char *row_fault(const struct decode_table *table, size_t index)
{
    const struct decode_field *field = &table->fields[index];
    if (!field->help || field->help[0] == '\0') {
        return "has no help text";
    }
    if (!has_what_its_kind_needs(field)) {
        return "lacks what its kind needs, or has more";
    }
    if (field->is_required && field->fallback) {
        return "is required and has a fallback";
    }
    if (!limits_parse(field)) {
        return "has a limit that its kind cannot read";
    }
    if (!fallback_is_valid(field)) {
        return "has a fallback that it would refuse";
    }
    if (field->offset >= table->size || field->given >= table->size) {
        return "lies outside the struct";
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(table->fields[i].name, field->name) == 0) {
            return "is named twice";
        }
    }
    return NULL;
}

enum serin_status decode_table_check(const struct decode_table *table, struct serin_error *err)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct decode_field *field = &table->fields[i];
        if (!field->name || field->name[0] == '\0') {
            return serin_fail(err, SERIN_BUG, "row %zu has no name", i);
        }
        const char *fault = row_fault(table, i);
        if (fault) {
            return serin_fail(err, SERIN_BUG, "row \"%s\" %s", field->name, fault);
        }
        if (field->table) {
            TRY(decode_table_check(field->table, err));
        }
    }
    return SERIN_OK;
}
