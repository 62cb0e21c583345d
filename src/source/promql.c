#include "source/promql.h"

#include <string.h>

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t label_name_length(struct text_view text)
{
    size_t length = 0;
    while (length < text.length &&
           (is_letter(text.start[length]) || (length > 0 && is_digit(text.start[length])))) {
        length++;
    }
    return length;
}

bool promql_is_plain_label_name(struct text_view text)
{
    return text.length > 0 && label_name_length(text) == text.length;
}

bool promql_is_plain_metric_name(struct text_view text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.start[i];
        if (!is_letter(c) && c != ':' && (i == 0 || !is_digit(c))) {
            return false;
        }
    }
    return text.length > 0;
}

bool promql_is_metric_name(struct text_view text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.start[i];
        bool is_ascii = (unsigned char)c < 0x80;
        if (is_ascii && !is_letter(c) && !is_digit(c) && !strchr(":.-/", c)) {
            return false;
        }
    }
    return text.length > 0 && text_is_printable(text);
}

bool promql_is_label_name(struct text_view text)
{
    return promql_is_metric_name(text) && !memchr(text.start, ':', text.length);
}

/* ---- quoting --------------------------------------------------------------------------------- */

void promql_append_quoted(struct buffer *query, struct text_view text)
{
    buffer_append_char(query, '"');
    while (text.length > 0) {
        uint32_t code_point = 0;
        size_t size = text_first_character(text, &code_point);
        if (size == 0 || code_point < 0x20 || code_point == 0x7F) {
            /* Line breaks end a literal, and a query that is not UTF-8 is refused as a whole. */
            size = 1;
            buffer_printf(query, "\\x%02x", (unsigned)(unsigned char)text.start[0]);
        } else if (code_point == '"' || code_point == '\\') {
            buffer_append_char(query, '\\');
            buffer_append_char(query, text.start[0]);
        } else {
            buffer_append(query, text.start, size);
        }
        text.start += size;
        text.length -= size;
    }
    buffer_append_char(query, '"');
}

/* Only Prometheus 3 knows the quoted form, and only it has such names. */
void promql_open_selector(struct buffer *query, struct text_view metric)
{
    if (promql_is_plain_metric_name(metric)) {
        buffer_append_view(query, metric);
        buffer_append_char(query, '{');
        return;
    }
    buffer_append_char(query, '{');
    promql_append_quoted(query, metric);
    buffer_append_char(query, ',');
}

void promql_append_label_name(struct buffer *query, struct text_view name)
{
    if (promql_is_plain_label_name(name)) {
        buffer_append_view(query, name);
    } else {
        promql_append_quoted(query, name);
    }
}

void promql_append_literal(struct buffer *regex, struct text_view text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.start[i];
        if (c != '\0' && strchr("\\.+*?()|[]{}^$", c)) {
            buffer_append_char(regex, '\\');
        }
        buffer_append_char(regex, c);
    }
}

/* ---- matchers from the configuration --------------------------------------------------------- */

struct matcher_reader {
    const char *begin;
    struct text_view rest;
};

static void skip(struct matcher_reader *reader, size_t count)
{
    reader->rest.start += count;
    reader->rest.length -= count;
}

static void skip_spaces(struct matcher_reader *reader)
{
    while (reader->rest.length > 0 && strchr(" \t\n\r", reader->rest.start[0])) {
        skip(reader, 1);
    }
}

static enum serin_status matcher_fail(const struct matcher_reader *reader, const char *wanted,
                                      struct serin_error *err)
{
    return serin_fail(err, SERIN_INVALID,
                      "%s expected at character %zu; write matchers as in name=\"value\", "
                      "other!~\"regex\"",
                      wanted, (size_t)(reader->rest.start - reader->begin) + 1);
}

static bool read_operator(struct matcher_reader *reader)
{
    static const char *const operators[] = {"=~", "!~", "!=", "="};
    for (size_t i = 0; i < ARRAY_LENGTH(operators); i++) {
        if (text_starts_with(reader->rest, text_view_of(operators[i]))) {
            skip(reader, strlen(operators[i]));
            return true;
        }
    }
    return false;
}

/* A literal in "…" or '…' with escapes, or in `…` without. */
static bool read_literal(struct matcher_reader *reader)
{
    if (reader->rest.length == 0) {
        return false;
    }
    char quote = reader->rest.start[0];
    if (quote == '\0' || !strchr("\"'`", quote)) {
        return false;
    }
    for (size_t i = 1; i < reader->rest.length; i++) {
        char c = reader->rest.start[i];
        if (c == quote) {
            skip(reader, i + 1);
            return true;
        }
        if (c == '\n' && quote != '`') {
            return false;
        }
        if (c == '\\' && quote != '`') {
            i++;
        }
    }
    return false;
}

/* Plain, or in quotes as Prometheus 3 has it. */
static bool read_label_name(struct matcher_reader *reader)
{
    size_t length = label_name_length(reader->rest);
    skip(reader, length);
    return length > 0 || read_literal(reader);
}

static enum serin_status read_matcher(struct matcher_reader *reader, struct serin_error *err)
{
    skip_spaces(reader);
    if (!read_label_name(reader)) {
        return matcher_fail(reader, "a label name", err);
    }
    skip_spaces(reader);
    if (!read_operator(reader)) {
        return matcher_fail(reader, "one of = != =~ !~", err);
    }
    skip_spaces(reader);
    if (!read_literal(reader)) {
        return matcher_fail(reader, "a quoted value", err);
    }
    skip_spaces(reader);
    return SERIN_OK;
}

enum serin_status promql_check_matchers(struct text_view matchers, struct serin_error *err)
{
    struct matcher_reader reader = {matchers.start, matchers};
    TRY(read_matcher(&reader, err));
    while (reader.rest.length > 0) {
        if (reader.rest.start[0] != ',') {
            return matcher_fail(&reader, "a comma", err);
        }
        skip(&reader, 1);
        TRY(read_matcher(&reader, err));
    }
    return SERIN_OK;
}
