#include "serin/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *serin_status_name(enum serin_status status)
{
    switch (status) {
    case SERIN_OK:
        return "ok";
    case SERIN_INVALID:
        return "invalid";
    case SERIN_NOT_FOUND:
        return "not_found";
    case SERIN_CONFLICT:
        return "conflict";
    case SERIN_TOO_LARGE:
        return "too_large";
    case SERIN_DENIED:
        return "denied";
    case SERIN_UNDEFINED:
        return "undefined";
    case SERIN_RANGE:
        return "range";
    case SERIN_UNAVAILABLE:
        return "unavailable";
    case SERIN_TIMEOUT:
        return "timeout";
    case SERIN_BUSY:
        return "busy";
    case SERIN_NO_MEMORY:
        return "no_memory";
    case SERIN_BUG:
        return "bug";
    }
    return "unknown";
}

/* A cut may fall inside a UTF-8 sequence; half a character would spoil the JSON it ends up in. */
static void drop_partial_character(char *text)
{
    size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0) {
        return;
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < want) {
        text[start - 1] = '\0';
    }
}

static void print_cut(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void print_cut(char *out, size_t size, const char *format, va_list arguments)
{
    int wanted = vsnprintf(out, size, format, arguments);
    bool was_cut = wanted < 0 || (size_t)wanted >= size;
    if (was_cut) {
        drop_partial_character(out);
    }
}

enum serin_status serin_fail(struct serin_error *err, enum serin_status status, const char *format,
                             ...)
{
    if (err) {
        err->status = status;
        va_list arguments;
        va_start(arguments, format);
        print_cut(err->detail, sizeof(err->detail), format, arguments);
        va_end(arguments);
    }
    return status;
}

void serin_error_at(struct serin_error *err, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        print_cut(err->field, sizeof(err->field), format, arguments);
        va_end(arguments);
    }
}

void serin_error_clear(struct serin_error *err)
{
    if (err) {
        *err = (struct serin_error){.status = SERIN_OK};
    }
}
