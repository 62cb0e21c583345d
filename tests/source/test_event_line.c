#include "source/event_line.h"

#include "base/memory.h"
#include "support/check_text.h"
#include "support/event_oracle.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#define REQUIRED "\"stream\":\"s\",\"time\":1700000000000,\"arm\":\"a\",\"pod\":\"p\""
#define LINE     "{" REQUIRED ",\"label\":\"x\"}"

static enum serin_status parse(const char *text, struct event_scratch *scratch,
                               struct label_event *out, struct serin_error *err)
{
    return event_line_parse(text_view_of(text), scratch, out, err);
}

Test(event_line, reads_every_field)
{
    struct event_scratch scratch = {0};
    struct label_event event = {0};
    struct serin_error err = {0};
    cr_assert(eq(int,
                 parse("{\"stream\":\"checkout\",\"time\":\"2026-01-31T12:00:00.250Z\",\"arm\":"
                       "\"7d9f\",\"pod\":\"checkout-7d9f-x\",\"label\":\"s4\",\"reference\":\"s5\","
                       "\"key\":\"order-81\",\"slices\":{\"region\":\"eu\",\"device\":\"phone\"},"
                       "\"count\":3}",
                       &scratch, &event, &err),
                 SERIN_OK),
              "%s: %s", err.field, err.detail);
    check_text(event.stream, "checkout");
    check_text(event.arm, "7d9f");
    check_text(event.pod, "checkout-7d9f-x");
    check_text(event.label, "s4");
    check_text(event.reference, "s5");
    check_text(event.key, "order-81");
    cr_assert(event.has_label && event.has_reference && event.has_key);
    cr_assert(eq(i64, event.time_ms, INT64_C(1769860800250)));
    cr_assert(eq(u64, event.count, 3));
    cr_assert(eq(sz, event.slice_count, 2));
    check_text(event.slices[0].dimension, "region");
    check_text(event.slices[1].value, "phone");
}

Test(event_line, counts_once_and_knows_what_is_absent)
{
    struct event_scratch scratch = {0};
    struct label_event event = {0};
    cr_assert(
        eq(int,
           parse(" { " REQUIRED " , \"label\" : \"x\", \"key\" : null } ", &scratch, &event, NULL),
           SERIN_OK));
    cr_assert(eq(u64, event.count, 1));
    cr_assert(event.has_label && !event.has_reference && !event.has_key);
    cr_assert(eq(sz, event.slice_count, 0));
}

Test(event_line, a_late_reference_needs_neither_label_nor_pod)
{
    struct event_scratch scratch = {0};
    struct label_event event = {0};
    cr_assert(eq(int,
                 parse("{\"stream\":\"s\",\"time\":5,\"key\":\"k\",\"reference\":\"r\"}", &scratch,
                       &event, NULL),
                 SERIN_OK));
    cr_assert(eq(int, event.has_label, 0));
    cr_assert(event.has_reference && event.has_key);
    cr_assert(eq(sz, event.pod.length, 0));
}

Test(event_line, unfolds_escapes_of_every_length)
{
    struct event_scratch scratch = {0};
    struct label_event event = {0};
    struct serin_error err = {0};
    cr_assert(
        eq(int,
           parse("{" REQUIRED ",\"l\\u0061bel\":\"\\u00e9\\u20ac\\ud83d\\ude00 \\\\\\/\\\" z\","
                 "\"key\":\"\\u0041\"}",
                 &scratch, &event, &err),
           SERIN_OK),
        "%s: %s", err.field, err.detail);
    check_text(event.label, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 \\/\" z");
    check_text(event.key, "A");
}

struct refusal {
    char line[160];
    char field[16];
    char says[48]; /* part of the message */
};

ParameterizedTestParameters(event_line, refuses_and_says_why)
{
    static struct refusal cases[] = {
        {"",                                                               "",       "a JSON object"      },
        {"[]",                                                             "",       "a JSON object"      },
        {"{" REQUIRED "}",                                                 "label",  "missing"            },
        {"{\"time\":1,\"arm\":\"a\",\"pod\":\"p\",\"label\":\"x\"}",       "stream", "missing"            },
        {"{\"stream\":\"s\",\"arm\":\"a\",\"pod\":\"p\",\"label\":\"x\"}", "time",   "missing"            },
        {"{\"stream\":\"s\",\"time\":1,\"pod\":\"p\",\"label\":\"x\"}",    "arm",    "missing"            },
        {"{\"stream\":\"s\",\"time\":1,\"arm\":\"p\",\"label\":\"x\"}",    "pod",    "missing"            },
        {"{" REQUIRED ",\"label\":null}",                                  "label",  "missing"            },
        {"{" REQUIRED ",\"label\":\"\"}",                                  "label",  "empty"              },
        {"{" REQUIRED ",\"label\":4}",                                     "label",  "a text in double"   },
        {"{" REQUIRED ",\"label\":\"x\",\"refrence\":\"y\"}",              "",       "\"refrence\"; known"},
        {"{" REQUIRED ",\"label\":\"x\",\"label\":\"y\"}",                 "label",  "given twice"        },
        {"{" REQUIRED ",\"label\":\"x\",\"l\\u0061bel\":\"x\"}",           "label",  "given twice"        },
        {"{" REQUIRED ",\"label\":null,\"label\":\"x\"}",                  "label",  "given twice"        },
        {"{" REQUIRED ",\"label\":\"x\"",                                  "",       "the line ends"      },
        {"{" REQUIRED ",\"label\":\"x\",}",                                "",       "a text in double"   },
        {"{" REQUIRED ",\"label\" \"x\"}",                                 "",       "\":\""              },
        {LINE "x",                                                         "",       "end of the line"    },
        {LINE LINE,                                                        "",       "end of the line"    },
        {"{" REQUIRED ",\"label\":\"x\ty\"}",                              "label",  "U+0009"             },
        {"{" REQUIRED ",\"label\":\"x\\ty\"}",                             "label",  "U+0009"             },
        {"{" REQUIRED ",\"label\":\"x\x7F\"}",                             "label",  "U+007F"             },
        {"{" REQUIRED ",\"label\":\"\xC2\x80\"}",                          "label",  "U+0080"             },
        {"{" REQUIRED ",\"label\":\"\\u0000\"}",                           "label",  "U+0000"             },
        {"{" REQUIRED ",\"label\":\"\xC0\xAF\"}",                          "label",  "not UTF-8"          },
        {"{" REQUIRED ",\"label\":\"a\xE2\x82\"}",                         "label",  "not UTF-8"          },
        {"{" REQUIRED ",\"label\":\"\\ud800\"}",                           "label",  "surrogate"          },
        {"{" REQUIRED ",\"label\":\"\\udc00\\ud800\"}",                    "label",  "surrogate"          },
        {"{" REQUIRED ",\"label\":\"\\ud800\\u0041\"}",                    "label",  "surrogate"          },
        {"{" REQUIRED ",\"label\":\"\\u12g4\"}",                           "label",  "hexadecimal"        },
        {"{" REQUIRED ",\"label\":\"\\x\"}",                               "label",  "escape"             },
        {"{" REQUIRED ",\"label\":\"x\\",                                  "label",  "escape"             },
        {"{" REQUIRED ",\"label\":\"x",                                    "label",  "closing quote"      },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":0}",                     "count",  "from 1 to 2^53"     },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":-1}",                    "count",  "from 1 to 2^53"     },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":9007199254740993}",      "count",  "from 1 to 2^53"     },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":1.5}",                   "count",  "whole number"       },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":1e3}",                   "count",  "whole number"       },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":01}",                    "count",  "whole number"       },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":\"1\"}",                 "count",  "whole number"       },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":99999999999999999999}",  "count",  "whole number"       },
        {"{" REQUIRED ",\"label\":\"x\",\"count\":-}",                     "count",  "whole number"       },
        {"{\"time\":-1}",                                                  "time",   "Unix milliseconds"  },
        {"{\"time\":999999999999999}",                                     "time",   "Unix milliseconds"  },
        {"{\"time\":\"2026-02-30T00:00:00Z\"}",                            "time",   "RFC 3339"           },
        {"{\"time\":true}",                                                "time",   "whole number"       },
        {"{\"slices\":[]}",                                                "slices", "an object"          },
        {"{\"slices\":{\"a\":1}}",                                         "slices", "a text in double"   },
        {"{\"slices\":{\"a\":\"1\",\"a\":\"2\"}}",                         "slices", "twice"              },
        {"{\"slices\":{\"a\":\"1\"",                                       "slices", "the line ends"      },
        {"{\"slices\":{\"a\" \"1\"",                                       "slices", "\":\""              },
    };
    return cr_make_param_array(struct refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refusal *c, event_line, refuses_and_says_why)
{
    struct event_scratch scratch = {0};
    struct label_event event = {.count = 77};
    struct serin_error err = {0};
    cr_assert(eq(int, parse(c->line, &scratch, &event, &err), SERIN_INVALID), "%s", c->line);
    cr_assert(eq(str, err.field, c->field), "%s: %s", c->line, err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s: %s", c->line, err.detail);
    cr_assert(eq(u64, event.count, 77), "the event was touched: %s", c->line);
}

Test(event_line, holds_texts_to_256_bytes_after_unescaping)
{
    for (size_t length = 255; length <= 257; length++) {
        for (size_t escapes = 0; escapes <= 1; escapes++) {
            char line[512];
            char text[320] = "\\u0041";
            memset(text + 6 * escapes, 'x', length - escapes);
            (void)snprintf(line, sizeof(line), "{" REQUIRED ",\"label\":\"%.*s\"}",
                           (int)(length + 5 * escapes), text);
            struct event_scratch scratch = {0};
            struct label_event event = {0};
            enum serin_status status = parse(line, &scratch, &event, NULL);
            cr_assert(eq(int, status, length <= 256 ? SERIN_OK : SERIN_INVALID), "%zu", length);
        }
    }
}

Test(event_line, keeps_at_most_eight_slices)
{
    for (int slices = 7; slices <= 9; slices++) {
        char line[512];
        int used = snprintf(line, sizeof(line), "{" REQUIRED ",\"label\":\"x\",\"slices\":{");
        for (int i = 0; i < slices; i++) {
            used += snprintf(line + used, sizeof(line) - (size_t)used, "%s\"d%d\":\"\\u00410\"",
                             i ? "," : "", i);
        }
        (void)snprintf(line + used, sizeof(line) - (size_t)used, "}}");
        struct event_scratch scratch = {0};
        struct label_event event = {0};
        cr_assert(
            eq(int, parse(line, &scratch, &event, NULL), slices <= 8 ? SERIN_OK : SERIN_INVALID));
    }
}

/* ---- against an independent reading ---------------------------------------------------------- */

struct random {
    uint64_t state;
};

static size_t below(struct random *random, size_t bound)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random->state >> 33) % bound;
}

static const char *pick(struct random *random, const char *const *items, size_t count)
{
    return items[below(random, count)];
}
#define PICK(random, ...)                                                                          \
    pick((random), (const char *const[]){__VA_ARGS__},                                             \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static const char *space(struct random *random)
{
    return PICK(random, "", "", "", "", "", " ", "\t", " \r ");
}

static size_t print_text(struct random *random, char *out, size_t room)
{
    int used = snprintf(out, room, "\"");
    for (size_t pieces = 1 + below(random, 5); pieces > 0; pieces--) {
        used += snprintf(out + used, room - (size_t)used, "%s",
                         PICK(random, "a", "label-4", "s", "0", "\xC3\xA9", "\xF0\x9F\x98\x80",
                              "\\n", "\\u0041", "\\ud83d\\ude00", "\\\"", "\\/", "{", ":", ",",
                              "abcdefghijklmnop", "\\u00e9"));
    }
    used += snprintf(out + used, room - (size_t)used, "\"");
    return (size_t)used;
}

static size_t print_value(struct random *random, const char *name, char *out, size_t room)
{
    if (strcmp(name, "time") == 0) {
        return (size_t)snprintf(out, room, "%s",
                                PICK(random, "1700000000000", "0", "\"2026-01-31T12:00:00.250Z\"",
                                     "\"2024-02-29T23:59:59+01:00\"", "-0", "1.0", "null"));
    }
    if (strcmp(name, "count") == 0) {
        return (size_t)snprintf(out, room, "%s",
                                PICK(random, "1", "2", "9007199254740992", "0", "-3", "1E2"));
    }
    if (strcmp(name, "slices") == 0) {
        return (size_t)snprintf(out, room, "%s",
                                PICK(random, "{}", "{\"region\":\"eu\"}", "null",
                                     "{ \"region\" : \"e\\u0075\" , \"d\":\"x\" }", "{\"a\":2}"));
    }
    return below(random, 30) == 0 ? (size_t)snprintf(out, room, "null")
                                  : print_text(random, out, room);
}

/* A line that is usually right, with fields in random order, then damaged now and again. */
static size_t print_line(struct random *random, char *out, size_t room)
{
    const char *names[] = {"stream",    "time", "arm",    "pod",   "label",
                           "reference", "key",  "slices", "count", "labels"};
    size_t used = (size_t)snprintf(out, room, "%s{", space(random));
    size_t fields = 6 + below(random, 4);
    for (size_t i = 0; i < fields; i++) {
        size_t other = i + below(random, 9 - i);
        const char *name = names[other];
        names[other] = names[i];
        names[i] = name;
    }
    for (size_t i = 0; i < fields; i++) {
        const char *name = below(random, 150) == 0 ? names[below(random, 10)] : names[i];
        used += (size_t)snprintf(out + used, room - used, "%s%s\"%s\"%s:%s", i > 0 ? "," : "",
                                 space(random), name, space(random), space(random));
        used += print_value(random, name, out + used, room - used);
        used += (size_t)snprintf(out + used, room - used, "%s", space(random));
    }
    used += (size_t)snprintf(out + used, room - used, "}%s", space(random));
    if (below(random, 4) == 0) {
        out[below(random, used)] = (char)below(random, 256);
    }
    return below(random, 30) == 0 ? below(random, used) : used;
}

Test(event_line, agrees_with_an_independent_reading)
{
    struct random random = {20260131};
    size_t accepted = 0;
    for (int i = 0; i < 60000; i++) {
        char line[2048];
        size_t length = print_line(&random, line, sizeof(line));
        const char *found = oracle_disagreement(line, length);
        cr_assert(eq(ptr, (void *)found, NULL), "%s: %.*s", found, (int)length, line);
        struct event_scratch scratch = {0};
        struct label_event event = {0};
        accepted +=
            event_line_parse((struct text_view){line, length}, &scratch, &event, NULL) == SERIN_OK;
    }
    cr_assert(gt(sz, accepted, 2000));
}

Test(event_line, the_line_before_leaves_no_trace)
{
    struct random random = {42};
    struct event_scratch warm = {0};
    for (int i = 0; i < 20000; i++) {
        char line[2048];
        struct text_view view = {line, print_line(&random, line, sizeof(line))};
        struct event_scratch cold = {0};
        struct label_event a = {0};
        struct label_event b = {0};
        cr_assert(eq(int, event_line_parse(view, &warm, &a, NULL),
                     event_line_parse(view, &cold, &b, NULL)));
        cr_assert(text_equal(a.label, b.label) && text_equal(a.key, b.key) && a.count == b.count);
    }
}
