/*
 * Points in time as text: RFC 3339 and Unix milliseconds.
 *
 * A point in time is an int64_t of milliseconds since 1970-01-01T00:00:00Z, leap seconds not
 * counted (POSIX). Reading is strict: what a sender meant is never guessed.
 */
#ifndef SERIN_BASE_RFC3339_H
#define SERIN_BASE_RFC3339_H

#include "base/text.h"
#include "serin/error.h"

#include <stdint.h>

enum { RFC3339_SIZE = 25 }; /* "2026-01-31T12:00:00.250Z" and its zero */

#define UNIX_MS_MIN INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define UNIX_MS_MAX INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/*
 * Writes `time_ms` as UTC with milliseconds, e.g. "2026-01-31T12:00:00.250Z". Times outside
 * UNIX_MS_MIN … UNIX_MS_MAX, which have no four-digit year, are written as the nearer of the two.
 */
void rfc3339_format(int64_t time_ms, char out[RFC3339_SIZE]);

/*
 * Reads the whole view as an RFC 3339 date-time: "2026-01-31T12:00:00.250Z",
 * "2026-01-31T13:00:00+01:00". The offset is required, a fraction may have up to nine digits and is
 * cut to milliseconds, `t`, `z` are accepted in lower case, a space instead of `T` is not. Second
 * 60 is accepted only where a leap second can be (23:59:60 UTC at the end of a month) and read as
 * the first instant of the next minute. Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status rfc3339_parse(struct text_view text, int64_t *out_ms);

/*
 * Reads decimal digits, with a leading minus where wanted, as Unix milliseconds: no other sign, no
 * spaces, no fraction, no exponent, no leading zero. Fails with SERIN_INVALID for other text and
 * with SERIN_RANGE outside UNIX_MS_MIN … UNIX_MS_MAX.
 */
SERIN_MUST_CHECK enum serin_status unix_ms_parse(struct text_view text, int64_t *out_ms);

#endif
