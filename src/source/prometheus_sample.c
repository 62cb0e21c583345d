#include "source/prometheus_sample.h"

#include "base/memory.h"
#include "base/number.h"
#include "serin/table.h"

#include <math.h>

static const int64_t seconds_max = 253402300799; /* 9999-12-31T23:59:59Z */

/* The digits behind the point as milliseconds; -1 when something else stands there. */
static int64_t fraction_ms(struct text_view digits)
{
    int64_t value_ms = 0;
    int64_t unit_ms = 100;
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.start[i];
        if (c < '0' || c > '9') {
            return -1;
        }
        value_ms += (c - '0') * unit_ms;
        unit_ms /= 10;
    }
    return value_ms;
}

enum serin_status prometheus_parse_time(struct text_view text, int64_t *out_ms)
{
    size_t whole = 0;
    while (whole < text.length && text.start[whole] != '.') {
        whole++;
    }
    uint64_t seconds = 0;
    if (number_parse_uint64((struct text_view){text.start, whole}, &seconds) != SERIN_OK) {
        return SERIN_INVALID;
    }
    int64_t rest_ms = 0;
    if (whole < text.length) {
        struct text_view digits = {text.start + whole + 1, text.length - whole - 1};
        rest_ms = digits.length > 0 ? fraction_ms(digits) : -1;
    }
    if (rest_ms < 0 || seconds > (uint64_t)seconds_max) {
        return SERIN_INVALID;
    }
    *out_ms = (int64_t)seconds * 1000 + rest_ms;
    return SERIN_OK;
}

static enum serin_status flawed(const char *flaw, const char **out_flaw)
{
    *out_flaw = flaw;
    return SERIN_RANGE;
}

static const char *word_flaw(struct text_view text)
{
    static const struct {
        const char *text;
        const char *flaw;
    } words[] = {
        {"NaN",  "is not a number"},
        {"+Inf", "is infinite"    },
        {"Inf",  "is infinite"    },
        {"-Inf", "is infinite"    },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (text_equals(text, words[i].text)) {
            return words[i].flaw;
        }
    }
    return NULL;
}

enum serin_status prometheus_parse_count(struct text_view text, uint64_t *out,
                                         const char **out_flaw)
{
    uint64_t whole = 0;
    if (number_parse_uint64(text, &whole) == SERIN_OK && whole < SERIN_TOTAL_MAX) {
        *out = whole;
        return SERIN_OK;
    }
    const char *word = word_flaw(text);
    if (word) {
        return flawed(word, out_flaw);
    }
    double value = 0.0;
    enum serin_status status = number_parse_double(text, &value);
    if (status == SERIN_RANGE || value >= (double)SERIN_TOTAL_MAX) {
        return flawed("is 2^53 or more, where counters lose single events", out_flaw);
    }
    TRY(status);
    if (value < 0) {
        return flawed("is negative", out_flaw);
    }
    if (floor(value) != value) {
        return flawed("is not a whole number", out_flaw);
    }
    *out = (uint64_t)value;
    return SERIN_OK;
}
