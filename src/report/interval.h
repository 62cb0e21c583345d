/*
 * An interval drawn on one line against the margin.
 */
#ifndef SERIN_REPORT_INTERVAL_H
#define SERIN_REPORT_INTERVAL_H

#include "report/page.h"
#include "verdict/judge.h"

/*
 * Draws the delta's interval in three lines: what lies on either side of the margin, the axis, and
 * its numbers. Draws nothing where the delta is undefined.
 */
void interval_draw(struct page *page, const struct verdict *verdict);

/* The colour that a decision is told in. */
enum page_colour decision_colour(enum decision decision);

#endif
