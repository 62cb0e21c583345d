/*
 * The verdict in one plain sentence, with its numbers.
 */
#ifndef SERIN_REPORT_SENTENCE_H
#define SERIN_REPORT_SENTENCE_H

#include "report/page.h"
#include "verdict/judge.h"

/* Adds to the page's draft: "Promote: the canary agrees with the reference as well as …". */
void sentence_add(struct page *page, const struct verdict *verdict);

/*
 * Decimals with which numbers near `value` are told beside a margin: 3 for a margin of 0.05 or
 * more, else 4, and more where `value` would round to the margin although it is not.
 */
int sentence_decimals(double value, double margin);

#endif
