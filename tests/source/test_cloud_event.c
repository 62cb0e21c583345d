#include "source/cloud_event.h"

#include "base/memory.h"
#include "support/check_text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#define REQUIRED "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\""

static enum serin_status parse(const char *text, struct cloud_event_scratch *scratch,
                               struct cloud_event *out, struct serin_error *err)
{
    struct json_scan scan = json_scan_of(text_view_of(text));
    return cloud_event_parse(&scan, scratch, out, err);
}

Test(cloud_event, reads_attributes_in_any_order_around_the_data)
{
    static struct cloud_event_scratch scratch;
    struct cloud_event event = {0};
    struct serin_error err = {0};
    cr_assert(eq(int,
                 parse("{ \"data\" : {\"label\":\"x\"} , \"time\":\"2026-01-31T12:00:00Z\","
                       "\"traceparent\":\"00-ab\",\"partition\":7,\"subject\":\"shop\","
                       "\"datacontenttype\":\"application/json; charset=utf-8\",\"type\":\"a.b\","
                       "\"source\":\"\\/checkout\",\"id\":\"A-\\u0031\",\"dataschema\":null,"
                       "\"specversion\":\"1.0\"} ",
                       &scratch, &event, &err),
                 SERIN_OK),
              "%s: %s", err.field, err.detail);
    check_text(event.id, "A-1");
    check_text(event.source, "/checkout");
    check_text(event.type, "a.b");
    check_text(event.subject, "shop");
    check_text(event.data, "{\"label\":\"x\"}");
    cr_assert(event.has_time);
    cr_assert(eq(i64, event.time_ms, INT64_C(1769860800000)));
}

Test(cloud_event, knows_what_is_absent)
{
    static struct cloud_event_scratch scratch;
    struct cloud_event event = {.has_time = true};
    cr_assert(eq(int,
                 parse("{" REQUIRED ",\"subject\":null,\"time\":null}", &scratch, &event, NULL),
                 SERIN_OK));
    cr_assert(eq(sz, event.subject.length, 0));
    cr_assert(eq(sz, event.data.length, 0));
    cr_assert(not(event.has_time));
}

struct refusal {
    char text[200];
    char field[16];
    char says[40]; /* part of the message */
};

ParameterizedTestParameters(cloud_event, refuses_and_says_why)
{
    static struct refusal cases[] = {
        {"",                                                                               "",                "a JSON object"       },
        {"[]",                                                                             "",                "a JSON object"       },
        {"{}",                                                                             "specversion",     "missing"             },
        {"{\"specversion\":\"1.0\",\"source\":\"s\",\"type\":\"t\"}",                      "id",              "missing"             },
        {"{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\"}",                          "source",          "missing"             },
        {"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\"}",                        "type",            "missing"             },
        {"{\"specversion\":\"0.3\",\"id\":\"1\"}",                                         "specversion",     "send CloudEvents 1.0"},
        {"{\"specversion\":1.0}",                                                          "specversion",     "a text in double"    },
        {"{\"id\":\"1\",\"id\":\"2\"}",                                                    "id",              "given twice"         },
        {"{\"id\":null,\"id\":\"2\"}",                                                     "id",              "given twice"         },
        {"{\"data\":{},\"data\":{}}",                                                      "data",            "given twice"         },
        {"{\"id\":\"\"}",                                                                  "id",              "empty"               },
        {"{\"id\":\"a\\u0000\"}",                                                          "id",              "control character"   },
        {"{" REQUIRED ",\"time\":\"noon\"}",                                               "time",            "not an RFC 3339 time"},
        {"{" REQUIRED ",\"data_base64\":\"e30=\"}",                                        "data_base64",     "not JSON"            },
        {"{" REQUIRED ",\"datacontenttype\":\"text/plain\"}",                              "datacontenttype", "is not JSON"         },
        {"{" REQUIRED ",\"data\":{\"label\":}}",                                           "data",            "expected a value"    },
        {"{" REQUIRED ",\"data\":{}",                                                      "",                "but the line ends"   },
        {"{" REQUIRED ",\"data\" {}}",                                                     "",                "\":\""               },
        {"{" REQUIRED ",}",                                                                "",                "a text in double"    },
        {"{\"0123456789012345678901234567890123456789012345678901234567890123456789\":1}", "",
         "longer than 64 bytes"                                                                                                     },
    };
    return cr_make_param_array(struct refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refusal *c, cloud_event, refuses_and_says_why)
{
    static struct cloud_event_scratch scratch;
    struct cloud_event event = {.time_ms = 77};
    struct serin_error err = {0};
    cr_assert(eq(int, parse(c->text, &scratch, &event, &err), SERIN_INVALID), "%s", c->text);
    cr_assert(eq(str, err.field, c->field), "%s: %s", c->text, err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s: %s", c->text, err.detail);
    cr_assert(eq(i64, event.time_ms, 77));
}

Test(cloud_event, reads_headers_with_percent_signs)
{
    static struct cloud_event_scratch scratch;
    struct cloud_event event = {0};
    struct cloud_event_headers headers = {.specversion = "1.0",
                                          .id = "100%25",
                                          .source = "/caf%C3%A9",
                                          .type = "t",
                                          .time = "2026-01-31T12:00:00Z"};
    cr_assert(eq(int, cloud_event_from_headers(&headers, &scratch, &event, NULL), SERIN_OK));
    check_text(event.id, "100%");
    check_text(event.source, "/caf\xC3\xA9");
    cr_assert(event.has_time);
    cr_assert(eq(sz, event.subject.length, 0));
}

struct header_refusal {
    char id[16];
    char says[32];
};

ParameterizedTestParameters(cloud_event, refuses_headers_and_says_why)
{
    static struct header_refusal cases[] = {
        {"100%",  "write it as %25"   },
        {"%2",    "write it as %25"   },
        {"%zz",   "write it as %25"   },
        {"a%00b", "control characters"},
        {"a%C3",  "not UTF-8"         },
        {"",      "empty"             },
    };
    return cr_make_param_array(struct header_refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct header_refusal *c, cloud_event, refuses_headers_and_says_why)
{
    static struct cloud_event_scratch scratch;
    struct cloud_event event = {0};
    struct serin_error err = {0};
    struct cloud_event_headers headers = {
        .specversion = "1.0", .id = c->id, .source = "s", .type = "t"};
    cr_assert(eq(int, cloud_event_from_headers(&headers, &scratch, &event, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "ce-id"));
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s: %s", c->id, err.detail);
}

Test(cloud_event, a_header_that_lacks_is_named)
{
    static struct cloud_event_scratch scratch;
    struct cloud_event event = {0};
    struct serin_error err = {0};
    struct cloud_event_headers headers = {.specversion = "1.0", .id = "1", .type = "t"};
    cr_assert(eq(int, cloud_event_from_headers(&headers, &scratch, &event, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "ce-source"));
}
