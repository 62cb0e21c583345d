#include "base/buffer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(buffer, joins_what_is_appended)
{
    owned(buffer) buffer = buffer_create(100);
    cr_assert(eq(str, (char *)buffer_text(buffer), ""));
    buffer_append_text(buffer, "nmi");
    buffer_append_char(buffer, '=');
    buffer_printf(buffer, "%d/%s", 3, "four");
    buffer_append_view(buffer, (struct text_view)TEXT_VIEW("\0x"));
    cr_assert(eq(int, buffer_status(buffer), SERIN_OK));
    cr_assert(text_equal(buffer_view(buffer), (struct text_view)TEXT_VIEW("nmi=3/four\0x")));
}

Test(buffer, holds_exactly_its_maximum)
{
    owned(buffer) buffer = buffer_create(4);
    buffer_append_text(buffer, "ab");
    buffer_append_text(buffer, "cd");
    cr_assert(eq(int, buffer_status(buffer), SERIN_OK));
    buffer_append_char(buffer, 'e');
    cr_assert(eq(int, buffer_status(buffer), SERIN_TOO_LARGE));
    cr_assert(eq(str, (char *)buffer_text(buffer), "abcd"));
}

Test(buffer, a_failure_stays_until_the_buffer_is_cleared)
{
    owned(buffer) buffer = buffer_create(4);
    buffer_printf(buffer, "%s", "too long");
    buffer_append_char(buffer, 'x');
    cr_assert(eq(int, buffer_status(buffer), SERIN_TOO_LARGE));
    cr_assert(eq(sz, buffer_view(buffer).length, 0));
    char *taken = NULL;
    cr_assert(eq(int, buffer_take(buffer, &taken, NULL), SERIN_TOO_LARGE));
    cr_assert(eq(ptr, taken, NULL));
    buffer_clear(buffer);
    buffer_append_char(buffer, 'x');
    cr_assert(eq(int, buffer_status(buffer), SERIN_OK));
    cr_assert(eq(str, (char *)buffer_text(buffer), "x"));
}

Test(buffer, taking_hands_the_text_over_and_starts_afresh)
{
    owned(buffer) buffer = buffer_create(100);
    buffer_append_text(buffer, "first");
    owned_memory char *first = NULL;
    size_t length = 0;
    cr_assert(eq(int, buffer_take(buffer, &first, &length), SERIN_OK));
    cr_assert(eq(str, first, "first"));
    cr_assert(eq(sz, length, 5));
    buffer_append_text(buffer, "second");
    cr_assert(eq(str, (char *)buffer_text(buffer), "second"));
    cr_assert(eq(str, first, "first"));
}

Test(buffer, an_empty_or_cleared_buffer_is_taken_as_the_empty_text)
{
    owned(buffer) buffer = buffer_create(100);
    owned_memory char *empty = NULL;
    cr_assert(eq(int, buffer_take(buffer, &empty, NULL), SERIN_OK));
    cr_assert(eq(str, empty, ""));
    buffer_append_text(buffer, "gone");
    buffer_clear(buffer);
    cr_assert(eq(str, (char *)buffer_text(buffer), ""));
    owned_memory char *cleared = NULL;
    cr_assert(eq(int, buffer_take(buffer, &cleared, NULL), SERIN_OK));
    cr_assert(eq(str, cleared, ""));
}

Test(buffer, reports_missing_memory_and_keeps_what_it_has)
{
    owned(buffer) buffer = buffer_create(SIZE_MAX);
    buffer_append_text(buffer, "ab");
    memory_fail_after(1);
    buffer_printf(buffer, "%0100d", 7);
    memory_fail_after(0);
    cr_assert(eq(int, buffer_status(buffer), SERIN_NO_MEMORY));
    cr_assert(eq(str, (char *)buffer_text(buffer), "ab"));
    memory_fail_after(1);
    cr_assert(eq(ptr, buffer_create(1), NULL));
    memory_fail_after(0);
}

Test(buffer, grows_to_many_times_its_first_size)
{
    owned(buffer) buffer = buffer_create(100000);
    for (int i = 0; i < 10000; i++) {
        buffer_printf(buffer, "%04d ", i);
    }
    cr_assert(eq(int, buffer_status(buffer), SERIN_OK));
    cr_assert(eq(sz, buffer_view(buffer).length, 50000));
    cr_assert(eq(int, strncmp(buffer_text(buffer) + 49995, "9999 ", 5), 0));
}
