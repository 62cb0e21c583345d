#include "report/page.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct page page_on(struct buffer *buffer, bool unicode)
{
    struct page page;
    const struct report_style style = {.columns = 60, .unicode = unicode};
    cr_assert(eq(int, page_begin(&page, buffer, &style), SERIN_OK));
    return page;
}

Test(page, counts_have_groups_of_three)
{
    static const struct {
        uint64_t count;
        const char *text;
    } cases[] = {
        {0,       "0"        },
        {999,     "999"      },
        {1000,    "1,000"    },
        {97211,   "97,211"   },
        {1234567, "1,234,567"}
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        owned(buffer) buffer = buffer_create(100);
        struct page page = page_on(buffer, false);
        page_add_count(&page, cases[i].count);
        cr_assert(eq(str, (char *)buffer_text(page.draft), (char *)cases[i].text));
        cr_assert(eq(int, page_end(&page), SERIN_OK));
    }
}

Test(page, signs_are_told_but_not_of_zero)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.031,   "+0.031"},
        {-0.0021, "-0.002"},
        {0.0,     "0.000" },
        {-0.0001, "0.000" },
        {0.0004,  "0.000" }
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        owned(buffer) buffer = buffer_create(100);
        struct page page = page_on(buffer, false);
        page_add_signed(&page, cases[i].value, 3);
        cr_assert(eq(str, (char *)buffer_text(page.draft), (char *)cases[i].text));
        cr_assert(eq(int, page_end(&page), SERIN_OK));
    }
}

Test(page, labels_are_cut_to_their_column_and_made_harmless)
{
    static const struct {
        struct text_view label;
        size_t columns;
        const char *text;
    } cases[] = {
        {TEXT_VIEW("short"),           8,  "short"             },
        {TEXT_VIEW("exactly8"),        8,  "exactly8"          },
        {TEXT_VIEW("longer than"),     8,  "longer …"          },
        {TEXT_VIEW("größte Güte"),     7,  "größte…"           },
        {TEXT_VIEW("a\nb\x1b[2J\xc3"), 20, "a\\nb\\x1b[2J\\xc3"},
        {TEXT_VIEW("a\u202eb"),        8,  "a\\u202eb"         },
        {TEXT_VIEW("a\u202ebc"),       8,  "a\\u202e…"         },
        {TEXT_VIEW("a\u202ebc"),       7,  "a…"                },
        {TEXT_VIEW("\u2066\u200b"),    12, "\\u2066\\u200b"    },
        {TEXT_VIEW(""),                5,  ""                  },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        owned(buffer) buffer = buffer_create(100);
        struct page page = page_on(buffer, true);
        page_add_label(&page, cases[i].label, cases[i].columns);
        cr_assert(eq(str, (char *)buffer_text(page.draft), (char *)cases[i].text));
        cr_assert(le(sz, page_width(buffer_view(page.draft)), cases[i].columns));
        cr_assert(eq(int, page_end(&page), SERIN_OK));
    }
}

Test(page, paragraphs_wrap_between_words_and_indent_what_follows)
{
    owned(buffer) buffer = buffer_create(1000);
    struct page page = page_on(buffer, false);
    page_add(&page, "twelve words that together are longer than one line of sixty can hold here");
    page_paragraph(&page, "- ", 4);
    cr_assert(eq(str, (char *)buffer_text(buffer),
                 "- twelve words that together are longer than one line of\n"
                 "    sixty can hold here\n"));
    cr_assert(eq(int, page_end(&page), SERIN_OK));
}

Test(page, a_word_longer_than_the_line_stays_whole)
{
    owned(buffer) buffer = buffer_create(1000);
    struct page page = page_on(buffer, false);
    char word[81];
    memset(word, 'w', 80);
    word[80] = '\0';
    page_add(&page, "a ");
    page_add(&page, word);
    page_paragraph(&page, "", 2);
    cr_assert(ne(ptr, strstr(buffer_text(buffer), word), NULL));
    cr_assert(eq(int, page_end(&page), SERIN_OK));
}

Test(page, a_full_buffer_is_told_at_the_end)
{
    owned(buffer) buffer = buffer_create(10);
    struct page page = page_on(buffer, false);
    page_text(&page, "more than ten bytes");
    cr_assert(eq(int, page_end(&page), SERIN_TOO_LARGE));
}
