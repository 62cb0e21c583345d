/*
 * Numbers as text, the same in every locale: the only place where numbers are read or written for
 * machines.
 *
 * Writing returns its `out` argument, so that a number can be a printf argument:
 *     number_write_double(x, NUMBER_TEXT)
 *
 * Reading consumes the whole view or fails, leaving `out` alone: SERIN_INVALID when the text does
 * not have the form, SERIN_RANGE when it has the form but no value of the type is near enough.
 * The caller knows what the number means and writes the message.
 */
#ifndef SERIN_BASE_NUMBER_H
#define SERIN_BASE_NUMBER_H

#include "base/text.h"
#include "serin/error.h"

#include <stdint.h>

enum {
    NUMBER_TEXT_SIZE = 40 /* holds every number below with its terminating zero */
};

/* Room for one number within the enclosing block. */
#define NUMBER_TEXT ((char[NUMBER_TEXT_SIZE]){""})

/*
 * The shortest of 15, 16 and 17 significant digits that reads back as the same double, a valid JSON
 * number: "0.1", "3", "-0.0", "1e+22". NaN and the infinities become "null".
 */
const char *number_write_double(double value, char out[static NUMBER_TEXT_SIZE]);

/*
 * `value` rounded to `decimals` (0 to 17) digits after the point, for people: "0.710". A value of
 * 10^15 or more is written as number_write_double does; so are NaN and the infinities. A negative
 * value that rounds to zero is written without its sign.
 */
const char *number_write_fixed(double value, int decimals, char out[static NUMBER_TEXT_SIZE]);

const char *number_write_uint64(uint64_t value, char out[static NUMBER_TEXT_SIZE]);
const char *number_write_int64(int64_t value, char out[static NUMBER_TEXT_SIZE]);

/*
 * A duration of at least 0 in the form number_parse_duration reads: "1h30m", "250ms", "0s".
 */
const char *number_write_duration(int64_t milliseconds, char out[static NUMBER_TEXT_SIZE]);

/* A size in the form number_parse_size reads, in the largest unit that divides it: "64KiB". */
const char *number_write_size(uint64_t bytes, char out[static NUMBER_TEXT_SIZE]);

/*
 * A decimal number as in JSON, but a zero may lead ("007") and either side of the point may be
 * empty (".5", "2."): -1.5e-3. No plus sign in front, no spaces, no hexadecimal, no "inf" or "nan".
 * SERIN_RANGE when it exceeds the largest double; what is too small becomes 0. At most 400
 * characters. Correctly rounded.
 */
SERIN_MUST_CHECK enum serin_status number_parse_double(struct text_view text, double *out);

/* Digits only. */
SERIN_MUST_CHECK enum serin_status number_parse_uint64(struct text_view text, uint64_t *out);

/* Digits, with "-" in front where wanted. */
SERIN_MUST_CHECK enum serin_status number_parse_int64(struct text_view text, int64_t *out);

/*
 * A sum of whole numbers with units d, h, m, s, ms, each at most once, largest first: "90s", "2h",
 * "1h30m", "250ms". The unit is never optional.
 */
SERIN_MUST_CHECK enum serin_status number_parse_duration(struct text_view text,
                                                         int64_t *out_milliseconds);

/* A whole number with B, KiB, MiB, GiB or TiB (powers of 1024), or of bytes without a unit. */
SERIN_MUST_CHECK enum serin_status number_parse_size(struct text_view text, uint64_t *out_bytes);

#endif
