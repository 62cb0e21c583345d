/*
 * The driver against a peer with canned answers: what it makes of answers that are wrong, late, cut
 * or refused, and how it turns pages. Counts are tested against a real Loki (tests/system).
 */
#include "source/loki.h"

#include "platform/json.h"
#include "support/test_server.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The window is the five minutes before this, the last of them two minutes and a half long. */
static const int64_t now_ms = INT64_C(1700000100000); /* a whole minute */

#define ANSWER(type, result)                                                                       \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":[" result            \
    "],\"stats\":{}}}"
#define NO_COUNTS              ANSWER("matrix", "")
#define NO_LINES               ANSWER("streams", "")
#define LINE(ns)               ANSWER("streams", "{\"stream\":{\"pod\":\"p\"},\"values\":[[\"" ns "\",\"x\"]]}")
#define LABELS                 "\"pod\":\"p\",\"segment\":\"s1\",\"expected\":\"e1\""
#define COUNTS(labels, values) ANSWER("matrix", "{\"metric\":{" labels "},\"values\":[" values "]}")
#define COUNTED                COUNTS(LABELS, "[1699999920,\"3\"],[1700000100,\"4\"]")

static char *http(int status, const char *body)
{
    static char answer[16384];
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 %d X\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
                   status, strlen(body), body);
    return answer;
}

/* ---- one source and its peer ----------------------------------------------------------------- */

struct bench {
    struct loki_options options;
    struct test_server *server;
    struct stream stream;
    struct table_query query;
    void *state;
    struct block_tables *tables;
    struct serin_error err;
};

static struct bench make_bench(void)
{
    return (struct bench){
        .options = {.peer = {.timeout_ms = 60000, .max_bytes = 1 << 20},
                    .max_series = 10,
                    .max_lines = 100,
                    .page = 3},
        .stream = {.name = "checkout",
                    .matchers = "app=\"x\"",
                    .reference = "expected",
                    .label = "segment",
                    .pod = "pod",
                    .key = "order",
                    .arm_label = "hash",
                    .block_ms = 60000,
                    .retention_ms = INT64_C(4000000000000),
                    .lookback_ms = 600000,
                    .stale_after_ms = 60000},
    };
}

static void bench_answer(struct bench *bench, int status, const char *body)
{
    const char *answer = http(status, body);
    if (bench->server) {
        test_server_add(bench->server, answer, strlen(answer));
    } else {
        bench->server = test_server_start(answer, strlen(answer), SERVER_CLOSES);
    }
}

static void bench_open(struct bench *bench)
{
    bench->query = (struct table_query){
        .stream = &bench->stream,
        .arms = {"c1", "s1"},
        .window_ms = 300000,
        .now_ms = now_ms,
        .limits = table_limits_default
    };
    bench->options.peer.url = (char *)test_server_url(bench->server, "/prefix/");
    cr_assert(
        eq(int, loki_driver.open("logs", &bench->options, &bench->state, &bench->err), SERIN_OK),
        "%s", bench->err.detail);
}

static enum serin_status bench_fetch(struct bench *bench)
{
    return loki_driver.fetch(bench->state, &bench->query, deadline_after(clock_system(), 60000),
                             &bench->tables, &bench->err);
}

static void bench_close(struct bench *bench)
{
    block_tables_destroy(bench->tables);
    loki_driver.close(bench->state);
    test_server_stop(bench->server);
}

static void require_in(const char *text, const char *part)
{
    cr_assert(text && strstr(text, part), "no \"%s\" in: %s", part, text ? text : "(nothing)");
}

/* The canary has a first and a last event and counts, the stable arm nothing. */
static void answer_counts(struct bench *bench, const char *counts)
{
    bench_answer(bench, 200, LINE("1699999890000000001"));
    bench_answer(bench, 200, LINE("1700000099999999999"));
    bench_answer(bench, 200, counts);
    bench_answer(bench, 200, NO_LINES);
    bench_answer(bench, 200, NO_COUNTS);
}

/* ---- configuration --------------------------------------------------------------------------- */

Test(loki, its_options_are_sound_and_only_the_url_is_required)
{
    static const char json[] = "{\"url\":\"http://loki:3100\"}";
    struct decode_table table = {loki_driver.options, loki_driver.option_count,
                                 loki_driver.options_size};
    struct serin_error err = {.status = SERIN_OK};
    struct loki_options options = {0};
    owned(document) document = NULL;
    cr_assert(eq(int, decode_table_check(&table, &err), SERIN_OK), "%s: %s", err.field, err.detail);
    cr_assert(eq(ptr, (void *)source_driver_find("loki"), (void *)&loki_driver));
    cr_assert(eq(int,
                 json_parse((struct text_view){json, strlen(json)}, &document_limits_request,
                            &document, &err),
                 SERIN_OK));
    cr_assert(eq(int, decode_map(&table, document_root(document), "", &options, &err), SERIN_OK),
              "%s", err.detail);
    cr_assert(eq(i64, options.settle_ms, 15000));
    cr_assert(eq(u64, options.page, 5000));
    cr_assert(eq(u64, options.max_lines, 1000000));
    cr_assert(eq(u64, options.peer.max_bytes, 256 << 20));
    decode_clear(&table, &options);
}

/* ---- counts ---------------------------------------------------------------------------------- */

Test(loki, counts_become_blocks_that_begin_where_loki_counted_from)
{
    struct bench bench = make_bench();
    answer_counts(&bench, COUNTED);
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 7));
    cr_assert(eq(sz, block_tables_block_count(bench.tables, ARM_CANARY), 2));
    cr_assert(eq(i64, block_tables_block(bench.tables, ARM_CANARY, 0).start_ms, 1699999860000));
    cr_assert(eq(i64, block_tables_block(bench.tables, ARM_CANARY, 1).start_ms, 1700000040000));
    const struct arm_coverage *coverage = block_tables_coverage(bench.tables, ARM_CANARY);
    cr_assert(eq(i64, coverage->first_ms, 1699999890000));
    cr_assert(eq(i64, coverage->last_ms, 1700000099999));
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_STABLE), 0));
    cr_assert(eq(ptr, (void *)block_tables_incomplete_reason(bench.tables), NULL));
    bench_close(&bench);
}

Test(loki, a_question_is_a_form_with_times_in_nanoseconds_and_the_credentials)
{
    struct bench bench = make_bench();
    bench.options.peer.tenant = "team-a";
    bench.options.peer.bearer_token = "t0ken";
    answer_counts(&bench, NO_COUNTS);
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    const char *request =
        test_server_request(bench.server); /* the last: counts of the stable arm */
    require_in(request, "POST /prefix/loki/api/v1/query_range HTTP");
    require_in(request, "X-Scope-OrgID: team-a\r\n");
    require_in(request, "Authorization: Bearer t0ken\r\n");
    require_in(request, "query=sum%20by%20%28pod");
    require_in(request, "hash%3D%22s1%22");
    require_in(request, "&start=1699999860000000000&end=1700000100000000000&step=60000ms");
    bench_close(&bench);
}

Test(loki, what_the_window_ends_with_is_counted_though_no_whole_block)
{
    struct bench bench = make_bench();
    bench.options.settle_ms = 500;
    bench_answer(&bench, 200, NO_LINES);
    bench_answer(&bench, 200, NO_COUNTS);
    bench_answer(&bench, 200, COUNTS(LABELS, "[1700000099.5,\"2\"]"));
    bench_answer(&bench, 200, NO_LINES);
    bench_answer(&bench, 200, NO_COUNTS);
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(i64, block_tables_block(bench.tables, ARM_CANARY, 0).start_ms, 1700000040000));
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 2));
    cr_assert(eq(i64, block_tables_window_end_ms(bench.tables), 1700000099500));
    require_in(test_server_request(bench.server), "59500ms");
    require_in(test_server_request(bench.server),
               "&start=1700000099500000000&end=1700000099500000000&step=1ms");
    bench_close(&bench);
}

Test(loki, a_block_longer_than_a_step_may_be_is_counted_in_parts)
{
    struct bench bench = make_bench();
    bench.stream.block_ms = 3600000;
    bench.query.window_ms = 7200000;
    answer_counts(&bench, COUNTS(LABELS, "[1699999200,\"3\"],[1699999800,\"4\"]"));
    bench_open(&bench);
    bench.query.window_ms = 7200000;
    bench.query.now_ms = INT64_C(1700002800000); /* a whole hour */
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    require_in(test_server_request(bench.server), "step=600000ms");
    cr_assert(eq(sz, block_tables_block_count(bench.tables, ARM_CANARY), 2));
    cr_assert(eq(i64, block_tables_block(bench.tables, ARM_CANARY, 0).start_ms, 1699995600000));
    cr_assert(eq(i64, block_tables_block(bench.tables, ARM_CANARY, 1).start_ms, 1699999200000));
    bench_close(&bench);
}

Test(loki, a_window_younger_than_the_settle_time_is_incomplete_and_asks_nothing)
{
    struct bench bench = make_bench();
    bench.options.settle_ms = 300000;
    bench_answer(&bench, 200, NO_LINES);
    bench_open(&bench);
    for (int keyed = 0; keyed < 2; keyed++) {
        bench.stream.keyed = keyed == 1;
        cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
        require_in(block_tables_incomplete_reason(bench.tables), "settle time");
        block_tables_destroy(bench.tables);
        bench.tables = NULL;
    }
    cr_assert(eq(int, test_server_requests(bench.server), 0));
    bench_close(&bench);
}

/* ---- what is wrong with an answer ------------------------------------------------------------ */

struct flaw_case {
    char body[400];
    char reason[64];
};

ParameterizedTestParameters(loki, lines_that_cannot_be_counted_make_the_data_incomplete)
{
    static struct flaw_case cases[] = {
        {COUNTS("\"__error__\":\"JSONParserErr\"", "[1700000100,\"4\"]"),
         "4 lines cannot be read as json (JSONParserErr)"},
        {COUNTS(LABELS ",\"__error__\":\"JSONParserErr\"", "[1700000100,\"4\"]"),
         "4 lines cannot be read as json"},
        {COUNTS("\"pod\":\"p\"", "[1700000100,\"2\"]"), "2 lines have no segment"},
        {COUNTS("\"segment\":\"s1\",\"pod\":\"\"", "[1700000100,\"2\"]"), "2 lines have no pod"},
        {"{\"status\":\"success\",\"warnings\":[\"partial results\"],\"data\":{\"resultType\":"
         "\"matrix\",\"result\":[]}}", "Loki warned: partial results"},
    };
    return cr_make_param_array(struct flaw_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct flaw_case *c, loki, lines_that_cannot_be_counted_make_the_data_incomplete)
{
    struct bench bench = make_bench();
    answer_counts(&bench, c->body);
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    require_in(block_tables_incomplete_reason(bench.tables), c->reason);
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 0));
    bench_close(&bench);
}

ParameterizedTestParameters(loki, answers_with_wrong_counts_are_refused)
{
    static struct flaw_case cases[] = {
        {COUNTS(LABELS, "[1700000100,\"1.5\"]"), "1.5"},
        {COUNTS(LABELS, "[1700000100,\"x\"]"), "is no number"},
        {COUNTS(LABELS, "[1700000160,\"1\"]"), "for another time"},
        {COUNTS(LABELS, "[1699999800,\"1\"]"), "for another time"},
        {COUNTS(LABELS, "[1700000100,\"1\"],[1700000100,\"1\"]"), "order of time"},
        {NO_LINES, "no range of samples"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\"", "cut short or not JSON"},
        {"", "cut short or not JSON"},
        {"ready\n", "cut short or not JSON"},
    };
    return cr_make_param_array(struct flaw_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct flaw_case *c, loki, answers_with_wrong_counts_are_refused)
{
    struct bench bench = make_bench();
    answer_counts(&bench, c->body);
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_UNAVAILABLE), "%s", c->body);
    require_in(bench.err.detail, c->reason);
    cr_assert(eq(ptr, bench.tables, NULL));
    bench_close(&bench);
}

struct refusal_case {
    int http_status;
    int requests;
    char body[160];
    char message[80];
};

ParameterizedTestParameters(loki, refusals_in_plain_text_are_told_and_only_failures_of_it_retried)
{
    static struct refusal_case cases[] = {
        {400, 1, "parse error at line 1, col 2: syntax error", "400 (see its log): parse error at"},
        {401, 1, "no org id\n",                                "no org id"                        },
        {422, 1, "the query time range exceeds the limit",     "exceeds the limit"                },
        {429, 1, "too many outstanding requests",              "answered 429"                     },
        {500, 2, "context deadline exceeded",                  "answered 500"                     },
        {504, 2, "",                                           "answered 504"                     },
        {302, 1, "",                                           "answered 302"                     },
    };
    return cr_make_param_array(struct refusal_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct refusal_case *c, loki,
                  refusals_in_plain_text_are_told_and_only_failures_of_it_retried)
{
    struct bench bench = make_bench();
    bench_answer(&bench, c->http_status, c->body);
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_UNAVAILABLE), "%d", c->http_status);
    cr_assert(eq(int, test_server_requests(bench.server), c->requests), "%d", c->http_status);
    require_in(bench.err.detail, c->message);
    cr_assert(eq(ptr, bench.tables, NULL));
    bench_close(&bench);
}

Test(loki, an_answer_that_breaks_off_is_asked_for_again_and_counted_once)
{
    struct bench bench = make_bench();
    bench_answer(&bench, 200, LINE("1699999890000000001"));
    bench_answer(&bench, 200, LINE("1699999890000000001"));
    char cut[16384];
    (void)snprintf(cut, sizeof(cut), "%s", http(200, COUNTED));
    test_server_add(bench.server, cut, strlen(cut) - 20);
    bench_answer(&bench, 200, COUNTED);
    bench_answer(&bench, 200, NO_LINES);
    bench_answer(&bench, 200, NO_COUNTS);
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 7));
    bench_close(&bench);
}

Test(loki, a_peer_that_hangs_costs_its_timeout_and_no_more)
{
    struct bench bench = make_bench();
    bench.server = test_server_start("", 0, SERVER_HANGS);
    bench.options.peer.timeout_ms = 200;
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_TIMEOUT), "%s", bench.err.detail);
    cr_assert(eq(int, test_server_requests(bench.server), 1));
    bench_close(&bench);
}

Test(loki, more_series_than_allowed_are_refused)
{
    struct bench bench = make_bench();
    bench.options.max_series = 1;
    answer_counts(&bench, ANSWER("matrix", "{\"metric\":{\"pod\":\"a\"},\"values\":[]},"
                                           "{\"metric\":{\"pod\":\"b\"},\"values\":[]}"));
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_TOO_LARGE));
    require_in(bench.err.detail, "max_series");
    bench_close(&bench);
}

/* ---- pages ----------------------------------------------------------------------------------- */

#define KEYED(pod, values)                                                                         \
    "{\"stream\":{\"hash\":\"c1\",\"pod\":\"" pod "\",\"segment\":\"s1\",\"expected\":\"e1\"},"    \
    "\"values\":[" values "]}"

static const char nanosecond[] = "1700000050000000000";

static void keyed_open(struct bench *bench)
{
    bench_open(bench);
    bench->stream.keyed = true;
}

Test(loki, a_full_page_is_followed_from_the_nanosecond_in_which_it_ended)
{
    struct bench bench = make_bench();
    /* Three lines fit: of the two of the last nanosecond there may be a third. */
    bench_answer(
        &bench, 200,
        ANSWER("streams",
               KEYED("p",
                     "[\"1700000050000000007\",\"a s e\"],"
                     "[\"1700000050000000007\",\"b s e\"]") "," KEYED("q", "[\"1700000050000000006"
                                                                           "\",\"c s e\"]")));
    bench_answer(&bench, 200,
                 ANSWER("streams", KEYED("p", "[\"1700000050000000007\",\"a s e\"],"
                                              "[\"1700000050000000007\",\"b s e\"],"
                                              "[\"1700000050000000008\",\"d s e\"]")));
    bench_answer(&bench, 200,
                 ANSWER("streams", KEYED("p", "[\"1700000050000000008\",\"d s e\"],"
                                              "[\"1700000050000000008\",\"e s e\"]")));
    bench_answer(&bench, 200, NO_LINES);
    keyed_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 5));
    require_in(test_server_request(bench.server),
               "&end=1700000100000000000&limit=3&direction=forward");
    bench_close(&bench);
}

Test(loki, lines_from_outside_the_time_asked_for_are_refused)
{
    static const char *const times[] = {"1699999739999999999", "1700000100000000000"};
    for (size_t i = 0; i < 2; i++) {
        struct bench bench = make_bench();
        char body[512];
        (void)snprintf(body, sizeof(body), ANSWER("streams", KEYED("p", "[\"%s\",\"a\"]")),
                       times[i]);
        bench_answer(&bench, 200, body);
        keyed_open(&bench);
        cr_assert(eq(int, bench_fetch(&bench), SERIN_UNAVAILABLE), "%s", times[i]);
        require_in(bench.err.detail, "another time");
        bench_close(&bench);
    }
}

Test(loki, a_page_of_a_single_nanosecond_is_truncated_and_no_table)
{
    struct bench bench = make_bench();
    char body[1024];
    (void)snprintf(body, sizeof(body),
                   ANSWER("streams", KEYED("p", "[\"%s\",\"a\"],[\"%s\",\"b\"],[\"%s\",\"c\"]")),
                   nanosecond, nanosecond, nanosecond);
    bench_answer(&bench, 200, body);
    keyed_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_UNAVAILABLE));
    require_in(bench.err.detail, "same nanosecond");
    bench_close(&bench);
}

Test(loki, more_lines_than_allowed_are_refused)
{
    struct bench bench = make_bench();
    bench.options.max_lines = 1;
    bench_answer(&bench, 200,
                 ANSWER("streams", KEYED("p", "[\"1700000050000000001\",\"a\"],"
                                              "[\"1700000050000000002\",\"b\"]")));
    keyed_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_TOO_LARGE));
    require_in(bench.err.detail, "max_lines");
    bench_close(&bench);
}

Test(loki, a_late_reference_reaches_its_event_and_lines_of_no_arm_do_not_count)
{
    struct bench bench = make_bench();
    bench_answer(&bench, 200,
                 ANSWER("streams", "{\"stream\":{\"hash\":\"s1\",\"pod\":\"q\",\"segment\":\"s2\"},"
                                   "\"values\":[[\"1700000050000000001\",\"a%20b s2 \"]]},"
                                   "{\"stream\":{\"hash\":\"x\",\"pod\":\"q\",\"segment\":\"s2\"},"
                                   "\"values\":[[\"1700000050000000001\",\"c s2 \"]]},"
                                   "{\"stream\":{\"expected\":\"e2\"},"
                                   "\"values\":[[\"1700000060000000001\",\"a%20b  e2\"]]}"));
    bench.options.page = 10;
    keyed_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_STABLE), 1));
    cr_assert(eq(u64, block_tables_unreferenced(bench.tables, ARM_STABLE), 0));
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 0));
    bench_close(&bench);
}

Test(loki, pairs_need_a_keyed_stream)
{
    struct bench bench = make_bench();
    bench_answer(&bench, 200, NO_LINES);
    bench_open(&bench);
    bench.query.paired = true;
    cr_assert(eq(int, bench_fetch(&bench), SERIN_INVALID));
    require_in(bench.err.detail, "keyed: true");
    cr_assert(eq(int, test_server_requests(bench.server), 0));
    bench_close(&bench);
}

/* ---- ping ------------------------------------------------------------------------------------ */

Test(loki, ping_asks_for_a_line_that_is_nowhere)
{
    struct bench bench = make_bench();
    bench_answer(&bench, 200, NO_LINES);
    bench_answer(&bench, 401, "no org id");
    bench_open(&bench);
    struct deadline deadline = deadline_after(clock_system(), 60000);
    cr_assert(eq(int, loki_driver.ping(bench.state, deadline, &bench.err), SERIN_OK), "%s",
              bench.err.detail);
    require_in(test_server_request(bench.server), "serin_ping");
    cr_assert(eq(int, loki_driver.ping(bench.state, deadline, &bench.err), SERIN_UNAVAILABLE));
    bench_close(&bench);
}
