/*
 * The driver against a peer with canned answers: what it asks, what it makes of refusals, and what
 * it lets nobody see. Counts are tested in test_prometheus_series.c and test_prometheus_server.c.
 */
#include "source/prometheus.h"

#include "platform/json.h"
#include "support/temp_folder.h"
#include "support/test_server.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

static const int64_t now_ms = INT64_C(1700000000250);

static struct stream make_stream(void)
{
    return (struct stream){
        .name = "checkout",
        .metric = "segments_total",
        .reference = "expected",
        .label = "segment",
        .pod = "pod",
        .arm_label = "hash",
        .process_start = "process_start_time_seconds",
        .block_ms = 60000,
        .lookback_ms = 600000,
        .stale_after_ms = 60000,
    };
}

#define EMPTY "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}"
#define SERIES(samples)                                                                            \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{"        \
    "\"pod\":\"p\",\"segment\":\"s1\"},\"values\":[" samples "]}]}}"
#define COUNTED SERIES("[1699999900,\"1\"],[1699999990,\"4\"]")

static const char *http(int status, const char *body)
{
    static char answer[8192];
    (void)snprintf(
        answer, sizeof(answer),
        "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status,
        strlen(body), body);
    return answer;
}

/* ---- one source and its peer ----------------------------------------------------------------- */

struct bench {
    struct prometheus_options options;
    struct test_server *server;
    struct stream stream;
    struct table_query query;
    void *state;
    struct block_tables *tables;
    struct serin_error err;
};

static struct prometheus_options make_options(void)
{
    return (struct prometheus_options){
        .peer = {.timeout_ms = 60000, .max_bytes = 1 << 20},
        .scrape_interval_ms = 30000,
        .max_series = 1000
    };
}

static void bench_add(struct bench *bench, const char *answer)
{
    if (bench->server) {
        test_server_add(bench->server, answer, strlen(answer));
    } else {
        bench->server = test_server_start(answer, strlen(answer), SERVER_CLOSES);
    }
}

static void bench_open(struct bench *bench)
{
    bench->stream = make_stream();
    bench->query = (struct table_query){
        .stream = &bench->stream,
        .arms = {"c1", "s1"},
        .window_ms = 300000,
        .now_ms = now_ms,
        .limits = table_limits_default
    };
    if (!bench->options.peer.url) {
        bench->options.peer.url = (char *)test_server_url(bench->server, "/prefix/");
    }
    cr_assert(eq(int,
                 prometheus_driver.open("metrics", &bench->options, &bench->state, &bench->err),
                 SERIN_OK),
              "%s", bench->err.detail);
}

static enum serin_status bench_fetch(struct bench *bench)
{
    return prometheus_driver.fetch(bench->state, &bench->query,
                                   deadline_after(clock_system(), 60000), &bench->tables,
                                   &bench->err);
}

static void bench_close(struct bench *bench)
{
    block_tables_destroy(bench->tables);
    prometheus_driver.close(bench->state);
    test_server_stop(bench->server);
}

static void require_in(const char *text, const char *part)
{
    cr_assert(ne(ptr, strstr(text, part), NULL), "no \"%s\" in: %s", part, text);
}

static void require_not_in(const char *text, const char *part)
{
    cr_assert(eq(ptr, strstr(text, part), NULL), "\"%s\" in: %s", part, text);
}

/* ---- configuration --------------------------------------------------------------------------- */

static const struct decode_table *option_table(void)
{
    static struct decode_table table;
    table = (struct decode_table){prometheus_driver.options, prometheus_driver.option_count,
                                  prometheus_driver.options_size};
    return &table;
}

Test(prometheus, its_options_are_sound)
{
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, decode_table_check(option_table(), &err), SERIN_OK), "%s: %s", err.field,
              err.detail);
    cr_assert(eq(ptr, (void *)source_driver_find("prometheus"), (void *)&prometheus_driver));
}

Test(prometheus, only_the_url_is_required)
{
    static const char json[] = "{\"url\":\"http://p:9090\"}";
    struct serin_error err = {.status = SERIN_OK};
    struct prometheus_options options = {0};
    owned(document) document = NULL;
    cr_assert(eq(int,
                 json_parse((struct text_view){json, strlen(json)}, &document_limits_request,
                            &document, &err),
                 SERIN_OK));
    cr_assert(
        eq(int, decode_map(option_table(), document_root(document), "", &options, &err), SERIN_OK),
        "%s", err.detail);
    cr_assert(eq(i64, options.peer.timeout_ms, 8000));
    cr_assert(eq(i64, options.scrape_interval_ms, 60000));
    cr_assert(eq(u64, options.max_series, 200000));
    cr_assert(eq(u64, options.peer.max_bytes, 256 << 20));
    decode_clear(option_table(), &options);
}

struct url_case {
    char url[48];
    int is_good;
};

ParameterizedTestParameters(prometheus, urls_are_checked_when_the_source_is_opened)
{
    static struct url_case cases[] = {
        {"http://prometheus:9090",     1},
        {"https://h/path/",            1},
        {"http://h/a@b",               1},
        {"prometheus:9090",            0},
        {"ftp://prometheus",           0},
        {"file:///etc/passwd",         0},
        {"http://u:secret@prometheus", 0},
        {"http://h/?a=b",              0},
        {"http://h/#x",                0},
        {"http://h/ x",                0},
        {"http://h\n",                 0},
    };
    return cr_make_param_array(struct url_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct url_case *c, prometheus, urls_are_checked_when_the_source_is_opened)
{
    struct prometheus_options options = make_options();
    struct serin_error err = {.status = SERIN_OK};
    void *state = NULL;
    options.peer.url = c->url;
    enum serin_status status = prometheus_driver.open("metrics", &options, &state, &err);
    cr_assert(eq(int, status, c->is_good ? SERIN_OK : SERIN_INVALID), "%s", c->url);
    require_not_in(err.detail, "secret");
    if (c->is_good) {
        prometheus_driver.close(state);
    }
}

Test(prometheus, a_password_comes_from_one_place_only)
{
    struct prometheus_options options = make_options();
    struct serin_error err = {.status = SERIN_OK};
    void *state = NULL;
    options.peer.url = "http://p:9090";
    options.peer.username = "u";
    options.peer.password = "hunter2";
    options.peer.password_file = (char *)temp_file("password", "hunter3\n", 8);
    cr_assert(eq(int, prometheus_driver.open("metrics", &options, &state, &err), SERIN_INVALID));
    require_in(err.detail, "both given");
    require_not_in(err.detail, "hunter");
    options.peer.password = NULL;
    options.peer.password_file = "/nowhere/password";
    cr_assert(eq(int, prometheus_driver.open("metrics", &options, &state, &err), SERIN_NOT_FOUND));
    require_in(err.detail, "/nowhere/password");
}

/* ---- streams --------------------------------------------------------------------------------- */

static void require_refused(const struct stream *stream, const char *message)
{
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, prometheus_driver.check(stream, &err), SERIN_INVALID), "%s", message);
    require_in(err.detail, message);
}

Test(prometheus, streams_need_a_metric_labels_and_a_way_to_tell_the_arms)
{
    struct serin_error err = {.status = SERIN_OK};
    struct stream good = make_stream();
    cr_assert(eq(int, prometheus_driver.check(&good, &err), SERIN_OK), "%s", err.detail);
    struct stream bad = good;
    bad.metric = NULL;
    require_refused(&bad, "metric is missing");
    bad.metric = "a{";
    require_refused(&bad, "metric \"a{\" is no metric name");
    bad = good;
    bad.label = NULL;
    require_refused(&bad, "label is missing");
    bad = good;
    bad.pod = "a b";
    require_refused(&bad, "pod \"a b\" is no label name");
    bad = good;
    bad.reference = "a=\"b\"";
    require_refused(&bad, "reference \"a=\\\"b\\\"\" is no label name");
    bad = good;
    bad.slices[0] = "re gion";
    bad.slice_count = 1;
    require_refused(&bad, "slices \"re gion\" is no label name");
    bad = good;
    bad.process_start = "a b";
    require_refused(&bad, "process_start \"a b\" is no metric name");
    bad = good;
    bad.matchers = "a=\"b\"} or up{";
    require_refused(&bad, "a comma expected");
    bad = good;
    bad.arm_label = NULL;
    require_refused(&bad, "arm must have either label");
    bad.arm_pod_prefix = "checkout-";
    require_refused(&bad, "holds no {hash}");
    bad.arm_pod_prefix = "checkout-{hash}-";
    cr_assert(eq(int, prometheus_driver.check(&bad, &err), SERIN_OK), "%s", err.detail);
    bad.arm_label = "hash";
    require_refused(&bad, "arm must have either label");
}

/* ---- what is asked --------------------------------------------------------------------------- */

Test(prometheus, a_question_is_a_form_with_query_time_and_timeout)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, EMPTY));
    bench_open(&bench);
    bench.stream.matchers = "ns=\"shop\"";
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(int, test_server_requests(bench.server), 4));
    const char *request = test_server_request(bench.server);
    require_in(request, "POST /prefix/api/v1/query HTTP/1.1\r\n");
    require_in(request, "Content-Type: application/x-www-form-urlencoded\r\n");
    /* The window of 300 s and twice the longest time between scrapes. */
    require_in(request, "query=segments_total%7Bhash%3D%22s1%22%2Cns%3D%22shop%22%7D%5B360000ms%5D"
                        "&time=1700000000.250&timeout=");
    require_in(request, "&partial_response=false");
    bench_close(&bench);
}

Test(prometheus, an_arm_by_pod_name_is_an_anchored_prefix_without_wildcards)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, EMPTY));
    bench_open(&bench);
    bench.stream.arm_label = NULL;
    bench.stream.arm_pod_prefix = "a.b-{hash}-";
    bench.query.arms[ARM_STABLE] = "x|.*";
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    /* pod=~"a\\.b-x\\|\\.\\*-.+" */
    require_in(test_server_request(bench.server),
               "pod%3D~%22a%5C%5C.b-x%5C%5C%7C%5C%5C.%5C%5C%2A-.%2B%22");
    bench_close(&bench);
}

Test(prometheus, credentials_and_tenant_are_sent)
{
    struct bench bench = {.options = make_options()};
    bench.options.peer.username = "u";
    bench.options.peer.password_file = (char *)temp_file("password", "hunter2\n", 8);
    bench.options.peer.tenant = "team-a";
    bench_add(&bench, http(200, EMPTY));
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    require_in(test_server_request(bench.server), "Authorization: Basic dTpodW50ZXIy\r\n");
    require_in(test_server_request(bench.server), "X-Scope-OrgID: team-a\r\n");
    bench_close(&bench);
}

Test(prometheus, an_empty_arm_and_a_paired_design_are_refused_before_anything_is_asked)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, EMPTY));
    bench_open(&bench);
    bench.query.arms[ARM_CANARY] = "";
    cr_assert(eq(int, bench_fetch(&bench), SERIN_INVALID));
    bench.query.arms[ARM_CANARY] = "c1";
    bench.query.paired = true;
    cr_assert(eq(int, bench_fetch(&bench), SERIN_INVALID));
    require_in(bench.err.detail, "needs the key of every item");
    cr_assert(eq(int, test_server_requests(bench.server), 0));
    cr_assert(eq(ptr, bench.tables, NULL));
    bench_close(&bench);
}

Test(prometheus, a_stream_without_start_times_is_asked_for_counters_only)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, COUNTED));
    bench_open(&bench);
    bench.stream.process_start = NULL;
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(int, test_server_requests(bench.server), 2));
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 3));
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_STABLE), 3));
    bench_close(&bench);
}

Test(prometheus, no_series_is_no_data_and_not_zero)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, EMPTY));
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        cr_assert(eq(u64, block_tables_events(bench.tables, (enum arm)arm), 0));
        cr_assert(eq(i64, block_tables_coverage(bench.tables, (enum arm)arm)->last_ms, 0));
    }
    bench_close(&bench);
}

Test(prometheus, ping_asks_a_question_of_the_usual_kind)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, EMPTY));
    bench_add(&bench, http(200, "<html>log in</html>"));
    bench_open(&bench);
    struct deadline deadline = deadline_after(clock_system(), 60000);
    cr_assert(eq(int, prometheus_driver.ping(bench.state, deadline, &bench.err), SERIN_OK), "%s",
              bench.err.detail);
    cr_assert(
        eq(int, prometheus_driver.ping(bench.state, deadline, &bench.err), SERIN_UNAVAILABLE));
    bench_close(&bench);
}

/* ---- answers that are none ------------------------------------------------------------------- */

struct refusal_case {
    int http_status;
    char body[200];
    enum serin_status status;
    int requests; /* until it gives up */
    char message[60];
};

#define ERROR(type, text) "{\"status\":\"error\",\"errorType\":\"" type "\",\"error\":\"" text "\"}"

ParameterizedTestParameters(prometheus, refusals_are_told_and_only_failures_of_the_server_retried)
{
    static struct refusal_case cases[] = {
        {400, ERROR("bad_data", "parse error"), SERIN_UNAVAILABLE, 1,
         "answered 400: bad_data: parse error"},
        {422, ERROR("execution", "too many"), SERIN_UNAVAILABLE, 1,
         "answered 422: execution: too many"},
        {503, ERROR("timeout", "query timed out"), SERIN_TIMEOUT, 1,
         "answered 503: timeout: query timed out"},
        {503, ERROR("canceled", "query canceled"), SERIN_UNAVAILABLE, 2, "503: canceled: query"},
        {500, "oops", SERIN_UNAVAILABLE, 2, "answered 500"},
        {502, "<html>bad gateway</html>", SERIN_UNAVAILABLE, 2, "answered 502"},
        {429, "slow down", SERIN_UNAVAILABLE, 1, "answered 429"},
        {401, "who are you", SERIN_UNAVAILABLE, 1, "answered 401"},
        {302, "", SERIN_UNAVAILABLE, 1, "answered 302"},
        {200, ERROR("internal", "boom"), SERIN_UNAVAILABLE, 1, "internal: boom"},
        {200, "<html>log in</html>", SERIN_UNAVAILABLE, 1, "not JSON"},
        {200, "{\"status\":\"success\",\"data\":{", SERIN_UNAVAILABLE, 1, "cut short"},
        {200, "", SERIN_UNAVAILABLE, 1, "cut short"},
        {200, SERIES("[1699999990,\"x\"]"), SERIN_UNAVAILABLE, 1, "is no number"},
    };
    return cr_make_param_array(struct refusal_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct refusal_case *c, prometheus,
                  refusals_are_told_and_only_failures_of_the_server_retried)
{
    struct bench bench = {.options = make_options()};
    bench.options.peer.bearer_token = "hunter2";
    bench_add(&bench, http(c->http_status, c->body));
    bench_open(&bench);
    bench.stream.process_start = NULL;
    cr_assert(eq(int, bench_fetch(&bench), c->status), "%d %s", c->http_status, bench.err.detail);
    cr_assert(eq(int, test_server_requests(bench.server), c->requests), "%d", c->http_status);
    cr_assert(eq(ptr, bench.tables, NULL));
    require_in(bench.err.detail, c->message);
    require_not_in(bench.err.detail, "hunter");
    bench_close(&bench);
}

Test(prometheus, a_failure_that_passes_is_not_noticed)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(503, "starting"));
    bench_add(&bench, http(200, COUNTED));
    bench_open(&bench);
    bench.stream.process_start = NULL;
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(int, test_server_requests(bench.server), 3));
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 3));
    bench_close(&bench);
}

/* The first answer breaks off after most of its samples: they must not count beside the second's.
 */
Test(prometheus, an_answer_that_breaks_off_is_asked_for_again_and_counted_once)
{
    char cut[8192];
    (void)snprintf(cut, sizeof(cut), "%s", http(200, COUNTED));
    cut[strlen(cut) - 3] = '\0';
    struct bench bench = {.options = make_options()};
    bench_add(&bench, cut);
    bench_add(&bench, http(200, COUNTED));
    bench_open(&bench);
    bench.stream.process_start = NULL;
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(int, test_server_requests(bench.server), 3));
    cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 3));
    cr_assert(eq(ptr, (void *)block_tables_incomplete_reason(bench.tables), NULL));
    bench_close(&bench);
}

Test(prometheus, a_complete_answer_cut_at_any_byte_never_becomes_a_table)
{
    static const char whole[] = COUNTED;
    for (size_t cut = 0; cut + 1 < sizeof(whole); cut += 3) {
        char body[sizeof(whole)];
        memcpy(body, whole, cut);
        body[cut] = '\0';
        struct bench bench = {.options = make_options()};
        bench_add(&bench, http(200, body));
        bench_open(&bench);
        bench.stream.process_start = NULL;
        cr_assert(eq(int, bench_fetch(&bench), SERIN_UNAVAILABLE), "cut at %zu", cut);
        cr_assert(eq(ptr, bench.tables, NULL), "cut at %zu", cut);
        bench_close(&bench);
    }
}

Test(prometheus, warnings_about_counters_or_start_times_make_the_data_incomplete)
{
    static const char warned[] = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
                                 "\"result\":[]},\"warnings\":[\"a store is away\"]}";
    for (int nth = 0; nth < 4; nth++) {
        struct bench bench = {.options = make_options()};
        for (int i = 0; i < nth; i++) {
            bench_add(&bench, http(200, EMPTY));
        }
        bench_add(&bench, http(200, warned));
        bench_add(&bench, http(200, EMPTY));
        bench_open(&bench);
        cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
        cr_assert(eq(str, (char *)block_tables_incomplete_reason(bench.tables),
                     "Prometheus warned: a store is away"),
                  "answer %d", nth);
        bench_close(&bench);
    }
}

struct ignored_case {
    char ignored[2][24];
    char warnings[80];
    char reason[64]; /* "": complete */
};

ParameterizedTestParameters(prometheus, warnings_named_in_the_configuration_are_passed_over)
{
    static struct ignored_case cases[] = {
        {{"store is away", "x"}, "\"a store is away\"",                     ""                                  },
        {{"x", "old-region"},    "\"of old-region\",\"of old-region too\"", ""                                  },
        {{"old-region", "x"},    "\"of old-region\",\"another\"",           "Prometheus warned: another"        },
        {{"Store", "x"},         "\"a store is away\"",                     "Prometheus warned: a store is away"},
    };
    return cr_make_param_array(struct ignored_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct ignored_case *c, prometheus,
                  warnings_named_in_the_configuration_are_passed_over)
{
    char *ignored[] = {c->ignored[0], c->ignored[1]};
    char warned[256];
    (void)snprintf(warned, sizeof(warned),
                   "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]},"
                   "\"warnings\":[%s]}",
                   c->warnings);
    struct bench bench = {.options = make_options()};
    bench.options.ignore_warnings = ignored;
    bench.options.ignore_warning_count = 2;
    bench_add(&bench, http(200, warned));
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    const char *reason = block_tables_incomplete_reason(bench.tables);
    cr_assert(eq(str, (char *)(reason ? reason : ""), c->reason));
    require_in(test_server_request(bench.server), "&partial_response=true");
    bench_close(&bench);
}

Test(prometheus, an_answer_that_calls_itself_partial_makes_the_data_incomplete)
{
    static const char partial[] = "{\"status\":\"success\",\"isPartial\":true,"
                                  "\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, partial));
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(ne(ptr, (void *)block_tables_incomplete_reason(bench.tables), NULL));
    bench_close(&bench);
}

Test(prometheus, infos_do_not_make_the_data_incomplete)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
                                "\"result\":[]},\"infos\":[\"metric might not be a counter\"]}"));
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    cr_assert(eq(ptr, (void *)block_tables_incomplete_reason(bench.tables), NULL));
    bench_close(&bench);
}

Test(prometheus, native_histograms_make_the_data_incomplete)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
                                "\"result\":[{\"metric\":{\"pod\":\"p\",\"segment\":\"s\"},"
                                "\"histograms\":[[1699999990,{\"count\":\"1\"}]]}]}}"));
    bench_open(&bench);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_OK), "%s", bench.err.detail);
    require_in(block_tables_incomplete_reason(bench.tables), "native histograms");
    bench_close(&bench);
}

Test(prometheus, an_answer_beyond_max_bytes_is_refused)
{
    struct bench bench = {.options = make_options()};
    bench.options.peer.max_bytes = 100;
    bench_add(&bench, http(200, COUNTED));
    bench_open(&bench);
    bench.stream.process_start = NULL;
    cr_assert(eq(int, bench_fetch(&bench), SERIN_TOO_LARGE), "%s", bench.err.detail);
    cr_assert(eq(int, test_server_requests(bench.server), 1));
    bench_close(&bench);
}

Test(prometheus, a_peer_that_hangs_costs_the_deadline_and_no_more)
{
    struct bench bench = {.options = make_options()};
    bench.server = test_server_start("", 0, SERVER_HANGS);
    bench.options.peer.timeout_ms = 200;
    bench_open(&bench);
    struct monotonic_time before = clock_monotonic(clock_system());
    cr_assert(eq(int, bench_fetch(&bench), SERIN_TIMEOUT), "%s", bench.err.detail);
    cr_assert(ge(i64, monotonic_elapsed_ms(before, clock_monotonic(clock_system())), 190));
    cr_assert(eq(int, test_server_requests(bench.server), 1));
    bench_close(&bench);
}

Test(prometheus, nobody_listening_is_told)
{
    struct bench bench = {.options = make_options()};
    bench_add(&bench, http(200, EMPTY));
    bench_open(&bench);
    test_server_stop(bench.server);
    cr_assert(eq(int, bench_fetch(&bench), SERIN_UNAVAILABLE));
    require_in(bench.err.detail, "cannot connect");
    prometheus_driver.close(bench.state);
}
