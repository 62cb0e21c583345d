#include "study/plot.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double plot_position(const struct plot_axis *axis, double value, double from, double to)
{
    double inside = fmin(fmax(value, axis->low), axis->high);
    double share = axis->is_log ? log(inside / axis->low) / log(axis->high / axis->low)
                                : (inside - axis->low) / (axis->high - axis->low);
    return from + share * (to - from);
}

/* "12,345" */
static void group_thousands(const char *digits, char *out, size_t size)
{
    size_t length = strlen(digits);
    size_t written = 0;
    for (size_t i = 0; i < length && written + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[written++] = ',';
        }
        out[written++] = digits[i];
    }
    out[written] = '\0';
}

const char *plot_number(const struct plot_axis *axis, double value, char *out, size_t size)
{
    if (axis->is_percent) {
        double percent = value * 100.0;
        (void)snprintf(out, size, "%s %%",
                       number_write_double(round(percent * 10.0) / 10.0, NUMBER_TEXT));
    } else if (value >= 1000.0) {
        group_thousands(number_write_fixed(value, 0, NUMBER_TEXT), out, size);
    } else {
        (void)snprintf(out, size, "%s", number_write_double(value, NUMBER_TEXT));
    }
    return out;
}
