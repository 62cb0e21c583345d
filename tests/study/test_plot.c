#include "study/plot.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

static const struct svg_heading heading = {"a < b & c", "the setting", "what \"it\" shows"};

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

Test(svg, escapes_what_xml_reserves)
{
    owned(buffer) out = buffer_create(1 << 16);
    svg_begin(out, &heading, 100);
    svg_end(out);
    cr_assert(strstr(buffer_text(out), "a &lt; b &amp; c") != NULL);
    cr_assert(strstr(buffer_text(out), "what &quot;it&quot; shows") != NULL);
}

Test(plot, names_and_describes_itself_for_screen_readers)
{
    static const double x[] = {1, 10, 100};
    static const double y[] = {0.1, 0.2, 0.3};
    struct plot_series series = {"a series", x, y, NULL, 3};
    struct plot_axis across = {.label = "n", .low = 1, .high = 100, .is_log = true, .limit = NAN};
    struct plot_axis up = {.label = "share", .high = 1, .is_percent = true, .limit = NAN};
    owned(buffer) out = buffer_create(1 << 16);
    plot_lines(&heading, &across, &up, &series, 1, out);
    cr_assert(eq(sz, count_of(buffer_text(out), "<title"), 1));
    cr_assert(eq(sz, count_of(buffer_text(out), "<desc"), 1));
    cr_assert(eq(sz, count_of(buffer_text(out), "prefers-color-scheme:dark"), 1));
    cr_assert(strstr(buffer_text(out), ">a series</text>") != NULL);
}

Test(plot, writes_numbers_as_people_read_them)
{
    struct plot_axis plain = {.high = 1};
    struct plot_axis percent = {.high = 1, .is_percent = true};
    char text[40];
    cr_assert(strcmp(plot_number(&plain, 12345, text, sizeof(text)), "12,345") == 0);
    cr_assert(strcmp(plot_number(&plain, 0.05, text, sizeof(text)), "0.05") == 0);
    cr_assert(strcmp(plot_number(&percent, 0.025, text, sizeof(text)), "2.5 %") == 0);
    cr_assert(strcmp(plot_number(&percent, 1, text, sizeof(text)), "100 %") == 0);
}

Test(plot, keeps_values_within_the_axis)
{
    struct plot_axis linear = {.low = 0, .high = 2};
    struct plot_axis logarithmic = {.low = 1, .high = 100, .is_log = true};
    cr_assert(epsilon_eq(dbl, plot_position(&linear, 1, 10, 20), 15, 1e-12));
    cr_assert(epsilon_eq(dbl, plot_position(&linear, 7, 10, 20), 20, 1e-12));
    cr_assert(epsilon_eq(dbl, plot_position(&logarithmic, 10, 10, 20), 15, 1e-12));
    cr_assert(epsilon_eq(dbl, plot_position(&logarithmic, 0.001, 10, 20), 10, 1e-12));
}
