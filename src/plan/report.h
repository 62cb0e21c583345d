/*
 * A plan for people and for programs.
 */
#ifndef SERIN_PLAN_REPORT_H
#define SERIN_PLAN_REPORT_H

#include "base/buffer.h"
#include "plan/advice.h"
#include "report/page.h"
#include "serin/error.h"

/* Fail with the buffer's sticky status. */
SERIN_MUST_CHECK enum serin_status
plan_report_text(const struct advice *advice, const struct report_style *style, struct buffer *out);

/* One object and a line break; what is not known is null. */
SERIN_MUST_CHECK enum serin_status plan_report_json(const struct advice *advice,
                                                    struct buffer *out);

#endif
