#include "source/promql.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

/* An independent reader of PromQL's double-quoted literals: Go's escapes. Returns the length. */
static size_t unquote(struct text_view literal, char *out)
{
    size_t length = 0;
    cr_assert(ge(sz, literal.length, 2));
    cr_assert(eq(chr, literal.start[0], '"'));
    cr_assert(eq(chr, literal.start[literal.length - 1], '"'));
    for (size_t i = 1; i + 1 < literal.length; i++) {
        char c = literal.start[i];
        cr_assert(ne(chr, c, '"'), "ends early");
        cr_assert(ne(chr, c, '\n'), "a line break");
        if (c != '\\') {
            out[length++] = c;
            continue;
        }
        c = literal.start[++i];
        if (c == 'x') {
            out[length++] = (char)(text_hex_digit(literal.start[i + 1]) * 16 +
                                   text_hex_digit(literal.start[i + 2]));
            i += 2;
            continue;
        }
        cr_assert(c == '"' || c == '\\', "escape \\%c", c);
        out[length++] = c;
    }
    return length;
}

static void assert_quotes_back(struct text_view text)
{
    char back[4096];
    owned(buffer) query = buffer_create(4096);
    promql_append_quoted(query, text);
    cr_assert(eq(int, buffer_status(query), SERIN_OK));
    cr_assert(text_is_utf8(buffer_view(query)));
    size_t length = unquote(buffer_view(query), back);
    cr_assert(text_equal((struct text_view){back, length}, text), "%s", buffer_text(query));
}

Test(promql, quoting_and_reading_back_gives_the_same_bytes)
{
    struct random random = {.state = 20260131};
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t length = random_below(&random, sizeof(text));
        for (size_t i = 0; i < length; i++) {
            /* Half of them bytes that mean something to some parser. */
            static const char special[] = "\"\\'`{}[]()=~!,\n\r\t\0#\xC3\xA9";
            text[i] = random_below(&random, 2) == 0
                          ? special[random_below(&random, sizeof(special) - 1)]
                          : (char)random_next(&random);
        }
        assert_quotes_back((struct text_view){text, length});
    }
}

Test(promql, a_value_cannot_leave_its_quotes)
{
    static const char *const attempts[] = {
        "a\"} or vector(1) #", "a\\\"} or up", "a\\", "a\n\"}", "{{x}}", "é\"", "\\x22} or up",
    };
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        assert_quotes_back(text_view_of(attempts[i]));
    }
}

Test(promql, plain_text_is_quoted_as_it_is)
{
    owned(buffer) query = buffer_create(100);
    promql_append_quoted(query, text_view_of("7d9f8c6b5 é"));
    cr_assert(eq(str, (char *)buffer_text(query), "\"7d9f8c6b5 é\""));
}

Test(promql, a_literal_in_a_regular_expression_has_no_meaning_left)
{
    owned(buffer) regex = buffer_create(100);
    promql_append_literal(regex, text_view_of("a.b-{c}|^$()[]*+?\\"));
    cr_assert(
        eq(str, (char *)buffer_text(regex), "a\\.b-\\{c\\}\\|\\^\\$\\(\\)\\[\\]\\*\\+\\?\\\\"));
}

struct name_case {
    char text[24];
    int is_label;
    int is_metric;
};

ParameterizedTestParameters(promql, names_are_those_that_instruments_have)
{
    static struct name_case cases[] = {
        {"segment",      1, 1},
        {"_a9",          1, 1},
        {"job:x:sum",    0, 1},
        {"k8s.pod.name", 1, 1},
        {"a-b/c",        1, 1},
        {"9a",           1, 1},
        {"é",            1, 1},
        {"",             0, 0},
        {"a b",          0, 0},
        {"a{",           0, 0},
        {"sum(a)",       0, 0},
        {"a\"",          0, 0},
        {"a\n",          0, 0},
        {"a\xff",        0, 0},
    };
    return cr_make_param_array(struct name_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct name_case *c, promql, names_are_those_that_instruments_have)
{
    cr_assert(eq(int, promql_is_label_name(text_view_of(c->text)), c->is_label), "%s", c->text);
    cr_assert(eq(int, promql_is_metric_name(text_view_of(c->text)), c->is_metric), "%s", c->text);
}

struct selector_case {
    char metric[24];
    char label[24];
    char query[64];
};

ParameterizedTestParameters(promql, names_are_quoted_only_where_an_old_server_would_not_know_them)
{
    static struct selector_case cases[] = {
        {"a_total",   "pod",     "a_total{pod"             },
        {"job:a:sum", "_p9",     "job:a:sum{_p9"           },
        {"a.total",   "k8s.pod", "{\"a.total\",\"k8s.pod\""},
        {"9a",        "9p",      "{\"9a\",\"9p\""          },
        {"zähler",    "größe",   "{\"zähler\",\"größe\""   },
    };
    return cr_make_param_array(struct selector_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct selector_case *c, promql,
                  names_are_quoted_only_where_an_old_server_would_not_know_them)
{
    owned(buffer) query = buffer_create(100);
    promql_open_selector(query, text_view_of(c->metric));
    promql_append_label_name(query, text_view_of(c->label));
    cr_assert(eq(str, (char *)buffer_text(query), c->query));
}

Test(promql, matchers_of_every_kind_are_accepted)
{
    static const char *const good[] = {
        "a=\"b\"",
        " a = 'x' , b!~`c\\` ,\n c=~\"d|e\", e != \"\" ",
        "a=\"quote \\\" inside\"",
        "\"k8s.pod\"=\"b\"",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct serin_error err = {.status = SERIN_OK};
        cr_assert(eq(int, promql_check_matchers(text_view_of(good[i]), &err), SERIN_OK), "%s: %s",
                  good[i], err.detail);
    }
}

struct bad_matchers {
    char text[40];
    char message[40];
};

ParameterizedTestParameters(promql, matchers_that_would_leave_their_braces_are_refused)
{
    static struct bad_matchers cases[] = {
        {"",                "a label name expected at character 1"},
        {"a",               "expected at character 2"             },
        {"a=b",             "a quoted value expected at character"},
        {"a=\"b",           "a quoted value expected at character"},
        {"a=\"b\\\"",       "a quoted value expected at character"},
        {"a=\"b\"} or up{", "a comma expected at character 6"     },
        {"a=\"b\" # x",     "a comma expected at character 7"     },
        {"a=\"b\",",        "a label name expected at character 7"},
        {"a=\"b\nc\"",      "a quoted value expected at character"},
        {"\"a\"",           "one of = != =~ !~ expected"          },
        {"\"a=\"b\"",       "one of = != =~ !~ expected"          },
        {"a==\"b\"",        "a quoted value expected at character"},
    };
    return cr_make_param_array(struct bad_matchers, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct bad_matchers *c, promql,
                  matchers_that_would_leave_their_braces_are_refused)
{
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, promql_check_matchers(text_view_of(c->text), &err), SERIN_INVALID), "%s",
              c->text);
    cr_assert(ne(ptr, strstr(err.detail, c->message), NULL), "%s: %s", c->text, err.detail);
}
