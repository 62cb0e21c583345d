/*
 * What `serin compare` and `serin score` print for people: the verdict in one plain sentence, then
 * the numbers with their intervals, which labels moved, what is to be wary of and what to do next.
 */
#ifndef SERIN_REPORT_TEXT_H
#define SERIN_REPORT_TEXT_H

#include "base/buffer.h"
#include "report/page.h"
#include "serin/error.h"
#include "verdict/judge.h"
#include "verdict/score.h"
#include "verdict/spec.h"

/*
 * Appends the report of a verdict; texts of the tables judged must still be there.
 * Fails with SERIN_NO_MEMORY and the buffer's SERIN_TOO_LARGE.
 */
SERIN_MUST_CHECK enum serin_status report_text(const struct verdict *verdict,
                                               const struct spec *spec,
                                               const struct report_style *style,
                                               struct buffer *out);

/* Appends the report of a score. Fails likewise. */
SERIN_MUST_CHECK enum serin_status
report_score_text(const struct score *score, const struct report_style *style, struct buffer *out);

#endif
