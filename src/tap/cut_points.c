#include "tap/cut_points.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

enum { POINT_LENGTH_MAX = 40 };

static enum serin_status read_point(const char *text, double *out, struct serin_error *err)
{
    if (strlen(text) > POINT_LENGTH_MAX ||
        number_parse_double(text_view_of(text), out) != SERIN_OK) {
        return serin_fail(err, SERIN_INVALID, "%s is not a number", TEXT_QUOTE(text_view_of(text)));
    }
    return SERIN_OK;
}

static void name_ranges(char *const *texts, struct cut_points *cuts)
{
    size_t last = cuts->count;
    (void)snprintf(cuts->names[0], CUT_NAME_SIZE, "<%s", texts[0]);
    for (size_t i = 1; i < last; i++) {
        (void)snprintf(cuts->names[i], CUT_NAME_SIZE, "[%s,%s)", texts[i - 1], texts[i]);
    }
    (void)snprintf(cuts->names[last], CUT_NAME_SIZE, ">=%s", texts[last - 1]);
}

enum serin_status cut_points_parse(char *const *texts, size_t count, struct cut_points *out,
                                   struct serin_error *err)
{
    struct cut_points cuts = {.count = count};
    if (count > CUT_POINTS_MAX) {
        return serin_fail(err, SERIN_INVALID, "%zu cut points; at most %d", count, CUT_POINTS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(read_point(texts[i], &cuts.points[i], err));
        if (i > 0 && cuts.points[i] <= cuts.points[i - 1]) {
            return serin_fail(err, SERIN_INVALID, "cut points must rise, but %s comes after %s",
                              texts[i], texts[i - 1]);
        }
    }
    if (count > 0) {
        name_ranges(texts, &cuts);
    }
    *out = cuts;
    return SERIN_OK;
}

enum serin_status cut_points_name(const struct cut_points *cuts, struct text_view text,
                                  struct text_view *out)
{
    double value = 0.0;
    if (number_parse_double(text, &value) != SERIN_OK) {
        return SERIN_INVALID;
    }
    size_t range = 0;
    while (range < cuts->count && value >= cuts->points[range]) {
        range++;
    }
    *out = text_view_of(cuts->names[range]);
    return SERIN_OK;
}
