#include "tap/line_feed.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

struct taken {
    char text[8192]; /* each line with a "|" behind it; "!" for one too long */
    size_t used;
};

static void take(void *context, struct text_view line, bool is_whole)
{
    struct taken *taken = context;
    cr_assert(lt(sz, taken->used + line.length + 2, sizeof(taken->text)));
    if (line.length > 0) {
        memcpy(taken->text + taken->used, line.start, line.length);
    }
    taken->used += line.length;
    if (!is_whole) {
        taken->text[taken->used++] = '!';
    }
    taken->text[taken->used++] = '|';
    taken->text[taken->used] = '\0';
}

Test(line_feed, lines_are_the_same_however_their_bytes_are_cut)
{
    static const char text[] = "one\n\ntwo\r\n\nthree and more\nlast";
    struct random random = {.state = 7};
    for (int round = 0; round < 200; round++) {
        struct taken taken = {.used = 0};
        owned(line_feed) feed = line_feed_create(take, &taken);
        size_t at = 0;
        while (at < strlen(text)) {
            size_t length = random_below(&random, 9);
            length = length > strlen(text) - at ? strlen(text) - at : length;
            line_feed_push(feed, text + at, length);
            at += length;
        }
        line_feed_finish(feed);
        line_feed_finish(feed);
        cr_assert(eq(str, taken.text, "one||two\r||three and more|last|"));
    }
}

Test(line_feed, a_line_above_the_maximum_is_passed_over_and_told)
{
    static char long_line[LINE_BYTES_MAX + 2];
    memset(long_line, 'x', sizeof(long_line));
    for (size_t cut = 1; cut < sizeof(long_line); cut = cut * 3 + 1) {
        struct taken taken = {.used = 0};
        owned(line_feed) feed = line_feed_create(take, &taken);
        line_feed_push(feed, "a\n", 2);
        line_feed_push(feed, long_line, cut);
        line_feed_push(feed, long_line, sizeof(long_line) - cut);
        line_feed_push(feed, "\nb\n", 3);
        cr_assert(eq(str, taken.text, "a|!|b|"));
    }
}

Test(line_feed, what_is_dropped_is_no_line)
{
    struct taken taken = {.used = 0};
    owned(line_feed) feed = line_feed_create(take, &taken);
    cr_assert(not(line_feed_drop(feed)));
    line_feed_push(feed, "a\nhalf", 6);
    cr_assert(line_feed_drop(feed));
    line_feed_push(feed, "b\n", 2);
    cr_assert(eq(str, taken.text, "a|b|"));
}

Test(line_feed, without_memory_a_line_in_pieces_is_lost_and_told)
{
    struct taken taken = {.used = 0};
    owned(line_feed) feed = line_feed_create(take, &taken);
    memory_fail_after(1);
    line_feed_push(feed, "half", 4);
    memory_fail_after(0);
    line_feed_push(feed, " a line\nb\n", 10);
    cr_assert(eq(str, taken.text, "!|b|"));
}
