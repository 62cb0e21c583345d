#include "serin/error.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(error, keeps_the_field_named_before_the_failure)
{
    struct serin_error err = {0};
    serin_error_at(&err, "streams[%d].metric", 2);
    cr_assert(eq(int, serin_fail(&err, SERIN_INVALID, "bad \"%s\"", "x"), SERIN_INVALID));
    cr_assert(eq(str, err.field, "streams[2].metric"));
    cr_assert(eq(str, err.detail, "bad \"x\""));
}

Test(error, a_long_text_is_cut_at_a_character_boundary)
{
    char text[401];
    for (size_t i = 0; i + 1 < sizeof(text); i += 2) {
        text[i] = (char)0xC3;
        text[i + 1] = (char)0xA9;
    }
    text[400] = '\0';
    struct serin_error err = {0};
    cr_assert(eq(int, serin_fail(&err, SERIN_INVALID, "%s", text), SERIN_INVALID));
    cr_assert(eq(sz, strlen(err.detail), 318));
    cr_assert(eq(int, serin_fail(&err, SERIN_INVALID, "a%s", text), SERIN_INVALID));
    cr_assert(eq(sz, strlen(err.detail), 319));
}

Test(error, every_status_has_a_name_of_its_own)
{
    for (int a = SERIN_OK; a <= SERIN_BUG; a++) {
        for (int b = SERIN_OK; b < a; b++) {
            cr_assert(ne(str, (char *)serin_status_name((enum serin_status)a),
                         (char *)serin_status_name((enum serin_status)b)));
        }
    }
}
