#include "base/number.h"

#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_LENGTH_MAX = 400 /* of a decimal number read; a double never needs more than 325 */
};

/* ---- writing ---------------------------------------------------------------------------------*/

/* printf writes the radix character of the locale, which may have several bytes; JSON has a point.
 */
static void write_point(char *text)
{
    char *radix = text + strspn(text, "0123456789+-e");
    if (*radix == '\0') {
        return;
    }
    char *after = radix + strcspn(radix, "0123456789");
    *radix = '.';
    memmove(radix + 1, after, strlen(after) + 1);
}

static bool reads_back(const char *text, double value)
{
    double back = 0.0;
    return number_parse_double(text_view_of(text), &back) == SERIN_OK && back == value;
}

const char *number_write_double(double value, char out[static NUMBER_TEXT_SIZE])
{
    if (!isfinite(value)) {
        (void)snprintf(out, NUMBER_TEXT_SIZE, "null");
        return out;
    }
    if (value == 0.0) {
        /* "-0" would be read as an integer, which has no negative zero. */
        (void)snprintf(out, NUMBER_TEXT_SIZE, "%s", signbit(value) ? "-0.0" : "0");
        return out;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(out, NUMBER_TEXT_SIZE, "%.*g", digits, value);
        write_point(out);
        if (digits < 17 && reads_back(out, value)) {
            break;
        }
    }
    return out;
}

const char *number_write_fixed(double value, int decimals, char out[static NUMBER_TEXT_SIZE])
{
    assert(decimals >= 0 && decimals <= 17);
    if (!isfinite(value) || fabs(value) >= 1e15) {
        return number_write_double(value, out);
    }
    (void)snprintf(out, NUMBER_TEXT_SIZE, "%.*f", decimals, value);
    write_point(out);
    bool rounds_to_zero = out[strspn(out, "-0.")] == '\0';
    if (out[0] == '-' && rounds_to_zero) {
        memmove(out, out + 1, strlen(out));
    }
    return out;
}

const char *number_write_uint64(uint64_t value, char out[static NUMBER_TEXT_SIZE])
{
    (void)snprintf(out, NUMBER_TEXT_SIZE, "%" PRIu64, value);
    return out;
}

const char *number_write_int64(int64_t value, char out[static NUMBER_TEXT_SIZE])
{
    (void)snprintf(out, NUMBER_TEXT_SIZE, "%" PRId64, value);
    return out;
}

/* ---- reading ---------------------------------------------------------------------------------*/

static size_t count_digits(struct text_view text, size_t from)
{
    size_t at = from;
    while (at < text.length && text.start[at] >= '0' && text.start[at] <= '9') {
        at++;
    }
    return at - from;
}

static bool has_at(struct text_view text, size_t at, const char *any_of)
{
    return at < text.length && text.start[at] != '\0' && strchr(any_of, text.start[at]) != NULL;
}

static bool is_decimal(struct text_view text)
{
    size_t at = has_at(text, 0, "-") ? 1 : 0;
    size_t digits = count_digits(text, at);
    at += digits;
    if (has_at(text, at, ".")) {
        size_t fraction = count_digits(text, at + 1);
        at += 1 + fraction;
        digits += fraction;
    }
    if (digits == 0) {
        return false;
    }
    if (has_at(text, at, "eE")) {
        at += has_at(text, at + 1, "+-") ? 2 : 1;
        size_t exponent = count_digits(text, at);
        at += exponent;
        if (exponent == 0) {
            return false;
        }
    }
    return at == text.length;
}

enum serin_status number_parse_double(struct text_view text, double *out)
{
    if (text.length > NUMBER_LENGTH_MAX || !is_decimal(text)) {
        return SERIN_INVALID;
    }
    char copy[NUMBER_LENGTH_MAX + 1];
    memcpy(copy, text.start, text.length);
    copy[text.length] = '\0';
    /* Not an allocation: the C library keeps one "C" locale for everybody. */
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c_locale) {
        return SERIN_NO_MEMORY;
    }
    double value = strtod_l(copy, NULL, c_locale);
    freelocale(c_locale);
    if (!isfinite(value)) {
        return SERIN_RANGE;
    }
    *out = value;
    return SERIN_OK;
}

/* The number made by the digits at `*at`, which is moved behind them. */
static enum serin_status read_digits(struct text_view text, size_t *at, uint64_t *out)
{
    size_t end = *at + count_digits(text, *at);
    if (end == *at) {
        return SERIN_INVALID;
    }
    uint64_t value = 0;
    for (size_t i = *at; i < end; i++) {
        uint64_t digit = (uint64_t)(text.start[i] - '0');
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return SERIN_RANGE;
        }
    }
    *at = end;
    *out = value;
    return SERIN_OK;
}

enum serin_status number_parse_uint64(struct text_view text, uint64_t *out)
{
    if (count_digits(text, 0) != text.length) {
        return SERIN_INVALID;
    }
    size_t at = 0;
    return read_digits(text, &at, out);
}

enum serin_status number_parse_int64(struct text_view text, int64_t *out)
{
    bool is_negative = has_at(text, 0, "-");
    size_t sign = is_negative ? 1 : 0;
    uint64_t magnitude = 0;
    TRY(number_parse_uint64((struct text_view){text.start + sign, text.length - sign}, &magnitude));
    if (magnitude > (uint64_t)INT64_MAX + (is_negative ? 1 : 0)) {
        return SERIN_RANGE;
    }
    /* The smallest value has no positive counterpart to be negated. */
    *out = is_negative ? (int64_t)(UINT64_C(0) - magnitude) : (int64_t)magnitude;
    return SERIN_OK;
}

/* ---- durations and sizes ---------------------------------------------------------------------*/

struct unit {
    char name[4];
    uint64_t factor;
};

static const struct unit duration_units[] = {
    /* largest first */
    {"d",  86400000},
    {"h",  3600000 },
    {"m",  60000   },
    {"s",  1000    },
    {"ms", 1       },
};

static const struct unit size_units[] = {
    /* largest first */
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B",   1                },
};

static size_t count_letters(struct text_view text, size_t from)
{
    size_t at = from;
    while (at < text.length && text.start[at] != '\0' &&
           strchr("BGKMTdhims", text.start[at]) != NULL) {
        at++;
    }
    return at - from;
}

/* The index of the unit at `*at`, which is moved behind it; `count` when there is none. */
static size_t read_unit(struct text_view text, size_t *at, const struct unit *units, size_t count)
{
    struct text_view name = {text.start + *at, count_letters(text, *at)};
    for (size_t i = 0; i < count; i++) {
        if (text_equals(name, units[i].name)) {
            *at += name.length;
            return i;
        }
    }
    return count;
}

enum serin_status number_parse_duration(struct text_view text, int64_t *out_milliseconds)
{
    const size_t count = ARRAY_LENGTH(duration_units);
    uint64_t total = 0;
    size_t at = 0;
    size_t next_unit = 0; /* the largest that may still come */
    do {
        uint64_t value = 0;
        TRY(read_digits(text, &at, &value));
        size_t unit = read_unit(text, &at, duration_units, count);
        if (unit == count || unit < next_unit) {
            return SERIN_INVALID;
        }
        next_unit = unit + 1;
        if (__builtin_mul_overflow(value, duration_units[unit].factor, &value) ||
            __builtin_add_overflow(total, value, &total) || total > INT64_MAX) {
            return SERIN_RANGE;
        }
    } while (at < text.length);
    *out_milliseconds = (int64_t)total;
    return SERIN_OK;
}

const char *number_write_duration(int64_t milliseconds, char out[static NUMBER_TEXT_SIZE])
{
    assert(milliseconds >= 0);
    uint64_t rest = (uint64_t)milliseconds;
    size_t used = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(duration_units); i++) {
        uint64_t value = rest / duration_units[i].factor;
        rest %= duration_units[i].factor;
        if (value > 0) {
            used += (size_t)snprintf(out + used, NUMBER_TEXT_SIZE - used, "%" PRIu64 "%s", value,
                                     duration_units[i].name);
        }
    }
    if (used == 0) {
        (void)snprintf(out, NUMBER_TEXT_SIZE, "0s");
    }
    return out;
}

enum serin_status number_parse_size(struct text_view text, uint64_t *out_bytes)
{
    size_t at = 0;
    uint64_t value = 0;
    TRY(read_digits(text, &at, &value));
    if (at < text.length) {
        size_t unit = read_unit(text, &at, size_units, ARRAY_LENGTH(size_units));
        if (unit == ARRAY_LENGTH(size_units) || at < text.length) {
            return SERIN_INVALID;
        }
        if (__builtin_mul_overflow(value, size_units[unit].factor, &value)) {
            return SERIN_RANGE;
        }
    }
    *out_bytes = value;
    return SERIN_OK;
}

const char *number_write_size(uint64_t bytes, char out[static NUMBER_TEXT_SIZE])
{
    size_t unit = 0;
    while (size_units[unit].factor > 1 && (bytes == 0 || bytes % size_units[unit].factor != 0)) {
        unit++;
    }
    (void)snprintf(out, NUMBER_TEXT_SIZE, "%" PRIu64 "%s", bytes / size_units[unit].factor,
                   size_units[unit].name);
    return out;
}
