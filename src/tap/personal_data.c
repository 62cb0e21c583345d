#include "tap/personal_data.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

const char *personal_data_name(enum personal_data kind)
{
    static const char *const names[PERSONAL_KINDS] = {"none", "email", "card", "ip", "phone"};
    return names[kind];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* ---- e-mail ---------------------------------------------------------------------------------- */

/* Whether a host with a dot and a name of at least two letters behind it starts at `at`. */
static bool is_host(struct text_view text, size_t at)
{
    size_t dot = 0;
    size_t end = at;
    while (end < text.length && (is_letter(text.start[end]) || is_digit(text.start[end]) ||
                                 is_one_of(text.start[end], ".-"))) {
        dot = text.start[end] == '.' && end > at && end + 1 < text.length ? end : dot;
        end++;
    }
    return dot > 0 && end - dot > 2 && is_letter(text.start[dot + 1]) &&
           is_letter(text.start[dot + 2]);
}

static bool has_email(struct text_view text)
{
    for (size_t i = 1; i + 1 < text.length; i++) {
        if (text.start[i] == '@' && !is_one_of(text.start[i - 1], " \t<>()@,;") &&
            is_host(text, i + 1)) {
            return true;
        }
    }
    return false;
}

/* ---- runs of digits -------------------------------------------------------------------------- */

enum { RUN_DIGITS_MAX = 24 };

struct digit_run {
    char digits[RUN_DIGITS_MAX];
    size_t count; /* RUN_DIGITS_MAX + 1: more */
    size_t end;   /* where it ends in the text */
};

/* Digits from `at` on, with at most two of `separators` in a row between them. */
static struct digit_run take_run(struct text_view text, size_t at, const char *separators)
{
    struct digit_run run = {.end = at};
    size_t gap = 0;
    for (size_t i = at; i < text.length && gap <= 2; i++) {
        if (is_digit(text.start[i])) {
            if (run.count < RUN_DIGITS_MAX) {
                run.digits[run.count] = text.start[i];
            }
            run.count += run.count <= RUN_DIGITS_MAX;
            run.end = i + 1;
            gap = 0;
        } else if (is_one_of(text.start[i], separators)) {
            gap++;
        } else {
            break;
        }
    }
    return run;
}

/* Part of a longer word, such as a hash in hexadecimal? */
static bool is_within_word(struct text_view text, size_t start, size_t end)
{
    return (start > 0 && (is_letter(text.start[start - 1]) || text.start[start - 1] == '_')) ||
           (end < text.length && (is_letter(text.start[end]) || text.start[end] == '_'));
}

/* Luhn's sum over the digits of a card. Source: ISO/IEC 7812-1, annex B. */
static bool passes_luhn(const struct digit_run *run)
{
    unsigned sum = 0;
    for (size_t i = 0; i < run->count; i++) {
        unsigned digit = (unsigned)(run->digits[run->count - 1 - i] - '0');
        unsigned doubled = i % 2 == 1 ? 2 * digit : digit;
        sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
}

typedef bool run_test(struct text_view text, size_t start);

static bool is_card(struct text_view text, size_t start)
{
    struct digit_run run = take_run(text, start, " -");
    return run.count >= 13 && run.count <= 19 && !is_within_word(text, start, run.end) &&
           passes_luhn(&run);
}

/* Digits with one point among them and nothing else are a number; so are those behind the point. */
static bool is_decimal(struct text_view text, size_t start, const struct digit_run *run)
{
    bool is_fraction = start > 1 && text.start[start - 1] == '.' && is_digit(text.start[start - 2]);
    return is_fraction || (run->end - start == run->count + 1 &&
                           memchr(text.start + start, '.', run->end - start));
}

static bool is_phone(struct text_view text, size_t start)
{
    struct digit_run run = take_run(text, start, " ().-/");
    bool has_plus = start > 0 && text.start[start - 1] == '+';
    size_t least = has_plus ? 8 : 9;
    return run.count >= least && run.count <= 15 && !is_within_word(text, start, run.end) &&
           !is_decimal(text, start, &run);
}

/* Whether the test holds where some run of digits begins. */
static bool any_run(struct text_view text, run_test *test)
{
    for (size_t i = 0; i < text.length; i++) {
        bool is_start = is_digit(text.start[i]) && (i == 0 || !is_digit(text.start[i - 1]));
        if (is_start && test(text, i)) {
            return true;
        }
    }
    return false;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static bool is_address_byte(char c)
{
    return is_digit(c) || is_one_of(c, "abcdefABCDEF:.");
}

static bool is_address(struct text_view word)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    if (word.length < 3 || word.length >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, word.start, word.length);
    copy[word.length] = '\0';
    return inet_pton(AF_INET, copy, &parsed) == 1 || inet_pton(AF_INET6, copy, &parsed) == 1;
}

/* An IPv4 address with a port behind it is one too. */
static bool is_address_with_port(struct text_view word)
{
    const char *colon = memchr(word.start, ':', word.length);
    return is_address(word) ||
           (colon && is_address((struct text_view){word.start, (size_t)(colon - word.start)}));
}

static bool has_address(struct text_view text)
{
    size_t at = 0;
    while (at < text.length) {
        size_t end = at;
        while (end < text.length && is_address_byte(text.start[end])) {
            end++;
        }
        struct text_view word = {text.start + at, end - at};
        if (word.length > 0 && !is_within_word(text, at, end) && is_address_with_port(word)) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

/* ---- all of them ----------------------------------------------------------------------------- */

enum personal_data personal_data_find(struct text_view text)
{
    if (has_email(text)) {
        return PERSONAL_EMAIL;
    }
    if (any_run(text, is_card)) {
        return PERSONAL_CARD;
    }
    if (has_address(text)) {
        return PERSONAL_ADDRESS;
    }
    return any_run(text, is_phone) ? PERSONAL_PHONE : PERSONAL_NONE;
}
