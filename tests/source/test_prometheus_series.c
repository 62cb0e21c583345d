/*
 * How samples become counts: the rules for resets, restarts, births, ends, replicas and doubled
 * scrapes, on made-up samples.
 */
#include "source/prometheus_series.h"

#include "base/buffer.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Times in the cases are seconds after this; the window is (100, 1000], asked about from 0 on. */
static const int64_t zero_ms = INT64_C(1700000000000);
enum { START_S = 100, END_S = 1000 };

static const struct stream stream = {
    .name = "checkout",
    .metric = "segments_total",
    .reference = "reference",
    .label = "label",
    .pod = "pod",
    .arm_label = "hash",
    .slices = {"region"},
    .slice_count = 1,
    .block_ms = 10000,
};

/* ---- one arm being read ---------------------------------------------------------------------- */

struct bench {
    struct block_tables *tables;
    struct targets *targets;
    struct series_set *set;
    struct serin_error err;
};

static void bench_open(struct bench *bench, const char *replica_label, bool since_first_event,
                       size_t series_max)
{
    const int64_t from_ms = zero_ms;
    *bench = (struct bench){.tables = block_tables_create(&table_limits_default)};
    struct target_settings target_settings = {.pod_label = text_view_of("pod"),
                                              .replica_label = text_view_of(replica_label),
                                              .from_ms = from_ms,
                                              .series_max = series_max};
    bench->targets = targets_create(&target_settings);
    struct series_settings settings = {
        .stream = &stream,
        .arm = ARM_CANARY,
        .from_ms = from_ms,
        .start_ms = zero_ms + START_S * 1000,
        .end_ms = zero_ms + END_S * 1000,
        .since_first_event = since_first_event,
        .replica_label = text_view_of(replica_label),
        .series_max = series_max,
        .steps_max = 1000,
        .targets = bench->targets,
        .tables = bench->tables,
    };
    bench->set = series_set_create(&settings);
    cr_assert(ne(ptr, bench->set, NULL));
}

static void bench_close(struct bench *bench)
{
    series_set_destroy(bench->set);
    targets_destroy(bench->targets);
    block_tables_destroy(bench->tables);
}

/* "pod=p label=s1 …" */
static enum serin_status feed_labels(const struct prometheus_sink *sink, void *context,
                                     const char *text, struct serin_error *err)
{
    owned(label_collector) collector = label_collector_create();
    struct series_labels labels;
    if (!collector) {
        return SERIN_NO_MEMORY;
    }
    label_collector_begin(collector);
    for (const char *at = text; *at != '\0';) {
        size_t name = strcspn(at, "=");
        size_t value = strcspn(at + name + 1, " ");
        TRY(label_collector_name(collector, (struct text_view){at, name}, err));
        TRY(label_collector_value(collector, (struct text_view){at + name + 1, value}, err));
        at += name + 1 + value;
        at += *at == ' ';
    }
    cr_assert(label_collector_end(collector, &labels));
    return sink->series(context, labels, err);
}

/* "110:5 120:7.5 …": second and value; after an @ the value is a second after zero, too. */
static enum serin_status feed_samples(const struct prometheus_sink *sink, void *context,
                                      const char *text, struct serin_error *err)
{
    for (const char *at = text; *at != '\0';) {
        char *end = NULL;
        char value[64];
        double second = strtod(at, &end);
        bool is_moment = end[1] == '@';
        at = end + 1 + is_moment;
        size_t length = strcspn(at, " ");
        (void)snprintf(value, sizeof(value), "%.*s", (int)length, at);
        if (is_moment) {
            (void)snprintf(value, sizeof(value), "%.2f",
                           (double)zero_ms / 1000.0 + strtod(at, NULL));
        }
        TRY(sink->sample(context, zero_ms + (int64_t)(second * 1000.0), text_view_of(value), err));
        at += length;
        at += *at == ' ';
    }
    return SERIN_OK;
}

static enum serin_status feed(const struct prometheus_sink *sink, void *context, const char *labels,
                              const char *samples, struct serin_error *err)
{
    TRY(feed_labels(sink, context, labels, err));
    TRY(feed_samples(sink, context, samples, err));
    return sink->series_end(context, err);
}

/* ---- what came of it ------------------------------------------------------------------------- */

struct total {
    char text[200];
    uint64_t count;
};

static int compare_totals(const void *left, const void *right)
{
    return strcmp(((const struct total *)left)->text, ((const struct total *)right)->text);
}

static void append_total(struct total *totals, size_t *count, const char *text, uint64_t more)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(totals[i].text, text) == 0) {
            totals[i].count += more;
            return;
        }
    }
    cr_assert(lt(sz, strlen(text), sizeof(totals->text)));
    memcpy(totals[*count].text, text, strlen(text) + 1);
    totals[(*count)++].count = more;
}

static void separate(struct buffer *out)
{
    buffer_append_text(out, buffer_view(out).length > 0 ? " | " : "");
}

/* "pod label/reference count | …", then what is not sound. */
static struct buffer *describe(const struct bench *bench)
{
    static struct total totals[256];
    struct serin_block_cell *cells = NULL;
    size_t cell_count = 0;
    size_t count = 0;
    char text[200];
    struct buffer *out = buffer_create(4096);
    cr_assert(eq(int,
                 block_tables_cells(bench->tables, ARM_CANARY, ALL_SLICES, &cells, &cell_count),
                 SERIN_OK));
    for (size_t i = 0; i < cell_count; i++) {
        bool has_reference = cells[i].row != SERIN_NO_REFERENCE;
        (void)snprintf(text, sizeof(text), "%s %s/%s",
                       block_tables_block(bench->tables, ARM_CANARY, cells[i].block).pod.start,
                       block_tables_label(bench->tables, cells[i].column).start,
                       has_reference ? block_tables_reference(bench->tables, cells[i].row).start
                                     : "");
        append_total(totals, &count, text, cells[i].count);
    }
    memory_free(cells);
    qsort(totals, count, sizeof(totals[0]), compare_totals);
    for (size_t i = 0; i < count; i++) {
        separate(out);
        buffer_printf(out, "%s %" PRIu64, totals[i].text, totals[i].count);
    }
    uint64_t uncovered = block_tables_coverage(bench->tables, ARM_CANARY)->uncovered_pods;
    if (uncovered > 0) {
        separate(out);
        buffer_printf(out, "uncovered %" PRIu64, uncovered);
    }
    const char *reason = block_tables_incomplete_reason(bench->tables);
    if (reason) {
        separate(out);
        buffer_append_text(out, reason);
    }
    return out;
}

static void settle_and_book(struct bench *bench)
{
    struct serin_error *err = &bench->err;
    cr_assert(eq(int, series_set_settle(bench->set, err), SERIN_OK), "%s", err->detail);
    cr_assert(eq(int,
                 series_set_book(bench->set, zero_ms + START_S * 1000, zero_ms + END_S * 1000, err),
                 SERIN_OK),
              "%s", err->detail);
    cr_assert(eq(int, block_tables_seal(bench->tables), SERIN_OK));
}

/* ---- the rules ------------------------------------------------------------------------------- */

enum { LINES = 4 };

struct series_case {
    char name[100];
    char starts[LINES][2][120];   /* series of start times: labels, samples */
    char counters[LINES][2][120]; /* series of the stream's counter */
    char wanted[300];
    char replica_label[16];
};

/* Short for the commonest labels. */
#define P1 "pod=p1 instance=p1:1 "
#define S1 P1 "label=s1 reference=r1"
#define S2 P1 "label=s2 reference=r1"

ParameterizedTestParameters(prometheus_series, counts_follow_the_rules)
{
    static struct series_case cases[] = {
        {"the last sample before the window is the baseline",
         {{""}},
         {{S1, "50:3 90:10 110:12 900:30"}},
         "p1 s1/r1 20",                                                                                                                      ""},
        {"a sample at the window's start is the baseline, one at its end counts",
         {{""}},
         {{S1, "50:3 100:10 1000:12"}},
         "p1 s1/r1 2",                                                                                                                       ""},
        {"samples before what was asked about are no evidence",
         {{""}},
         {{S1, "0:3 110:12 200:13"}},
         "p1 s1/r1 1 | uncovered 1",                                                                                                         ""},
        {"a fall is a reset: what is counted since it is added whole",
         {{""}},
         {{S1, "90:10 110:15 120:4 130:6"}},
         "p1 s1/r1 11",                                                                                                                      ""},
        {"a fall to 0 loses nothing that was seen",
         {{""}},
         {{S1, "90:10 110:15 120:0 130:6"}},
         "p1 s1/r1 11",                                                                                                                      ""},
        {"a restart that overtakes is told by the start time",
         {{P1, "90:@-500 110:@-500 120:@115 130:@115"}},
         {{S1, "90:10 110:15 120:40 130:41"}},
         "p1 s1/r1 46",                                                                                                                      ""},
        {"without start times an overtaking restart cannot be told",
         {{""}},
         {{S1, "90:10 110:15 120:40 130:41"}},
         "p1 s1/r1 31",                                                                                                                      ""},
        {"a start time that wobbles is no restart",
         {{P1, "90:@99.5 110:@99.6 120:@100.4"}},
         {{S1, "90:10 110:15 120:40"}},
         "p1 s1/r1 30",                                                                                                                      ""},
        {"a start time set back or forth in the past is a clock, no restart",
         {{P1, "90:@-500 110:@-500 120:@-400 130:@-450"}},
         {{S1, "90:10 110:15 120:40 130:50"}},
         "p1 s1/r1 40",                                                                                                                      ""},
        {"a series born with its process counts from 0",
         {{P1, "300:@290 310:@290"}},
         {{S1, "300:7 310:9"}},
         "p1 s1/r1 9",                                                                                                                       ""},
        {"a process begun before the window but within what was asked about counts, too",
         {{P1, "110:@90 310:@90"}},
         {{S1, "110:7 310:9"}},
         "p1 s1/r1 9",                                                                                                                       ""},
        {"a series of an old process seen for the first time counts from its first sample",
         {{P1, "300:@-50 310:@-50"}},
         {{S1, "300:7 310:9"}},
         "p1 s1/r1 2 | uncovered 1",                                                                                                         ""},
        {"without a start time neither",
         {{""}},
         {{S1, "300:7 310:9"}},
         "p1 s1/r1 2 | uncovered 1",                                                                                                         ""},
        {"a first value of 0 misses nothing",                                                   {{""}}, {{S1, "300:0 310:9"}}, "p1 s1/r1 9", ""},
        {"a label that appears on a pod scraped before counts from 0",
         {{""}},
         {{S1, "90:5 300:5 310:6"}, {S2, "310:4"}},
         "p1 s1/r1 1 | p1 s2/r1 4",                                                                                                          ""},
        {"start times show that a pod was scraped before",
         {{P1, "90:@-500 310:@-500"}},
         {{S2, "310:4"}},
         "p1 s2/r1 4",                                                                                                                       ""},
        {"start times from before what was asked about show nothing",
         {{P1, "0:@-500 310:@-500"}},
         {{S2, "310:4 320:5"}},
         "p1 s2/r1 1 | uncovered 1",                                                                                                         ""},
        {"a label that takes the place of another counts from 0",
         {{""}},
         {{S1, "90:5 120:6"}, {S2, "310:4"}},
         "p1 s1/r1 1 | p1 s2/r1 4",                                                                                                          ""},
        {"another pod's earlier samples show nothing",
         {{""}},
         {{S1, "90:5 310:6"}, {"pod=p2 instance=p2:1 label=s1 reference=r1", "310:4 320:5"}},
         "p1 s1/r1 1 | p2 s1/r1 1 | uncovered 1",                                                                                            ""},
        {"nor do those of another container of the pod",
         {{""}},
         {{S1, "90:5 310:6"}, {"pod=p1 instance=p1:2 label=s1 reference=r1", "310:4 320:5"}},
         "p1 s1/r1 2 | uncovered 1",                                                                                                         ""},
        {"a pod whose labels change goes on, it does not begin at 0 again",
         {{P1 "role=canary", "110:@105 300:@105"}, {P1 "role=stable", "310:@105 320:@105"}},
         {{S1 " role=canary", "110:5 300:50"}, {S1 " role=stable", "310:60 320:65"}},
         "p1 s1/r1 55 | uncovered 1",                                                                                                        ""},
        {"further labels are summed, and show that the pod was scraped",
         {{""}},
         {{S1 " method=GET", "90:5 310:6 320:8"}, {S1 " method=PUT", "310:4 320:5"}},
         "p1 s1/r1 8",                                                                                                                       ""},
        {"series that end keep what they counted",
         {{""}},
         {{S1, "90:5 310:9"}, {S2, "90:5 310:6 900:7"}},
         "p1 s1/r1 4 | p1 s2/r1 2",                                                                                                          ""},
        {"series that ended before the window count nothing",                                   {{""}}, {{S1, "50:5 90:9"}},   "",           ""},
        {"events without reference are counted apart",
         {{""}},
         {{P1 "label=s1", "90:5 310:9"}},
         "p1 s1/ 4",                                                                                                                         ""},
        {"a series without the emitted label makes the data incomplete",
         {{""}},
         {{P1 "reference=r1", "90:5 310:9"}, {S1, "90:5 310:9"}},
         "p1 s1/r1 4 | some series of segments_total have no label label; add label!=\"\" to the "
         "stream's matchers to leave them out",                                                                                              ""},
        {"so does one without pod",
         {{""}},
         {{"label=s1", "90:5 310:9"}},
         "some series of segments_total have no label pod; add pod!=\"\" to the stream's matchers "
         "to leave them out",                                                                                                                ""},
        {"a fraction is told and not rounded",
         {{""}},
         {{S1, "90:5 310:9.5 320:11"}, {S2, "90:1 310:2"}},
         "p1 s2/r1 1 | a value of segments_total of pod \"p1\" is not a whole number, so it is no "
         "exact count",                                                                                                                      ""},
        {"a single NaN is where VictoriaMetrics shows that a series ended",
         {{P1, "90:@-500 310:@-500 315:NaN"}},
         {{S1, "90:5 310:9 315:NaN"}},
         "p1 s1/r1 4",                                                                                                                       ""},
        {"a zero made up for a new counter is no evidence that the others were scraped before",
         {{""}},
         {{S1, "310:900 320:901"}, {S2, "305:0 310:2"}},
         "p1 s1/r1 1 | p1 s2/r1 2 | uncovered 1",                                                                                            ""},
        {"a counter that stays 0 is evidence",
         {{""}},
         {{S1, "310:9 320:10"}, {S2, "290:0 300:0 310:2"}},
         "p1 s1/r1 10 | p1 s2/r1 2",                                                                                                         ""},
        {"a series goes on after such an end where it left off",
         {{P1, "90:@-500 310:NaN 320:@-500"}},
         {{S1, "90:5 310:NaN 320:11"}},
         "p1 s1/r1 6",                                                                                                                       ""},
        {"a series that ended before it was asked about is no evidence of a beginning",
         {{P1, "90:NaN 320:@-500"}},
         {{S1, "90:NaN 320:11 330:12"}},
         "p1 s1/r1 1 | uncovered 1",                                                                                                         ""},
        {"NaN twice running is no value",
         {{""}},
         {{S1, "90:5 310:NaN 320:NaN"}},
         "a value of segments_total of pod \"p1\" is not a number, so it is no exact count",                                                 ""},
        {"and a negative value",
         {{""}},
         {{S1, "90:5 310:-9 320:11"}},
         "a value of segments_total of pod \"p1\" is negative, so it is no exact count",                                                     ""},
        {"and one from 2^53 on",
         {{""}},
         {{S1, "90:5 310:9007199254740992"}},
         "a value of segments_total of pod \"p1\" is 2^53 or more, where counters lose single "
         "events, so it is no exact count",                                                                                                  ""},
    };
    return cr_make_param_array(struct series_case, cases, sizeof(cases) / sizeof(cases[0]));
}

static struct buffer *run_case(const struct series_case *c)
{
    struct bench bench;
    bench_open(&bench, c->replica_label, false, 100);
    for (size_t i = 0; i < LINES && c->starts[i][0][0] != '\0'; i++) {
        cr_assert(eq(
            int, feed(&targets_sink, bench.targets, c->starts[i][0], c->starts[i][1], &bench.err),
            SERIN_OK));
    }
    for (size_t i = 0; i < LINES && c->counters[i][0][0] != '\0'; i++) {
        cr_assert(
            eq(int,
               feed(&series_set_sink, bench.set, c->counters[i][0], c->counters[i][1], &bench.err),
               SERIN_OK),
            "%s: %s", c->name, bench.err.detail);
    }
    settle_and_book(&bench);
    struct buffer *counted = describe(&bench);
    bench_close(&bench);
    return counted;
}

ParameterizedTest(struct series_case *c, prometheus_series, counts_follow_the_rules)
{
    owned(buffer) counted = run_case(c);
    cr_assert(eq(str, (char *)buffer_text(counted), c->wanted), "%s", c->name);
}

/* ---- the same events scraped twice ----------------------------------------------------------- */

#define TWICE                                                                                      \
    "segments_total of pod \"p1\" is scraped twice, by several jobs or several Prometheus "        \
    "servers; "                                                                                    \
    "narrow the stream's matchers to one job, or set replica_label of the source"

ParameterizedTestParameters(prometheus_series, nothing_is_counted_twice)
{
    static struct series_case cases[] = {
        {"of replicas the one with more samples is kept",
         {{""}},
         {{S1 " replica=a", "90:5 310:9"}, {S1 " replica=b", "91:5 200:8 311:9"}},
         "p1 s1/r1 4",                                                                "replica"},
        {"whichever name their label has",
         {{""}},
         {{S1 " site=a", "90:5 200:7 310:9"}, {S1 " site=b", "91:5 311:9"}},
         "p1 s1/r1 4",                                                                "site"   },
        {"a replica that shows a pod earlier does not show that another one scraped it",
         {{""}},
         {{S1 " replica=a", "310:9 320:9 330:9 340:10"}, {S1 " replica=b", "290:9 311:9"}},
         "p1 s1/r1 1 | uncovered 1",                                                  "replica"},
        {"one that was away in between counts all, and more samples that end early do not",
         {{""}},
         {{S1 " replica=a", "90:5 200:7 300:8 310:9"}, {S1 " replica=b", "91:5 900:19"}},
         "p1 s1/r1 14",                                                               "replica"},
        {"replicas of which none was there throughout are incomplete",
         {{""}},
         {{S1 " replica=a", "90:5 200:7 300:8 310:9"}, {S1 " replica=b", "600:11 900:19"}},
         "p1 s1/r1 4 | segments_total of pod \"p1\" was not scraped throughout by any one replica "
         "of Prometheus",                                                             "replica"},
        {"replicas are doubled series where nobody said what tells them apart",
         {{""}},
         {{S1 " prometheus_replica=a", "90:5 310:9"}, {S1 " prometheus_replica=b", "91:5 311:9"}},
         "p1 s1/r1 8 | " TWICE,
         ""                                                                                    },
        {"so are two jobs that scrape the same pod",
         {{""}},
         {{S1 " job=a", "90:5 310:9"}, {S1 " job=b", "91:5 311:9"}},
         "p1 s1/r1 8 | " TWICE,
         ""                                                                                    },
        {"two jobs that scrape different containers are not",
         {{""}},
         {{S1 " job=a", "90:5 310:9"},
          {"pod=p1 instance=p1:2 label=s1 reference=r1 job=b", "91:5 311:9"}},
         "p1 s1/r1 8",                                                                ""       },
        {"a job that takes over from another is not",
         {{""}},
         {{S1 " job=a", "90:5 310:9"}, {S1 " job=b", "320:9 330:10"}},
         "p1 s1/r1 5 | uncovered 1",                                                  ""       },
        {"what one job shows earlier is no evidence for the other",
         {{P1 "job=a", "90:@-500 310:@-500"}},
         {{S1 " job=b", "310:9 320:10"}},
         "p1 s1/r1 1 | uncovered 1",                                                  ""       },
        {"what different jobs scrape has histories of its own",
         {{P1 "role=x job=a", "90:@-500 320:@-500"}, {P1 "job=b", "310:@105 320:@105"}},
         {{S1 " role=x job=b", "310:9 320:10"}},
         "p1 s1/r1 10",                                                               ""       },
        {"of two start times that fit a counter equally well none is believed",
         {{P1 "a=1", "90:@-500 110:@-500 120:@115"}, {P1 "b=1", "90:@-500 110:@-500 120:@-500"}},
         {{S1 " a=1 b=1", "90:10 110:15 120:40"}},
         "p1 s1/r1 30",                                                               ""       },
        {"nor is one that ended before the window",
         {{""}},
         {{S1 " job=a", "50:5 95:9"}, {S1 " job=b", "91:5 320:9"}},
         "p1 s1/r1 4",                                                                ""       },
        {"unusual labels are learnt where start times come twice",
         {{P1 "ha=1", "90:@-500 310:@-500"}, {P1 "ha=2 zone=x", "91:@-500 311:@-500"}},
         {{S1 " ha=1", "90:5 310:9"}, {S1 " ha=2 zone=x", "91:5 311:9"}},
         "p1 s1/r1 8 | " TWICE,
         ""                                                                                    },
        {"labels of start times that follow each other are not learnt",
         {{P1 "role=a", "90:@-500 120:@-500"}, {P1 "role=b", "310:@-500 320:@-500"}},
         {{S1 " role=a", "90:5 310:9"}, {S1 " role=b", "90:1 310:2"}},
         "p1 s1/r1 5",                                                                ""       },
        {"a label on start times of different processes says nothing",
         {{P1 "worker=1", "90:@-500 310:@-500"}, {P1 "worker=2", "90:@-510 310:@-510"}},
         {{S1 " worker=1", "90:5 310:9"}, {S1 " worker=2", "90:5 310:9"}},
         "p1 s1/r1 8",                                                                ""       },
        {"a label that is counted never says who scraped",
         {{P1 "region=eu", "90:@-500 310:@-500"}, {P1 "region=us", "90:@-500 310:@-500"}},
         {{S1 " region=eu", "90:5 310:9"}, {S1 " region=us", "90:5 310:9"}},
         "p1 s1/r1 8",                                                                ""       },
        {"the same labels twice can only be a mistake of the server",
         {{""}},
         {{S1, "90:5 310:9"}, {S1, "90:5 310:9"}},
         "p1 s1/r1 4 | segments_total of pod \"p1\" came twice with the same labels", ""       },
    };
    return cr_make_param_array(struct series_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct series_case *c, prometheus_series, nothing_is_counted_twice)
{
    owned(buffer) counted = run_case(c);
    cr_assert(eq(str, (char *)buffer_text(counted), c->wanted), "%s", c->name);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

Test(prometheus_series, each_step_is_counted_in_the_block_it_ended_in)
{
    struct bench bench;
    bench_open(&bench, NULL, false, 100);
    cr_assert(eq(int,
                 feed(&series_set_sink, bench.set, S1, "90:0 110:1 110.001:3 120:7 500:15 1000:31",
                      &bench.err),
                 SERIN_OK));
    cr_assert(
        eq(int, feed(&series_set_sink, bench.set, S2, "120:32 500:32", &bench.err), SERIN_OK));
    settle_and_book(&bench);
    /* (100, 1000] in blocks of 10 s, each open at its start: 110 belongs to 100, 1000 to 990. */
    static const struct {
        int64_t second;
        uint64_t count;
    } wanted[] = {
        {100, 1 },
        {110, 38},
        {490, 8 },
        {990, 16},
    };
    cr_assert(eq(sz, block_tables_block_count(bench.tables, ARM_CANARY), 4));
    for (size_t i = 0; i < 4; i++) {
        uint64_t counts[2] = {0, 0};
        block_tables_label_totals(bench.tables, ARM_CANARY, ALL_SLICES, i, counts);
        cr_assert(eq(u64, counts[0] + counts[1], wanted[i].count));
        cr_assert(eq(i64, block_tables_block(bench.tables, ARM_CANARY, i).start_ms,
                     zero_ms + wanted[i].second * 1000));
    }
    const struct arm_coverage *coverage = block_tables_coverage(bench.tables, ARM_CANARY);
    cr_assert(eq(i64, coverage->first_ms, zero_ms + 110000));
    cr_assert(eq(i64, coverage->last_ms, zero_ms + 1000000));
    bench_close(&bench);
}

/* Many pods make wider blocks; the total and the alignment hold for any order of the series. */
static void count_pods(size_t pods, size_t first, bool since_first_event)
{
    struct bench bench;
    bench_open(&bench, NULL, since_first_event, 1000);
    for (size_t n = 0; n < pods; n++) {
        char labels[100];
        char samples[2000];
        size_t pod = (first + n) % pods;
        int used = snprintf(samples, sizeof(samples), "90:0");
        for (int second = 300 + (int)pod; second < 900; second += 7) {
            used += snprintf(samples + used, sizeof(samples) - (size_t)used, " %d:%d", second,
                             second - 290);
        }
        (void)snprintf(labels, sizeof(labels), "pod=p%zu label=s1", pod);
        cr_assert(eq(int, feed(&series_set_sink, bench.set, labels, samples, &bench.err), SERIN_OK),
                  "%s", bench.err.detail);
    }
    cr_assert(eq(int, series_set_settle(bench.set, &bench.err), SERIN_OK));
    int64_t first_ms = 0;
    cr_assert(series_set_first_ms(bench.set, &first_ms));
    cr_assert(eq(i64, first_ms, zero_ms + 300000));
    int64_t start_ms = since_first_event ? first_ms - 1 : zero_ms + START_S * 1000;
    int64_t end_ms = zero_ms + END_S * 1000;
    cr_assert(eq(int, series_set_book(bench.set, start_ms, end_ms, &bench.err), SERIN_OK));
    cr_assert(eq(int, block_tables_seal(bench.tables), SERIN_OK));
    int64_t width_ms = block_width_ms(stream.block_ms, start_ms, end_ms, pods);
    cr_assert(eq(sz, block_tables_pod_count(bench.tables, ARM_CANARY), pods));
    cr_assert(le(sz, block_tables_block_count(bench.tables, ARM_CANARY), BLOCKS_MAX));
    for (size_t i = 0; i < block_tables_block_count(bench.tables, ARM_CANARY); i++) {
        int64_t block_ms = block_tables_block(bench.tables, ARM_CANARY, i).start_ms;
        cr_assert(eq(i64, block_start(block_ms, width_ms), block_ms));
    }
    cr_assert(gt(u64, block_tables_events(bench.tables, ARM_CANARY), 590 * pods));
    bench_close(&bench);
}

Test(prometheus_series, blocks_are_as_wide_as_window_and_pods_want_in_any_order)
{
    static const size_t pods[] = {1, 2, 3, 17, 100};
    for (size_t i = 0; i < sizeof(pods) / sizeof(pods[0]); i++) {
        for (size_t first = 0; first < 3; first++) {
            count_pods(pods[i], first, false);
            count_pods(pods[i], first, true);
        }
    }
}

/* Random counters with resets, cut into windows: the windows add up to what was incremented. */
Test(prometheus_series, windows_that_follow_each_other_add_up)
{
    struct random random = {.state = 42};
    for (int round = 0; round < 200; round++) {
        char samples[4000] = "1:0";
        size_t used = strlen(samples);
        uint64_t value = 0;
        uint64_t truth = 0;
        for (int second = 10; second <= 1000; second += 5 + (int)random_below(&random, 20)) {
            uint64_t step = random_below(&random, 50);
            bool restarts = random_below(&random, 10) == 0 && step < value;
            value = restarts ? step : value + step;
            truth += second > START_S ? step : 0;
            used += (size_t)snprintf(samples + used, sizeof(samples) - used, " %d:%" PRIu64, second,
                                     value);
        }
        struct bench bench;
        bench_open(&bench, NULL, false, 10);
        cr_assert(eq(int, feed(&series_set_sink, bench.set, S1, samples, &bench.err), SERIN_OK));
        settle_and_book(&bench);
        cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), truth));
        bench_close(&bench);
    }
}

/* ---- limits ---------------------------------------------------------------------------------- */

Test(prometheus_series, too_many_series_or_counts_end_the_reading)
{
    struct bench bench;
    bench_open(&bench, NULL, false, 2);
    cr_assert(eq(int, feed(&series_set_sink, bench.set, S1, "50:1", &bench.err), SERIN_OK));
    cr_assert(eq(int, feed(&series_set_sink, bench.set, S2, "50:1", &bench.err), SERIN_OK));
    cr_assert(eq(int, feed(&series_set_sink, bench.set, P1 "label=s3", "110:1", &bench.err),
                 SERIN_TOO_LARGE));
    cr_assert(ne(ptr, strstr(bench.err.detail, "more than 2 series of segments_total"), NULL));
    cr_assert(eq(int, feed(&targets_sink, bench.targets, "pod=a", "50:1", &bench.err), SERIN_OK));
    cr_assert(eq(int, feed(&targets_sink, bench.targets, "pod=b", "50:1", &bench.err), SERIN_OK));
    cr_assert(
        eq(int, feed(&targets_sink, bench.targets, "pod=c", "50:1", &bench.err), SERIN_TOO_LARGE));
    bench_close(&bench);
}

Test(prometheus_series, an_answer_that_begins_anew_leaves_nothing_of_the_first)
{
    struct bench bench;
    bench_open(&bench, NULL, false, 3);
    for (int round = 0; round < 1200; round++) {
        cr_assert(eq(int, targets_sink.begin(bench.targets, &bench.err), SERIN_OK));
        cr_assert(
            eq(int, feed(&targets_sink, bench.targets, P1, "90:@-500", &bench.err), SERIN_OK));
        cr_assert(eq(int, series_set_sink.begin(bench.set, &bench.err), SERIN_OK));
        cr_assert(
            eq(int, feed(&series_set_sink, bench.set, S1, "90:1 110:3", &bench.err), SERIN_OK));
        cr_assert(eq(int, feed(&series_set_sink, bench.set, S2, "110:4", &bench.err), SERIN_OK));
    }
    settle_and_book(&bench);
    owned(buffer) counted = describe(&bench);
    cr_assert(eq(str, (char *)buffer_text(counted), "p1 s1/r1 2 | p1 s2/r1 4"));
    bench_close(&bench);
}

Test(prometheus_series, a_value_that_is_no_number_is_an_unreadable_answer)
{
    struct bench bench;
    bench_open(&bench, NULL, false, 2);
    cr_assert(
        eq(int, feed(&series_set_sink, bench.set, S1, "110:abc", &bench.err), SERIN_UNAVAILABLE));
    bench_close(&bench);
}

Test(prometheus_series, memory_that_runs_out_anywhere_is_told)
{
    for (uint64_t nth = 1;; nth++) {
        struct bench bench;
        bench_open(&bench, NULL, false, 10);
        memory_fail_after(nth);
        enum serin_status status =
            feed(&targets_sink, bench.targets, P1, "90:@-9 310:@200", &bench.err);
        status = status == SERIN_OK
                     ? feed(&series_set_sink, bench.set, S1, "90:1 110:3 310:5", &bench.err)
                     : status;
        status = status == SERIN_OK ? series_set_settle(bench.set, &bench.err) : status;
        memory_fail_after(0);
        bench_close(&bench);
        if (status == SERIN_OK) {
            cr_assert(gt(u64, nth, 10));
            return;
        }
        cr_assert(eq(int, status, SERIN_NO_MEMORY), "allocation %d", (int)nth);
    }
}
