#include "base/rfc3339.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    MS_PER_SECOND = 1000,
    SECONDS_PER_MINUTE = 60,
    MINUTES_PER_DAY = 1440,
    DAYS_PER_ERA = 146097
};

#define MS_PER_MINUTE (INT64_C(60) * MS_PER_SECOND)
#define MS_PER_DAY    (INT64_C(86400) * MS_PER_SECOND)

/* Days from 0000-03-01 to 1970-01-01. */
#define DAYS_TO_EPOCH INT64_C(719468)

struct civil_date {
    int year; /* 0 to 9999 */
    int month;
    int day;
};

/* ---- calendar ----------------------------------------------------------------------------------
 */

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/*
 * Days since 1970-01-01. Years are counted from March, so that the leap day is a year's last and
 * the days before month m follow a straight line: (153 m + 2) / 5 with March as month 0.
 */
static int64_t days_from_date(struct civil_date date)
{
    int64_t march_year = date.year - (date.month <= 2);
    int64_t march_month = date.month > 2 ? date.month - 3 : date.month + 9;
    /* 400 more years keep the quotient of the year before year 0 from rounding towards zero. */
    int64_t year = march_year + 400;
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 - DAYS_PER_ERA;
    return days + (153 * march_month + 2) / 5 + date.day - 1 - DAYS_TO_EPOCH;
}

static struct civil_date date_from_days(int64_t days)
{
    int64_t shifted = days + DAYS_TO_EPOCH + DAYS_PER_ERA; /* since -0400-03-01, never negative */
    int64_t era = shifted / DAYS_PER_ERA;
    int64_t day_of_era = shifted % DAYS_PER_ERA;
    /* Takes the leap days out, so that the division by 365 is exact: one in 4 years, not in 100. */
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct civil_date){
        .year = (int)((era - 1) * 400 + year_of_era + (month <= 2)),
        .month = (int)month,
        .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
    };
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static void write_digits(char *out, int64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void rfc3339_format(int64_t time_ms, char out[RFC3339_SIZE])
{
    int64_t time = time_ms < UNIX_MS_MIN ? UNIX_MS_MIN : time_ms;
    time = time > UNIX_MS_MAX ? UNIX_MS_MAX : time;
    int64_t ms_of_day = (time % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY;
    struct civil_date date = date_from_days((time - ms_of_day) / MS_PER_DAY);

    memcpy(out, "0000-00-00T00:00:00.000Z", RFC3339_SIZE);
    write_digits(out, date.year, 4);
    write_digits(out + 5, date.month, 2);
    write_digits(out + 8, date.day, 2);
    write_digits(out + 11, ms_of_day / (60 * MS_PER_MINUTE), 2);
    write_digits(out + 14, ms_of_day / MS_PER_MINUTE % 60, 2);
    write_digits(out + 17, ms_of_day / MS_PER_SECOND % 60, 2);
    write_digits(out + 20, ms_of_day % MS_PER_SECOND, 3);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

/* What is still to be read; once something did not fit, `failed` stays set. */
struct reader {
    struct text_view rest;
    bool failed;
};

static char next_char(struct reader *reader)
{
    if (reader->rest.length == 0) {
        reader->failed = true;
        return '\0';
    }
    char c = reader->rest.start[0];
    reader->rest.start++;
    reader->rest.length--;
    return c;
}

static void expect(struct reader *reader, const char *one_of)
{
    char c = next_char(reader);
    if (c == '\0' || !strchr(one_of, c)) {
        reader->failed = true;
    }
}

static int read_number(struct reader *reader, int digits, int least, int most)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = next_char(reader);
        if (c < '0' || c > '9') {
            reader->failed = true;
            return least;
        }
        value = value * 10 + (c - '0');
    }
    if (value < least || value > most) {
        reader->failed = true;
        return least;
    }
    return value;
}

static bool next_is_digit(const struct reader *reader)
{
    return reader->rest.length > 0 && reader->rest.start[0] >= '0' && reader->rest.start[0] <= '9';
}

/* One to nine digits after the point; what is finer than a millisecond is cut, never rounded up. */
static int read_fraction_ms(struct reader *reader)
{
    if (reader->rest.length == 0 || reader->rest.start[0] != '.') {
        return 0;
    }
    expect(reader, ".");
    int milliseconds = 0;
    int digits = 0;
    while (next_is_digit(reader) && digits < 9) {
        int digit = next_char(reader) - '0';
        milliseconds = digits < 3 ? milliseconds * 10 + digit : milliseconds;
        digits++;
    }
    reader->failed = reader->failed || digits == 0;
    for (int i = digits; i < 3; i++) {
        milliseconds *= 10;
    }
    return milliseconds;
}

static int read_offset_minutes(struct reader *reader)
{
    char sign = next_char(reader);
    if (sign == 'Z' || sign == 'z') {
        return 0;
    }
    if (sign != '+' && sign != '-') {
        reader->failed = true;
        return 0;
    }
    int hours = read_number(reader, 2, 0, 23);
    expect(reader, ":");
    int minutes = read_number(reader, 2, 0, 59);
    int offset = hours * 60 + minutes;
    return sign == '-' ? -offset : offset;
}

static struct civil_date read_date(struct reader *reader)
{
    struct civil_date date = {.year = read_number(reader, 4, 0, 9999)};
    expect(reader, "-");
    date.month = read_number(reader, 2, 1, 12);
    expect(reader, "-");
    date.day = read_number(reader, 2, 1, 31);
    reader->failed = reader->failed || date.day > days_in_month(date.year, date.month);
    return date;
}

/* Leap seconds are inserted only before 00:00 UTC on the first day of a month. */
static bool can_follow_leap_second(int64_t time_ms)
{
    return time_ms % MS_PER_DAY == 0 && date_from_days(time_ms / MS_PER_DAY).day == 1;
}

enum serin_status rfc3339_parse(struct text_view text, int64_t *out_ms)
{
    struct reader reader = {.rest = text};
    struct civil_date date = read_date(&reader);
    expect(&reader, "Tt");
    int hour = read_number(&reader, 2, 0, 23);
    expect(&reader, ":");
    int minute = read_number(&reader, 2, 0, 59);
    expect(&reader, ":");
    int second = read_number(&reader, 2, 0, 60);
    int milliseconds = read_fraction_ms(&reader);
    int offset = read_offset_minutes(&reader);
    if (reader.failed || reader.rest.length > 0) {
        return SERIN_INVALID;
    }
    int64_t minutes = days_from_date(date) * MINUTES_PER_DAY + hour * INT64_C(60) + minute - offset;
    int64_t time = minutes * MS_PER_MINUTE + second * INT64_C(1000) + milliseconds;
    if (second == SECONDS_PER_MINUTE) {
        time -= milliseconds; /* 23:59:60.5 has no place of its own in Unix time */
        if (!can_follow_leap_second(time)) {
            return SERIN_INVALID;
        }
    }
    if (time < UNIX_MS_MIN || time > UNIX_MS_MAX) {
        return SERIN_INVALID;
    }
    *out_ms = time;
    return SERIN_OK;
}

enum serin_status unix_ms_parse(struct text_view text, int64_t *out_ms)
{
    bool negative = text.length > 0 && text.start[0] == '-';
    size_t first_digit = negative ? 1 : 0;
    bool has_leading_zero = text.length > first_digit + 1 && text.start[first_digit] == '0';
    bool is_minus_zero = negative && text.length == 2 && text.start[1] == '0';
    if (has_leading_zero || is_minus_zero) {
        return SERIN_INVALID;
    }
    int64_t value = 0;
    TRY(number_parse_int64(text, &value));
    if (value < UNIX_MS_MIN || value > UNIX_MS_MAX) {
        return SERIN_RANGE;
    }
    *out_ms = value;
    return SERIN_OK;
}
