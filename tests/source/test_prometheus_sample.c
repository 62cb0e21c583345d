#include "source/prometheus_sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

struct time_case {
    char text[32];
    int64_t ms; /* -1: refused */
};

ParameterizedTestParameters(prometheus_sample, times_are_read_to_the_millisecond)
{
    static struct time_case cases[] = {
        {"1700000000",           1700000000000  },
        {"1700000000.1",         1700000000100  },
        {"1700000000.781",       1700000000781  },
        {"1700000000.7819",      1700000000781  },
        {"0",                    0              },
        {"0.001",                1              },
        {"253402300799",         253402300799000},
        {"253402300800",         -1             },
        {"99999999999999999999", -1             },
        {"-1",                   -1             },
        {"1.7e9",                -1             },
        {"1700000000.",          -1             },
        {"1700000000.1e3",       -1             },
        {".5",                   -1             },
        {"",                     -1             },
    };
    return cr_make_param_array(struct time_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct time_case *c, prometheus_sample, times_are_read_to_the_millisecond)
{
    int64_t ms = -1;
    enum serin_status status = prometheus_parse_time(text_view_of(c->text), &ms);
    cr_assert(eq(int, status, c->ms < 0 ? SERIN_INVALID : SERIN_OK), "%s", c->text);
    cr_assert(eq(i64, ms, c->ms), "%s", c->text);
}

struct count_case {
    char text[32];
    uint64_t count;
    char flaw[32]; /* "": none; "?": no number at all */
};

ParameterizedTestParameters(prometheus_sample, counts_are_exact_or_flawed)
{
    static struct count_case cases[] = {
        {"0",                    0,                ""                     },
        {"17",                   17,               ""                     },
        {"17.0",                 17,               ""                     },
        {"1e+06",                1000000,          ""                     },
        {"9007199254740991",     9007199254740991, ""                     },
        {"9007199254740992",     0,                "is 2^53 or more"      },
        {"18446744073709551616", 0,                "is 2^53 or more"      },
        {"1e+21",                0,                "is 2^53 or more"      },
        {"1e999",                0,                "is 2^53 or more"      },
        {"0.5",                  0,                "is not a whole number"},
        {"24.56",                0,                "is not a whole number"},
        {"-1",                   0,                "is negative"          },
        {"-0.5",                 0,                "is negative"          },
        {"NaN",                  0,                "is not a number"      },
        {"+Inf",                 0,                "is infinite"          },
        {"-Inf",                 0,                "is infinite"          },
        {"",                     0,                "?"                    },
        {"abc",                  0,                "?"                    },
        {"0x10",                 0,                "?"                    },
        {" 1",                   0,                "?"                    },
        {"1 ",                   0,                "?"                    },
    };
    return cr_make_param_array(struct count_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct count_case *c, prometheus_sample, counts_are_exact_or_flawed)
{
    uint64_t count = 0;
    const char *flaw = "";
    bool is_number = strcmp(c->flaw, "?") != 0;
    enum serin_status wanted = !is_number           ? SERIN_INVALID
                               : c->flaw[0] == '\0' ? SERIN_OK
                                                    : SERIN_RANGE;
    cr_assert(eq(int, prometheus_parse_count(text_view_of(c->text), &count, &flaw), wanted), "%s",
              c->text);
    cr_assert(eq(u64, count, c->count), "%s", c->text);
    if (wanted == SERIN_RANGE) {
        cr_assert(eq(ptr, strstr(flaw, c->flaw), (void *)flaw), "%s: %s", c->text, flaw);
    }
}
