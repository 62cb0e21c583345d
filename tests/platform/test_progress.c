#include "platform/progress.h"

#include "support/fake_clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    struct fake_clock fake;
    struct progress_settings settings;
    int read_end;
    char drawn[4096];
};

static void open_fixture(struct fixture *fixture, bool is_terminal, uint64_t total)
{
    int ends[2];
    cr_assert(eq(int, pipe2(ends, O_NONBLOCK), 0));
    *fixture = (struct fixture){.fake = fake_clock_at(0), .read_end = ends[0]};
    fixture->settings = (struct progress_settings){
        .fd = ends[1],
        .terminal = {.is_terminal = is_terminal, .columns = 60},
        .clock = &fixture->fake.clock,
        .label = "reading",
        .total = total,
    };
}

/* What was written since the last call. */
static const char *drawn(struct fixture *fixture)
{
    ssize_t got = read(fixture->read_end, fixture->drawn, sizeof(fixture->drawn) - 1);
    fixture->drawn[got > 0 ? got : 0] = '\0';
    return fixture->drawn;
}

Test(progress, the_first_second_is_silent)
{
    struct fixture fixture;
    open_fixture(&fixture, true, 100);
    owned(progress) progress = progress_create(&fixture.settings);
    progress_advance(progress, 50);
    fake_clock_advance(&fixture.fake, 1000);
    progress_advance(progress, 40);
    cr_assert(eq(str, (char *)drawn(&fixture), ""));
}

Test(progress, after_a_second_a_bar_is_drawn_and_wiped_at_the_end)
{
    struct fixture fixture;
    open_fixture(&fixture, true, 100);
    struct progress *progress = progress_create(&fixture.settings);
    fake_clock_advance(&fixture.fake, 1001);
    progress_advance(progress, 50);
    cr_assert(
        eq(str, (char *)drawn(&fixture), "\r\x1b[Kreading  50 % [###############...............]"));
    progress_destroy(progress);
    cr_assert(eq(str, (char *)drawn(&fixture), "\r\x1b[K"));
}

Test(progress, it_is_drawn_at_most_ten_times_a_second)
{
    struct fixture fixture;
    open_fixture(&fixture, true, 100);
    owned(progress) progress = progress_create(&fixture.settings);
    fake_clock_advance(&fixture.fake, 2000);
    progress_advance(progress, 1);
    cr_assert(ne(str, (char *)drawn(&fixture), ""));
    fake_clock_advance(&fixture.fake, 99);
    progress_advance(progress, 1);
    cr_assert(eq(str, (char *)drawn(&fixture), ""));
    fake_clock_advance(&fixture.fake, 1);
    progress_advance(progress, 1);
    cr_assert(ne(str, (char *)drawn(&fixture), ""));
}

Test(progress, without_a_total_a_count_is_shown)
{
    struct fixture fixture;
    open_fixture(&fixture, true, 0);
    owned(progress) progress = progress_create(&fixture.settings);
    fake_clock_advance(&fixture.fake, 1500);
    progress_advance(progress, 12345);
    cr_assert(eq(str, (char *)drawn(&fixture), "\r\x1b[Kreading 12345"));
}

Test(progress, what_is_done_adds_up)
{
    struct fixture fixture;
    open_fixture(&fixture, true, 100);
    owned(progress) progress = progress_create(&fixture.settings);
    progress_advance(progress, 20);
    fake_clock_advance(&fixture.fake, 1500);
    progress_advance(progress, 30);
    cr_assert(ne(ptr, strstr(drawn(&fixture), " 50 %"), NULL));
}

Test(progress, more_than_everything_is_still_all_of_it)
{
    struct fixture fixture;
    open_fixture(&fixture, true, 100);
    owned(progress) progress = progress_create(&fixture.settings);
    fake_clock_advance(&fixture.fake, 1500);
    progress_advance(progress, 250);
    cr_assert(ne(ptr, strstr(drawn(&fixture), "100 % [##############################]"), NULL));
}

Test(progress, a_line_never_passes_the_width)
{
    for (size_t columns = 0; columns < 200; columns++) {
        struct fixture fixture;
        open_fixture(&fixture, true, columns % 2 * 7);
        fixture.settings.label = "a label that is much longer than some terminals are wide, as "
                                 "happens with long file names in it, which should be cut";
        fixture.settings.terminal.columns = columns;
        struct progress *progress = progress_create(&fixture.settings);
        fake_clock_advance(&fixture.fake, 1500);
        progress_advance(progress, 3);
        size_t length = strlen(drawn(&fixture)) - strlen("\r\x1b[K");
        cr_assert(length < columns || columns < 22, "%zu columns, %zu drawn", columns, length);
        progress_destroy(progress);
        (void)close(fixture.read_end);
        (void)close(fixture.settings.fd);
    }
}

Test(progress, nothing_is_ever_written_where_no_terminal_is)
{
    struct fixture fixture;
    open_fixture(&fixture, false, 100);
    struct progress *progress = progress_create(&fixture.settings);
    fake_clock_advance(&fixture.fake, 60000);
    progress_advance(progress, 50);
    progress_destroy(progress);
    cr_assert(eq(str, (char *)drawn(&fixture), ""));
}

Test(progress, no_progress_is_a_progress)
{
    progress_advance(NULL, 1);
    progress_destroy(NULL);
}

/* ---- terminal ----------------------------------------------------------------------------------
 */

/* A real pseudo-terminal, since isatty is what decides. */
static int open_terminal(int *out_controller)
{
    *out_controller = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(ge(int, *out_controller, 0));
    cr_assert(eq(int, grantpt(*out_controller), 0));
    cr_assert(eq(int, unlockpt(*out_controller), 0));
    return open(ptsname(*out_controller), O_RDWR | O_NOCTTY);
}

struct colour_case {
    const char *term;
    const char *no_color;
    bool colour;
    bool redraws;
};

Test(terminal, colour_follows_the_terminal_and_the_environment)
{
    static const struct colour_case cases[] = {
        {"xterm", NULL, true,  true },
        {"xterm", "",   true,  true },
        {"xterm", "1",  false, true },
        {"dumb",  NULL, false, false},
        {NULL,    NULL, false, false},
    };
    int controller = -1;
    int fd = open_terminal(&controller);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        (void)unsetenv("TERM");
        (void)unsetenv("NO_COLOR");
        if (cases[i].term) {
            (void)setenv("TERM", cases[i].term, 1);
        }
        if (cases[i].no_color) {
            (void)setenv("NO_COLOR", cases[i].no_color, 1);
        }
        struct terminal terminal = terminal_inspect(fd);
        cr_assert(eq(int, terminal.colour, cases[i].colour), "case %zu", i);
        cr_assert(eq(int, terminal.is_terminal, cases[i].redraws), "case %zu", i);
    }
    (void)close(fd);
    (void)close(controller);
}

Test(terminal, a_pipe_has_no_colour_and_the_width_that_columns_tells)
{
    (void)setenv("TERM", "xterm", 1);
    int ends[2];
    cr_assert(eq(int, pipe(ends), 0));
    static const struct {
        const char *columns;
        size_t width;
    } cases[] = {
        {"132",   132 },
        {"0",     80  },
        {"wide",  80  },
        {"-5",    80  },
        {"99999", 1000}
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        (void)setenv("COLUMNS", cases[i].columns, 1);
        struct terminal terminal = terminal_inspect(ends[1]);
        cr_assert(not(terminal.colour));
        cr_assert(not(terminal.is_terminal));
        cr_assert(eq(sz, terminal.columns, cases[i].width), "%s", cases[i].columns);
    }
}
