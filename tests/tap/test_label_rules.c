#include "tap/label_rules.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(personal_data, is_told_by_its_form)
{
    static const struct {
        const char *text;
        enum personal_data kind;
    } cases[] = {
        {"bob@example.com",            PERSONAL_EMAIL  },
        {"contact bob.x@mail.ex.org!", PERSONAL_EMAIL  },
        {"b+tag@ex-ample.co",          PERSONAL_EMAIL  },
        {"@home",                      PERSONAL_NONE   },
        {"user@host",                  PERSONAL_NONE   },
        {"a@b.1",                      PERSONAL_NONE   },
        {"5 @ 3.50",                   PERSONAL_NONE   },
        {"4111 1111 1111 1111",        PERSONAL_CARD   },
        {"4111-1111-1111-1111",        PERSONAL_CARD   },
        {"card=378282246310005;",      PERSONAL_CARD   },
        {"4111111111111112000",        PERSONAL_NONE   }, /* 19 digits, but a wrong sum */
        {"+49 30 1234567",             PERSONAL_PHONE  },
        {"+4930123456",                PERSONAL_PHONE  },
        {"(555) 123-4567",             PERSONAL_PHONE  },
        {"0151/23456789",              PERSONAL_PHONE  },
        {"5551234567",                 PERSONAL_PHONE  },
        {"192.168.1.17",               PERSONAL_ADDRESS},
        {"from 10.0.0.1:443",          PERSONAL_ADDRESS},
        {"2001:db8::1",                PERSONAL_ADDRESS},
        {"fe80::1ff:fe23:4567:890a",   PERSONAL_ADDRESS},
        {"s4",                         PERSONAL_NONE   },
        {"segment-12",                 PERSONAL_NONE   },
        {"2026-01-31",                 PERSONAL_NONE   },
        {"2026-01-31T12:00:00.250Z",   PERSONAL_NONE   },
        {"1.2.3",                      PERSONAL_NONE   },
        {"v1.2.3.4x",                  PERSONAL_NONE   },
        {"0.8731245621",               PERSONAL_NONE   },
        {"[0.20,1e3)",                 PERSONAL_NONE   },
        {"deadbeef0123456789",         PERSONAL_NONE   },
        {"12345678",                   PERSONAL_NONE   },
        {"(other)",                    PERSONAL_NONE   },
        {"\xc3\xa9t\xc3\xa9",          PERSONAL_NONE   },
        {"::",                         PERSONAL_NONE   },
        {"",                           PERSONAL_NONE   },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        enum personal_data kind = personal_data_find(text_view_of(cases[i].text));
        cr_expect(eq(int, kind, cases[i].kind), "%s is %s", cases[i].text,
                  personal_data_name(kind));
    }
}

static void expect(const struct label_rules *rules, const char *label, const char *text)
{
    struct label_ruling ruling = label_rules_apply(rules, text_view_of(label));
    cr_expect(text_equals(ruling.text, text), "%s", label);
    cr_expect(eq(int, ruling.fate == LABEL_KEPT, strcmp(label, text) == 0), "%s", label);
}

Test(label_rules, without_any_only_personal_data_is_masked)
{
    struct label_rules_options options = {0};
    owned(label_rules) rules = NULL;
    cr_assert(eq(int, label_rules_create(&options, &rules, NULL), SERIN_OK));
    expect(rules, "s1", "s1");
    expect(rules, "bob@example.com", LABEL_MASKED);
}

Test(label_rules, list_and_pattern_allow_together_and_the_list_allows_anything)
{
    static char *allowed[] = {"gold", "10.0.0.1"};
    struct label_rules_options options = {
        .allowed = allowed, .allowed_count = 2, .pattern = "s[0-9]+|.*@.*"};
    owned(label_rules) rules = NULL;
    cr_assert(eq(int, label_rules_create(&options, &rules, NULL), SERIN_OK));
    expect(rules, "gold", "gold");
    expect(rules, "10.0.0.1", "10.0.0.1");
    expect(rules, "s12", "s12");
    expect(rules, "xs12", LABEL_OTHER);
    expect(rules, "s12x", LABEL_OTHER);
    expect(rules, "10.0.0.2", LABEL_MASKED);
    expect(rules, "bob@example.com", LABEL_MASKED);
    expect(rules, "silver", LABEL_OTHER);
}

Test(label_rules, nothing_is_masked_where_that_is_wanted)
{
    struct label_rules_options options = {.keeps_personal = true};
    owned(label_rules) rules = NULL;
    cr_assert(eq(int, label_rules_create(&options, &rules, NULL), SERIN_OK));
    expect(rules, "bob@example.com", "bob@example.com");
}

Test(label_rules, a_pattern_that_is_none_is_refused)
{
    struct label_rules_options options = {.pattern = "s[0-9"};
    struct label_rules *rules = NULL;
    cr_assert(eq(int, label_rules_create(&options, &rules, NULL), SERIN_INVALID));
}

Test(label_rules, every_allocation_may_fail)
{
    static char *allowed[] = {"gold"};
    struct label_rules_options options = {.allowed = allowed, .allowed_count = 1};
    enum serin_status status = SERIN_NO_MEMORY;
    uint64_t failures = 0;
    while (status == SERIN_NO_MEMORY) {
        owned(label_rules) rules = NULL;
        memory_fail_after(failures + 1);
        status = label_rules_create(&options, &rules, NULL);
        memory_fail_after(0);
        failures += status == SERIN_NO_MEMORY;
    }
    cr_assert(eq(int, status, SERIN_OK));
    cr_assert(ge(u64, failures, 3));
}
