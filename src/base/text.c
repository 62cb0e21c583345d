#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct text_view text_view_of(const char *text)
{
    return (struct text_view){text, text ? strlen(text) : 0};
}

bool text_equal(struct text_view a, struct text_view b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.start, b.start, a.length) == 0);
}

bool text_equals(struct text_view a, const char *b)
{
    return text_equal(a, text_view_of(b));
}

int text_compare(struct text_view a, struct text_view b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter > 0 ? memcmp(a.start, b.start, shorter) : 0;
    if (order != 0) {
        return order;
    }
    return (a.length > b.length) - (a.length < b.length);
}

static unsigned char lower(char letter)
{
    unsigned char byte = (unsigned char)letter;
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte - 'A' + 'a') : byte;
}

bool text_equal_ignoring_case(struct text_view a, struct text_view b)
{
    if (a.length != b.length) {
        return false;
    }
    for (size_t i = 0; i < a.length; i++) {
        if (lower(a.start[i]) != lower(b.start[i])) {
            return false;
        }
    }
    return true;
}

bool text_starts_with(struct text_view text, struct text_view prefix)
{
    return text.length >= prefix.length &&
           text_equal((struct text_view){text.start, prefix.length}, prefix);
}

int text_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* What a lead byte announces: the length of the sequence and the smallest code point it may hold.
 */
struct utf8_form {
    unsigned char mask;
    unsigned char lead;
    uint32_t smallest;
};

static const struct utf8_form utf8_forms[] = {
    {0x80, 0x00, 0x0    },
    {0xE0, 0xC0, 0x80   },
    {0xF0, 0xE0, 0x800  },
    {0xF8, 0xF0, 0x10000},
};

/* The length of the sequence that `lead` starts, or 0. */
static size_t announced_length(unsigned char lead)
{
    for (size_t i = 0; i < sizeof(utf8_forms) / sizeof(utf8_forms[0]); i++) {
        if ((lead & utf8_forms[i].mask) == utf8_forms[i].lead) {
            return i + 1;
        }
    }
    return 0;
}

size_t text_first_character(struct text_view text, uint32_t *out_code_point)
{
    size_t length = text.length > 0 ? announced_length((unsigned char)text.start[0]) : 0;
    if (length == 0 || length > text.length) {
        return 0;
    }
    const struct utf8_form *form = &utf8_forms[length - 1];
    uint32_t code_point = (unsigned char)text.start[0] & (unsigned char)~form->mask;
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text.start[i];
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        code_point = code_point << 6 | (byte & 0x3FU);
    }
    bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < form->smallest || is_surrogate || code_point > 0x10FFFF) {
        return 0;
    }
    *out_code_point = code_point;
    return length;
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

static bool is_plain(char byte)
{
    return byte >= 0x20 && byte < 0x7F;
}

/*
 * How far from `at` on the text is printable ASCII, as most text is; eight bytes at a time. A byte
 * below 0x20 borrows, 0x7F carries, and those above have their top bit set. A borrow may spoil the
 * verdict on a neighbour, which only ends the haste early.
 */
static size_t skip_plain(struct text_view text, size_t at)
{
    static const uint64_t every = UINT64_C(0x0101010101010101);
    uint64_t word = 0;
    for (; at + sizeof(word) <= text.length; at += sizeof(word)) {
        memcpy(&word, text.start + at, sizeof(word));
        if (((word | (word - every * 0x20) | (word + every)) & (every * 0x80)) != 0) {
            break;
        }
    }
    while (at < text.length && is_plain(text.start[at])) {
        at++;
    }
    return at;
}

static bool all_characters(struct text_view text, bool controls_are_fine)
{
    size_t at = skip_plain(text, 0);
    while (at < text.length) {
        uint32_t code_point = 0;
        size_t length = text_first_character((struct text_view){text.start + at, text.length - at},
                                             &code_point);
        if (length == 0 || (!controls_are_fine && is_control(code_point))) {
            return false;
        }
        at = skip_plain(text, at + length);
    }
    return true;
}

bool text_is_utf8(struct text_view text)
{
    return all_characters(text, true);
}

bool text_is_printable(struct text_view text)
{
    return all_characters(text, false);
}

struct code_range {
    uint32_t first;
    uint32_t last;
};

/* Characters that move the cursor, reverse the reading direction, break lines or cannot be seen. */
static const struct code_range hidden_characters[] = {
    {0x0000,  0x001F  },
    {0x007F,  0x009F  },
    {0x00AD,  0x00AD  },
    {0x061C,  0x061C  },
    {0x180E,  0x180E  },
    {0x200B,  0x200F  },
    {0x2028,  0x202E  },
    {0x2060,  0x206F  },
    {0xFEFF,  0xFEFF  },
    {0xFFF9,  0xFFFB  },
    {0xE000,  0xF8FF  },
    {0xFFFE,  0xFFFF  },
    {0xE0000, 0x10FFFF},
};

bool text_hides(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(hidden_characters) / sizeof(hidden_characters[0]); i++) {
        if (code_point >= hidden_characters[i].first && code_point <= hidden_characters[i].last) {
            return true;
        }
    }
    return false;
}

char text_short_escape(uint32_t code_point)
{
    switch (code_point) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

enum {
    PIECE_SIZE = 8 /* the longest piece is "\x1b" or four bytes, and a zero */
};

/* Makes the next piece of a quoted text from the start of `text`; returns the bytes used up. */
static size_t quote_piece(struct text_view text, char out[static PIECE_SIZE])
{
    char escape = text_short_escape((unsigned char)text.start[0]);
    if (escape != '\0') {
        (void)snprintf(out, PIECE_SIZE, "\\%c", escape);
        return 1;
    }
    uint32_t code_point = 0;
    size_t length = text_first_character(text, &code_point);
    if (length == 0 || text_hides(code_point)) {
        (void)snprintf(out, PIECE_SIZE, "\\x%02x", (unsigned)(unsigned char)text.start[0]);
        return 1;
    }
    memcpy(out, text.start, length);
    out[length] = '\0';
    return length;
}

struct text_shown text_show_first(struct text_view text)
{
    uint32_t code_point = 0; /* stays so where there is no character, and has no short escape */
    size_t length = text_first_character(text, &code_point);
    struct text_shown shown = {.taken = length > 0 ? length : 1};
    char letter = text_short_escape(code_point);
    if (length > 0 && !text_hides(code_point)) {
        memcpy(shown.text, text.start, length);
        shown.width = 1;
    } else if (letter != '\0') {
        shown.width = (size_t)snprintf(shown.text, sizeof(shown.text), "\\%c", letter);
    } else if (length < 2) {
        shown.width = (size_t)snprintf(shown.text, sizeof(shown.text), "\\x%02x",
                                       (unsigned)(unsigned char)text.start[0]);
    } else {
        shown.width = (size_t)snprintf(shown.text, sizeof(shown.text),
                                       code_point > 0xFFFF ? "\\U%08x" : "\\u%04x", code_point);
    }
    return shown;
}

const char *text_quote(struct text_view text, struct text_quote *out)
{
    static const char ellipsis[] = "…";
    const size_t room = sizeof(out->text) - sizeof(ellipsis) - 1;
    size_t used = 0;
    out->text[used++] = '"';
    while (text.length > 0) {
        char piece[PIECE_SIZE] = "";
        size_t taken = quote_piece(text, piece);
        size_t length = strlen(piece);
        if (used + length > room) {
            memcpy(out->text + used, ellipsis, sizeof(ellipsis) - 1);
            used += sizeof(ellipsis) - 1;
            break;
        }
        memcpy(out->text + used, piece, length);
        used += length;
        text = (struct text_view){text.start + taken, text.length - taken};
    }
    out->text[used++] = '"';
    out->text[used] = '\0';
    return out->text;
}
