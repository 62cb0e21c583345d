/*
 * A number the service puts out → the label of the range it falls into.
 */
#ifndef SERIN_TAP_CUT_POINTS_H
#define SERIN_TAP_CUT_POINTS_H

#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>

enum { CUT_POINTS_MAX = 64, CUT_NAME_SIZE = 96 };

struct cut_points {
    double points[CUT_POINTS_MAX];                 /* rising */
    size_t count;                                  /* 0: numbers are not cut */
    char names[CUT_POINTS_MAX + 1][CUT_NAME_SIZE]; /* of the ranges: "<0.2", "[0.2,0.5)", ">=0.5" */
};

/*
 * Reads rising numbers; at most CUT_POINTS_MAX. The ranges are named by the numbers as they are
 * written here. Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status
cut_points_parse(char *const *texts, size_t count, struct cut_points *out, struct serin_error *err);

/*
 * The name of the range that the number written in `text` falls into; borrows from `cuts`. Fails
 * with SERIN_INVALID when that is not a number.
 */
SERIN_MUST_CHECK enum serin_status cut_points_name(const struct cut_points *cuts,
                                                   struct text_view text, struct text_view *out);

#endif
