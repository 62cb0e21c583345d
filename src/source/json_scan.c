#include "source/json_scan.h"

#include "base/memory.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum { QUOTED_BYTES = 16 /* of the line shown in a message */ };

enum serin_status json_expected(const struct json_scan *scan, const char *what,
                                struct serin_error *err)
{
    size_t column = (size_t)(scan->at - scan->start) + 1;
    size_t left = (size_t)(scan->end - scan->at);
    if (left == 0) {
        return serin_fail(err, SERIN_INVALID, "expected %s at column %zu, but the line ends", what,
                          column);
    }
    struct text_view found = {scan->at, left < QUOTED_BYTES ? left : QUOTED_BYTES};
    return serin_fail(err, SERIN_INVALID, "expected %s at column %zu, found %s", what, column,
                      TEXT_QUOTE(found));
}

/* ---- integers -------------------------------------------------------------------------------- */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

enum serin_status json_read_integer(struct json_scan *scan, int64_t *out, struct serin_error *err)
{
    enum { DIGITS_MAX = 18 };
    json_skip_space(scan);
    const char *at = scan->at;
    bool is_negative = at < scan->end && *at == '-';
    at += is_negative;
    const char *first = at;
    int64_t value = 0;
    while (at < scan->end && is_digit(*at) && at - first < DIGITS_MAX) {
        value = value * 10 + (*at - '0');
        at++;
    }
    bool has_leading_zero = at - first > 1 && *first == '0';
    bool goes_on = at < scan->end && (is_digit(*at) || *at == '.' || *at == 'e' || *at == 'E');
    if (at == first || has_leading_zero || goes_on) {
        return json_expected(scan, "a whole number of at most 18 digits", err);
    }
    scan->at = at;
    *out = is_negative ? -value : value;
    return SERIN_OK;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Sixteen bytes that compilers compare at once where the processor can. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

static inline bool is_plain(char byte)
{
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

/* The index of the first byte that is not all zero bits, in a word as it lies in memory. */
static inline unsigned first_marked(uint64_t word)
{
    return (unsigned)__builtin_ctzll(le64toh(word)) >> 3;
}

/*
 * The first byte in [at, end) that is not a plain character: a quote, a backslash, a control
 * character, DEL or part of a character beyond ASCII.
 */
static inline const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= (ptrdiff_t)sizeof(bytes16)) {
        bytes16 bytes;
        memcpy(&bytes, at, sizeof(bytes));
        words2 special =
            (words2)((bytes == '"') | (bytes == '\\') | (bytes < 0x20) | (bytes >= 0x7F));
        if (special[0] != 0) {
            return at + first_marked(special[0]);
        }
        if (special[1] != 0) {
            return at + sizeof(uint64_t) + first_marked(special[1]);
        }
        at += sizeof(bytes);
    }
    while (at < end && is_plain(*at)) {
        at++;
    }
    return at;
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

static enum serin_status control_character(const struct json_scan *scan, uint32_t code_point,
                                           struct serin_error *err)
{
    return serin_fail(err, SERIN_INVALID,
                      "control character U+%04X at column %zu; texts are printable characters",
                      (unsigned)code_point, (size_t)(scan->at - scan->start) + 1);
}

/* Moves past one character that is neither quote nor backslash. */
static enum serin_status skip_character(struct json_scan *scan, struct serin_error *err)
{
    struct text_view rest = {scan->at, (size_t)(scan->end - scan->at)};
    uint32_t code_point = 0;
    size_t length = text_first_character(rest, &code_point);
    if (length == 0) {
        return serin_fail(err, SERIN_INVALID, "not UTF-8 at column %zu: byte 0x%02x",
                          (size_t)(scan->at - scan->start) + 1, (unsigned char)*scan->at);
    }
    if (is_control(code_point)) {
        return control_character(scan, code_point, err);
    }
    scan->at += length;
    return SERIN_OK;
}

static enum serin_status text_too_long(size_t maximum, struct serin_error *err)
{
    return serin_fail(err, SERIN_INVALID, "text longer than %zu bytes", maximum);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    int lower = digit | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four digits after "\u", which stands at scan->at; moves past them. */
static enum serin_status read_hex4(struct json_scan *scan, uint32_t *out, struct serin_error *err)
{
    uint32_t value = 0;
    for (int i = 2; i < 6; i++) {
        int digit = scan->end - scan->at > i ? hex_value(scan->at[i]) : -1;
        if (digit < 0) {
            return json_expected(scan, "\\u and four hexadecimal digits", err);
        }
        value = value << 4 | (uint32_t)digit;
    }
    scan->at += 6;
    *out = value;
    return SERIN_OK;
}

static bool at_unicode_escape(const struct json_scan *scan)
{
    return scan->end - scan->at >= 2 && scan->at[0] == '\\' && scan->at[1] == 'u';
}

static enum serin_status read_unicode_escape(struct json_scan *scan, uint32_t *out,
                                             struct serin_error *err)
{
    static const char lonely[] = "both halves of a surrogate pair";
    uint32_t high = 0;
    TRY(read_hex4(scan, &high, err));
    if (high < 0xD800 || high > 0xDFFF) {
        *out = high;
        return SERIN_OK;
    }
    if (high > 0xDBFF || !at_unicode_escape(scan)) {
        return json_expected(scan, lonely, err);
    }
    uint32_t low = 0;
    TRY(read_hex4(scan, &low, err));
    if (low < 0xDC00 || low > 0xDFFF) {
        return json_expected(scan, lonely, err);
    }
    *out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return SERIN_OK;
}

static enum serin_status read_escape(struct json_scan *scan, uint32_t *out, struct serin_error *err)
{
    if (at_unicode_escape(scan)) {
        return read_unicode_escape(scan, out, err);
    }
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    bool has_name = scan->end - scan->at >= 2 && scan->at[1] != '\0';
    const char *found = has_name ? strchr(names, scan->at[1]) : NULL;
    if (!found) {
        return json_expected(scan, "an escape of JSON", err);
    }
    scan->at += 2;
    *out = (uint32_t)values[found - names];
    return SERIN_OK;
}

static size_t encode_utf8(uint32_t code_point, char out[static 4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (char)(leads[length] | code_point);
    return length;
}

/* Reads what stands between two escapes, or one escape, and appends it to the spare room. */
static enum serin_status unfold_piece(struct json_scan *scan, size_t maximum, size_t *used,
                                      struct serin_error *err)
{
    char encoded[4];
    const char *piece = scan->at;
    size_t length = 0;
    if (*scan->at == '\\') {
        uint32_t code_point = 0;
        TRY(read_escape(scan, &code_point, err));
        if (is_control(code_point)) {
            return control_character(scan, code_point, err);
        }
        piece = encoded;
        length = encode_utf8(code_point, encoded);
    } else {
        scan->at = skip_plain(scan->at, scan->end);
        if (scan->at == piece) {
            TRY(skip_character(scan, err));
        }
        length = (size_t)(scan->at - piece);
    }
    if (length > maximum - *used) {
        return text_too_long(maximum, err);
    }
    memcpy(scan->spare + *used, piece, length);
    *used += length;
    return SERIN_OK;
}

/* Reads a text with escapes from its first character on, into the spare room. */
static enum serin_status read_unfolded(struct json_scan *scan, size_t maximum,
                                       struct text_view *out, struct serin_error *err)
{
    assert(scan->spare_size >= maximum);
    size_t used = 0;
    while (scan->at < scan->end && *scan->at != '"') {
        TRY(unfold_piece(scan, maximum, &used, err));
    }
    if (scan->at == scan->end) {
        return json_expected(scan, "the text's closing quote", err);
    }
    scan->at++;
    *out = (struct text_view){scan->spare, used};
    scan->spare += used;
    scan->spare_size -= used;
    return SERIN_OK;
}

/* Reads on in the text that starts at `start`, from a byte that is not plain or does not fit. */
static enum serin_status read_on(struct json_scan *scan, const char *start, size_t maximum,
                                 struct text_view *out, struct serin_error *err)
{
    while (scan->at < scan->end && *scan->at != '"') {
        if (*scan->at == '\\') {
            scan->at = start;
            return read_unfolded(scan, maximum, out, err);
        }
        TRY(skip_character(scan, err));
        scan->at = skip_plain(scan->at, scan->end);
    }
    if (scan->at == scan->end) {
        return json_expected(scan, "the text's closing quote", err);
    }
    size_t length = (size_t)(scan->at - start);
    if (length > maximum) {
        return text_too_long(maximum, err);
    }
    scan->at++;
    *out = (struct text_view){start, length};
    return SERIN_OK;
}

enum serin_status json_read_text(struct json_scan *scan, size_t maximum, struct text_view *out,
                                 struct serin_error *err)
{
    if (!json_take(scan, '"')) {
        return json_expected(scan, "a text in double quotes", err);
    }
    const char *start = scan->at;
    const char *at = skip_plain(start, scan->end);
    size_t length = (size_t)(at - start);
    if (at == scan->end || *at != '"' || length > maximum) {
        scan->at = at;
        return read_on(scan, start, maximum, out, err);
    }
    scan->at = at + 1;
    *out = (struct text_view){start, length};
    return SERIN_OK;
}

enum serin_status json_read_name(struct json_scan *scan, size_t maximum, struct text_view *out,
                                 struct serin_error *err)
{
    char *spare = scan->spare;
    size_t spare_size = scan->spare_size;
    TRY(json_read_text(scan, maximum, out, err));
    scan->spare = spare;
    scan->spare_size = spare_size;
    return json_take(scan, ':') ? SERIN_OK : json_expected(scan, "\":\"", err);
}

/* ---- lists ----------------------------------------------------------------------------------- */

enum serin_status json_read_list(struct json_scan *scan, const char *what, json_item_reader *read,
                                 void *context, struct serin_error *err)
{
    if (!json_take(scan, '[')) {
        return json_expected(scan, what, err);
    }
    if (json_take(scan, ']')) {
        return SERIN_OK;
    }
    do {
        TRY(read(context, scan, err));
    } while (json_take(scan, ','));
    return json_take(scan, ']') ? SERIN_OK : json_expected(scan, "\",\" or \"]\"", err);
}
