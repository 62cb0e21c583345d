#include "platform/metrics.h"

#include "base/buffer.h"
#include "platform/process_metrics.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double three_buckets[] = {0.5, 1.0, 2.5};

static const struct metric_family answers = {
    .name = "serin_answers_total",
    .kind = METRIC_COUNTER,
    .help = "Answers given.",
    .labels = {"stream", "verdict"},
};
static const struct metric_family events = {
    .name = "serin_events_total", .kind = METRIC_COUNTER, .help = "Events taken."};
static const struct metric_family age = {
    .name = "serin_age_seconds", .kind = METRIC_GAUGE, .help = "Age.", .labels = {"stream"}};
static const struct metric_family seconds = {
    .name = "serin_wait_seconds",
    .kind = METRIC_HISTOGRAM,
    .help = "Time waited.",
    .labels = {"source"},
    .buckets = three_buckets,
    .bucket_count = ARRAY_LENGTH(three_buckets),
};

static struct metrics *make_registry(size_t series_limit)
{
    struct metrics *metrics = metrics_create(series_limit);
    cr_assert(ne(ptr, metrics, NULL));
    cr_assert(eq(int, metrics_register(metrics, &answers, NULL), SERIN_OK));
    cr_assert(eq(int, metrics_register(metrics, &events, NULL), SERIN_OK));
    cr_assert(eq(int, metrics_register(metrics, &age, NULL), SERIN_OK));
    cr_assert(eq(int, metrics_register(metrics, &seconds, NULL), SERIN_OK));
    return metrics;
}

static void fill(struct metrics *metrics)
{
    metrics_add(metrics, &answers, METRIC_LABELS("search", "rollback"), 1.0);
    metrics_add(metrics, &answers, METRIC_LABELS("checkout", "promote"), 2.0);
    metrics_add(metrics, &answers, METRIC_LABELS("checkout", "promote"), 1.0);
    metrics_add(metrics, &events, METRIC_UNLABELLED, 1e15);
    metrics_set(metrics, &age, METRIC_LABELS("checkout"), 1.5);
    metrics_observe(metrics, &seconds, METRIC_LABELS("prometheus"), 0.5);
    metrics_observe(metrics, &seconds, METRIC_LABELS("prometheus"), 0.75);
    metrics_observe(metrics, &seconds, METRIC_LABELS("prometheus"), 99.0);
}

static struct buffer *render(struct metrics *metrics, enum metrics_format format)
{
    struct buffer *out = buffer_create(1 << 20);
    cr_assert(eq(int, metrics_render(metrics, format, out, NULL), SERIN_OK));
    return out;
}

Test(metrics, text_format_shows_families_in_order_and_series_sorted)
{
    owned(metrics) metrics = make_registry(100);
    fill(metrics);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    cr_assert(eq(str, (char *)buffer_text(out),
                 "# HELP serin_answers_total Answers given.\n"
                 "# TYPE serin_answers_total counter\n"
                 "serin_answers_total{stream=\"checkout\",verdict=\"promote\"} 3\n"
                 "serin_answers_total{stream=\"search\",verdict=\"rollback\"} 1\n"
                 "# HELP serin_events_total Events taken.\n"
                 "# TYPE serin_events_total counter\n"
                 "serin_events_total 1e+15\n"
                 "# HELP serin_age_seconds Age.\n"
                 "# TYPE serin_age_seconds gauge\n"
                 "serin_age_seconds{stream=\"checkout\"} 1.5\n"
                 "# HELP serin_wait_seconds Time waited.\n"
                 "# TYPE serin_wait_seconds histogram\n"
                 "serin_wait_seconds_bucket{source=\"prometheus\",le=\"0.5\"} 1\n"
                 "serin_wait_seconds_bucket{source=\"prometheus\",le=\"1\"} 2\n"
                 "serin_wait_seconds_bucket{source=\"prometheus\",le=\"2.5\"} 2\n"
                 "serin_wait_seconds_bucket{source=\"prometheus\",le=\"+Inf\"} 3\n"
                 "serin_wait_seconds_sum{source=\"prometheus\"} 100.25\n"
                 "serin_wait_seconds_count{source=\"prometheus\"} 3\n"));
}

Test(metrics, openmetrics_names_counters_without_total_and_ends_with_eof)
{
    owned(metrics) metrics = make_registry(100);
    fill(metrics);
    owned(buffer) out = render(metrics, METRICS_OPENMETRICS);
    const char *text = buffer_text(out);
    cr_assert(ne(ptr, strstr(text, "# TYPE serin_answers counter\n"), NULL));
    cr_assert(ne(ptr, strstr(text, "# HELP serin_answers Answers given.\n"), NULL));
    cr_assert(ne(ptr, strstr(text, "\nserin_answers_total{stream=\"checkout\""), NULL));
    cr_assert(ne(ptr, strstr(text, "le=\"1.0\"} 2\n"), NULL));
    cr_assert(eq(str, (char *)text + strlen(text) - 6, "# EOF\n"));
}

Test(metrics, each_format_has_its_content_type)
{
    cr_assert(eq(str, (char *)metrics_content_type(METRICS_TEXT),
                 "text/plain; version=0.0.4; charset=utf-8"));
    cr_assert(eq(str, (char *)metrics_content_type(METRICS_OPENMETRICS),
                 "application/openmetrics-text; version=1.0.0; charset=utf-8"));
}

Test(metrics, a_family_without_labels_shows_zero_at_once)
{
    owned(metrics) metrics = make_registry(100);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    cr_assert(ne(ptr, strstr(buffer_text(out), "\nserin_events_total 0\n"), NULL));
}

Test(metrics, label_values_are_escaped_and_made_utf8)
{
    owned(metrics) metrics = make_registry(100);
    metrics_set(metrics, &age, METRIC_LABELS("a\"b\\c\nd"), 1.0);
    metrics_set(metrics, &age, METRIC_LABELS("\xff!"), 2.0);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    cr_assert(ne(ptr, strstr(buffer_text(out), "{stream=\"a\\\"b\\\\c\\nd\"} 1\n"), NULL));
    cr_assert(ne(ptr, strstr(buffer_text(out), "{stream=\"?!\"} 2\n"), NULL));
    cr_assert(text_is_utf8(buffer_view(out)));
}

Test(metrics, values_that_are_not_finite_are_spelt_as_prometheus_does)
{
    owned(metrics) metrics = make_registry(100);
    metrics_set(metrics, &age, METRIC_LABELS("a"), (double)NAN);
    metrics_set(metrics, &age, METRIC_LABELS("b"), (double)INFINITY);
    metrics_set(metrics, &age, METRIC_LABELS("c"), -(double)INFINITY);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    cr_assert(ne(ptr, strstr(buffer_text(out), "{stream=\"a\"} NaN\n"), NULL));
    cr_assert(ne(ptr, strstr(buffer_text(out), "{stream=\"b\"} +Inf\n"), NULL));
    cr_assert(ne(ptr, strstr(buffer_text(out), "{stream=\"c\"} -Inf\n"), NULL));
}

Test(metrics, beyond_the_limit_new_label_values_share_one_series)
{
    owned(metrics) metrics = make_registry(4);
    for (int i = 0; i < 1000; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "s%d", i);
        metrics_add(metrics, &answers, METRIC_LABELS(name, "promote"), 1.0);
    }
    metrics_add(metrics, &answers, METRIC_LABELS("s0", "promote"), 1.0);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    const char *text = buffer_text(out);
    cr_assert(ne(ptr, strstr(text, "{stream=\"s0\",verdict=\"promote\"} 2\n"), NULL));
    cr_assert(ne(ptr, strstr(text, "{stream=\"other\",verdict=\"other\"} 997\n"), NULL));
    cr_assert(eq(ptr, strstr(text, "s500"), NULL));
}

Test(metrics, a_cleared_family_starts_anew)
{
    owned(metrics) metrics = make_registry(2);
    metrics_set(metrics, &age, METRIC_LABELS("gone"), 1.0);
    metrics_clear(metrics, &age);
    metrics_set(metrics, &age, METRIC_LABELS("here"), 2.0);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    cr_assert(eq(ptr, strstr(buffer_text(out), "gone"), NULL));
    cr_assert(ne(ptr, strstr(buffer_text(out), "{stream=\"here\"} 2\n"), NULL));
}

Test(metrics, what_was_never_registered_is_ignored)
{
    owned(metrics) metrics = metrics_create(10);
    metrics_add(metrics, &answers, METRIC_LABELS("a", "b"), 1.0);
    metrics_observe(metrics, &seconds, METRIC_LABELS("a"), 1.0);
    metrics_add(NULL, &answers, METRIC_LABELS("a", "b"), 1.0);
    metrics_clear(NULL, &answers);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    cr_assert(eq(str, (char *)buffer_text(out), ""));
}

Test(metrics, a_name_can_be_taken_only_once)
{
    static const struct metric_family twin = {
        .name = "serin_answers_total", .kind = METRIC_COUNTER, .help = "Twin."};
    owned(metrics) metrics = make_registry(10);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, metrics_register(metrics, &twin, &err), SERIN_CONFLICT));
    cr_assert(ne(ptr, strstr(err.detail, "serin_answers_total"), NULL));
}

Test(metrics, families_that_prometheus_would_refuse_are_bugs)
{
    static const double falling[] = {2.0, 1.0};
    static const struct metric_family bad[] = {
        {.name = "serin_x", .kind = METRIC_COUNTER, .help = "No total."},
        {.name = "serin_x_total", .kind = METRIC_GAUGE, .help = "A total that may fall."},
        {.name = "1x", .kind = METRIC_GAUGE, .help = "Begins with a digit."},
        {.name = "a-b", .kind = METRIC_GAUGE, .help = "Hyphen."},
        {.name = "", .kind = METRIC_GAUGE, .help = "No name."},
        {.name = "serin_x", .kind = METRIC_GAUGE, .help = ""},
        {.name = "serin_x", .kind = METRIC_GAUGE, .help = "Two\nlines."},
        {.name = "serin_x", .kind = METRIC_GAUGE, .help = "Label.", .labels = {"le"}},
        {.name = "serin_x", .kind = METRIC_GAUGE, .help = "Label.", .labels = {"a b"}},
        {.name = "serin_x", .kind = METRIC_HISTOGRAM, .help = "No buckets."},
        {.name = "serin_x",
         .kind = METRIC_HISTOGRAM,
         .help = "Falling.",
         .buckets = falling,
         .bucket_count = 2},
    };
    owned(metrics) metrics = metrics_create(10);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        cr_assert(eq(int, metrics_register(metrics, &bad[i], NULL), SERIN_BUG), "%s", bad[i].help);
    }
}

Test(metrics, running_out_of_memory_loses_counts_but_nothing_else)
{
    for (uint64_t n = 1; n < 6; n++) {
        owned(metrics) metrics = make_registry(100);
        memory_fail_after(n);
        metrics_add(metrics, &answers, METRIC_LABELS("a", "b"), 1.0);
        memory_fail_after(0);
        metrics_add(metrics, &answers, METRIC_LABELS("a", "b"), 1.0);
        owned(buffer) out = render(metrics, METRICS_TEXT);
        cr_assert(ne(ptr, strstr(buffer_text(out), "{stream=\"a\",verdict=\"b\"} "), NULL));
    }
    memory_fail_after(1);
    struct metrics *none = metrics_create(10);
    memory_fail_after(0);
    cr_assert(eq(ptr, none, NULL));
}

Test(metrics, an_answer_that_is_too_small_is_reported)
{
    owned(metrics) metrics = make_registry(100);
    owned(buffer) out = buffer_create(64);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, metrics_render(metrics, METRICS_TEXT, out, &err), SERIN_TOO_LARGE));
}

/* The number that follows a sample's name and a space. */
static double value_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    cr_assert(ne(ptr, (void *)at, NULL), "%s", name);
    return strtod(at + strlen(name) + 1, NULL);
}

Test(process_metrics, tell_plausible_numbers)
{
    owned(metrics) metrics = metrics_create(10);
    cr_assert(eq(int, process_metrics_register(metrics, NULL), SERIN_OK));
    process_metrics_update(metrics);
    owned(buffer) out = render(metrics, METRICS_TEXT);
    const char *text = buffer_text(out);
    double now = (double)time(NULL);
    double started = value_of(text, "\nprocess_start_time_seconds");
    cr_assert(started > now - 3600.0 && started < now + 5.0, "%f", started);
    double resident = value_of(text, "\nprocess_resident_memory_bytes");
    cr_assert(resident > 1e5 && resident < 1e11, "%f", resident);
    cr_assert(value_of(text, "\nprocess_virtual_memory_bytes") >= resident);
    cr_assert(value_of(text, "\nprocess_open_fds") >= 1.0);
    cr_assert(value_of(text, "\nprocess_max_fds") >= 64.0);
    cr_assert(value_of(text, "\nprocess_cpu_seconds_total") >= 0.0);
    cr_assert(ne(ptr, strstr(text, "serin_build_info{version=\"" SERIN_VERSION "\"} 1\n"), NULL));
}

Test(process_metrics, open_descriptors_are_counted_one_by_one)
{
    owned(metrics) metrics = metrics_create(10);
    cr_assert(eq(int, process_metrics_register(metrics, NULL), SERIN_OK));
    owned(buffer) before = render(metrics, METRICS_TEXT);
    int extra = dup(STDERR_FILENO);
    process_metrics_update(metrics);
    owned(buffer) after = render(metrics, METRICS_TEXT);
    cr_assert(epsilon_eq(dbl, value_of(buffer_text(after), "\nprocess_open_fds"),
                         value_of(buffer_text(before), "\nprocess_open_fds") + 1.0, 1e-9));
    (void)close(extra);
}

/* Prometheus' own linter reads the text and finds nothing to complain about. */
Test(metrics, promtool_accepts_the_text)
{
    owned(metrics) metrics = make_registry(100);
    fill(metrics);
    cr_assert(eq(int, process_metrics_register(metrics, NULL), SERIN_OK));
    owned(buffer) out = render(metrics, METRICS_TEXT);
    const struct text_view text = buffer_view(out);
    const char *input = temp_file("metrics", text.start, text.length);
    const char *report = temp_path("report");
    pid_t child = fork();
    cr_assert(ge(int, child, 0));
    if (child == 0) {
        bool redirected =
            freopen(input, "r", stdin) && freopen(report, "w", stdout) && dup2(1, 2) == 2;
        if (redirected) {
            (void)execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
        }
        _exit(127);
    }
    int status = 0;
    cr_assert(eq(int, waitpid(child, &status, 0), child));
    char said[2000] = "";
    FILE *file = fopen(report, "r");
    size_t length = file ? fread(said, 1, sizeof(said) - 1, file) : 0;
    bool is_content = WIFEXITED(status) && WEXITSTATUS(status) == 0 && length == 0;
    cr_assert(is_content, "%s", said);
    (void)fclose(file);
}
