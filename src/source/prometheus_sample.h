/*
 * The numbers of a Prometheus answer: sample times and the values of counters, read exactly.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_SAMPLE_H
#define SERIN_SOURCE_PROMETHEUS_SAMPLE_H

#include "base/text.h"
#include "serin/error.h"

#include <stdint.h>

/*
 * Unix seconds with a decimal fraction ("1700000000.123") → milliseconds; what is finer is cut.
 * SERIN_INVALID for any other form or a time after the year 9999.
 */
SERIN_MUST_CHECK enum serin_status prometheus_parse_time(struct text_view text, int64_t *out_ms);

/*
 * A counter's value. SERIN_INVALID when the text is no number at all. SERIN_RANGE when the number
 * cannot be the exact count of something, with `*out_flaw` for people ("is negative"): from 2^53 on
 * a counter in Prometheus skips events.
 */
SERIN_MUST_CHECK enum serin_status prometheus_parse_count(struct text_view text, uint64_t *out,
                                                          const char **out_flaw);

#endif
