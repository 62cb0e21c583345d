#include "source/json_skip.h"

#include "base/memory.h"

#include <string.h>

/* ---- numbers --------------------------------------------------------------------------------- */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool at_number(const struct json_scan *scan)
{
    return scan->at < scan->end && (*scan->at == '-' || is_digit(*scan->at));
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at)) {
        at++;
    }
    return at;
}

/* The end of the digits that must stand at `at`; NULL when none do. */
static const char *some_digits(const char *at, const char *end)
{
    const char *after = skip_digits(at, end);
    return after > at ? after : NULL;
}

/* The end of the number at `at`, or NULL where its form is not JSON's. */
static const char *number_end(const char *at, const char *end)
{
    at += at < end && *at == '-';
    bool is_zero_first = at < end && *at == '0';
    at = is_zero_first ? at + 1 : some_digits(at, end);
    if (at && at < end && *at == '.') {
        at = some_digits(at + 1, end);
    }
    if (at && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '-' || *at == '+');
        at = some_digits(at, end);
    }
    return at && (at == end || !is_digit(*at)) ? at : NULL;
}

static enum serin_status skip_number(struct json_scan *scan, struct serin_error *err)
{
    const char *end = number_end(scan->at, scan->end);
    if (!end) {
        return json_expected(scan, "a number", err);
    }
    scan->at = end;
    return SERIN_OK;
}

/* ---- texts and words ------------------------------------------------------------------------- */

/* The value of "\uXXXX" at `at`; a negative one where that does not stand there. */
static int32_t unicode_escape(const char *at, const char *end)
{
    int32_t value = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (size_t i = 2; i < 6; i++) {
        int digit = text_hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* The length of the escape at `at`, both halves of a surrogate pair together; 0: it is none. */
static size_t escape_length(const char *at, const char *end)
{
    static const char names[] = {'"', '\\', '/', 'b', 'f', 'n', 'r', 't'};
    if (end - at >= 2 && memchr(names, at[1], sizeof(names))) {
        return 2;
    }
    int32_t unit = unicode_escape(at, end);
    if (unit < 0xD800 || unit > 0xDFFF) {
        return unit < 0 ? 0 : 6;
    }
    int32_t low = unit < 0xDC00 ? unicode_escape(at + 6, end) : -1;
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

static enum serin_status skip_escape(struct json_scan *scan, struct serin_error *err)
{
    size_t length = escape_length(scan->at, scan->end);
    if (length == 0) {
        return json_expected(scan, "an escape of JSON", err);
    }
    scan->at += length;
    return SERIN_OK;
}

static enum serin_status skip_text(struct json_scan *scan, struct serin_error *err)
{
    if (!json_take(scan, '"')) {
        return json_expected(scan, "a text in double quotes", err);
    }
    while (scan->at < scan->end && *scan->at != '"') {
        if ((unsigned char)*scan->at < 0x20) {
            return json_expected(scan, "a text without control characters", err);
        }
        if (*scan->at == '\\') {
            TRY(skip_escape(scan, err));
        } else {
            scan->at++;
        }
    }
    return json_take(scan, '"') ? SERIN_OK : json_expected(scan, "the text's closing quote", err);
}

static enum serin_status skip_word(struct json_scan *scan, struct serin_error *err)
{
    static const struct text_view words[] = {TEXT_VIEW("true"), TEXT_VIEW("false"),
                                             TEXT_VIEW("null")};
    struct text_view rest = {scan->at, (size_t)(scan->end - scan->at)};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (text_starts_with(rest, words[i])) {
            scan->at += words[i].length;
            return SERIN_OK;
        }
    }
    return json_expected(scan, "a value", err);
}

static enum serin_status skip_scalar(struct json_scan *scan, struct serin_error *err)
{
    if (at_number(scan)) {
        return skip_number(scan, err);
    }
    return scan->at < scan->end && *scan->at == '"' ? skip_text(scan, err) : skip_word(scan, err);
}

/* ---- lists and objects ----------------------------------------------------------------------- */

/* What is open around the value being skipped: a closing bracket for each level. */
struct nesting {
    char closing[JSON_DEPTH_MAX];
    size_t depth;
};

static enum serin_status skip_name(struct json_scan *scan, const struct nesting *nesting,
                                   struct serin_error *err)
{
    if (nesting->depth == 0 || nesting->closing[nesting->depth - 1] != '}') {
        return SERIN_OK;
    }
    TRY(skip_text(scan, err));
    return json_take(scan, ':') ? SERIN_OK : json_expected(scan, "\":\"", err);
}

/* Opens a list or object where one starts; `*out_opened` tells whether it holds something. */
static enum serin_status open_level(struct json_scan *scan, struct nesting *nesting,
                                    bool *out_opened, struct serin_error *err)
{
    bool is_object = json_take(scan, '{');
    if (!is_object && !json_take(scan, '[')) {
        *out_opened = false;
        return skip_scalar(scan, err);
    }
    if (nesting->depth == JSON_DEPTH_MAX) {
        return serin_fail(err, SERIN_INVALID, "more than %d levels of lists and objects",
                          JSON_DEPTH_MAX);
    }
    char closing = is_object ? '}' : ']';
    *out_opened = !json_take(scan, closing);
    if (*out_opened) {
        nesting->closing[nesting->depth++] = closing;
    }
    return SERIN_OK;
}

/* After a value: closes what ends here, up to a comma or the end of the outermost value. */
static enum serin_status close_levels(struct json_scan *scan, struct nesting *nesting,
                                      struct serin_error *err)
{
    while (nesting->depth > 0 && !json_take(scan, ',')) {
        if (!json_take(scan, nesting->closing[nesting->depth - 1])) {
            return json_expected(scan, "\",\" or a closing bracket", err);
        }
        nesting->depth--;
    }
    return SERIN_OK;
}

enum serin_status json_skip_value(struct json_scan *scan, struct serin_error *err)
{
    struct nesting nesting = {.depth = 0};
    do {
        bool opened = true;
        while (opened) {
            TRY(skip_name(scan, &nesting, err));
            json_skip_space(scan);
            TRY(open_level(scan, &nesting, &opened, err));
        }
        TRY(close_levels(scan, &nesting, err));
    } while (nesting.depth > 0);
    return SERIN_OK;
}

enum serin_status json_read_value(struct json_scan *scan, struct text_view *out,
                                  struct serin_error *err)
{
    json_skip_space(scan);
    const char *start = scan->at;
    TRY(json_skip_value(scan, err));
    *out = (struct text_view){start, (size_t)(scan->at - start)};
    return SERIN_OK;
}

enum serin_status json_read_scalar(struct json_scan *scan, size_t maximum, struct text_view *out,
                                   struct serin_error *err)
{
    if (json_take_null(scan)) {
        *out = (struct text_view){0};
        return SERIN_OK;
    }
    const char *start = scan->at;
    bool is_there = start < scan->end;
    if (is_there && *start == '"') {
        return json_read_text(scan, maximum, out, err);
    }
    if (is_there && (*start == '{' || *start == '[')) {
        return json_expected(scan, "a text or a number", err);
    }
    TRY(skip_scalar(scan, err));
    *out = (struct text_view){start, (size_t)(scan->at - start)};
    return SERIN_OK;
}
