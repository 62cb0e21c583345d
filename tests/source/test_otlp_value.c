#include "source/otlp_value.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

struct value_case {
    char json[64];
    char text[24];
    enum serin_status status;
};

ParameterizedTestParameters(otlp_value, reads_what_can_be_a_label)
{
    static struct value_case cases[] = {
        {"{\"stringValue\":\"s4\"}",                "s4",    SERIN_OK     },
        {"{\"stringValue\":\"\\u0073\\/4\"}",       "s/4",   SERIN_OK     },
        {"{\"stringValue\":\"\"}",                  "",      SERIN_OK     },
        {"{\"stringValue\":null}",                  "",      SERIN_OK     },
        {"{}",                                      "",      SERIN_OK     },
        {"",                                        "",      SERIN_OK     },
        {"{\"intValue\":\"-42\"}",                  "-42",   SERIN_OK     },
        {"{\"intValue\":42}",                       "42",    SERIN_OK     },
        {"{\"intValue\":\"18446744073709551616\"}", "",      SERIN_INVALID},
        {"{\"intValue\":4.5}",                      "",      SERIN_INVALID},
        {"{\"intValue\":\"\"}",                     "",      SERIN_INVALID},
        {"{\"intValue\":\"-\"}",                    "",      SERIN_INVALID},
        {"{\"boolValue\":true}",                    "true",  SERIN_OK     },
        {"{\"boolValue\":false}",                   "false", SERIN_OK     },
        {"{\"boolValue\":\"yes\"}",                 "",      SERIN_INVALID},
        {"{\"doubleValue\":1.5}",                   "",      SERIN_INVALID},
        {"{\"arrayValue\":{\"values\":[]}}",        "",      SERIN_INVALID},
        {"{\"kvlistValue\":{\"values\":[]}}",       "",      SERIN_INVALID},
        {"{\"bytesValue\":\"AA==\"}",               "",      SERIN_INVALID},
        {"{\"stringValue\":\"a\\u0000\"}",          "",      SERIN_INVALID},
        {"{\"stringValue\":4}",                     "",      SERIN_INVALID},
        {"{\"unknownValue\":4}",                    "",      SERIN_OK     },
        {"\"s4\"",                                  "",      SERIN_INVALID},
    };
    return cr_make_param_array(struct value_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct value_case *c, otlp_value, reads_what_can_be_a_label)
{
    struct otlp_room room;
    struct text_view text = {0};
    cr_assert(eq(int, otlp_value_text(text_view_of(c->json), &room, &text, NULL), c->status), "%s",
              c->json);
    cr_assert(text_equals(text, c->text), "%s", c->json);
}

Test(otlp_value, a_text_has_at_most_256_bytes)
{
    char json[320] = "{\"stringValue\":\"";
    struct otlp_room room;
    struct text_view text = {0};
    size_t start = strlen(json);
    memset(json + start, 'x', 257);
    memcpy(json + start + 257, "\"}", 3);
    cr_assert(eq(int, otlp_value_text(text_view_of(json), &room, &text, NULL), SERIN_INVALID));
    memcpy(json + start + 256, "\"}", 3);
    cr_assert(eq(int, otlp_value_text(text_view_of(json), &room, &text, NULL), SERIN_OK));
    cr_assert(eq(sz, text.length, 256));
}

struct time_case {
    char json[24];
    bool known;
    int64_t ms;
    enum serin_status status;
};

ParameterizedTestParameters(otlp_value, reads_nanoseconds_as_text_or_number)
{
    static struct time_case cases[] = {
        {"\"1769860800250999999\"",  true,  1769860800250,  SERIN_OK     },
        {"1769860800250000000",      true,  1769860800250,  SERIN_OK     },
        {"\"18446744073709551615\"", true,  18446744073709, SERIN_OK     },
        {"\"0\"",                    false, 0,              SERIN_OK     },
        {"0",                        false, 0,              SERIN_OK     },
        {"",                         false, 0,              SERIN_OK     },
        {"\"18446744073709551616\"", false, -1,             SERIN_INVALID},
        {"-5",                       false, -1,             SERIN_INVALID},
        {"1.5",                      false, -1,             SERIN_INVALID},
        {"\"noon\"",                 false, -1,             SERIN_INVALID},
        {"{}",                       false, -1,             SERIN_INVALID},
    };
    return cr_make_param_array(struct time_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct time_case *c, otlp_value, reads_nanoseconds_as_text_or_number)
{
    bool known = false;
    int64_t ms = -1;
    cr_assert(eq(int, otlp_time(text_view_of(c->json), &known, &ms, NULL), c->status), "%s",
              c->json);
    cr_assert(eq(int, known, c->known), "%s", c->json);
    cr_assert(eq(i64, ms, c->ms), "%s", c->json);
}
