#include "base/memory.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define VIEW(literal) ((struct text_view)TEXT_VIEW(literal))

Test(text, compares_unsigned_bytes_and_puts_a_prefix_first)
{
    cr_assert(lt(int, text_compare(VIEW("a"), VIEW("b")), 0));
    cr_assert(lt(int, text_compare(VIEW("a"), VIEW("\xC3\xA9")), 0));
    cr_assert(lt(int, text_compare(VIEW("a"), VIEW("ab")), 0));
    cr_assert(gt(int, text_compare(VIEW("ab"), VIEW("a")), 0));
    cr_assert(eq(int, text_compare(VIEW("a\0b"), VIEW("a\0b")), 0));
    cr_assert(lt(int, text_compare(VIEW("a\0b"), VIEW("a\0c")), 0));
    cr_assert(eq(int, text_compare(text_view_of(NULL), VIEW("")), 0));
}

Test(text, equality_looks_at_the_length_too)
{
    cr_assert(text_equal(VIEW("label"), text_view_of("label")));
    cr_assert(not(text_equal(VIEW("label"), VIEW("labels"))));
    cr_assert(text_equals(VIEW("label"), "label"));
    cr_assert(not(text_equals(VIEW("la\0el"), "la")));
    cr_assert(text_starts_with(VIEW("label"), VIEW("la")));
    cr_assert(text_starts_with(VIEW("label"), VIEW("")));
    cr_assert(not(text_starts_with(VIEW("la"), VIEW("label"))));
}

Test(text, case_is_ignored_for_ascii_letters_only)
{
    cr_assert(text_equal_ignoring_case(VIEW("Content-Type"), VIEW("cONTENT-tYPE")));
    cr_assert(not(text_equal_ignoring_case(VIEW("[a"), VIEW("{a"))));
    cr_assert(not(text_equal_ignoring_case(VIEW("\xC3\x89"), VIEW("\xC3\xA9"))));
}

struct utf8_case {
    const char *name;
    struct text_view text;
    bool is_utf8;
};

Test(text, utf8_is_validated_strictly)
{
    const struct utf8_case cases[] = {
        {"empty",                    TEXT_VIEW(""),                         true },
        {"zero byte",                TEXT_VIEW("a\0b"),                     true },
        {"two bytes",                TEXT_VIEW("\xC2\x80\xDF\xBF"),         true },
        {"three bytes",              TEXT_VIEW("\xE0\xA0\x80\xEF\xBF\xBF"), true },
        {"below the surrogates",     TEXT_VIEW("\xED\x9F\xBF"),             true },
        {"four bytes",               TEXT_VIEW("\xF0\x90\x80\x80"),         true },
        {"the last code point",      TEXT_VIEW("\xF4\x8F\xBF\xBF"),         true },
        {"past the last code point", TEXT_VIEW("\xF4\x90\x80\x80"),         false},
        {"five bytes",               TEXT_VIEW("\xF8\x88\x80\x80\x80"),     false},
        {"stray continuation",       TEXT_VIEW("a\x80"),                    false},
        {"cut short",                TEXT_VIEW("\xE2\x82"),                 false},
        {"lead after lead",          TEXT_VIEW("\xC3\xC3\xA9"),             false},
        {"overlong slash in two",    TEXT_VIEW("\xC0\xAF"),                 false},
        {"overlong slash in three",  TEXT_VIEW("\xE0\x80\xAF"),             false},
        {"overlong slash in four",   TEXT_VIEW("\xF0\x80\x80\xAF"),         false},
        {"overlong U+FFFF",          TEXT_VIEW("\xF0\x8F\xBF\xBF"),         false},
        {"first surrogate",          TEXT_VIEW("\xED\xA0\x80"),             false},
        {"last surrogate",           TEXT_VIEW("\xED\xBF\xBF"),             false},
        {"0xFF",                     TEXT_VIEW("\xFF"),                     false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        cr_assert(eq(int, text_is_utf8(cases[i].text), cases[i].is_utf8), "%s", cases[i].name);
    }
}

Test(text, the_first_character_of_every_code_point_reads_back)
{
    for (uint32_t wanted = 0x80; wanted < 0x800; wanted++) {
        const char bytes[] = {(char)(0xC0 | wanted >> 6), (char)(0x80 | (wanted & 0x3F))};
        uint32_t got = 0;
        cr_assert(eq(sz, text_first_character((struct text_view){bytes, 2}, &got), 2));
        cr_assert(eq(u32, got, wanted));
    }
}

Test(text, printable_text_has_no_control_characters)
{
    cr_assert(text_is_printable(VIEW("S\xC3\xA9gment 4")));
    cr_assert(not(text_is_printable(VIEW("a\tb"))));
    cr_assert(not(text_is_printable(VIEW("a\x7F"))));
    cr_assert(not(text_is_printable(VIEW("a\xC2\x9B"))));
    cr_assert(not(text_is_printable(VIEW("a\xFF"))));
}

Test(text, what_hides_is_shown_as_an_escape_and_nothing_else_is)
{
    static const struct {
        struct text_view text;
        const char *shown;
        size_t width;
        size_t taken;
    } cases[] = {
        {TEXT_VIEW("ab"),          "a",           1,  1},
        {TEXT_VIEW("\\"),          "\\",          1,  1},
        {TEXT_VIEW("\""),          "\"",          1,  1},
        {TEXT_VIEW("\u20ac"),      "\u20ac",      1,  3},
        {TEXT_VIEW("\U0001F600!"), "\U0001F600",  1,  4},
        {TEXT_VIEW("\n"),          "\\n",         2,  1},
        {TEXT_VIEW("\x1b[2J"),     "\\x1b",       4,  1},
        {TEXT_VIEW("\xff"),        "\\xff",       4,  1},
        {TEXT_VIEW("\xe2\x82"),    "\\xe2",       4,  1},
        {TEXT_VIEW("\xc2\x9b"),    "\\u009b",     6,  2},
        {TEXT_VIEW("\u202eabc"),   "\\u202e",     6,  3},
        {TEXT_VIEW("\u2067"),      "\\u2067",     6,  3},
        {TEXT_VIEW("\u200b"),      "\\u200b",     6,  3},
        {TEXT_VIEW("\ufeff"),      "\\ufeff",     6,  3},
        {TEXT_VIEW("\U000e0041"),  "\\U000e0041", 10, 4},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_shown shown = text_show_first(cases[i].text);
        cr_assert(eq(str, shown.text, (char *)cases[i].shown));
        cr_assert(eq(sz, shown.width, cases[i].width), "%s", cases[i].shown);
        cr_assert(eq(sz, shown.taken, cases[i].taken), "%s", cases[i].shown);
    }
}

struct quote_case {
    struct text_view text;
    const char *quoted;
};

Test(text, quotes_show_hostile_bytes_instead_of_printing_them)
{
    const struct quote_case cases[] = {
        {TEXT_VIEW("plain"),         "\"plain\""           },
        {TEXT_VIEW(""),              "\"\""                },
        {TEXT_VIEW("a\"b\\c"),       "\"a\\\"b\\\\c\""     },
        {TEXT_VIEW("a\nb\r\t"),      "\"a\\nb\\r\\t\""     },
        {TEXT_VIEW("\x1B[31m\x7F"),  "\"\\x1b[31m\\x7f\""  },
        {TEXT_VIEW("a\0b"),          "\"a\\x00b\""         },
        {TEXT_VIEW("\xFF\xC3"),      "\"\\xff\\xc3\""      },
        {TEXT_VIEW("\xC2\x85"),      "\"\\xc2\\x85\""      },
        {TEXT_VIEW("caf\xC3\xA9"),   "\"caf\xC3\xA9\""     },
        {TEXT_VIEW("a\xE2\x80\xAE"
                   "b"),
         "\"a\\xe2\\x80\\xaeb\""                           },
        {TEXT_VIEW("a\xE2\x80\xA8"), "\"a\\xe2\\x80\\xa8\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        cr_assert(eq(str, (char *)TEXT_QUOTE(cases[i].text), (char *)cases[i].quoted));
    }
}

Test(text, long_quotes_end_in_an_ellipsis_and_stay_whole_characters)
{
    char text[400];
    for (size_t length = 0; length + 3 < sizeof(text); length++) {
        memset(text, 'a', length);
        memcpy(text + length, "\xE2\x82\xAC", 3);
        struct text_quote quote;
        text_quote((struct text_view){text, length + 3}, &quote);
        struct text_view quoted = text_view_of(quote.text);
        cr_assert(lt(sz, quoted.length, sizeof(quote.text)));
        cr_assert(text_is_printable(quoted), "length %zu", length);
        cr_assert(eq(chr, quoted.start[quoted.length - 1], '"'));
        bool is_cut = strstr(quote.text, "…") != NULL;
        cr_assert(eq(int, is_cut, strstr(quote.text, "\xE2\x82\xAC") == NULL), "length %zu",
                  length);
    }
}

Test(text, hexadecimal_digits_have_values_in_both_cases)
{
    cr_assert(eq(int, text_hex_digit('0'), 0));
    cr_assert(eq(int, text_hex_digit('f'), 15));
    cr_assert(eq(int, text_hex_digit('A'), 10));
    cr_assert(eq(int, text_hex_digit('g'), -1));
    cr_assert(eq(int, text_hex_digit('/'), -1));
    cr_assert(eq(int, text_hex_digit('@'), -1));
}

/* Long texts take another path through their plain parts than short ones. */
Test(text, every_byte_is_judged_alike_wherever_it_stands_in_a_long_text)
{
    enum { LENGTH = 40 };
    for (int byte = 0; byte < 256; byte++) {
        char single = (char)byte;
        struct text_view alone = {&single, 1};
        for (size_t place = 0; place < LENGTH; place++) {
            char text[LENGTH];
            memset(text, place % 2 == 0 ? '~' : ' ', sizeof(text));
            text[place] = single;
            struct text_view whole = {text, sizeof(text)};
            cr_assert(eq(int, text_is_utf8(whole), text_is_utf8(alone)), "byte 0x%02x", byte);
            cr_assert(eq(int, text_is_printable(whole), text_is_printable(alone)), "byte 0x%02x",
                      byte);
        }
    }
}
