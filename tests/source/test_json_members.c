#include "source/json_members.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

static const struct text_view names[] = {TEXT_VIEW("a"), TEXT_VIEW("bee"), TEXT_VIEW("c")};

static enum serin_status read_members(const char *text, struct text_view *out,
                                      struct serin_error *err)
{
    struct json_scan scan = json_scan_of(text_view_of(text));
    return json_read_members(&scan, names, ARRAY_LENGTH(names), out, err);
}

Test(json_members, finds_values_as_they_are_written)
{
    struct text_view values[ARRAY_LENGTH(names)];
    cr_assert(eq(int,
                 read_members(" { \"b\\u0065e\" : [1, {\"a\":2}] ,\"x\":{\"a\":3},\"c\":null, "
                              "\"a\":\"\\n\"} tail",
                              values, NULL),
                 SERIN_OK));
    cr_assert(text_equals(values[0], "\"\\n\""));
    cr_assert(text_equals(values[1], "[1, {\"a\":2}]"));
    cr_assert(eq(sz, values[2].length, 0));
}

struct refusal {
    char text[48];
    char says[32];
};

ParameterizedTestParameters(json_members, refuses_what_is_no_object)
{
    static struct refusal cases[] = {
        {"",                           "a JSON object"   },
        {"[]",                         "a JSON object"   },
        {"{\"a\":1",                   "\",\" or \"}\""  },
        {"{\"a\"}",                    "\":\""           },
        {"{a:1}",                      "in double quotes"},
        {"{\"a\":1,}",                 "in double quotes"},
        {"{\"a\":}",                   "a value"         },
        {"{\"a\":1,\"a\":1}",          "given twice"     },
        {"{\"a\":null,\"\\u0061\":1}", "given twice"     },
    };
    return cr_make_param_array(struct refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refusal *c, json_members, refuses_what_is_no_object)
{
    struct text_view values[ARRAY_LENGTH(names)];
    struct serin_error err = {0};
    cr_assert(eq(int, read_members(c->text, values, &err), SERIN_INVALID), "%s", c->text);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s: %s", c->text, err.detail);
}

Test(json_members, texts_are_compared_by_what_they_say)
{
    struct text_view meaning = TEXT_VIEW("a/b");
    cr_assert(json_text_is((struct text_view)TEXT_VIEW("\"a/b\""), meaning));
    cr_assert(json_text_is((struct text_view)TEXT_VIEW("\"\\u0061\\/b\""), meaning));
    cr_assert(not(json_text_is((struct text_view)TEXT_VIEW("\"a/b\\n\""), meaning)));
    cr_assert(not(json_text_is((struct text_view)TEXT_VIEW("7"), meaning)));
    cr_assert(not(json_text_is((struct text_view){0}, meaning)));
}
