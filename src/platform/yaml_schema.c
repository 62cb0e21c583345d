#include "platform/yaml_schema.h"

#include "base/number.h"

static bool is_one_of(struct text_view text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equals(text, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_null(struct text_view text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    return is_one_of(text, words, ARRAY_LENGTH(words));
}

static bool is_true(struct text_view text)
{
    static const char *const words[] = {"true", "True", "TRUE"};
    return is_one_of(text, words, ARRAY_LENGTH(words));
}

static bool is_false(struct text_view text)
{
    static const char *const words[] = {"false", "False", "FALSE"};
    return is_one_of(text, words, ARRAY_LENGTH(words));
}

static struct text_view without_first(struct text_view text, size_t count)
{
    return (struct text_view){text.start + count, text.length - count};
}

static bool has_sign(struct text_view text)
{
    return text.length > 0 && (text.start[0] == '-' || text.start[0] == '+');
}

static bool is_not_finite(struct text_view text)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF"};
    static const char *const nans[] = {".nan", ".NaN", ".NAN"};
    struct text_view unsigned_text = without_first(text, has_sign(text) ? 1 : 0);
    return is_one_of(unsigned_text, infinities, ARRAY_LENGTH(infinities)) ||
           is_one_of(text, nans, ARRAY_LENGTH(nans));
}

/* "0x1F" or "0o17". Fails as the functions of number.h do. */
static enum serin_status parse_prefixed(struct text_view text, uint64_t *out)
{
    bool is_hexadecimal = text_starts_with(text, (struct text_view)TEXT_VIEW("0x"));
    bool is_octal = text_starts_with(text, (struct text_view)TEXT_VIEW("0o"));
    if (text.length < 3 || (!is_hexadecimal && !is_octal)) {
        return SERIN_INVALID;
    }
    const int base = is_hexadecimal ? 16 : 8;
    uint64_t value = 0;
    bool overflows = false;
    for (size_t i = 2; i < text.length; i++) {
        int digit = text_hex_digit(text.start[i]);
        if (digit < 0 || digit >= base) {
            return SERIN_INVALID;
        }
        overflows = overflows || __builtin_mul_overflow(value, (uint64_t)base, &value);
        value += (uint64_t)digit;
    }
    if (overflows) {
        return SERIN_RANGE;
    }
    *out = value;
    return SERIN_OK;
}

static enum serin_status refuse_number(struct text_view text, struct node_position position,
                                       struct serin_error *err, const char *reason)
{
    char where[NODE_POSITION_SIZE];
    return serin_fail(err, SERIN_INVALID, "%s%s %s; if a text is meant, put it in quotes",
                      node_position_text(position, where), TEXT_QUOTE(text), reason);
}

/* SERIN_INVALID: not an integer, and nothing was added or recorded. */
static enum serin_status try_integer(struct document_builder *builder, struct text_view text,
                                     struct serin_error *err)
{
    uint64_t value = 0;
    int64_t signed_value = 0;
    bool has_plus = text.length > 0 && text.start[0] == '+';
    enum serin_status status = parse_prefixed(text, &value);
    if (status == SERIN_INVALID) {
        status = number_parse_uint64(without_first(text, has_plus ? 1 : 0), &value);
    }
    if (status == SERIN_OK) {
        return document_add_uint64(builder, value, err);
    }
    if (status == SERIN_INVALID) {
        status = number_parse_int64(text, &signed_value);
    }
    return status == SERIN_OK ? document_add_int64(builder, signed_value, err) : status;
}

/* The same for reals; an integer must have been tried before. */
static enum serin_status try_real(struct document_builder *builder, struct text_view text,
                                  struct serin_error *err)
{
    double value = 0.0;
    bool has_plus = text.length > 1 && text.start[0] == '+' && text.start[1] != '-';
    TRY(number_parse_double(without_first(text, has_plus ? 1 : 0), &value));
    return document_add_real(builder, value, err);
}

enum serin_status yaml_add_plain(struct document_builder *builder, struct text_view text,
                                 struct node_position position, struct serin_error *err)
{
    if (is_null(text)) {
        return document_add_null(builder, err);
    }
    if (is_true(text) || is_false(text)) {
        return document_add_bool(builder, is_true(text), err);
    }
    if (is_not_finite(text)) {
        return refuse_number(text, position, err, "is not a finite number");
    }
    enum serin_status status = try_integer(builder, text, err);
    if (status == SERIN_INVALID) {
        status = try_real(builder, text, err);
    }
    if (status == SERIN_RANGE) {
        return refuse_number(text, position, err, "is too large a number");
    }
    return status == SERIN_INVALID ? document_add_text(builder, text, err) : status;
}
