/* What a Loki is asked: the text of the queries, and that values stay values in them. */
#include "source/logql.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

static struct stream make_stream(void)
{
    return (struct stream){
        .name = "checkout",
        .matchers = "app=\"segmenter\"",
        .reference = "expected",
        .label = "segment",
        .pod = "pod",
        .key = "order",
        .arm_label = "hash",
        .slices = {"region"},
        .slice_count = 1,
    };
}

static const char *const arms[ARM_COUNT] = {"c1", "s1"};

/* ---- queries --------------------------------------------------------------------------------- */

static void require_counts(const struct stream *stream, const char *pod, const char *wanted)
{
    owned(buffer) query = buffer_create(4096);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, logql_append_counts(query, stream, "c1", pod, 60000, &err), SERIN_OK), "%s",
              err.detail);
    cr_assert(eq(str, (char *)buffer_text(query), (char *)wanted));
}

Test(logql, counts_are_grouped_by_what_is_counted_and_keep_what_cannot_be_read)
{
    struct stream stream = make_stream();
    require_counts(&stream, NULL,
                   "sum by (pod,segment,expected,region,__error__) (count_over_time("
                   "{app=\"segmenter\"} | json | hash=\"c1\" or __error__!=\"\" [60000ms] "
                   "offset 1ms))");
    stream.reference = NULL;
    stream.slice_count = 0;
    stream.format = LINE_LOGFMT;
    stream.contains = "segment=\"";
    require_counts(&stream, NULL,
                   "sum by (pod,segment,__error__) (count_over_time({app=\"segmenter\"} |= "
                   "\"segment=\\\"\" | logfmt | hash=\"c1\" or __error__!=\"\" [60000ms] offset "
                   "1ms))");
    stream.format = LINE_LABELS;
    stream.contains = NULL;
    require_counts(&stream, "p-\"1",
                   "sum by (pod,segment) (count_over_time({app=\"segmenter\"} | hash=\"c1\" | "
                   "pod=\"p-\\\"1\" [60000ms] offset 1ms))");
}

Test(logql, an_indexed_arm_chooses_streams_instead_of_lines)
{
    struct stream stream = make_stream();
    stream.slice_count = 0;
    stream.arm_indexed = true;
    require_counts(&stream, NULL,
                   "sum by (pod,segment,expected,__error__) (count_over_time("
                   "{app=\"segmenter\",hash=\"c1\"} | json [60000ms] offset 1ms))");
    stream.arm_label = NULL;
    stream.arm_pod_prefix = "shop.v2-{hash}-";
    require_counts(&stream, NULL,
                   "sum by (pod,segment,expected,__error__) (count_over_time("
                   "{app=\"segmenter\",pod=~\"shop\\\\.v2-c1-.+\"} | json [60000ms] offset 1ms))");
    require_counts(&stream, "shop.v2-c1-1",
                   "sum by (pod,segment,expected,__error__) (count_over_time("
                   "{app=\"segmenter\",pod=\"shop.v2-c1-1\"} | json | pod=\"shop.v2-c1-1\" "
                   "[60000ms] offset 1ms))");
}

Test(logql, events_pods_and_lines_are_asked_for_with_the_labels_they_need)
{
    struct stream stream = make_stream();
    owned(buffer) query = buffer_create(4096);
    cr_assert(eq(int, logql_append_events(query, &stream, "c1", NULL), SERIN_OK));
    cr_assert(eq(str, (char *)buffer_text(query),
                 "{app=\"segmenter\"} | json | hash=\"c1\" or __error__!=\"\" | segment!=\"\" | "
                 "__error__=\"\" | keep pod"));
    buffer_clear(query);
    cr_assert(eq(int, logql_append_pods(query, &stream, "c1", 500, NULL), SERIN_OK));
    cr_assert(eq(str, (char *)buffer_text(query),
                 "sum by (pod,__error__) (count_over_time({app=\"segmenter\"} | json | hash=\"c1\" "
                 "or __error__!=\"\" [500ms] offset 1ms))"));
    buffer_clear(query);
    cr_assert(eq(int, logql_append_lines(query, &stream, arms, NULL), SERIN_OK));
    cr_assert(eq(str, (char *)buffer_text(query),
                 "{app=\"segmenter\"} | json | hash=\"c1\" or hash=\"s1\" or (segment=\"\" and "
                 "expected!=\"\" and order!=\"\") or __error__!=\"\" | "
                 "line_format \"{{.order | urlencode}} {{.segment | urlencode}} {{.expected | "
                 "urlencode}}\" | keep pod,segment,expected,region,__error__,hash"));
}

/* Reads a literal in double quotes as Loki's parser does; the rest of the text. */
static const char *unquote(const char *text, char *out, size_t *out_length)
{
    size_t length = 0;
    const char *at = text + 1;
    for (; *at != '"'; at++) {
        bool goes_on = *at != '\0' && *at != '\n';
        cr_assert(goes_on, "the literal does not end");
        if (*at != '\\') {
            out[length++] = *at;
        } else if (*++at == 'x') {
            const char digits[3] = {at[1], at[2], '\0'};
            out[length++] = (char)strtol(digits, NULL, 16);
            at += 2;
        } else {
            bool is_known = *at == '"' || *at == '\\';
            cr_assert(is_known, "an escape of its own: %c", *at);
            out[length++] = *at;
        }
    }
    *out_length = length;
    return at + 1;
}

Test(logql, any_arm_and_pod_stays_one_value_that_reads_back)
{
    static const char pieces[][8] = {"\"",   "\\", "`",     "'",    "}",   "{", "|",
                                     " or ", "\n", "\x01",  "\xff", "é",   "#", "a",
                                     "x22",  "=~", "\\x22", "$",    "\x7f"};
    struct stream stream = make_stream();
    struct random random = {.state = 11};
    stream.arm_indexed = true;
    for (int round = 0; round < 5000; round++) {
        char arm[64] = "a";
        for (size_t i = random_below(&random, 7); i > 0; i--) {
            strcat(arm, pieces[random_below(&random, sizeof(pieces) / sizeof(pieces[0]))]);
        }
        owned(buffer) query = buffer_create(4096);
        cr_assert(eq(int, logql_append_counts(query, &stream, arm, arm, 1000, NULL), SERIN_OK));
        char value[128];
        size_t length = 0;
        const char *at = strstr(buffer_text(query), ",hash=") + strlen(",hash=");
        const char *rest = unquote(at, value, &length);
        cr_assert(eq(sz, length, strlen(arm)));
        cr_assert(eq(int, memcmp(value, arm, length), 0), "%s", buffer_text(query));
        static const char between[] = "} | json | pod=";
        cr_assert(eq(int, strncmp(rest, between, strlen(between)), 0), "%s", rest);
        rest = unquote(rest + strlen(between), value, &length);
        cr_assert(eq(int, memcmp(value, arm, length), 0));
        cr_assert(eq(str, (char *)rest, " [1000ms] offset 1ms))"));
    }
}

Test(logql, an_empty_arm_is_no_query)
{
    struct stream stream = make_stream();
    owned(buffer) query = buffer_create(4096);
    cr_assert(eq(int, logql_append_counts(query, &stream, "", NULL, 1000, NULL), SERIN_INVALID));
    const char *const no_stable[ARM_COUNT] = {"c1", NULL};
    buffer_clear(query);
    cr_assert(eq(int, logql_append_lines(query, &stream, no_stable, NULL), SERIN_INVALID));
}

Test(logql, a_query_beyond_its_room_is_refused)
{
    struct stream stream = make_stream();
    owned(buffer) query = buffer_create(40);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(
        eq(int, logql_append_counts(query, &stream, "c1", NULL, 1000, &err), SERIN_TOO_LARGE));
}

/* ---- streams --------------------------------------------------------------------------------- */

struct stream_case {
    char what[16]; /* the member to change */
    char value[32];
    char message[48];
};

ParameterizedTestParameters(logql, streams_that_cannot_be_asked_about_are_refused)
{
    static struct stream_case cases[] = {
        {"matchers",  "",               "matchers is missing"            },
        {"matchers",  "app",            "expected at character 4"        },
        {"matchers",  "app=\"a\"} | x", "a comma expected at character 8"},
        {"label",     "",               "label is missing"               },
        {"label",     "a.b",            "the field a.b is the label a_b" },
        {"label",     "a b",            "no label name of Loki"          },
        {"label",     "1a",             "no label name of Loki"          },
        {"pod",       "",               "pod is missing"                 },
        {"reference", "x)",             "reference \"x)\" is no label"   },
        {"slice",     "x,y",            "slices \"x,y\" is no label"     },
        {"key",       "",               "key is missing"                 },
        {"key",       "x-y",            "key \"x-y\" is no label"        },
        {"arm",       "",               "arm must have either label"     },
        {"arm",       "a-b",            "arm.label \"a-b\" is no label"  },
        {"prefix",    "shop-",          "holds no {hash}"                },
    };
    return cr_make_param_array(struct stream_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct stream_case *c, logql, streams_that_cannot_be_asked_about_are_refused)
{
    struct stream stream = make_stream();
    const char *value = c->value[0] != '\0' ? c->value : NULL;
    stream.keyed = true;
    if (strcmp(c->what, "prefix") == 0) {
        stream.arm_label = NULL;
        stream.arm_pod_prefix = value;
    }
    const struct {
        const char *what;
        const char **member;
    } members[] = {
        {"matchers",  &stream.matchers },
        {"label",     &stream.label    },
        {"pod",       &stream.pod      },
        {"reference", &stream.reference},
        {"slice",     &stream.slices[0]},
        {"key",       &stream.key      },
        {"arm",       &stream.arm_label},
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(members[i].what, c->what) == 0) {
            *members[i].member = value;
        }
    }
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, logql_check_stream(&stream, &err), SERIN_INVALID), "%s %s", c->what,
              c->value);
    cr_assert(ne(ptr, strstr(err.detail, c->message), NULL), "%s", err.detail);
}

Test(logql, a_stream_without_reference_key_and_slices_is_fine)
{
    struct stream stream = make_stream();
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, logql_check_stream(&stream, &err), SERIN_OK), "%s", err.detail);
    stream.reference = NULL;
    stream.key = NULL;
    stream.slice_count = 0;
    stream.arm_label = NULL;
    stream.arm_pod_prefix = "shop-{hash}-";
    cr_assert(eq(int, logql_check_stream(&stream, &err), SERIN_OK), "%s", err.detail);
}
