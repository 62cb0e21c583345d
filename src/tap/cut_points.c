#include "tap/cut_points.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

enum { POINT_LENGTH_MAX = 40 };

static enum serin_status check_point(const struct cut_points *cuts, size_t index, const char *text,
                                     struct serin_error *err)
{
    if (index > 0 && cuts->points[index] <= cuts->points[index - 1]) {
        return serin_fail(err, SERIN_INVALID,
                          "cut points must rise, but %s comes after a number that is not below it",
                          TEXT_QUOTE(text_view_of(text)));
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
        if (strlen(texts[i]) > POINT_LENGTH_MAX ||
            number_parse_double(text_view_of(texts[i]), &cuts.points[i]) != SERIN_OK) {
            return serin_fail(err, SERIN_INVALID, "%s is not a number",
                              TEXT_QUOTE(text_view_of(texts[i])));
        }
        TRY(check_point(&cuts, i, texts[i], err));
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
