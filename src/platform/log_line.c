#include "platform/log_line.h"

#include "base/number.h"
#include "base/rfc3339.h"
#include "base/text.h"

#include <string.h>

/* Room kept for what ends every line: a mark of truncation, the brace, the newline. */
enum { LINE_END_BYTES = 32 };

static void append(struct log_line *line, const char *bytes, size_t length)
{
    if (length > sizeof(line->bytes) - LINE_END_BYTES - line->length) {
        line->truncated = true;
        return;
    }
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
}

static void append_text(struct log_line *line, const char *text)
{
    append(line, text, strlen(text));
}

/* ---- text from outside -------------------------------------------------------------------------
 */

/* Longest form of one character: a surrogate pair, "\udb40\udc01". */
enum { ESCAPE_SIZE = 12 };

static size_t write_unicode_escape(uint32_t unit, char *out)
{
    static const char digits[] = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'u';
    for (int i = 0; i < 4; i++) {
        out[2 + i] = digits[(unit >> (12 - 4 * i)) & 0x0F];
    }
    return 6;
}

static size_t write_escaped(uint32_t code_point, char out[ESCAPE_SIZE])
{
    char letter = text_short_escape(code_point);
    if (letter != '\0') {
        out[0] = '\\';
        out[1] = letter;
        return 2;
    }
    if (code_point > 0xFFFF) {
        uint32_t offset = code_point - 0x10000;
        size_t length = write_unicode_escape(0xD800 + (offset >> 10), out);
        return length + write_unicode_escape(0xDC00 + (offset & 0x3FF), out + length);
    }
    return write_unicode_escape(code_point, out);
}

/* One character as it goes into the line; returns the bytes consumed, at least 1. */
static size_t next_form(struct text_view rest, char out[ESCAPE_SIZE], size_t *out_length)
{
    uint32_t code_point = 0;
    size_t consumed = text_first_character(rest, &code_point);
    if (consumed == 0) {
        *out_length = write_unicode_escape(0xFFFD, out);
        return 1;
    }
    if (text_hides(code_point) || code_point == '"' || code_point == '\\') {
        *out_length = write_escaped(code_point, out);
        return consumed;
    }
    memcpy(out, rest.start, consumed);
    *out_length = consumed;
    return consumed;
}

static void append_quoted(struct log_line *line, struct text_view text)
{
    static const char cut_mark[] = "…";
    append_text(line, "\"");
    size_t written = 0;
    while (text.length > 0) {
        char form[ESCAPE_SIZE];
        size_t length = 0;
        size_t consumed = next_form(text, form, &length);
        if (written + length > LOG_VALUE_MAX) {
            append_text(line, cut_mark);
            break;
        }
        append(line, form, length);
        written += length;
        text.start += consumed;
        text.length -= consumed;
    }
    append_text(line, "\"");
}

/* logfmt may leave out the quotes where nothing in the value could be misread. */
static bool is_plain(struct text_view text)
{
    static const char marks[] = "._:/+-@,%";
    for (size_t i = 0; i < text.length; i++) {
        char c = text.start[i];
        bool is_alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_alphanumeric && (c == '\0' || !strchr(marks, c))) {
            return false;
        }
    }
    return text.length > 0 && text.length <= LOG_VALUE_MAX;
}

static void append_value_text(struct log_line *line, struct text_view text)
{
    if (line->format == LOG_FORMAT_LOGFMT && is_plain(text)) {
        append(line, text.start, text.length);
    } else {
        append_quoted(line, text);
    }
}

/* ---- fields ------------------------------------------------------------------------------------
 */

static void append_key(struct log_line *line, const char *key)
{
    bool is_first = line->length == 0;
    if (line->format == LOG_FORMAT_JSON) {
        append_text(line, is_first ? "{\"" : ",\"");
        append_text(line, key);
        append_text(line, "\":");
    } else {
        append_text(line, is_first ? "" : " ");
        append_text(line, key);
        append_text(line, "=");
    }
}

static void append_value(struct log_line *line, const struct log_field *field)
{
    switch (field->kind) {
    case LOG_TEXT:
        if (field->value.text) {
            append_value_text(line, (struct text_view){field->value.text, field->length});
        } else {
            append_text(line, "null");
        }
        return;
    case LOG_SIGNED:
        append_text(line, number_write_int64(field->value.i64, NUMBER_TEXT));
        return;
    case LOG_UNSIGNED:
        append_text(line, number_write_uint64(field->value.u64, NUMBER_TEXT));
        return;
    case LOG_DOUBLE:
        append_text(line, number_write_double(field->value.number, NUMBER_TEXT));
        return;
    case LOG_BOOL:
        append_text(line, field->value.flag ? "true" : "false");
        return;
    }
}

void log_line_begin(struct log_line *line, enum log_format format, int64_t unix_ms,
                    enum log_level level, const char *message)
{
    line->format = format;
    line->length = 0;
    line->truncated = false;
    char ts[RFC3339_SIZE];
    rfc3339_format(unix_ms, ts);
    const struct log_field head[] = {
        log_text("ts", ts),
        log_text("level", log_level_name(level)),
        log_text("msg", message),
    };
    for (size_t i = 0; i < ARRAY_LENGTH(head); i++) {
        log_line_field(line, &head[i]);
    }
}

void log_line_field(struct log_line *line, const struct log_field *field)
{
    if (!field->key || line->truncated) {
        return;
    }
    size_t before = line->length;
    append_key(line, field->key);
    append_value(line, field);
    if (line->truncated) {
        line->length = before;
    }
}

void log_line_end(struct log_line *line)
{
    static const char *const ends[][2] = {
        [LOG_FORMAT_JSON] = {"}\n", ",\"truncated\":true}\n"},
        [LOG_FORMAT_LOGFMT] = {"\n",  " truncated=true\n"     },
    };
    const char *end = ends[line->format][line->truncated ? 1 : 0];
    size_t length = strlen(end);
    memcpy(line->bytes + line->length, end, length);
    line->length += length;
}
