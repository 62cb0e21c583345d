/*
 * Text that is borrowed: a start and a length, not necessarily ended by a zero byte.
 *
 * A view never owns what it points to. Text from outside may hold anything; the functions here say
 * whether it is well-formed UTF-8 and make it safe to show in a message.
 */
#ifndef SERIN_BASE_TEXT_H
#define SERIN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_view {
    const char *start; /* may be NULL when length is 0 */
    size_t length;     /* bytes */
};

/* The view of a string literal, usable in initialisers of constants. */
#define TEXT_VIEW(literal) {"" literal, sizeof(literal) - 1}

/* The view of a zero-terminated text; of NULL, the empty view. */
struct text_view text_view_of(const char *text);

bool text_equal(struct text_view a, struct text_view b);

/* Compares with a zero-terminated text. */
bool text_equals(struct text_view a, const char *b);

/* Below, equal or above 0, comparing unsigned bytes; a prefix comes before what it starts. */
int text_compare(struct text_view a, struct text_view b);

/* Letters A to Z count as a to z; every other byte must be the same, in any locale. */
bool text_equal_ignoring_case(struct text_view a, struct text_view b);

bool text_starts_with(struct text_view text, struct text_view prefix);

/* The value of a hexadecimal digit in either case, or -1. */
int text_hex_digit(char digit);

/*
 * Reads the first character of `text`. Returns its length in bytes (1 to 4) and stores its code
 * point, or returns 0 for the empty text and for anything RFC 3629 forbids: stray or missing
 * continuation bytes, overlong forms, surrogates, code points above U+10FFFF.
 */
size_t text_first_character(struct text_view text, uint32_t *out_code_point);

/* Whether the whole is well-formed UTF-8 (RFC 3629). Empty text is. */
bool text_is_utf8(struct text_view text);

/* The letter after the backslash where a character has a short escape (\n, \r, \t, \", \\), else 0.
 */
char text_short_escape(uint32_t code_point);

/*
 * Whether a character does not show as itself: it moves the cursor, breaks the line, reverses the
 * reading direction, or cannot be seen, as controls, bidirectional marks, joiners of no width,
 * private and unassigned characters do.
 */
bool text_hides(uint32_t code_point);

/* A character as it may be shown to people. */
struct text_shown {
    char text[12]; /* itself, or an escape where it hides or is no UTF-8: \n, \x1b, \u202e */
    size_t width;  /* characters in `text` */
    size_t taken;  /* bytes it stood for, at least 1 */
};

/* The first one of a text that is not empty. */
struct text_shown text_show_first(struct text_view text);

/* UTF-8 without control characters (U+0000 to U+001F, U+007F to U+009F). Empty text is. */
bool text_is_printable(struct text_view text);

/*
 * `text` in double quotes, safe for a log or a message: control characters, quotes, backslashes and
 * bytes that are not UTF-8 are escaped (\n, \", \\, \x1b), and what does not fit is replaced by
 * "…" before the closing quote. Returns out->text, always zero-terminated valid UTF-8 of one line.
 */
struct text_quote {
    char text[88];
};
const char *text_quote(struct text_view text, struct text_quote *out);

/* The quoted text for one use within the enclosing block, e.g. as a printf argument. */
#define TEXT_QUOTE(view) text_quote((view), &(struct text_quote){""})

#endif
