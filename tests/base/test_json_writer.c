#include "base/json_writer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <signal.h>

Test(json_writer, writes_members_in_the_order_called)
{
    owned(buffer) buffer = buffer_create(1000);
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    json_write_object_begin(&writer);
    json_field_text(&writer, "verdict", "promote");
    json_field_text(&writer, "reason", NULL);
    json_write_key(&writer, "delta");
    json_write_object_begin(&writer);
    json_field_double(&writer, "estimate", -0.163);
    json_field_double(&writer, "lower", (double)NAN);
    json_field_double(&writer, "upper", HUGE_VAL);
    json_write_object_end(&writer);
    json_write_key(&writer, "warnings");
    json_write_array_begin(&writer);
    json_write_text(&writer, "stale");
    json_write_array_begin(&writer);
    json_write_array_end(&writer);
    json_write_object_begin(&writer);
    json_write_object_end(&writer);
    json_write_bool(&writer, false);
    json_write_null(&writer);
    json_write_int64(&writer, INT64_MIN);
    json_write_raw(&writer, (struct text_view)TEXT_VIEW("{\"a\":1}"));
    json_write_array_end(&writer);
    json_field_uint64(&writer, "samples", UINT64_MAX);
    json_field_int64(&writer, "offset", -1);
    json_field_bool(&writer, "final", true);
    json_field_null(&writer, "next");
    json_field_view(&writer, "label", (struct text_view){"s4-rest", 2});
    json_write_object_end(&writer);
    cr_assert(eq(int, json_writer_finish(&writer), SERIN_OK));
    cr_assert(eq(str, (char *)buffer_text(buffer),
                 "{\"verdict\":\"promote\",\"reason\":null,"
                 "\"delta\":{\"estimate\":-0.163,\"lower\":null,\"upper\":null},"
                 "\"warnings\":[\"stale\",[],{},false,null,-9223372036854775808,{\"a\":1}],"
                 "\"samples\":18446744073709551615,\"offset\":-1,\"final\":true,\"next\":null,"
                 "\"label\":\"s4\"}"));
}

struct text_case {
    struct text_view text;
    const char *json;
};

Test(json_writer, texts_are_escaped_and_always_utf8)
{
    static const struct text_case cases[] = {
        {TEXT_VIEW(""),                             "\"\""                                    },
        {TEXT_VIEW("a\"b\\c/d"),                    "\"a\\\"b\\\\c/d\""                       },
        {TEXT_VIEW("\n\r\t\b\f"),                   "\"\\n\\r\\t\\b\\f\""                     },
        {TEXT_VIEW("\0\x1F\x7F"),                   "\"\\u0000\\u001f\x7F\""                  },
        {TEXT_VIEW("\xE2\x80\xA8\xE2\x80\xA9"),     "\"\\u2028\\u2029\""                      },
        {TEXT_VIEW("</script>&"),                   "\"</script>&\""                          },
        {TEXT_VIEW("caf\xC3\xA9 \xF0\x9F\x90\xA4"), "\"caf\xC3\xA9 \xF0\x9F\x90\xA4\""        },
        {TEXT_VIEW("a\xFF"
                   "b"),
         "\"a\xEF\xBF\xBD"
         "b\""                                                                                },
        {TEXT_VIEW("\xED\xA0\x80"),                 "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {TEXT_VIEW("\xC3"),                         "\"\xEF\xBF\xBD\""                        },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        owned(buffer) buffer = buffer_create(1000);
        struct json_writer writer;
        json_writer_init(&writer, buffer);
        json_write_view(&writer, cases[i].text);
        cr_assert(eq(int, json_writer_finish(&writer), SERIN_OK));
        cr_assert(eq(str, (char *)buffer_text(buffer), (char *)cases[i].json));
    }
}

Test(json_writer, keys_are_escaped_too)
{
    owned(buffer) buffer = buffer_create(1000);
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    json_write_object_begin(&writer);
    json_write_key_view(&writer, (struct text_view)TEXT_VIEW("a\"\n"));
    json_write_null(&writer);
    json_write_object_end(&writer);
    cr_assert(eq(int, json_writer_finish(&writer), SERIN_OK));
    cr_assert(eq(str, (char *)buffer_text(buffer), "{\"a\\\"\\n\":null}"));
}

Test(json_writer, nests_as_deep_as_promised)
{
    owned(buffer) buffer = buffer_create(1000);
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    for (int i = 0; i < JSON_WRITER_DEPTH / 2; i++) {
        json_write_array_begin(&writer);
        json_write_object_begin(&writer);
        json_write_key(&writer, "k");
    }
    json_write_uint64(&writer, 1);
    for (int i = 0; i < JSON_WRITER_DEPTH / 2; i++) {
        json_write_object_end(&writer);
        json_write_array_end(&writer);
    }
    cr_assert(eq(int, json_writer_finish(&writer), SERIN_OK));
    cr_assert(eq(sz, buffer_view(buffer).length, (size_t)JSON_WRITER_DEPTH / 2 * 8 + 1));
}

Test(json_writer, tells_once_that_the_buffer_was_too_small)
{
    owned(buffer) buffer = buffer_create(8);
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    json_write_array_begin(&writer);
    for (int i = 0; i < 10; i++) {
        json_write_text(&writer, "label");
    }
    json_write_array_end(&writer);
    cr_assert(eq(int, json_writer_finish(&writer), SERIN_TOO_LARGE));
}

/* ---- misuse is a bug -------------------------------------------------------------------------*/

static struct json_writer writer_in_object(void)
{
    struct json_writer writer;
    json_writer_init(&writer, buffer_create(1000));
    json_write_object_begin(&writer);
    return writer;
}

Test(json_writer, a_value_without_a_key_asserts, .signal = SIGABRT)
{
    struct json_writer writer = writer_in_object();
    json_write_null(&writer);
}

Test(json_writer, a_key_without_a_value_asserts, .signal = SIGABRT)
{
    struct json_writer writer = writer_in_object();
    json_write_key(&writer, "a");
    json_write_object_end(&writer);
}

Test(json_writer, an_end_that_does_not_match_asserts, .signal = SIGABRT)
{
    struct json_writer writer = writer_in_object();
    json_write_array_end(&writer);
}

Test(json_writer, a_second_root_asserts, .signal = SIGABRT)
{
    struct json_writer writer = writer_in_object();
    json_write_object_end(&writer);
    json_write_null(&writer);
}

Test(json_writer, an_unfinished_document_asserts, .signal = SIGABRT)
{
    struct json_writer writer = writer_in_object();
    cr_assert(eq(int, json_writer_finish(&writer), SERIN_OK));
}
