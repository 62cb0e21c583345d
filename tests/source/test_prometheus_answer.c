#include "source/prometheus_answer.h"

#include "base/buffer.h"
#include "platform/file.h"
#include "support/answer_pieces.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

/* What an answer held, as text. */
struct record {
    struct buffer *text;
    size_t ended;
};

static enum serin_status begin(void *context, struct serin_error *err)
{
    (void)err;
    buffer_clear(((struct record *)context)->text);
    return SERIN_OK;
}

static enum serin_status series(void *context, struct series_labels labels, struct serin_error *err)
{
    struct record *record = context;
    (void)err;
    for (size_t i = 0; i < labels.count; i++) {
        buffer_append_view(record->text, labels.items[i].name);
        buffer_append_char(record->text, '=');
        buffer_append_view(record->text, labels.items[i].value);
        buffer_append_char(record->text, ' ');
    }
    buffer_append_char(record->text, ':');
    return SERIN_OK;
}

static enum serin_status sample(void *context, int64_t time_ms, struct text_view value,
                                struct serin_error *err)
{
    struct record *record = context;
    (void)err;
    buffer_printf(record->text, " %lld@", (long long)time_ms);
    buffer_append_view(record->text, value);
    return SERIN_OK;
}

static enum serin_status series_end(void *context, struct serin_error *err)
{
    struct record *record = context;
    (void)err;
    buffer_append_char(record->text, '\n');
    record->ended++;
    return SERIN_OK;
}

static const struct prometheus_sink recorder = {
    .begin = begin, .series = series, .sample = sample, .series_end = series_end};

struct reading {
    struct record record;
    struct prometheus_answer *answer;
    enum serin_status status;
    struct serin_error err;
};

static void read_pieces(struct reading *reading, const char *bytes, size_t length, size_t piece)
{
    *reading = (struct reading){.record = {.text = buffer_create(1 << 20)}};
    reading->answer = prometheus_answer_create(&recorder, &reading->record);
    cr_assert(ne(ptr, reading->answer, NULL));
    reading->status = read_in_pieces(reading->answer, bytes, length, piece, &reading->err);
}

static void close_reading(struct reading *reading)
{
    prometheus_answer_destroy(reading->answer);
    buffer_destroy(reading->record.text);
}

static void read_text(struct reading *reading, const char *text)
{
    read_pieces(reading, text, strlen(text), strlen(text));
}

#define ANSWER(result)                                                                             \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[" result "]}}"

/* An answer of Prometheus 2.42 to segment_assignments_total{…}[20s]. */
static const char recorded_path[] = "tests/source/data/prometheus_matrix.json";

static char *recorded(size_t *out_length)
{
    char *text = NULL;
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, file_read(recorded_path, 1 << 20, &text, out_length, &err), SERIN_OK), "%s",
              err.detail);
    return text;
}

Test(prometheus_answer, series_come_with_sorted_labels_and_their_samples)
{
    struct reading reading;
    read_text(&reading,
              ANSWER("{\"metric\":{\"__name__\":\"m\",\"pod\":\"p \\\"1\\\"\",\"label\":\"s4\","
                     "\"empty\":\"\"},\"values\":[[1700000000.5,\"3\"],[1700000001,\"4\"]]},"
                     "{\"metric\":{},\"values\":[]}"));
    cr_assert(eq(int, reading.status, SERIN_OK), "%s", reading.err.detail);
    cr_assert(eq(str, (char *)buffer_text(reading.record.text),
                 "label=s4 pod=p \"1\" : 1700000000500@3 1700000001000@4\n:\n"));
    close_reading(&reading);
}

Test(prometheus_answer, an_empty_result_is_a_success_without_series)
{
    struct reading reading;
    read_text(&reading, ANSWER(""));
    cr_assert(eq(int, reading.status, SERIN_OK), "%s", reading.err.detail);
    cr_assert(eq(str, (char *)buffer_text(reading.record.text), ""));
    close_reading(&reading);
}

Test(prometheus_answer, a_recorded_answer_reads_the_same_in_pieces_of_any_size)
{
    size_t length = 0;
    char *text = recorded(&length);
    struct reading whole;
    read_pieces(&whole, text, length, length);
    cr_assert(eq(int, whole.status, SERIN_OK), "%s", whole.err.detail);
    cr_assert(gt(sz, whole.record.ended, 3));
    for (size_t piece = 1; piece < 40; piece++) {
        struct reading pieces;
        read_pieces(&pieces, text, length, piece);
        cr_assert(eq(int, pieces.status, SERIN_OK), "pieces of %zu", piece);
        cr_assert(eq(str, (char *)buffer_text(pieces.record.text),
                     (char *)buffer_text(whole.record.text)),
                  "pieces of %zu", piece);
        close_reading(&pieces);
    }
    close_reading(&whole);
    memory_free(text);
}

Test(prometheus_answer, an_answer_cut_at_any_byte_is_refused)
{
    size_t length = 0;
    char *text = recorded(&length);
    while (length > 0 && text[length - 1] == '\n') {
        length--;
    }
    for (size_t cut = 0; cut < length; cut++) {
        struct reading reading;
        read_pieces(&reading, text, cut, cut > 0 ? cut : 1);
        cr_assert(eq(int, reading.status, SERIN_UNAVAILABLE), "cut at %zu", cut);
        cr_assert(ne(chr, reading.err.detail[0], '\0'));
        close_reading(&reading);
    }
    memory_free(text);
}

Test(prometheus_answer, a_damaged_byte_is_refused_or_changes_nothing_but_texts_and_numbers)
{
    size_t length = 0;
    char *text = recorded(&length);
    struct random random = {.state = 7};
    for (int round = 0; round < 3000; round++) {
        size_t at = random_below(&random, length);
        char before = text[at];
        text[at] = (char)random_next(&random);
        struct reading reading;
        read_pieces(&reading, text, length, 1024);
        cr_assert(reading.status == SERIN_OK || reading.status == SERIN_UNAVAILABLE,
                  "byte %zu: %d %s", at, reading.status, reading.err.detail);
        close_reading(&reading);
        text[at] = before;
    }
    memory_free(text);
}

struct bad_answer {
    char text[200];
    char message[60];
};

ParameterizedTestParameters(prometheus_answer, what_is_no_range_of_samples_is_refused)
{
    static struct bad_answer cases[] = {
        {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:3: parse\\nerror\"}",
         "an error: bad_data: 1:3: parse error"                                                                                },
        {"{\"status\":\"error\",\"data\":null,\"errorType\":\"execution\",\"error\":\"too many\"}",
         "execution: too many"                                                                                                 },
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"2\"]}}",
         "a number where none belongs"                                                                                         },
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},"
         "\"value\":[1,\"2\"]}]}}",                                                        "a series without values"  },
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
         "holds no range of samples"                                                                                           },
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\"}}",
         "holds no range of samples"                                                                                           },
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":null}}",
         "holds no range of samples"                                                                                           },
        {"{\"status\":\"success\"}",                                                                "holds no range of samples"},
        {"{}",                                                                                      "has no status"            },
        {"[]",                                                                                      "none belongs"             },
        {"\"x\"",                                                                                   "none belongs"             },
        {"<html>log in</html>",                                                                     "cut short or not JSON"    },
        {"",                                                                                        "cut short or not JSON"    },
        {ANSWER("") "x",                                                                            "cut short or not JSON"    },
        {ANSWER("") "{}",                                                                           "cut short or not JSON"    },
        {ANSWER("[]"),                                                                              "none belongs"             },
        {ANSWER("{\"values\":[[1,\"2\"]],\"metric\":{}}"),                                          "before its labels"        },
        {ANSWER("{\"values\":[]}"),                                                                 "before its labels"        },
        {ANSWER("{}"),                                                                              "without labels"           },
        {ANSWER("{\"metric\":null,\"values\":[]}"),                                                 "before its labels"        },
        {ANSWER("{\"metric\":{\"a\":1},\"values\":[]}"),                                            "none belongs"             },
        {ANSWER("{\"metric\":{\"a\":{}},\"values\":[]}"),                                           "none belongs"             },
        {ANSWER("{\"metric\":{\"a\":\"1\",\"a\":\"2\"}}"),                                          "occurs twice"             },
        {ANSWER("{\"metric\":{},\"values\":[],\"values\":[]}"),                                     "occurs twice"             },
        {ANSWER("{\"metric\":{},\"values\":[[]]}"),                                                 "not a time and a value"   },
        {ANSWER("{\"metric\":{},\"values\":[[1]]}"),                                                "not a time and a value"   },
        {ANSWER("{\"metric\":{},\"values\":[[\"1\",\"2\"]]}"),                                      "not a time and a value"   },
        {ANSWER("{\"metric\":{},\"values\":[[1,2]]}"),                                              "none belongs"             },
        {ANSWER("{\"metric\":{},\"values\":[[1,\"2\",\"3\"]]}"),                                    "not a time and a value"   },
        {ANSWER("{\"metric\":{},\"values\":[1,\"2\"]}"),                                            "none belongs"             },
        {ANSWER("{\"metric\":{},\"values\":[[-1,\"2\"]]}"),                                         "no Unix time"             },
        {ANSWER("{\"metric\":{},\"values\":[[2,\"2\"],[1,\"2\"]]}"),                                "not in the order of time" },
        {ANSWER("{\"metric\":{},\"values\":[[1,\"2\"],[1,\"2\"]]}"),                                "not in the order of time" },
    };
    return cr_make_param_array(struct bad_answer, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct bad_answer *c, prometheus_answer, what_is_no_range_of_samples_is_refused)
{
    struct reading reading;
    read_text(&reading, c->text);
    cr_assert(eq(int, reading.status, SERIN_UNAVAILABLE), "%s", c->text);
    cr_assert(ne(ptr, strstr(reading.err.detail, c->message), NULL), "%s: %s", c->text,
              reading.err.detail);
    close_reading(&reading);
}

Test(prometheus_answer, a_success_with_warnings_keeps_the_first_as_one_line)
{
    struct reading reading;
    read_text(&reading,
              "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]},"
              "\"warnings\":[\"store\\n10.0.0.1 is away\",\"second\"]}");
    cr_assert(eq(int, reading.status, SERIN_OK), "%s", reading.err.detail);
    cr_assert(eq(str, (char *)prometheus_answer_warning(reading.answer), "store 10.0.0.1 is away"));
    close_reading(&reading);
}

Test(prometheus_answer, infos_and_unknown_members_are_passed_over)
{
    struct reading reading;
    read_text(&reading,
              "{\"infos\":[\"not a counter\"],\"isPartial\":false,\"x\":[{\"status\":1}],"
              "\"status\":\"success\",\"data\":{\"stats\":{\"result\":[3]},\"result\":"
              "[{\"metric\":{\"a\":\"b\"},\"new\":{\"values\":[1]},\"values\":[[1,\"2\"]]}]"
              ",\"resultType\":\"matrix\"},\"y\":null,\"z\":1.5}");
    cr_assert(eq(int, reading.status, SERIN_OK), "%s", reading.err.detail);
    cr_assert(eq(ptr, (void *)prometheus_answer_warning(reading.answer), NULL));
    cr_assert(eq(str, (char *)buffer_text(reading.record.text), "a=b : 1000@2\n"));
    close_reading(&reading);
}

Test(prometheus_answer, a_success_that_calls_itself_partial_is_warned_about)
{
    struct reading reading;
    read_text(&reading, "{\"status\":\"success\",\"isPartial\":true,"
                        "\"data\":{\"resultType\":\"matrix\",\"result\":[]}}");
    cr_assert(eq(int, reading.status, SERIN_OK), "%s", reading.err.detail);
    cr_assert(ne(ptr, (void *)prometheus_answer_warning(reading.answer), NULL));
    close_reading(&reading);
    read_text(&reading, "{\"status\":\"success\",\"isPartial\":\"yes\","
                        "\"data\":{\"resultType\":\"matrix\",\"result\":[]}}");
    cr_assert(eq(int, reading.status, SERIN_UNAVAILABLE));
    close_reading(&reading);
}

Test(prometheus_answer, native_histograms_are_passed_over_and_told)
{
    struct reading reading;
    read_text(&reading, ANSWER("{\"metric\":{\"a\":\"b\"},\"histograms\":[[1,{\"count\":\"6\","
                               "\"buckets\":[[1,\"0.5\",\"1\",\"2\"]]}]]}"));
    cr_assert(eq(int, reading.status, SERIN_OK), "%s", reading.err.detail);
    cr_assert(prometheus_answer_has_histograms(reading.answer));
    cr_assert(eq(str, (char *)buffer_text(reading.record.text), "a=b :\n"));
    close_reading(&reading);
    read_text(&reading, ANSWER("{\"metric\":{\"a\":\"b\"},\"values\":[],\"histograms\":[]}"));
    cr_assert(not(prometheus_answer_has_histograms(reading.answer)));
    close_reading(&reading);
}

Test(prometheus_answer, endless_texts_labels_and_nesting_end_at_a_cap)
{
    static const char start[] = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
                                "\"result\":[{\"metric\":{\"a\":\"";
    static const struct {
        const char *start;
        const char *repeated;
        size_t times;
        enum serin_status status;
    } cases[] = {
        {start,     "xxxxxxxxxxxxxxxx", 200000, SERIN_TOO_LARGE  },
        {start,     "\",\"a\":\"b",     300,    SERIN_TOO_LARGE  },
        {"{\"x\":", "[",                100,    SERIN_UNAVAILABLE},
        {"{\"x\":", "{\"a\":",          100000, SERIN_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        owned(buffer) text = buffer_create(1 << 24);
        buffer_append_text(text, cases[i].start);
        for (size_t n = 0; n < cases[i].times; n++) {
            buffer_append_text(text, cases[i].repeated);
        }
        struct reading reading;
        read_pieces(&reading, buffer_text(text), buffer_view(text).length, 16384);
        cr_assert(eq(int, reading.status, cases[i].status), "case %zu: %s", i, reading.err.detail);
        close_reading(&reading);
    }
}
