#include "base/memory.h"
#include "base/number.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <ftw.h>
#include <locale.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* ---- writing ---------------------------------------------------------------------------------*/

struct written_double {
    double value;
    const char *text;
};

static const struct written_double doubles[] = {
    {0.0,                "0"                      },
    {-0.0,               "-0.0"                   },
    {0.1,                "0.1"                    },
    {-0.163,             "-0.163"                 },
    {0.1 + 0.2,          "0.30000000000000004"    },
    {1.0 / 3.0,          "0.3333333333333333"     },
    {3.0,                "3"                      },
    {1e22,               "1e+22"                  },
    {1e-5,               "1e-05"                  },
    {9007199254740993.0, "9007199254740992"       },
    {DBL_MAX,            "1.7976931348623157e+308"},
    {DBL_MIN,            "2.2250738585072014e-308"},
    {5e-324,             "4.94065645841247e-324"  },
    {HUGE_VAL,           "null"                   },
    {-HUGE_VAL,          "null"                   },
    {(double)NAN,        "null"                   },
};

Test(number, doubles_are_written_as_short_as_they_read_back)
{
    for (size_t i = 0; i < ARRAY_LENGTH(doubles); i++) {
        cr_assert(eq(str, (char *)number_write_double(doubles[i].value, NUMBER_TEXT),
                     (char *)doubles[i].text));
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

Test(number, every_double_reads_back_to_the_last_bit)
{
    uint64_t state = 20240229;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&state);
        double value = 0.0;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value)) {
            continue;
        }
        const char *text = number_write_double(value, NUMBER_TEXT);
        double back = 0.0;
        cr_assert(eq(int, number_parse_double(text_view_of(text), &back), SERIN_OK), "%s", text);
        cr_assert(eq(int, memcmp(&back, &value, sizeof(value)), 0), "%s", text);
    }
}

struct written_fixed {
    double value;
    int decimals;
    const char *text;
};

Test(number, fixed_decimals_are_for_people)
{
    static const struct written_fixed cases[] = {
        {0.71,        3,  "0.710"              },
        {-0.163,      2,  "-0.16"              },
        {-0.0004,     2,  "0.00"               },
        {-0.0,        0,  "0"                  },
        {1234.5,      0,  "1234"               },
        {999999.9996, 3,  "1000000.000"        },
        {1e15,        3,  "1e+15"              },
        {-1e300,      3,  "-1e+300"            },
        {(double)NAN, 3,  "null"               },
        {1.0 / 3.0,   17, "0.33333333333333331"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        cr_assert(eq(str,
                     (char *)number_write_fixed(cases[i].value, cases[i].decimals, NUMBER_TEXT),
                     (char *)cases[i].text));
    }
}

Test(number, integers_are_written_over_their_whole_range)
{
    cr_assert(
        eq(str, (char *)number_write_uint64(UINT64_MAX, NUMBER_TEXT), "18446744073709551615"));
    cr_assert(eq(str, (char *)number_write_uint64(0, NUMBER_TEXT), "0"));
    cr_assert(eq(str, (char *)number_write_int64(INT64_MIN, NUMBER_TEXT), "-9223372036854775808"));
    cr_assert(eq(str, (char *)number_write_int64(INT64_MAX, NUMBER_TEXT), "9223372036854775807"));
}

/* ---- the locale ------------------------------------------------------------------------------*/

/* Compiles a German locale into `folder`, for systems where none is installed. */
static bool make_german_locale(const char *folder)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/de_DE.UTF-8", folder);
    char *const command[] = {"localedef", "-i", "de_DE", "-f", "UTF-8", path, NULL};
    pid_t child = 0;
    int status = 0;
    return posix_spawnp(&child, command[0], NULL, NULL, command, environ) == 0 &&
           waitpid(child, &status, 0) == child && status == 0 && setenv("LOCPATH", folder, 1) == 0;
}

static int remove_visited(const char *path, const struct stat *status, int type, struct FTW *visit)
{
    (void)status;
    (void)type;
    (void)visit;
    return remove(path);
}

static bool use_decimal_comma(void)
{
    char folder[] = "/tmp/locale-XXXXXX";
    bool is_set = setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    if (!is_set && mkdtemp(folder)) {
        is_set = make_german_locale(folder) && setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
        (void)nftw(folder, remove_visited, 8, FTW_DEPTH | FTW_PHYS);
    }
    return is_set && strcmp(localeconv()->decimal_point, ",") == 0;
}

Test(number, a_decimal_comma_of_the_locale_changes_nothing)
{
    if (!use_decimal_comma()) {
        cr_skip("no locale with a decimal comma is installed");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(doubles); i++) {
        cr_assert(eq(str, (char *)number_write_double(doubles[i].value, NUMBER_TEXT),
                     (char *)doubles[i].text));
    }
    cr_assert(eq(str, (char *)number_write_fixed(0.71, 3, NUMBER_TEXT), "0.710"));
    double value = 0.0;
    cr_assert(eq(int, number_parse_double(text_view_of("1.5"), &value), SERIN_OK));
    cr_assert(eq(dbl, value, 1.5));
    cr_assert(eq(int, number_parse_double(text_view_of("1,5"), &value), SERIN_INVALID));
}

/* ---- reading ---------------------------------------------------------------------------------*/

struct read_double {
    struct text_view text;
    enum serin_status status;
    double value;
};

Test(number, doubles_are_read_strictly)
{
    static const struct read_double cases[] = {
        {TEXT_VIEW("0.1"),     SERIN_OK,      0.1    },
        {TEXT_VIEW("-1.5e-3"), SERIN_OK,      -0.0015},
        {TEXT_VIEW("2E+2"),    SERIN_OK,      200.0  },
        {TEXT_VIEW("007"),     SERIN_OK,      7.0    },
        {TEXT_VIEW(".5"),      SERIN_OK,      0.5    },
        {TEXT_VIEW("2."),      SERIN_OK,      2.0    },
        {TEXT_VIEW("1e-999"),  SERIN_OK,      0.0    },
        {TEXT_VIEW("1e999"),   SERIN_RANGE,   0.0    },
        {TEXT_VIEW("-1e999"),  SERIN_RANGE,   0.0    },
        {TEXT_VIEW(""),        SERIN_INVALID, 0.0    },
        {TEXT_VIEW("."),       SERIN_INVALID, 0.0    },
        {TEXT_VIEW("-"),       SERIN_INVALID, 0.0    },
        {TEXT_VIEW("-."),      SERIN_INVALID, 0.0    },
        {TEXT_VIEW("+1"),      SERIN_INVALID, 0.0    },
        {TEXT_VIEW(" 1"),      SERIN_INVALID, 0.0    },
        {TEXT_VIEW("1 "),      SERIN_INVALID, 0.0    },
        {TEXT_VIEW("1\0"),     SERIN_INVALID, 0.0    },
        {TEXT_VIEW("0x1p3"),   SERIN_INVALID, 0.0    },
        {TEXT_VIEW("1e"),      SERIN_INVALID, 0.0    },
        {TEXT_VIEW("1e+"),     SERIN_INVALID, 0.0    },
        {TEXT_VIEW("e5"),      SERIN_INVALID, 0.0    },
        {TEXT_VIEW("1.2.3"),   SERIN_INVALID, 0.0    },
        {TEXT_VIEW("1,5"),     SERIN_INVALID, 0.0    },
        {TEXT_VIEW("--1"),     SERIN_INVALID, 0.0    },
        {TEXT_VIEW("inf"),     SERIN_INVALID, 0.0    },
        {TEXT_VIEW("NaN"),     SERIN_INVALID, 0.0    },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        double value = -7.0;
        enum serin_status status = number_parse_double(cases[i].text, &value);
        cr_assert(eq(int, status, cases[i].status), "%s", cases[i].text.start);
        double expected = status == SERIN_OK ? cases[i].value : -7.0;
        cr_assert(eq(dbl, value, expected), "%s", cases[i].text.start);
    }
}

Test(number, a_view_need_not_end_where_the_memory_does)
{
    double value = 0.0;
    cr_assert(eq(int, number_parse_double((struct text_view){"12345", 2}, &value), SERIN_OK));
    cr_assert(eq(dbl, value, 12.0));
    cr_assert(eq(int, number_parse_double((struct text_view){NULL, 0}, &value), SERIN_INVALID));
}

Test(number, a_number_of_absurd_length_is_refused)
{
    char text[402];
    memset(text, '1', sizeof(text));
    text[1] = '.';
    double value = 0.0;
    cr_assert(eq(int, number_parse_double((struct text_view){text, 400}, &value), SERIN_OK));
    cr_assert(eq(int, number_parse_double((struct text_view){text, 401}, &value), SERIN_INVALID));
}

struct read_integer {
    const char *text;
    enum serin_status as_unsigned;
    enum serin_status as_signed;
    int64_t value;
};

Test(number, integers_are_read_strictly)
{
    static const struct read_integer cases[] = {
        {"0",                    SERIN_OK,      SERIN_OK,      0        },
        {"007",                  SERIN_OK,      SERIN_OK,      7        },
        {"-1",                   SERIN_INVALID, SERIN_OK,      -1       },
        {"9223372036854775807",  SERIN_OK,      SERIN_OK,      INT64_MAX},
        {"-9223372036854775808", SERIN_INVALID, SERIN_OK,      INT64_MIN},
        {"-9223372036854775809", SERIN_INVALID, SERIN_RANGE,   0        },
        {"18446744073709551616", SERIN_RANGE,   SERIN_RANGE,   0        },
        {"99999999999999999999", SERIN_RANGE,   SERIN_RANGE,   0        },
        {"",                     SERIN_INVALID, SERIN_INVALID, 0        },
        {"-",                    SERIN_INVALID, SERIN_INVALID, 0        },
        {"+1",                   SERIN_INVALID, SERIN_INVALID, 0        },
        {"1.0",                  SERIN_INVALID, SERIN_INVALID, 0        },
        {"1 ",                   SERIN_INVALID, SERIN_INVALID, 0        },
        {"0x10",                 SERIN_INVALID, SERIN_INVALID, 0        },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_view text = text_view_of(cases[i].text);
        uint64_t unsigned_value = 42;
        int64_t value = 42;
        enum serin_status status = number_parse_uint64(text, &unsigned_value);
        cr_assert(eq(int, status, cases[i].as_unsigned), "%s", cases[i].text);
        cr_assert(eq(u64, unsigned_value, status == SERIN_OK ? (uint64_t)cases[i].value : 42), "%s",
                  cases[i].text);
        status = number_parse_int64(text, &value);
        cr_assert(eq(int, status, cases[i].as_signed), "%s", cases[i].text);
        cr_assert(eq(i64, value, status == SERIN_OK ? cases[i].value : 42), "%s", cases[i].text);
    }
    uint64_t largest = 0;
    cr_assert(
        eq(int, number_parse_uint64(text_view_of("18446744073709551615"), &largest), SERIN_OK));
    cr_assert(eq(u64, largest, UINT64_MAX));
}

/* ---- durations and sizes ---------------------------------------------------------------------*/

struct read_duration {
    const char *text;
    enum serin_status status;
    int64_t ms;
};

Test(number, durations_are_read_with_their_units)
{
    static const struct read_duration cases[] = {
        {"90s",                    SERIN_OK,      90000    },
        {"5m",                     SERIN_OK,      300000   },
        {"2h",                     SERIN_OK,      7200000  },
        {"1d",                     SERIN_OK,      86400000 },
        {"1h30m",                  SERIN_OK,      5400000  },
        {"250ms",                  SERIN_OK,      250      },
        {"1d2h3m4s5ms",            SERIN_OK,      93784005 },
        {"0s",                     SERIN_OK,      0        },
        {"9223372036854775807ms",  SERIN_OK,      INT64_MAX},
        {"9223372036854775808ms",  SERIN_RANGE,   0        },
        {"9223372036854775s808ms", SERIN_RANGE,   0        },
        {"106751991168d",          SERIN_RANGE,   0        },
        {"99999999999999999999s",  SERIN_RANGE,   0        },
        {"",                       SERIN_INVALID, 0        },
        {"90",                     SERIN_INVALID, 0        },
        {"s",                      SERIN_INVALID, 0        },
        {"1.5h",                   SERIN_INVALID, 0        },
        {"-5m",                    SERIN_INVALID, 0        },
        {"30m1h",                  SERIN_INVALID, 0        },
        {"1m1m",                   SERIN_INVALID, 0        },
        {"1h 30m",                 SERIN_INVALID, 0        },
        {"1h30",                   SERIN_INVALID, 0        },
        {"5M",                     SERIN_INVALID, 0        },
        {"5KiB",                   SERIN_INVALID, 0        },
        {"1w",                     SERIN_INVALID, 0        },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t ms = -7;
        enum serin_status status = number_parse_duration(text_view_of(cases[i].text), &ms);
        cr_assert(eq(int, status, cases[i].status), "%s", cases[i].text);
        cr_assert(eq(i64, ms, status == SERIN_OK ? cases[i].ms : -7), "%s", cases[i].text);
    }
}

struct read_size {
    const char *text;
    enum serin_status status;
    uint64_t bytes;
};

Test(number, sizes_are_read_in_binary_units)
{
    static const struct read_size cases[] = {
        {"64KiB",                SERIN_OK,      65536        },
        {"10MiB",                SERIN_OK,      10485760     },
        {"1GiB",                 SERIN_OK,      1073741824   },
        {"2TiB",                 SERIN_OK,      2199023255552},
        {"512B",                 SERIN_OK,      512          },
        {"4096",                 SERIN_OK,      4096         },
        {"0",                    SERIN_OK,      0            },
        {"16777216TiB",          SERIN_RANGE,   0            },
        {"18446744073709551616", SERIN_RANGE,   0            },
        {"",                     SERIN_INVALID, 0            },
        {"KiB",                  SERIN_INVALID, 0            },
        {"64KB",                 SERIN_INVALID, 0            },
        {"64k",                  SERIN_INVALID, 0            },
        {"64 KiB",               SERIN_INVALID, 0            },
        {"1.5MiB",               SERIN_INVALID, 0            },
        {"64KiB1",               SERIN_INVALID, 0            },
        {"-1",                   SERIN_INVALID, 0            },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint64_t bytes = 7;
        enum serin_status status = number_parse_size(text_view_of(cases[i].text), &bytes);
        cr_assert(eq(int, status, cases[i].status), "%s", cases[i].text);
        cr_assert(eq(u64, bytes, status == SERIN_OK ? cases[i].bytes : 7), "%s", cases[i].text);
    }
}

Test(number, durations_and_sizes_read_back_as_written)
{
    cr_assert(eq(str, (char *)number_write_duration(0, NUMBER_TEXT), "0s"));
    cr_assert(eq(str, (char *)number_write_duration(5400000, NUMBER_TEXT), "1h30m"));
    cr_assert(eq(str, (char *)number_write_duration(INT64_MAX, NUMBER_TEXT),
                 "106751991167d7h12m55s807ms"));
    cr_assert(eq(str, (char *)number_write_size(0, NUMBER_TEXT), "0B"));
    cr_assert(eq(str, (char *)number_write_size(65536, NUMBER_TEXT), "64KiB"));
    cr_assert(eq(str, (char *)number_write_size(65537, NUMBER_TEXT), "65537B"));
    uint64_t state = 7;
    for (int i = 0; i < 20000; i++) {
        uint64_t random = next_random(&state) >> (next_random(&state) % 64);
        int64_t wanted = (int64_t)(random >> 1);
        int64_t ms = -1;
        const char *text = number_write_duration(wanted, NUMBER_TEXT);
        cr_assert(eq(int, number_parse_duration(text_view_of(text), &ms), SERIN_OK), "%s", text);
        cr_assert(eq(i64, ms, wanted), "%s", text);
        uint64_t bytes = 0;
        text = number_write_size(random, NUMBER_TEXT);
        cr_assert(eq(int, number_parse_size(text_view_of(text), &bytes), SERIN_OK), "%s", text);
        cr_assert(eq(u64, bytes, random), "%s", text);
    }
}
