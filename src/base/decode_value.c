#include "base/decode_parts.h"

#include "base/number.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- reading ---------------------------------------------------------------------------------*/

static enum serin_status read_choice(const struct decode_name *names, struct text_view text,
                                     int *out)
{
    for (const struct decode_name *name = names; name->name; name++) {
        if (text_equals(text, name->name)) {
            *out = name->value;
            return SERIN_OK;
        }
    }
    return SERIN_INVALID;
}

static enum serin_status read_truth(struct text_view text, bool *out)
{
    if (!text_equals(text, "true") && !text_equals(text, "false")) {
        return SERIN_INVALID;
    }
    *out = text_equals(text, "true");
    return SERIN_OK;
}

enum serin_status decode_value_from_text(const struct decode_field *field, struct text_view text,
                                         union decode_value *out)
{
    switch (field->kind) {
    case DECODE_KIND_TEXT:
        out->text = text;
        return SERIN_OK;
    case DECODE_KIND_ENUM:
        return read_choice(field->names, text, &out->choice);
    case DECODE_KIND_BOOL:
        return read_truth(text, &out->truth);
    case DECODE_KIND_UINT64:
        return number_parse_uint64(text, &out->whole);
    case DECODE_KIND_DOUBLE:
        return number_parse_double(text, &out->real);
    case DECODE_KIND_DURATION:
        return number_parse_duration(text, &out->duration_ms);
    case DECODE_KIND_SIZE:
        return number_parse_size(text, &out->whole);
    case DECODE_KIND_TEXT_LIST:
    case DECODE_KIND_MAP:
    case DECODE_KIND_MAP_LIST:
    case DECODE_KIND_CUSTOM:
        break;
    }
    assert(false && "a scalar kind");
    return SERIN_BUG;
}

bool decode_is_written_as_text(enum decode_kind kind)
{
    return kind == DECODE_KIND_TEXT || kind == DECODE_KIND_ENUM || kind == DECODE_KIND_DURATION ||
           kind == DECODE_KIND_SIZE;
}

enum serin_status decode_value_from_node(const struct decode_field *field, const struct node *node,
                                         union decode_value *out)
{
    enum node_kind found = node_kind(node);
    bool is_number = found == NODE_INTEGER || found == NODE_REAL;
    if (found == NODE_TEXT && (node_is_untyped(node) || decode_is_written_as_text(field->kind))) {
        return decode_value_from_text(field, node_text(node), out);
    }
    if (field->kind == DECODE_KIND_BOOL && found == NODE_BOOL) {
        out->truth = node_bool(node);
        return SERIN_OK;
    }
    if (field->kind == DECODE_KIND_DOUBLE && is_number) {
        out->real = node_number(node);
        return SERIN_OK;
    }
    bool wants_whole = field->kind == DECODE_KIND_UINT64 || field->kind == DECODE_KIND_SIZE;
    if (wants_whole && found == NODE_INTEGER) {
        return node_uint64(node, &out->whole);
    }
    return SERIN_INVALID;
}

/* ---- limits ----------------------------------------------------------------------------------*/

static int order_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

static int order_uint64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int order_values(enum decode_kind kind, const union decode_value *a,
                        const union decode_value *b)
{
    if (kind == DECODE_KIND_DOUBLE) {
        return order_doubles(a->real, b->real);
    }
    if (kind == DECODE_KIND_DURATION) {
        return order_uint64((uint64_t)a->duration_ms, (uint64_t)b->duration_ms);
    }
    return order_uint64(a->whole, b->whole);
}

/* The order of `value` and a limit of the table, of which a wrong one is a bug. */
static int order_to_limit(const struct decode_field *field, const union decode_value *value,
                          const char *limit)
{
    union decode_value bound = {.whole = 0};
    enum serin_status status = decode_value_from_text(field, text_view_of(limit), &bound);
    assert(status == SERIN_OK && "decode_table_check accepts the table");
    return status == SERIN_OK ? order_values(field->kind, value, &bound) : 0;
}

static bool is_within(const struct decode_field *field, const union decode_value *value)
{
    return (!field->minimum || order_to_limit(field, value, field->minimum) >= 0) &&
           (!field->maximum || order_to_limit(field, value, field->maximum) <= 0) &&
           (!field->above || order_to_limit(field, value, field->above) > 0) &&
           (!field->below || order_to_limit(field, value, field->below) < 0);
}

bool decode_count_is_allowed(const struct decode_field *field, uint64_t count)
{
    struct decode_field whole = *field;
    whole.kind = DECODE_KIND_UINT64;
    return is_within(&whole, &(union decode_value){.whole = count});
}

bool decode_value_is_allowed(const struct decode_field *field, const union decode_value *value)
{
    switch (field->kind) {
    case DECODE_KIND_TEXT:
        return (value->text.length > 0 || field->minimum) &&
               decode_count_is_allowed(field, value->text.length);
    case DECODE_KIND_UINT64:
    case DECODE_KIND_DOUBLE:
    case DECODE_KIND_DURATION:
    case DECODE_KIND_SIZE:
        return is_within(field, value);
    case DECODE_KIND_ENUM:
    case DECODE_KIND_BOOL:
    case DECODE_KIND_TEXT_LIST:
    case DECODE_KIND_MAP:
    case DECODE_KIND_MAP_LIST:
    case DECODE_KIND_CUSTOM:
        break;
    }
    return true;
}

/* ---- showing ---------------------------------------------------------------------------------*/

static const char *show_integer(const struct node *node, struct text_quote *out)
{
    int64_t signed_value = 0;
    uint64_t value = 0;
    if (node_uint64(node, &value) == SERIN_OK) {
        (void)snprintf(out->text, sizeof(out->text), "%s", number_write_uint64(value, NUMBER_TEXT));
    } else if (node_int64(node, &signed_value) == SERIN_OK) {
        (void)snprintf(out->text, sizeof(out->text), "%s",
                       number_write_int64(signed_value, NUMBER_TEXT));
    }
    return out->text;
}

const char *decode_value_show(const struct node *node, struct text_quote *out)
{
    switch (node_kind(node)) {
    case NODE_TEXT:
        return text_quote(node_text(node), out);
    case NODE_INTEGER:
        return show_integer(node, out);
    case NODE_REAL:
        (void)snprintf(out->text, sizeof(out->text), "%s",
                       number_write_double(node_real(node), NUMBER_TEXT));
        return out->text;
    case NODE_BOOL:
        (void)snprintf(out->text, sizeof(out->text), "%s", node_bool(node) ? "true" : "false");
        return out->text;
    case NODE_LIST:
        (void)snprintf(out->text, sizeof(out->text), "a list of %zu item%s", node_count(node),
                       node_count(node) == 1 ? "" : "s");
        return out->text;
    case NODE_NULL:
    case NODE_MAP:
        break;
    }
    (void)snprintf(out->text, sizeof(out->text), "%s", node_kind_name(node_kind(node)));
    return out->text;
}
