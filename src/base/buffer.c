#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buffer {
    char *bytes; /* NULL until something is appended; then zero-terminated */
    size_t length;
    size_t capacity; /* of `bytes`, with the terminating zero */
    size_t maximum;  /* of `length` */
    enum serin_status status;
};

struct buffer *buffer_create(size_t maximum)
{
    struct buffer *buffer = memory_allocate(1, sizeof(*buffer));
    if (buffer) {
        /* The terminating zero needs a byte of its own. */
        buffer->maximum = maximum < SIZE_MAX ? maximum : SIZE_MAX - 1;
    }
    return buffer;
}

void buffer_destroy(struct buffer *buffer)
{
    if (buffer) {
        memory_free(buffer->bytes);
        memory_free(buffer);
    }
}

/* Whether `length` more bytes and a zero fit now; if not, the status tells why from here on. */
static bool make_room(struct buffer *buffer, size_t length)
{
    if (buffer->status != SERIN_OK) {
        return false;
    }
    if (length > buffer->maximum - buffer->length) {
        buffer->status = SERIN_TOO_LARGE;
        return false;
    }
    void *bytes = buffer->bytes;
    buffer->status =
        memory_grow(&bytes, &buffer->capacity, buffer->length + length + 1, 1, buffer->maximum + 1);
    buffer->bytes = bytes;
    return buffer->status == SERIN_OK;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length > 0 && make_room(buffer, length)) {
        memcpy(buffer->bytes + buffer->length, bytes, length);
        buffer->length += length;
        buffer->bytes[buffer->length] = '\0';
    }
}

void buffer_append_view(struct buffer *buffer, struct text_view text)
{
    buffer_append(buffer, text.start, text.length);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char character)
{
    buffer_append(buffer, &character, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length > 0 && make_room(buffer, (size_t)length)) {
        (void)vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

enum serin_status buffer_status(const struct buffer *buffer)
{
    return buffer->status;
}

struct text_view buffer_view(const struct buffer *buffer)
{
    return (struct text_view){buffer_text(buffer), buffer->length};
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->length > 0 ? buffer->bytes : "";
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->status = SERIN_OK;
}

enum serin_status buffer_take(struct buffer *buffer, char **out, size_t *out_length)
{
    TRY(buffer->status);
    if (!buffer->bytes && !make_room(buffer, 0)) {
        return buffer->status;
    }
    /* Nothing may be left of what a clear emptied. */
    buffer->bytes[buffer->length] = '\0';
    *out = give(buffer->bytes);
    if (out_length) {
        *out_length = buffer->length;
    }
    buffer->length = 0;
    buffer->capacity = 0;
    return SERIN_OK;
}
