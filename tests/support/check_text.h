/*
 * Whether a text is the expected one, with both in the message.
 */
#ifndef SERIN_TESTS_SUPPORT_CHECK_TEXT_H
#define SERIN_TESTS_SUPPORT_CHECK_TEXT_H

#include "base/text.h"

#include <criterion/criterion.h>

static inline void check_text(struct text_view text, const char *expected)
{
    cr_assert(text_equals(text, expected), "%.*s is not %s", (int)text.length, text.start,
              expected);
}

#endif
