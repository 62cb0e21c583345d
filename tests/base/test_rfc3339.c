#include "base/rfc3339.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static enum serin_status parse(const char *text, int64_t *out)
{
    return rfc3339_parse(text_view_of(text), out);
}

struct time_case {
    char text[48];
    int64_t ms;
};

ParameterizedTestParameters(rfc3339, reads_what_the_standard_allows)
{
    static struct time_case cases[] = {
        {"1970-01-01T00:00:00Z",           0                                   },
        {"2026-01-31T12:00:00.250Z",       1769860800250                       },
        {"2026-01-31T13:00:00.25+01:00",   1769860800250                       },
        {"2026-01-31T06:30:00.250-05:30",  1769860800250                       },
        {"2026-01-31t12:00:00.2509999z",   1769860800250                       },
        {"2026-01-31T12:00:00.123456789Z", 1769860800123                       },
        {"1969-12-31T23:59:59.999Z",       -1                                  },
        {"2024-02-29T00:00:00Z",           1709164800000                       },
        {"2000-02-29T00:00:00Z",           951782400000                        },
        {"0000-01-01T00:00:00Z",           UNIX_MS_MIN                         },
        {"0000-02-29T00:00:00Z",           UNIX_MS_MIN + INT64_C(59) * 86400000},
        {"9999-12-31T23:59:59.999Z",       UNIX_MS_MAX                         },
        {"2016-12-31T23:59:60Z",           1483228800000                       },
        {"2016-12-31T23:59:60.75Z",        1483228800000                       },
        {"2017-01-01T00:59:60+01:00",      1483228800000                       },
        {"2038-01-19T03:14:08Z",           INT64_C(2147483648000)              },
    };
    return cr_make_param_array(struct time_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct time_case *c, rfc3339, reads_what_the_standard_allows)
{
    int64_t ms = 7;
    cr_assert(eq(int, parse(c->text, &ms), SERIN_OK), "%s", c->text);
    cr_assert(eq(i64, ms, c->ms), "%s", c->text);
}

ParameterizedTestParameters(rfc3339, refuses_everything_else)
{
    static struct time_case cases[] = {
        {"",                                0},
        {"2026-01-31",                      0},
        {"2026-01-31T12:00:00",             0},
        {"2026-01-31 12:00:00Z",            0},
        {"2026-01-31T12:00Z",               0},
        {"2026-1-31T12:00:00Z",             0},
        {"2026-01-31T12:00:00.Z",           0},
        {"2026-01-31T12:00:00,5Z",          0},
        {"2026-01-31T12:00:00.1234567890Z", 0},
        {"2026-01-31T12:00:00Z ",           0},
        {" 2026-01-31T12:00:00Z",           0},
        {"2026-01-31T12:00:00+0100",        0},
        {"2026-01-31T12:00:00+01",          0},
        {"2026-01-31T12:00:00+24:00",       0},
        {"2026-01-31T12:00:00+01:60",       0},
        {"2026-13-01T00:00:00Z",            0},
        {"2026-00-01T00:00:00Z",            0},
        {"2026-01-00T00:00:00Z",            0},
        {"2026-01-32T00:00:00Z",            0},
        {"2026-02-29T00:00:00Z",            0},
        {"1900-02-29T00:00:00Z",            0},
        {"2026-04-31T00:00:00Z",            0},
        {"2026-01-31T24:00:00Z",            0},
        {"2026-01-31T12:60:00Z",            0},
        {"2026-01-31T12:00:61Z",            0},
        {"2026-01-31T12:00:60Z",            0},
        {"2026-01-30T23:59:60Z",            0},
        {"+2026-01-31T12:00:00Z",           0},
        {"20260131T120000Z",                0},
        {"2026-01-31T12:00:00UTC",          0},
        {"9999-12-31T23:59:59-01:00",       0},
        {"0000-01-01T00:00:00+01:00",       0},
        {"9999-12-31T23:59:60Z",            0},
    };
    return cr_make_param_array(struct time_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct time_case *c, rfc3339, refuses_everything_else)
{
    int64_t ms = 7;
    cr_assert(eq(int, parse(c->text, &ms), SERIN_INVALID), "%s", c->text);
    cr_assert(eq(i64, ms, 7), "%s", c->text);
}

Test(rfc3339, a_zero_byte_inside_is_refused)
{
    static const char text[] = "2026-01-31T12:00:00\0Z";
    int64_t ms = 7;
    const struct text_view view = {text, sizeof(text) - 1};
    cr_assert(eq(int, rfc3339_parse(view, &ms), SERIN_INVALID));
}

Test(rfc3339, what_is_written_reads_back_and_agrees_with_the_c_library)
{
    srand48(20260131);
    for (int i = 0; i < 20000; i++) {
        int64_t span = UNIX_MS_MAX - UNIX_MS_MIN;
        int64_t ms = UNIX_MS_MIN + (int64_t)(drand48() * (double)span);
        char text[RFC3339_SIZE];
        rfc3339_format(ms, text);
        int64_t back = 0;
        cr_assert(eq(int, parse(text, &back), SERIN_OK), "%s", text);
        cr_assert(eq(i64, back, ms), "%s", text);

        int64_t ms_of_second = (ms % 1000 + 1000) % 1000;
        time_t seconds = (time_t)((ms - ms_of_second) / 1000);
        struct tm parts;
        cr_assert(ne(ptr, gmtime_r(&seconds, &parts), NULL));
        char expected[96];
        (void)snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                       parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                       parts.tm_min, parts.tm_sec, (int)ms_of_second);
        cr_assert(eq(str, text, expected));
    }
}

Test(rfc3339, times_without_a_four_digit_year_are_written_as_the_nearest_one)
{
    char text[RFC3339_SIZE];
    rfc3339_format(INT64_MIN, text);
    cr_assert(eq(str, text, "0000-01-01T00:00:00.000Z"));
    rfc3339_format(INT64_MAX, text);
    cr_assert(eq(str, text, "9999-12-31T23:59:59.999Z"));
}

Test(unix_ms, reads_digits_only)
{
    static const struct {
        const char *text;
        enum serin_status status;
        int64_t ms;
    } cases[] = {
        {"0",                    SERIN_OK,      0            },
        {"1769860800250",        SERIN_OK,      1769860800250},
        {"-1",                   SERIN_OK,      -1           },
        {"253402300799999",      SERIN_OK,      UNIX_MS_MAX  },
        {"253402300800000",      SERIN_RANGE,   0            },
        {"-62167219200001",      SERIN_RANGE,   0            },
        {"99999999999999999999", SERIN_RANGE,   0            },
        {"",                     SERIN_INVALID, 0            },
        {"-",                    SERIN_INVALID, 0            },
        {"-0",                   SERIN_INVALID, 0            },
        {"007",                  SERIN_INVALID, 0            },
        {"+7",                   SERIN_INVALID, 0            },
        {"7.0",                  SERIN_INVALID, 0            },
        {"1e3",                  SERIN_INVALID, 0            },
        {" 7",                   SERIN_INVALID, 0            },
        {"7 ",                   SERIN_INVALID, 0            },
        {"0x10",                 SERIN_INVALID, 0            },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t ms = 42;
        cr_assert(eq(int, unix_ms_parse(text_view_of(cases[i].text), &ms), cases[i].status), "%s",
                  cases[i].text);
        int64_t expected = cases[i].status == SERIN_OK ? cases[i].ms : 42;
        cr_assert(eq(i64, ms, expected), "%s", cases[i].text);
    }
}
