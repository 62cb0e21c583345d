/*
 * Rows that several parts of a report share: a name, an estimate, its interval, a count.
 */
#ifndef SERIN_REPORT_SECTION_PARTS_H
#define SERIN_REPORT_SECTION_PARTS_H

#include "report/page.h"
#include "verdict/judge.h"
#include "verdict/spec.h"

enum { NAME_COLUMNS = 20, NUMBER_COLUMNS = 9, RANGE_COLUMNS = 20, COUNT_COLUMNS = 13 };

/* An empty line, then the titles over such rows, in bold. */
void section_numbers_header(struct page *page, const char *title, const char *samples);

/* The name of a row, indented. */
void section_name(struct page *page, const char *name);

/* An estimate and its interval; "none" where it is undefined. */
void section_range(struct page *page, const struct estimate *estimate, int decimals);

/* "at 95 %, valid for this one look": how the intervals were drawn. Adds to the page's draft. */
void section_add_level(struct page *page, double level, enum interval_kind interval);

#endif
