#include "base/json_writer.h"

#include "base/number.h"

#include <assert.h>
#include <string.h>

void json_writer_init(struct json_writer *writer, struct buffer *buffer)
{
    *writer = (struct json_writer){.buffer = buffer};
}

static uint64_t level_bit(const struct json_writer *writer)
{
    return UINT64_C(1) << writer->depth;
}

static bool in_object(const struct json_writer *writer)
{
    return writer->depth > 0 && (writer->object_levels & level_bit(writer)) != 0;
}

static void separate(struct json_writer *writer)
{
    if ((writer->filled_levels & level_bit(writer)) != 0) {
        assert(writer->depth > 0 && "a document is one value");
        buffer_append_char(writer->buffer, ',');
    }
    writer->filled_levels |= level_bit(writer);
}

/* Every value starts here. */
static void begin_value(struct json_writer *writer)
{
    assert(writer->has_key == in_object(writer) && "keys and values alternate in an object");
    if (!writer->has_key) {
        separate(writer);
    }
    writer->has_key = false;
}

static void open_level(struct json_writer *writer, char bracket)
{
    begin_value(writer);
    assert(writer->depth < JSON_WRITER_DEPTH);
    writer->depth++;
    writer->filled_levels &= ~level_bit(writer);
    writer->object_levels &= ~level_bit(writer);
    buffer_append_char(writer->buffer, bracket);
}

static void close_level(struct json_writer *writer, char bracket)
{
    assert(writer->depth > 0 && !writer->has_key);
    writer->depth--;
    buffer_append_char(writer->buffer, bracket);
}

void json_write_object_begin(struct json_writer *writer)
{
    open_level(writer, '{');
    writer->object_levels |= level_bit(writer);
}

void json_write_object_end(struct json_writer *writer)
{
    assert(in_object(writer));
    close_level(writer, '}');
}

void json_write_array_begin(struct json_writer *writer)
{
    open_level(writer, '[');
}

void json_write_array_end(struct json_writer *writer)
{
    assert(!in_object(writer));
    close_level(writer, ']');
}

/* ---- texts -----------------------------------------------------------------------------------*/

static void append_escape(struct buffer *buffer, uint32_t code_point)
{
    static const char escaped[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    const char *found =
        code_point < 0x80 && code_point > 0 ? strchr(escaped, (int)code_point) : NULL;
    if (found) {
        const char pair[] = {'\\', letters[found - escaped]};
        buffer_append(buffer, pair, sizeof(pair));
    } else {
        buffer_printf(buffer, "\\u%04x", (unsigned)code_point);
    }
}

static bool needs_escape(uint32_t code_point)
{
    return code_point < 0x20 || code_point == '"' || code_point == '\\' || code_point == 0x2028 ||
           code_point == 0x2029;
}

/* How many bytes of `text` can be written as they are. */
static size_t plain_run(struct text_view text)
{
    size_t at = 0;
    while (at < text.length) {
        uint32_t code_point = 0;
        size_t length = text_first_character((struct text_view){text.start + at, text.length - at},
                                             &code_point);
        if (length == 0 || needs_escape(code_point)) {
            break;
        }
        at += length;
    }
    return at;
}

static void append_quoted(struct buffer *buffer, struct text_view text)
{
    buffer_append_char(buffer, '"');
    while (text.length > 0) {
        size_t used = plain_run(text);
        buffer_append(buffer, text.start, used);
        text = (struct text_view){text.start + used, text.length - used};
        if (text.length == 0) {
            break;
        }
        uint32_t code_point = 0;
        used = text_first_character(text, &code_point);
        if (used > 0) {
            append_escape(buffer, code_point);
        } else {
            buffer_append_text(buffer, "\xEF\xBF\xBD"); /* U+FFFD for one byte that is not UTF-8 */
            used = 1;
        }
        text = (struct text_view){text.start + used, text.length - used};
    }
    buffer_append_char(buffer, '"');
}

/* ---- keys and scalars ------------------------------------------------------------------------*/

void json_write_key_view(struct json_writer *writer, struct text_view name)
{
    assert(in_object(writer) && !writer->has_key);
    separate(writer);
    append_quoted(writer->buffer, name);
    buffer_append_char(writer->buffer, ':');
    writer->has_key = true;
}

void json_write_key(struct json_writer *writer, const char *name)
{
    json_write_key_view(writer, text_view_of(name));
}

void json_write_view(struct json_writer *writer, struct text_view text)
{
    begin_value(writer);
    append_quoted(writer->buffer, text);
}

void json_write_text(struct json_writer *writer, const char *text)
{
    if (text) {
        json_write_view(writer, text_view_of(text));
    } else {
        json_write_null(writer);
    }
}

static void write_literal(struct json_writer *writer, const char *literal)
{
    begin_value(writer);
    buffer_append_text(writer->buffer, literal);
}

void json_write_double(struct json_writer *writer, double value)
{
    write_literal(writer, number_write_double(value, NUMBER_TEXT));
}

void json_write_uint64(struct json_writer *writer, uint64_t value)
{
    write_literal(writer, number_write_uint64(value, NUMBER_TEXT));
}

void json_write_int64(struct json_writer *writer, int64_t value)
{
    write_literal(writer, number_write_int64(value, NUMBER_TEXT));
}

void json_write_bool(struct json_writer *writer, bool value)
{
    write_literal(writer, value ? "true" : "false");
}

void json_write_null(struct json_writer *writer)
{
    write_literal(writer, "null");
}

void json_write_raw(struct json_writer *writer, struct text_view json)
{
    begin_value(writer);
    buffer_append_view(writer->buffer, json);
}

/* ---- a key and its value ---------------------------------------------------------------------*/

void json_field_text(struct json_writer *writer, const char *name, const char *text)
{
    json_write_key(writer, name);
    json_write_text(writer, text);
}

void json_field_view(struct json_writer *writer, const char *name, struct text_view text)
{
    json_write_key(writer, name);
    json_write_view(writer, text);
}

void json_field_double(struct json_writer *writer, const char *name, double value)
{
    json_write_key(writer, name);
    json_write_double(writer, value);
}

void json_field_double_if(struct json_writer *writer, const char *name, double value, bool defined)
{
    if (defined) {
        json_field_double(writer, name, value);
    } else {
        json_field_null(writer, name);
    }
}

void json_field_uint64(struct json_writer *writer, const char *name, uint64_t value)
{
    json_write_key(writer, name);
    json_write_uint64(writer, value);
}

void json_field_int64(struct json_writer *writer, const char *name, int64_t value)
{
    json_write_key(writer, name);
    json_write_int64(writer, value);
}

void json_field_bool(struct json_writer *writer, const char *name, bool value)
{
    json_write_key(writer, name);
    json_write_bool(writer, value);
}

void json_field_null(struct json_writer *writer, const char *name)
{
    json_write_key(writer, name);
    json_write_null(writer);
}

enum serin_status json_writer_finish(const struct json_writer *writer)
{
    assert(writer->depth == 0 && (writer->filled_levels & 1) != 0 && "the document is complete");
    return buffer_status(writer->buffer);
}
