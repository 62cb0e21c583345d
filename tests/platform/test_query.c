#include "base/buffer.h"
#include "platform/query.h"
#include "support/dump.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static enum serin_status parse(struct text_view text, struct document **out,
                               struct serin_error *err)
{
    serin_error_clear(err);
    return query_parse(text, &document_limits_request, out, err);
}

struct accepted {
    const char *query;
    const char *dump;
};

Test(query, names_and_values_are_decoded)
{
    static const struct accepted cases[] = {
        {"",                       "{}"                                          },
        {"a=1&b=x%20y",            "{\"a\":\"1\",\"b\":\"x y\"}"                 },
        {"a+b=c+d",                "{\"a b\":\"c d\"}"                           },
        {"a=%2B%26%3D%25",         "{\"a\":\"+&=%\"}"                            },
        {"%61=%c3%A9",             "{\"a\":\"\xC3\xA9\"}"                        },
        {"a",                      "{\"a\":\"\"}"                                },
        {"a=",                     "{\"a\":\"\"}"                                },
        {"a=b=c",                  "{\"a\":\"b=c\"}"                             },
        {"&&a=1&&b=2&",            "{\"a\":\"1\",\"b\":\"2\"}"                   },
        {"a=true&b=null&c=%7B%7B", "{\"a\":\"true\",\"b\":\"null\",\"c\":\"{{\"}"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct serin_error err = {0};
        owned(document) document = NULL;
        cr_assert(eq(int, parse(text_view_of(cases[i].query), &document, &err), SERIN_OK), "%s: %s",
                  cases[i].query, err.detail);
        owned(buffer) dump = buffer_create(1000);
        cr_assert(eq(int, dump_document(document, dump), SERIN_OK));
        cr_assert(eq(str, (char *)buffer_text(dump), (char *)cases[i].dump), "%s", cases[i].query);
    }
}

struct refused {
    struct text_view query;
    const char *detail;
};

Test(query, what_could_be_read_in_two_ways_is_refused)
{
    static const struct refused cases[] = {
        {TEXT_VIEW("a=1&a=2"),    "\"a\" is given twice"                  },
        {TEXT_VIEW("a=1&%61=2"),  "\"a\" is given twice"                  },
        {TEXT_VIEW("=1"),         "\"=1\" in the query has no name"       },
        {TEXT_VIEW("a=%zz"),
         "\"%zz\" in the query is not \"%\" and two hexadecimal digits; write a percent sign as "
         "%25"                                                            },
        {TEXT_VIEW("a=%4"),
         "\"%4\" in the query is not \"%\" and two hexadecimal digits; write a percent sign as "
         "%25"                                                            },
        {TEXT_VIEW("a=100%&b=1"),
         "\"%\" in the query is not \"%\" and two hexadecimal digits; write a percent sign as "
         "%25"                                                            },
        {TEXT_VIEW("a=%00"),      "the text \"\\x00\" holds a zero byte"  },
        {TEXT_VIEW("a=x\0y"),     "the text \"x\\x00y\" holds a zero byte"},
        {TEXT_VIEW("a=%ff"),      "the text \"\\xff\" is not UTF-8"       },
        {TEXT_VIEW("%c0%af=1"),   "the text \"\\xc0\\xaf\" is not UTF-8"  },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct serin_error err = {0};
        struct document *document = NULL;
        cr_assert(eq(int, parse(cases[i].query, &document, &err), SERIN_INVALID), "%s",
                  cases[i].query.start);
        cr_assert(eq(str, err.detail, (char *)cases[i].detail));
        cr_assert(eq(ptr, document, NULL));
    }
}

Test(query, limits_hold)
{
    struct serin_error err = {0};
    struct document *document = NULL;
    owned(buffer) query = buffer_create(100000);
    for (int i = 0; i <= 256; i++) {
        buffer_printf(query, "k%d&", i);
    }
    cr_assert(eq(int, parse(buffer_view(query), &document, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "more than 256 keys in one map"));
    while (buffer_view(query).length <= 65536) {
        buffer_append_char(query, '&');
    }
    cr_assert(eq(int, parse(buffer_view(query), &document, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "65537 bytes, more than the 65536 that are read"));
}

Test(query, parameters_decode_into_the_same_struct_as_a_body)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    cr_assert(eq(int,
                 parse(text_view_of("stream=checkout&margin=0.05&window=2h&samples=10&enabled=false"
                                    "&slices=region,device&design=shift"),
                       &document, &err),
                 SERIN_OK));
    struct sample sample = {0};
    cr_assert(eq(int, decode_map(&sample_table, document_root(document), "", &sample, &err), 0),
              "%s", err.detail);
    cr_assert(eq(str, sample.stream, "checkout"));
    cr_assert(eq(dbl, sample.margin, 0.05));
    cr_assert(eq(u64, sample.samples, 10));
    cr_assert(not(sample.enabled));
    cr_assert(eq(sz, sample.slice_count, 2));
    cr_assert(eq(int, sample.design, SAMPLE_SHIFT));
    decode_clear(&sample_table, &sample);
}

Test(query, every_missing_allocation_is_reported)
{
    uint64_t failures = 0;
    for (bool has_failed = true; has_failed; failures += has_failed ? 1 : 0) {
        owned(document) document = NULL;
        struct serin_error err = {0};
        memory_fail_after(failures + 1);
        enum serin_status status = parse((struct text_view)TEXT_VIEW("a=1&b=%20"), &document, &err);
        memory_fail_after(0);
        has_failed = status != SERIN_OK;
        cr_assert(eq(int, status, has_failed ? SERIN_NO_MEMORY : SERIN_OK), "%s", err.detail);
        cr_assert(lt(u64, failures, 100));
    }
    cr_assert(gt(u64, failures, 4));
}
