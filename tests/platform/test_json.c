#include "base/buffer.h"
#include "platform/json.h"
#include "support/dump.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <string.h>

static enum serin_status parse(struct text_view text, struct document **out,
                               struct serin_error *err)
{
    serin_error_clear(err);
    return json_parse(text, &document_limits_request, out, err);
}

/* ---- what is read ----------------------------------------------------------------------------*/

struct accepted {
    const char *text;
    const char *dump;
};

Test(json, values_mean_what_they_say)
{
    static const struct accepted cases[] = {
        {" {\"b\" : [1, -2, 2.5, 1e3] ,\n\"a\":{}} ", "{\"b\":[1,-2,2.5,1000],\"a\":{}}" },
        {"[null,true,false,\"\"]",                    "[null,true,false,\"\"]"           },
        {"9223372036854775807",                       "9223372036854775807"              },
        {"-9223372036854775808",                      "-9223372036854775808"             },
        {"-0.0",                                      "-0.0"                             },
        {"1e-999",                                    "0"                                },
        {"\"\\u00e9\\ud83d\\udc24\\\"\\/\"",          "\"\xC3\xA9\xF0\x9F\x90\xA4\\\"/\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct serin_error err = {0};
        owned(document) document = NULL;
        cr_assert(eq(int, parse(text_view_of(cases[i].text), &document, &err), SERIN_OK), "%s: %s",
                  cases[i].text, err.detail);
        owned(buffer) dump = buffer_create(1000);
        cr_assert(eq(int, dump_document(document, dump), SERIN_OK));
        cr_assert(eq(str, (char *)buffer_text(dump), (char *)cases[i].dump));
    }
}

Test(json, a_body_decodes_into_a_struct)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    cr_assert(eq(int,
                 parse(text_view_of("{\"stream\":\"checkout\",\"margin\":0.05,\"window\":\"2h\","
                                    "\"slices\":[\"region\"],\"rules\":[{\"name\":\"x\"}]}"),
                       &document, &err),
                 SERIN_OK));
    struct sample sample = {0};
    cr_assert(eq(int, decode_map(&sample_table, document_root(document), "", &sample, &err), 0),
              "%s", err.detail);
    cr_assert(eq(str, sample.stream, "checkout"));
    cr_assert(eq(i64, sample.window_ms, 7200000));
    decode_clear(&sample_table, &sample);
    cr_assert(eq(int, node_position(document_root(document)).line, 0));
}

/* ---- what is refused -------------------------------------------------------------------------*/

struct refused {
    struct text_view text;
    const char *detail;
};

Test(json, refusals_name_the_place_and_the_reason)
{
    static const struct refused cases[] = {
        {TEXT_VIEW(""),                      "line 1, column 1: the text ends before the value does"         },
        {TEXT_VIEW("  \n "),                 "line 2, column 1: the text ends before the value does"         },
        {TEXT_VIEW("{\"a\":1"),              "line 1, column 6: the text ends before the value does"         },
        {TEXT_VIEW("{\"a\":1}x"),            "line 1, column 8: the value is complete, but more text follows"},
        {TEXT_VIEW("{} {}"),                 "line 1, column 4: the value is complete, but more text follows"},
        {TEXT_VIEW("{\"a\":1,\n \"a\":2}"),
         "line 2, column 4: a name is given twice in one object"                                             },
        {TEXT_VIEW("[1,]"),                  "line 1, column 4: unexpected token"                            },
        {TEXT_VIEW("{a:1}"),                 "line 1, column 2: string or '}' expected"                      },
        {TEXT_VIEW("{'a':1}"),               "line 1, column 2: string or '}' expected"                      },
        {TEXT_VIEW("[01]"),                  "line 1, column 2: invalid token"                               },
        {TEXT_VIEW("[+1]"),                  "line 1, column 2: invalid token"                               },
        {TEXT_VIEW("[.5]"),                  "line 1, column 2: invalid token"                               },
        {TEXT_VIEW("[NaN]"),                 "line 1, column 4: invalid token"                               },
        {TEXT_VIEW("[1] // x"),              "line 1, column 5: the value is complete, but more text follows"},
        {TEXT_VIEW("[1e999]"),               "line 1, column 6: a number is too large"                       },
        {TEXT_VIEW("[9223372036854775808]"), "line 1, column 20: a number is too large"                      },
        {TEXT_VIEW("[\"a\tb\"]"),            "line 1, column 3: control character 0x9"                       },
        {TEXT_VIEW("[\"\\u0000\"]"),         "line 1, column 9: a text holds a zero character (\\u0000)"     },
        {TEXT_VIEW("{\"\\u0000\":1}"),       "line 1, column 9: a name holds a zero character (\\u0000)"     },
        {TEXT_VIEW("[\"\\ud800\"]"),         "line 1, column 9: invalid Unicode '\\uD800'"                   },
        {TEXT_VIEW("[\"\xFF\"]"),            "line 1, column 2: the text is not UTF-8"                       },
        {TEXT_VIEW("[\"\xC0\xAF\"]"),        "line 1, column 2: the text is not UTF-8"                       },
        {TEXT_VIEW("[\"\xED\xA0\x80\"]"),    "line 1, column 2: the text is not UTF-8"                       },
        {TEXT_VIEW("[1]\0"),                 "line 1, column 4: the value is complete, but more text follows"},
        {TEXT_VIEW("\xEF\xBB\xBF{}"),        "line 1, column 1: invalid token"                               },
        {TEXT_VIEW("[\x1B[2J]"),             "line 1, column 2: invalid token"                               },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct serin_error err = {0};
        struct document *document = NULL;
        cr_expect(eq(int, parse(cases[i].text, &document, &err), SERIN_INVALID), "%s",
                  cases[i].text.start);
        cr_expect(eq(str, err.detail, (char *)cases[i].detail), "%s", cases[i].text.start);
        cr_expect(eq(ptr, document, NULL));
    }
}

Test(json, deep_and_large_documents_are_refused_as_too_large)
{
    enum { DEPTH = 100000 };
    char *text = memory_allocate(DEPTH, 1);
    memset(text, '[', DEPTH);
    struct serin_error err = {0};
    struct document *document = NULL;
    cr_assert(eq(int, parse((struct text_view){text, DEPTH}, &document, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "100000 bytes, more than the 65536 that are read"));
    cr_assert(
        eq(int, json_parse((struct text_view){text, DEPTH}, &document_limits_file, &document, &err),
           SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "line 1, column 2049: nested too deeply"));
    memset(text + 17, ']', 17);
    cr_assert(eq(int, parse((struct text_view){text, 34}, &document, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "nested deeper than 16 levels"));
    memory_free(text);
}

/* ---- properties and memory -------------------------------------------------------------------*/

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void write_random_text(struct json_writer *writer, uint64_t *state)
{
    char text[24];
    size_t length = next_random(state) % sizeof(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(1 + next_random(state) % 255);
    }
    json_write_view(writer, (struct text_view){text, length});
}

static void write_random_value(struct json_writer *writer, uint64_t *state, int depth)
{
    uint64_t choice = next_random(state) % (depth > 0 ? 6 : 4);
    if (choice == 0) {
        write_random_text(writer, state);
    } else if (choice == 1) {
        json_write_int64(writer, (int64_t)next_random(state));
    } else if (choice == 2) {
        json_write_double(writer, (double)next_random(state) / 1e9 + 0.5);
    } else if (choice == 3) {
        json_write_null(writer);
    } else if (choice == 4) {
        json_write_array_begin(writer);
        for (uint64_t i = next_random(state) % 5; i > 0; i--) {
            write_random_value(writer, state, depth - 1);
        }
        json_write_array_end(writer);
    } else {
        json_write_object_begin(writer);
        for (char name = 'a'; name < (char)('a' + next_random(state) % 5); name++) {
            json_write_key_view(writer, (struct text_view){&name, 1});
            write_random_value(writer, state, depth - 1);
        }
        json_write_object_end(writer);
    }
}

Test(json, whatever_is_written_reads_back_the_same)
{
    uint64_t state = 4711;
    for (int i = 0; i < 2000; i++) {
        owned(buffer) text = buffer_create(65536);
        struct json_writer writer;
        json_writer_init(&writer, text);
        write_random_value(&writer, &state, 5);
        cr_assert(eq(int, json_writer_finish(&writer), SERIN_OK));
        struct serin_error err = {0};
        owned(document) document = NULL;
        cr_assert(eq(int, parse(buffer_view(text), &document, &err), SERIN_OK), "%s: %s",
                  buffer_text(text), err.detail);
        owned(buffer) again = buffer_create(65536);
        cr_assert(eq(int, dump_document(document, again), SERIN_OK));
        cr_assert(eq(str, (char *)buffer_text(again), (char *)buffer_text(text)));
    }
}

static void *failing_malloc(size_t size)
{
    return memory_allocate(1, size);
}

/* The library's lexer calls a text it finds no memory for an invalid token, so both are allowed. */
Test(json, every_missing_allocation_is_a_failure)
{
    json_set_alloc_funcs(failing_malloc, memory_free);
    struct text_view text = TEXT_VIEW("{\"a\":[1,2.5,\"text\",null],\"b\":{\"c\":\"d\"}}");
    uint64_t failures = 0;
    for (bool has_failed = true; has_failed; failures += has_failed ? 1 : 0) {
        owned(document) document = NULL;
        struct serin_error err = {0};
        memory_fail_after(failures + 1);
        enum serin_status status = parse(text, &document, &err);
        memory_fail_after(0);
        has_failed = status != SERIN_OK;
        cr_assert(eq(int, has_failed == (document == NULL), 1));
        cr_assert(not(has_failed && status != SERIN_NO_MEMORY && status != SERIN_INVALID));
        cr_assert(lt(u64, failures, 1000));
    }
    cr_assert(gt(u64, failures, 15), "the library's allocations were reached");
}
