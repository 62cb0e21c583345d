/*
 * The driver against a real Prometheus and pods whose every increment is written down: see
 * tests/support/prometheus_lab.py. Counts must be equal to the unit, cell by cell.
 */
#include "source/prometheus.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the lab --------------------------------------------------------------------------------- */

struct lab {
    pid_t process;
    int input; /* the lab ends when this is closed */
    char url[64];
    int64_t start_ms;
    int64_t now_ms;
    struct buffer *window; /* truths: a line a cell */
    struct buffer *rollout;
};

/* Which server, and what its pods know: see the lab. */
struct lab_case {
    char server[16];
    char manner[8];
};

static void run_lab(const struct lab_case *which, int input, int output)
{
    (void)dup2(input, STDIN_FILENO);
    (void)dup2(output, STDOUT_FILENO);
    (void)execlp("python3", "python3", "tests/support/prometheus_lab.py", which->server,
                 which->manner, (char *)NULL);
    _exit(127);
}

static void read_line(struct lab *lab, const char *line)
{
    if (strncmp(line, "url ", 4) == 0) {
        (void)snprintf(lab->url, sizeof(lab->url), "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
    } else if (strncmp(line, "start_ms ", 9) == 0) {
        lab->start_ms = strtoll(line + 9, NULL, 10);
    } else if (strncmp(line, "now_ms ", 7) == 0) {
        lab->now_ms = strtoll(line + 7, NULL, 10);
    } else if (strncmp(line, "window ", 7) == 0) {
        buffer_append_text(lab->window, line + 7);
    } else if (strncmp(line, "rollout ", 8) == 0) {
        buffer_append_text(lab->rollout, line + 8);
    }
}

/* Skips the test where this machine has no such Prometheus, unless that is forbidden. */
static void stop_without_server(const char *line)
{
    if (strncmp(line, "missing ", 8) == 0) {
        const char *required = getenv("SERIN_REQUIRE_SERVERS");
        bool may_lack = !required || strcmp(required, "1") != 0;
        cr_assert(may_lack, "%s", line);
        cr_skip_test("%s", line);
    }
}

static void lab_start(struct lab *lab, const struct lab_case *which)
{
    int input[2];
    int output[2];
    char line[1024];
    cr_assert(eq(int, pipe(input), 0));
    cr_assert(eq(int, pipe(output), 0));
    *lab = (struct lab){.window = buffer_create(1 << 20), .rollout = buffer_create(1 << 20)};
    lab->process = fork();
    cr_assert(ge(int, lab->process, 0));
    if (lab->process == 0) {
        (void)close(input[1]);
        run_lab(which, input[0], output[1]);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    lab->input = input[1];
    FILE *told = fdopen(output[0], "r");
    bool is_ready = false;
    while (!is_ready && fgets(line, sizeof(line), told)) {
        is_ready = strcmp(line, "end\n") == 0;
        stop_without_server(line);
        read_line(lab, line);
    }
    (void)fclose(told);
    cr_assert(is_ready, "the lab did not get going");
}

static void lab_stop(struct lab *lab)
{
    (void)close(lab->input);
    (void)waitpid(lab->process, NULL, 0);
    buffer_destroy(lab->window);
    buffer_destroy(lab->rollout);
}

/* ---- tables as the lab writes them ----------------------------------------------------------- */

static void append_escaped(struct buffer *line, struct text_view text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.start[i];
        if (isalnum(c) || strchr("-_.", c)) {
            buffer_append_char(line, (char)c);
        } else {
            buffer_printf(line, "%%%02x", c);
        }
    }
    buffer_append_text(line, text.length > 0 ? " " : "% ");
}

struct counted {
    char *text; /* all but the count */
    uint64_t count;
};

static int compare_counted(const void *left, const void *right)
{
    return strcmp(((const struct counted *)left)->text, ((const struct counted *)right)->text);
}

static char *name_cell(const struct block_tables *tables, const char *arm_value, enum arm arm,
                       size_t slice, const struct serin_block_cell *cell)
{
    owned(buffer) line = buffer_create(4096);
    char *text = NULL;
    append_escaped(line, text_view_of(arm_value));
    append_escaped(line, block_tables_block(tables, arm, cell->block).pod);
    append_escaped(line, cell->row == SERIN_NO_REFERENCE
                             ? text_view_of("")
                             : block_tables_reference(tables, cell->row));
    append_escaped(line, block_tables_label(tables, cell->column));
    if (slice == ALL_SLICES) {
        buffer_append_text(line, "* ");
    } else {
        append_escaped(line, block_tables_slice(tables, slice).value);
    }
    cr_assert(eq(int, buffer_take(line, &text, NULL), SERIN_OK));
    return text;
}

enum { CELLS_MAX = 20000 };

static size_t list_cells(const struct block_tables *tables, const char *arm_value, enum arm arm,
                         size_t slice, struct counted *out)
{
    struct serin_block_cell *cells = NULL;
    size_t count = 0;
    cr_assert(eq(int, block_tables_cells(tables, arm, slice, &cells, &count), SERIN_OK));
    for (size_t i = 0; i < count; i++) {
        out[i] =
            (struct counted){name_cell(tables, arm_value, arm, slice, &cells[i]), cells[i].count};
    }
    memory_free(cells);
    return count;
}

/* Lines in the order of bytes, as the lab sorts them, but without the sum's zero cells. */
static struct buffer *list_tables(const struct block_tables *tables, const char *const *arms)
{
    static struct counted cells[CELLS_MAX];
    size_t count = 0;
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        count += list_cells(tables, arms[arm], (enum arm)arm, ALL_SLICES, cells + count);
        for (size_t slice = 0; slice < block_tables_slice_count(tables); slice++) {
            count += list_cells(tables, arms[arm], (enum arm)arm, slice, cells + count);
        }
    }
    qsort(cells, count, sizeof(cells[0]), compare_counted);
    struct buffer *text = buffer_create(1 << 20);
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += cells[i].count;
        if (i + 1 == count || strcmp(cells[i].text, cells[i + 1].text) != 0) {
            buffer_printf(text, "%s%" PRIu64 "\n", cells[i].text, sum);
            sum = 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        memory_free(cells[i].text);
    }
    return text;
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The lines of the truth that begin with one of the arms, sorted. */
static struct buffer *truth_of(const struct buffer *truth, const char *const *arms)
{
    char *lines[4096];
    size_t count = 0;
    owned_memory char *text = memory_copy_text(buffer_text(truth), buffer_view(truth).length);
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        for (int arm = 0; arm < ARM_COUNT; arm++) {
            owned(buffer) name = buffer_create(256);
            append_escaped(name, text_view_of(arms[arm]));
            if (strncmp(line, buffer_text(name), buffer_view(name).length) == 0) {
                lines[count++] = line;
            }
        }
        line = end + 1;
    }
    qsort(lines, count, sizeof(lines[0]), compare_lines);
    struct buffer *out = buffer_create(1 << 20);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%s\n", lines[i]);
    }
    return out;
}

/* ---- fetching -------------------------------------------------------------------------------- */

static const char canary[] = "7d9f8c6b5";
static const char stable[] = "5c6d7e8f9";
static const char hostile[] = "x\"} or up #\\\n";

static bool has_dots(const struct lab_case *which)
{
    return strcmp(which->manner, "dotted") == 0;
}

static struct stream make_stream(const struct lab_case *which)
{
    struct stream stream = {
        .name = "checkout",
        .metric = "segment_assignments_total",
        .reference = "expected_segment",
        .label = "segment",
        .pod = "pod",
        .arm_label = "rollouts_pod_template_hash",
        .process_start = "process_start_time_seconds",
        .slices = {"region"},
        .slice_count = 1,
        .block_ms = 1000,
        .lookback_ms = 600000,
        .stale_after_ms = 60000,
    };
    if (has_dots(which)) {
        stream.metric = "segment.assignments.total";
        stream.reference = "expected.segment";
        stream.arm_label = "rollouts.pod.template.hash";
        stream.process_start = "process.start.time.seconds";
    }
    return stream;
}

static void *open_source(char *url)
{
    /* One server for the life of a test: the options live as long. */
    static struct prometheus_options options = {
        .peer = {.timeout_ms = 60000, .max_bytes = 64 << 20},
        .scrape_interval_ms = 30000,
        .max_series = 10000
    };
    void *state = NULL;
    struct serin_error err = {.status = SERIN_OK};
    options.peer.url = url;
    cr_assert(eq(int, prometheus_driver.open("metrics", &options, &state, &err), SERIN_OK), "%s",
              err.detail);
    return state;
}

static struct block_tables *fetch(void *state, const struct table_query *query)
{
    struct block_tables *tables = NULL;
    struct serin_error err = {.status = SERIN_OK};
    enum serin_status status =
        prometheus_driver.fetch(state, query, deadline_after(clock_system(), 60000), &tables, &err);
    cr_assert(eq(int, status, SERIN_OK), "%s", err.detail);
    return tables;
}

static void assert_equals_truth(const struct block_tables *tables, const char *const *arms,
                                const struct buffer *truth, const char *what)
{
    owned(buffer) counted = list_tables(tables, arms);
    owned(buffer) wanted = truth_of(truth, arms);
    cr_assert(gt(sz, buffer_view(wanted).length, 500));
    cr_assert(eq(str, (char *)buffer_text(counted), (char *)buffer_text(wanted)), "%s", what);
    cr_assert(eq(ptr, (void *)block_tables_incomplete_reason(tables), NULL), "%s: %s", what,
              block_tables_incomplete_reason(tables));
}

static void check_window(void *state, const struct lab *lab, const struct stream *stream,
                         const char *canary_arm, const char *what)
{
    struct table_query query = {
        .stream = stream,
        .arms = {canary_arm, stable},
        .window_ms = lab->now_ms - lab->start_ms,
        .now_ms = lab->now_ms,
        .limits = table_limits_default
    };
    owned(block_tables) tables = fetch(state, &query);
    assert_equals_truth(tables, query.arms, lab->window, what);
    const struct arm_coverage *coverage = block_tables_coverage(tables, ARM_STABLE);
    cr_assert(eq(u64, coverage->uncovered_pods, 1), "%s", what);
    cr_assert(eq(u64, block_tables_coverage(tables, ARM_CANARY)->uncovered_pods, 0), "%s", what);
    cr_assert(gt(i64, coverage->first_ms, lab->start_ms));
    cr_assert(gt(i64, coverage->last_ms, coverage->first_ms));
    cr_assert(le(i64, coverage->last_ms, lab->now_ms));
    cr_assert(eq(i64, block_tables_window_start_ms(tables), lab->start_ms));
    cr_assert(eq(i64, block_tables_window_end_ms(tables), lab->now_ms));
}

static void check_rollout(void *state, const struct lab *lab, const struct stream *stream,
                          const char *what)
{
    struct table_query query = {
        .stream = stream,
        .arms = {canary, stable},
        .since_first_canary = true,
        .now_ms = lab->now_ms,
        .limits = table_limits_default
    };
    owned(block_tables) tables = fetch(state, &query);
    assert_equals_truth(tables, query.arms, lab->rollout, what);
    cr_assert(ge(i64, block_tables_window_start_ms(tables),
                 block_tables_coverage(tables, ARM_CANARY)->first_ms - 1));
    cr_assert(gt(i64, block_tables_window_start_ms(tables), lab->start_ms));
}

static void check_absent_canary(void *state, const struct lab *lab, const struct stream *stream)
{
    struct table_query query = {
        .stream = stream,
        .arms = {"nobody", stable},
        .since_first_canary = true,
        .now_ms = lab->now_ms,
        .limits = table_limits_default
    };
    owned(block_tables) tables = fetch(state, &query);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 0));
    cr_assert(eq(i64, block_tables_coverage(tables, ARM_CANARY)->last_ms, 0));
    cr_assert(gt(u64, block_tables_events(tables, ARM_STABLE), 0));
    cr_assert(eq(ptr, (void *)block_tables_incomplete_reason(tables), NULL));
}

static void check_refused_query(void *state, const struct lab *lab, struct stream stream)
{
    stream.matchers = "region=~\"(\""; /* passes the check of its form, not that of the server */
    struct table_query query = {
        .stream = &stream,
        .arms = {canary, stable},
        .window_ms = 60000,
        .now_ms = lab->now_ms,
        .limits = table_limits_default
    };
    struct block_tables *tables = NULL;
    struct serin_error err = {.status = SERIN_OK};
    enum serin_status status = prometheus_driver.fetch(
        state, &query, deadline_after(clock_system(), 60000), &tables, &err);
    cr_assert(eq(int, status, SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "answered 400"), NULL), "%s", err.detail);
    cr_assert(eq(ptr, tables, NULL));
}

ParameterizedTestParameters(prometheus_server, counts_equal_what_was_really_incremented)
{
    static struct lab_case cases[] = {
        {"prometheus2",     "plain"  },
        {"prometheus3",     "plain"  },
        {"prometheus3",     "dotted" },
        {"prometheus3",     "created"},
        {"victoriametrics", "plain"  },
    };
    return cr_make_param_array(struct lab_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct lab_case *c, prometheus_server, counts_equal_what_was_really_incremented,
                  .timeout = 300)
{
    struct lab lab;
    lab_start(&lab, c);
    void *state = open_source(lab.url);
    struct serin_error err = {.status = SERIN_OK};
    struct stream by_label = make_stream(c);
    struct stream by_pod = make_stream(c);
    by_pod.arm_label = NULL;
    by_pod.arm_pod_prefix = "checkout.v2-{hash}-";
    struct stream matched = make_stream(c);
    matched.matchers = has_dots(c) ? "job=\"pods\", \"expected.segment\"!~\"none\""
                                   : "job=\"pods\", segment!=\"\"";
    cr_assert(eq(int, prometheus_driver.ping(state, deadline_after(clock_system(), 60000), &err),
                 SERIN_OK),
              "%s", err.detail);
    check_window(state, &lab, &by_label, canary, "window, arms by label");
    check_window(state, &lab, &by_pod, canary, "window, arms by pod name");
    check_window(state, &lab, &by_label, hostile, "window, an arm value full of quotes");
    check_window(state, &lab, &matched, canary, "window, with matchers");
    check_rollout(state, &lab, &by_label, "rollout, arms by label");
    check_rollout(state, &lab, &by_pod, "rollout, arms by pod name");
    check_absent_canary(state, &lab, &by_label);
    check_refused_query(state, &lab, by_label);
    prometheus_driver.close(state);
    lab_stop(&lab);
}
