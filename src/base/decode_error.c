#include "base/decode_parts.h"
#include "base/suggest.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    MESSAGE_SIZE = 512 /* more than an error holds, so that the error does the cutting */
};

enum serin_status decode_out_of_memory(const char *path, struct serin_error *err)
{
    serin_error_at(err, "%s", path);
    return serin_fail(err, SERIN_NO_MEMORY, "no memory to decode it");
}

static enum serin_status fail_at(struct node_position position, const char *path,
                                 struct serin_error *err, const char *message)
{
    char where[NODE_POSITION_SIZE];
    serin_error_at(err, "%s", path);
    return serin_fail(err, SERIN_INVALID, "%s%s", node_position_text(position, where), message);
}

enum serin_status decode_fail_at(struct node_position position, const char *path,
                                 struct serin_error *err, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return fail_at(position, path, err, message);
}

enum serin_status decode_fail(const struct node *node, const char *path, struct serin_error *err,
                              const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return fail_at(node_position(node), path, err, message);
}

/* What did not fit was cut anywhere; half a character would spoil the JSON it ends up in. */
static void drop_partial_character(char *text)
{
    struct text_view rest = text_view_of(text);
    while (rest.length > 0 && !text_is_utf8(rest)) {
        rest.length--;
    }
    text[rest.length] = '\0';
}

const char *decode_path_field(const char *path, const char *name, char out[static DECODE_PATH_SIZE])
{
    const char *joint = path[0] == '\0' ? "" : ".";
    struct text_quote quote;
    const char *shown =
        text_is_printable(text_view_of(name)) ? name : text_quote(text_view_of(name), &quote);
    if (snprintf(out, DECODE_PATH_SIZE, "%s%s%s", path, joint, shown) >= DECODE_PATH_SIZE) {
        drop_partial_character(out);
    }
    return out;
}

const char *decode_path_item(const char *path, size_t index, char out[static DECODE_PATH_SIZE])
{
    if (snprintf(out, DECODE_PATH_SIZE, "%s[%zu]", path, index) >= DECODE_PATH_SIZE) {
        drop_partial_character(out);
    }
    return out;
}

static const char *closest_name(const struct decode_field *field, const struct node *node)
{
    if (field->kind != DECODE_KIND_ENUM || node_kind(node) != NODE_TEXT) {
        return NULL;
    }
    struct suggestion suggestion = suggestion_for(node_text(node));
    for (const struct decode_name *name = field->names; name->name; name++) {
        suggestion_offer(&suggestion, name->name);
    }
    return suggestion_best(&suggestion);
}

/* Quotes decide between text and other values, and are the commonest mistake there. */
static const char *quoting_advice(const struct decode_field *field, const struct node *node)
{
    enum node_kind kind = node_kind(node);
    bool is_plain = kind == NODE_INTEGER || kind == NODE_REAL || kind == NODE_BOOL;
    if (field->kind == DECODE_KIND_TEXT && is_plain) {
        return "; put it in quotes";
    }
    bool is_plain_field = field->kind == DECODE_KIND_UINT64 || field->kind == DECODE_KIND_DOUBLE ||
                          field->kind == DECODE_KIND_BOOL;
    union decode_value value = {.whole = 0};
    bool would_do = is_plain_field && kind == NODE_TEXT && !node_is_untyped(node) &&
                    decode_value_from_text(field, node_text(node), &value) == SERIN_OK;
    return would_do ? "; leave the quotes out" : "";
}

enum serin_status decode_refuse_value(const struct decode_field *field, const struct node *node,
                                      const char *path, struct serin_error *err)
{
    owned(buffer) expected = buffer_create(MESSAGE_SIZE);
    if (!expected) {
        return decode_out_of_memory(path, err);
    }
    decode_describe(field, expected);
    bool is_hidden = field->is_secret && node_kind(node) != NODE_LIST;
    struct text_quote found = {""};
    const char *closest = closest_name(field, node);
    return decode_fail(node, path, err, "found %s%s%s%s expected %s%s",
                       is_hidden ? "another value" : decode_value_show(node, &found),
                       closest ? ", did you mean \"" : ";", closest ? closest : "",
                       closest ? "\"?" : "", buffer_text(expected), quoting_advice(field, node));
}

enum serin_status decode_expect(const struct node *node, enum node_kind kind, const char *path,
                                struct serin_error *err)
{
    if (node_kind(node) == kind) {
        return SERIN_OK;
    }
    struct text_quote found = {""};
    return decode_fail(node, path, err, "found %s; expected %s", decode_value_show(node, &found),
                       node_kind_name(kind));
}

static void list_names(const struct decode_target *targets, size_t target_count,
                       struct suggestion *suggestion, struct buffer *names)
{
    const char *joint = "";
    for (size_t i = 0; i < target_count; i++) {
        for (size_t j = 0; j < targets[i].table->count; j++) {
            const char *name = targets[i].table->fields[j].name;
            suggestion_offer(suggestion, name);
            buffer_printf(names, "%s%s", joint, name);
            joint = ", ";
        }
    }
}

enum serin_status decode_refuse_key(const struct decode_target *targets, size_t target_count,
                                    const struct node *entry, const char *path,
                                    struct serin_error *err)
{
    owned(buffer) names = buffer_create(MESSAGE_SIZE);
    if (!names) {
        return decode_out_of_memory(path, err);
    }
    struct text_view key = node_key(entry);
    struct suggestion suggestion = suggestion_for(key);
    list_names(targets, target_count, &suggestion, names);
    const char *best = suggestion_best(&suggestion);
    char key_path[DECODE_PATH_SIZE];
    decode_path_field(path, key.start, key_path);
    return decode_fail_at(node_key_position(entry), key_path, err, "unknown key %s%s%s%s known: %s",
                          TEXT_QUOTE(key), best ? ", did you mean \"" : ";", best ? best : "",
                          best ? "\"?" : "", buffer_text(names));
}
