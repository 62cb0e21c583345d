#include "base/memory.h"
#include "base/suggest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

struct suggest_case {
    const char *typed;
    const char *meant; /* "" when nothing is close */
};

static const char *closest(const char *typed)
{
    static const char *const known[] = {"margin", "min_samples", "design", "level", "window"};
    struct suggestion suggestion = suggestion_for(text_view_of(typed));
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        suggestion_offer(&suggestion, known[i]);
    }
    const char *best = suggestion_best(&suggestion);
    return best ? best : "";
}

Test(suggest, finds_the_word_a_slip_away)
{
    static const struct suggest_case cases[] = {
        {"margn",       "margin"     }, /* a letter missing */
        {"marrgin",     "margin"     }, /* one too many */
        {"mergin",      "margin"     }, /* a wrong one */
        {"desing",      "design"     }, /* two swapped */
        {"MARGIN",      "margin"     },
        {"min_sample",  "min_samples"},
        {"minsamples",  "min_samples"},
        {"min-samples", "min_samples"},
        {"levle",       "level"      },
        {"mrgn",        "margin"     }, /* two edits in four letters */
        {"mrg",         ""           },
        {"rollout",     ""           },
        {"x",           ""           },
        {"",            ""           },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        cr_assert(eq(str, (char *)closest(cases[i].typed), (char *)cases[i].meant), "typed %s",
                  cases[i].typed);
    }
}

Test(suggest, a_word_beyond_all_measure_gets_no_suggestion)
{
    char typed[4096];
    memset(typed, 'm', sizeof(typed));
    typed[sizeof(typed) - 1] = '\0';
    cr_assert(eq(str, (char *)closest(typed), ""));
}
