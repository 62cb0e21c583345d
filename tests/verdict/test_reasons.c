#include "verdict/reasons.h"

#include "verdict/guards.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(reasons, names_are_short_plain_and_unique)
{
    for (size_t i = 0; i < reason_count; i++) {
        const char *name = reasons[i].name;
        cr_assert(le(sz, strlen(name), REASON_NAME_MAX), "%s", name);
        cr_assert(eq(sz, strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name)), "%s", name);
        cr_assert(eq(ptr, (void *)reason_find(name), (void *)&reasons[i]), "%s twice", name);
    }
    cr_assert(eq(ptr, (void *)reason_find("because"), NULL));
}

Test(reasons, each_is_a_sentence_without_a_full_stop)
{
    for (size_t i = 0; i < reason_count; i++) {
        const char *texts[] = {reasons[i].meaning, reasons[i].advice};
        cr_assert(ne(str, (char *)reasons[i].meaning, ""), "%s", reasons[i].name);
        for (size_t t = 0; t < 2; t++) {
            size_t length = strlen(texts[t]);
            cr_assert(length == 0 || texts[t][length - 1] != '.', "%s", reasons[i].name);
            cr_assert(eq(ptr, strchr(texts[t], '\n'), NULL), "%s", reasons[i].name);
        }
    }
}

Test(reasons, every_guard_is_explained)
{
    for (size_t i = 0; i < guard_count; i++) {
        const struct reason *reason = reason_find(guards[i].name);
        cr_assert(ne(ptr, (void *)reason, NULL), "%s", guards[i].name);
        cr_assert(ne(str, (char *)reason->advice, ""), "%s", guards[i].name);
    }
}
