/* The lines of log streams, as the reader of Prometheus answers takes them from a Loki. */
#include "base/buffer.h"
#include "source/prometheus_answer.h"
#include "support/answer_pieces.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <inttypes.h>
#include <string.h>

static enum serin_status begin(void *context, struct serin_error *err)
{
    (void)err;
    buffer_clear(context);
    return SERIN_OK;
}

static enum serin_status stream(void *context, struct series_labels labels, struct serin_error *err)
{
    (void)err;
    for (size_t i = 0; i < labels.count; i++) {
        buffer_append_view(context, labels.items[i].name);
        buffer_append_char(context, '=');
        buffer_append_view(context, labels.items[i].value);
        buffer_append_char(context, ' ');
    }
    return SERIN_OK;
}

static enum serin_status entry(void *context, int64_t time_ns, struct text_view line,
                               struct serin_error *err)
{
    (void)err;
    buffer_printf(context, "%" PRId64 "@", time_ns);
    buffer_append_view(context, line);
    buffer_append_char(context, ' ');
    return SERIN_OK;
}

static enum serin_status stream_end(void *context, struct serin_error *err)
{
    (void)err;
    buffer_append_char(context, '\n');
    return SERIN_OK;
}

static const struct prometheus_sink recorder = {
    .begin = begin, .series = stream, .series_end = stream_end, .entry = entry, .product = "Loki"};

static enum serin_status read_text(const char *text, size_t piece, struct buffer *out,
                                   struct serin_error *err)
{
    owned(prometheus_answer) answer = prometheus_answer_create(&recorder, out);
    cr_assert(ne(ptr, answer, NULL));
    return read_in_pieces(answer, text, strlen(text), piece, err);
}

#define ANSWER(result)                                                                             \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"streams\",\"result\":[" result             \
    "],\"stats\":{\"summary\":{\"totalLinesProcessed\":3}}}}"

static const char whole[] =
    ANSWER("{\"stream\":{\"segment\":\"s\\\"1\",\"app\":\"x\"},\"values\":["
           "[\"1700000000000000001\",\"{\\\"a\\\":1}\"],[\"1700000000000000001\",\"\"]]},"
           "{\"stream\":{},\"values\":[[\"9223372036854775807\",\"z\"]]}");

Test(loki_answer, lines_come_with_their_stream_and_every_nanosecond)
{
    static const char wanted[] = "app=x segment=s\"1 1700000000000000001@{\"a\":1} "
                                 "1700000000000000001@ \n9223372036854775807@z \n";
    for (size_t piece = 1; piece <= sizeof(whole); piece++) {
        owned(buffer) out = buffer_create(4096);
        struct serin_error err = {.status = SERIN_OK};
        cr_assert(eq(int, read_text(whole, piece, out, &err), SERIN_OK), "%s", err.detail);
        cr_assert(eq(str, (char *)buffer_text(out), (char *)wanted), "pieces of %zu", piece);
    }
}

Test(loki_answer, an_answer_cut_at_any_byte_is_refused)
{
    for (size_t length = 0; length + 1 < sizeof(whole); length++) {
        owned(buffer) out = buffer_create(4096);
        char cut[sizeof(whole)] = "";
        memcpy(cut, whole, length);
        cr_assert(eq(int, read_text(cut, sizeof(cut), out, NULL), SERIN_UNAVAILABLE), "%zu",
                  length);
    }
}

struct bad_answer {
    char text[200];
    char message[60];
};

ParameterizedTestParameters(loki_answer, what_is_no_list_of_lines_is_refused)
{
    static struct bad_answer cases[] = {
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
         "holds no log lines"                                                                              },
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
         "\"values\":[[1,\"2\"]]}]}}",                                         "none belongs"     },
        {"parse error at line 1, col 2: syntax error",                                  "Loki"             },
        {ANSWER("{\"stream\":{},\"values\":[[\"1\"]]}"),                                "not a time"       },
        {ANSWER("{\"stream\":{},\"values\":[[\"1\",\"a\",\"b\"]]}"),                    "not a time"       },
        {ANSWER("{\"stream\":{},\"values\":[[\"1\",\"a\",{}]]}"),                       "none belongs"     },
        {ANSWER("{\"stream\":{},\"values\":[[1,\"a\"]]}"),                              "none belongs"     },
        {ANSWER("{\"stream\":{},\"values\":[[\"1e9\",\"a\"]]}"),                        "no Unix time"     },
        {ANSWER("{\"stream\":{},\"values\":[[\"-1\",\"a\"]]}"),                         "no Unix time"     },
        {ANSWER("{\"stream\":{},\"values\":[[\"9223372036854775808\",\"a\"]]}"),        "no Unix time"     },
        {ANSWER("{\"values\":[[\"1\",\"a\"]]}"),                                        "before its labels"},
        {ANSWER("{\"stream\":{},\"stream\":{},\"values\":[]}"),                         "occurs twice"     },
    };
    return cr_make_param_array(struct bad_answer, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct bad_answer *c, loki_answer, what_is_no_list_of_lines_is_refused)
{
    owned(buffer) out = buffer_create(4096);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, read_text(c->text, sizeof(c->text), out, &err), SERIN_UNAVAILABLE), "%s",
              c->text);
    cr_assert(ne(ptr, strstr(err.detail, c->message), NULL), "%s: %s", c->text, err.detail);
    cr_assert(eq(ptr, strstr(err.detail, "Prometheus"), NULL), "%s", err.detail);
}
