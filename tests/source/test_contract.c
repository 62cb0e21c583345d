/* The same expectations of every source: see contract.h. */
#include "source/contract.h"

#include "platform/clock.h"
#include "support/tables_dump.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

extern const struct contract_fixture contract_file;
extern const struct contract_fixture contract_loki;
extern const struct contract_fixture contract_prometheus;
extern const struct contract_fixture contract_store;

static const struct contract_fixture *const fixtures[] = {
    &contract_file,
    &contract_loki,
    &contract_prometheus,
    &contract_store,
};

const struct stream contract_stream = {
    .name = "contract",
    .metric = "labels_total",
    .reference = "reference",
    .label = "label",
    .pod = "pod",
    .arm_label = "hash",
    .matchers = "app=\"contract\"",
    .process_start = "process_start_time_seconds",
    .slices = {"region"},
    .slice_count = 1,
    .block_ms = 60000,
    .retention_ms = INT64_C(86400000),
    .lookback_ms = CONTRACT_WINDOW_MS,
    .stale_after_ms = CONTRACT_WINDOW_MS,
};

#define CANARY "c\"} or up{} #\\"
#define STABLE "{{stable}}' or 1=1 --"
const char *const contract_arms[ARM_COUNT] = {CANARY, STABLE};

/* Halves of minutes within the window: no source's rule for the ends of blocks matters then. */
#define AT(minute) (CONTRACT_NOW_MS - CONTRACT_WINDOW_MS + (minute) * INT64_C(60000) + 30000)

/* ---- the cases ------------------------------------------------------------------------------- */

struct source_case {
    char type[16];
};

/* One for each row of drivers.c. */
static struct criterion_test_params every_source(void)
{
    static struct source_case cases[32];
    size_t count = 0;
    for (const struct source_driver *driver = source_driver_at(0); driver;
         driver = source_driver_at(count)) {
        (void)snprintf(cases[count++].type, sizeof(cases[0].type), "%s", driver->type);
    }
    return cr_make_param_array(struct source_case, cases, count);
}

static const struct contract_fixture *fixture_of(const struct source_case *c)
{
    for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
        if (strcmp(fixtures[i]->type, c->type) == 0) {
            return fixtures[i];
        }
    }
    cr_fatal("source \"%s\" is not held to the contract; give it a fixture as tests/source/"
             "contract.h says",
             c->type);
    return NULL;
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct bench {
    const struct contract_fixture *fixture;
    void *opened;
    struct table_query query;
    struct block_tables *tables;
    struct serin_error err;
};

static void bench_open(struct bench *bench, const struct source_case *c,
                       const struct contract_world *world)
{
    *bench = (struct bench){
        .fixture = fixture_of(c),
        .query = {.stream = &contract_stream,
                  .arms = {CANARY, STABLE},
                  .window_ms = CONTRACT_WINDOW_MS,
                  .now_ms = CONTRACT_NOW_MS,
                  .limits = table_limits_default}
    };
    bench->fixture->open(world, &bench->opened);
}

static enum serin_status bench_fetch(struct bench *bench, int64_t deadline_ms)
{
    block_tables_destroy(bench->tables);
    bench->tables = NULL;
    return source_driver_find(bench->fixture->type)
        ->fetch(bench->fixture->state(bench->opened), &bench->query,
                deadline_after(clock_system(), deadline_ms), &bench->tables, &bench->err);
}

static void bench_close(struct bench *bench)
{
    block_tables_destroy(bench->tables);
    bench->fixture->close(bench->opened);
}

enum { PATIENCE_MS = 60000 };

static void require_fetched(struct bench *bench)
{
    enum serin_status status = bench_fetch(bench, PATIENCE_MS);
    cr_assert(eq(int, status, SERIN_OK), "%s: %s %s", bench->fixture->type, bench->err.field,
              bench->err.detail);
}

static void require_complete(const struct bench *bench)
{
    const char *reason = block_tables_incomplete_reason(bench->tables);
    cr_assert(eq(ptr, (void *)reason, NULL), "%s: %s", bench->fixture->type, reason);
}

static void require_failure(struct bench *bench, enum serin_status wanted, int64_t deadline_ms)
{
    enum serin_status status = bench_fetch(bench, deadline_ms);
    cr_assert(eq(int, status, wanted), "%s: %s", bench->fixture->type, bench->err.detail);
    cr_assert(eq(ptr, bench->tables, NULL), "%s", bench->fixture->type);
    cr_assert(gt(sz, strlen(bench->err.detail), 10), "%s", bench->fixture->type);
}

/* ---- what has to come of a world ------------------------------------------------------------- */

static struct block_tables *count_world(const struct contract_world *world)
{
    struct block_tables *tables = block_tables_create(&table_limits_default);
    for (size_t i = 0; i < world->count; i++) {
        const struct contract_event *event = &world->events[i];
        struct slice_value region = {TEXT_VIEW("region"), text_view_of(event->region)};
        struct block_count count = {
            .arm = strcmp(event->arm, CANARY) == 0 ? ARM_CANARY : ARM_STABLE,
            .pod = text_view_of(event->pod),
            .block_start_ms = block_start(event->time_ms, contract_stream.block_ms),
            .label = text_view_of(event->label),
            .reference = text_view_of(event->reference),
            .has_reference = event->reference != NULL,
            .slices = &region,
            .slice_count = event->region != NULL,
            .count = event->count,
        };
        cr_assert(eq(int, block_tables_add(tables, &count, NULL), SERIN_OK));
    }
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    return tables;
}

/* Texts, blocks and cells; coverage is each source's own. */
static struct buffer *dump_counts(const struct block_tables *tables)
{
    struct buffer *out = buffer_create(64 << 20);
    dump_names(tables, out);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        dump_blocks(tables, (enum arm)arm, out);
        dump_cells(tables, (enum arm)arm, ALL_SLICES, out);
        for (size_t slice = 0; slice < block_tables_slice_count(tables); slice++) {
            dump_cells(tables, (enum arm)arm, slice, out);
        }
    }
    cr_assert(eq(int, buffer_status(out), SERIN_OK));
    return out;
}

static void require_counts(const struct bench *bench, const struct contract_world *world)
{
    owned(block_tables) counted = count_world(world);
    owned(buffer) wanted = dump_counts(counted);
    owned(buffer) got = dump_counts(bench->tables);
    cr_assert(eq(str, (char *)buffer_text(got), (char *)buffer_text(wanted)), "%s",
              bench->fixture->type);
    require_complete(bench);
}

#define EVENTS(list)          .events = (list), .count = sizeof(list) / sizeof((list)[0])
#define WORLD(list)           {EVENTS(list)}
#define WORLD_THAT(list, ...) {EVENTS(list), __VA_ARGS__}

static const struct contract_event ordinary[] = {
    {CANARY, "c1", "a", "a",  "eu", AT(1), 5,  false},
    {CANARY, "c1", "b", "a",  "eu", AT(1), 2,  false},
    {CANARY, "c2", "b", "b",  NULL, AT(3), 40, false},
    {CANARY, "c1", "a", "a",  "us", AT(5), 3,  false},
    {CANARY, "c1", "a", "a",  "eu", AT(8), 7,  false},
    {STABLE, "s1", "a", "a",  "eu", AT(0), 90, false},
    {STABLE, "s1", "b", "b",  "us", AT(2), 80, false},
    {STABLE, "s2", "a", NULL, "us", AT(4), 6,  false},
    {STABLE, "s1", "a", "b",  "eu", AT(9), 1,  false},
};

/* ---- counts ---------------------------------------------------------------------------------- */

ParameterizedTestParameters(contract, counts_are_exact_in_every_cell_block_and_slice)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, counts_are_exact_in_every_cell_block_and_slice)
{
    static const struct contract_world world = WORLD(ordinary);
    struct bench bench;
    bench_open(&bench, c, &world);
    require_fetched(&bench);
    require_counts(&bench, &world);
    bench_close(&bench);
}

ParameterizedTestParameters(contract, the_window_of_a_rollout_begins_with_the_canary)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, the_window_of_a_rollout_begins_with_the_canary)
{
    static const struct contract_world world = WORLD(ordinary);
    static const struct contract_event since[] = {
        {CANARY, "c1", "a", "a",  "eu", AT(1), 5,  false},
        {CANARY, "c1", "b", "a",  "eu", AT(1), 2,  false},
        {CANARY, "c2", "b", "b",  NULL, AT(3), 40, false},
        {CANARY, "c1", "a", "a",  "us", AT(5), 3,  false},
        {CANARY, "c1", "a", "a",  "eu", AT(8), 7,  false},
        {STABLE, "s1", "b", "b",  "us", AT(2), 80, false},
        {STABLE, "s2", "a", NULL, "us", AT(4), 6,  false},
        {STABLE, "s1", "a", "b",  "eu", AT(9), 1,  false},
    };
    static const struct contract_world wanted = WORLD(since);
    struct bench bench;
    bench_open(&bench, c, &world);
    bench.query.since_first_canary = true;
    require_fetched(&bench);
    require_counts(&bench, &wanted);
    bench_close(&bench);
}

ParameterizedTestParameters(contract, an_empty_window_is_an_answer_with_empty_tables)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, an_empty_window_is_an_answer_with_empty_tables)
{
    static const struct contract_event before[] = {
        {CANARY, "c1", "a", "a", "eu", AT(-5), 5, false},
        {STABLE, "s1", "a", "a", "eu", AT(-5), 5, false},
    };
    static const struct contract_world worlds[] = {WORLD(before), {0}};
    for (size_t i = 0; i < 2; i++) {
        for (int rollout = 0; rollout < 2; rollout++) {
            struct bench bench;
            bench_open(&bench, c, &worlds[i]);
            bench.query.since_first_canary = rollout == 1;
            require_fetched(&bench);
            require_complete(&bench);
            for (int arm = 0; arm < ARM_COUNT; arm++) {
                cr_assert(eq(u64, block_tables_events(bench.tables, (enum arm)arm), 0));
            }
            bench_close(&bench);
        }
    }
}

ParameterizedTestParameters(contract, what_comes_late_is_counted_in_its_own_block)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, what_comes_late_is_counted_in_its_own_block)
{
    static const struct contract_event events[] = {
        {CANARY, "c1", "a", "a", "eu", AT(1), 5, false},
        {STABLE, "s1", "a", "a", "eu", AT(8), 9, false},
        {CANARY, "c1", "a", "a", "eu", AT(2), 4, false},
        {STABLE, "s2", "b", "a", "eu", AT(3), 2, false},
    };
    static const struct contract_world early = {.events = events, .count = 2};
    static const struct contract_world late = WORLD(events);
    struct bench bench;
    bench_open(&bench, c, &early);
    require_fetched(&bench);
    require_counts(&bench, &early);
    bench.fixture->show(bench.opened, &late);
    require_fetched(&bench);
    require_counts(&bench, &late);
    bench_close(&bench);
}

ParameterizedTestParameters(contract, a_process_that_begins_anew_loses_and_doubles_nothing)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract,
                  a_process_that_begins_anew_loses_and_doubles_nothing)
{
    static const struct contract_event events[] = {
        {CANARY, "c1", "a", "a", "eu", AT(1), 50, false},
        {CANARY, "c1", "b", "a", "eu", AT(1), 20, false},
        {CANARY, "c1", "a", "a", "eu", AT(4), 3,  true },
        {CANARY, "c1", "b", "a", "eu", AT(6), 4,  false},
        {CANARY, "c1", "a", "a", "eu", AT(8), 1,  true },
        {STABLE, "s1", "a", "a", "eu", AT(2), 90, false},
        {STABLE, "s1", "a", "a", "eu", AT(3), 30, true },
    };
    static const struct contract_world world = WORLD(events);
    struct bench bench;
    bench_open(&bench, c, &world);
    require_fetched(&bench);
    require_counts(&bench, &world);
    bench_close(&bench);
}

/* ---- texts from outside ---------------------------------------------------------------------- */

static const char *const hostile[] = {
    "\"} or vector(1) #",
    "\\",
    "a\\\"b",
    "'; DROP TABLE events; --",
    "{{x}} | json | line_format \"\"",
    "`id` $(id) ${HOME}",
    "%s%n%00%22&query=up",
    "a,b;c\"\"d",
    "<script>alert(1)</script>",
    "\xE2\x80\xAE right to left \xF0\x9F\x98\x80",
    "../../etc/passwd",
    "NaN",
    "null",
    " leading and trailing ",
};
enum { HOSTILE_COUNT = sizeof(hostile) / sizeof(hostile[0]) };

ParameterizedTestParameters(contract, no_text_becomes_more_than_a_text)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, no_text_becomes_more_than_a_text)
{
    struct contract_event events[2 * HOSTILE_COUNT];
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        const char *next = hostile[(i + 1) % HOSTILE_COUNT];
        const char *pod = hostile[i % 3];
        events[i] =
            (struct contract_event){CANARY, pod, hostile[i], next, hostile[i], AT(1), i + 1, false};
        events[HOSTILE_COUNT + i] = (struct contract_event){
            STABLE, pod, next, hostile[i], hostile[i], AT(2), 2 * i + 1, false};
    }
    const struct contract_world world = WORLD(events);
    struct bench bench;
    bench_open(&bench, c, &world);
    require_fetched(&bench);
    require_counts(&bench, &world);
    bench_close(&bench);
}

ParameterizedTestParameters(contract, control_characters_are_counted_as_they_are_or_refused)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract,
                  control_characters_are_counted_as_they_are_or_refused)
{
    static const struct contract_event events[] = {
        {CANARY, "c1", "a\nstable", "a", "eu", AT(1), 5, false},
        {STABLE, "s1", "a\tb\x01",  "a", "eu", AT(1), 5, false},
    };
    static const struct contract_world world = WORLD(events);
    struct bench bench;
    bench_open(&bench, c, &world);
    enum serin_status status = bench_fetch(&bench, PATIENCE_MS);
    if (status == SERIN_OK) {
        require_counts(&bench, &world);
    } else {
        cr_assert(eq(int, status, SERIN_UNAVAILABLE), "%s: %s", c->type, bench.err.detail);
    }
    bench_close(&bench);
}

/* ---- the other side -------------------------------------------------------------------------- */

ParameterizedTestParameters(contract, a_partial_answer_is_never_a_smaller_table)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, a_partial_answer_is_never_a_smaller_table)
{
    static const struct contract_world world = WORLD_THAT(ordinary, .manner = CONTRACT_PARTIAL);
    struct bench bench;
    if (!fixture_of(c)->is_remote) {
        return;
    }
    bench_open(&bench, c, &world);
    enum serin_status status = bench_fetch(&bench, PATIENCE_MS);
    if (status == SERIN_OK) {
        const char *reason = block_tables_incomplete_reason(bench.tables);
        cr_assert(ne(ptr, (void *)reason, NULL), "%s", c->type);
        cr_assert(gt(sz, strlen(reason), 10), "%s", c->type);
    } else {
        cr_assert(eq(int, status, SERIN_UNAVAILABLE), "%s: %s", c->type, bench.err.detail);
    }
    bench_close(&bench);
}

ParameterizedTestParameters(contract, what_ends_early_is_a_failure_wherever_it_ends)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, what_ends_early_is_a_failure_wherever_it_ends)
{
    static const int percents[] = {0, 3, 25, 50, 75, 90, 99};
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        const struct contract_world world =
            WORLD_THAT(ordinary, .manner = CONTRACT_CUT, .cut_percent = percents[i]);
        struct bench bench;
        if (!fixture_of(c)->can_be_cut) {
            return;
        }
        bench_open(&bench, c, &world);
        require_failure(&bench, SERIN_UNAVAILABLE, PATIENCE_MS);
        bench_close(&bench);
    }
}

ParameterizedTestParameters(contract, a_slow_peer_is_waited_for_within_the_deadline)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, a_slow_peer_is_waited_for_within_the_deadline)
{
    static const struct contract_world world = WORLD_THAT(ordinary, .manner = CONTRACT_SLOW);
    struct bench bench;
    if (!fixture_of(c)->is_remote) {
        return;
    }
    bench_open(&bench, c, &world);
    require_fetched(&bench);
    require_counts(&bench, &world);
    require_failure(&bench, SERIN_TIMEOUT, 20);
    bench_close(&bench);
}

ParameterizedTestParameters(contract, a_peer_that_hangs_costs_the_deadline)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, a_peer_that_hangs_costs_the_deadline)
{
    static const struct contract_world world = WORLD_THAT(ordinary, .manner = CONTRACT_HANGS);
    struct bench bench;
    if (!fixture_of(c)->is_remote) {
        return;
    }
    bench_open(&bench, c, &world);
    require_failure(&bench, SERIN_TIMEOUT, 200);
    bench_close(&bench);
}

ParameterizedTestParameters(contract, nothing_is_read_once_the_deadline_has_passed)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, nothing_is_read_once_the_deadline_has_passed)
{
    static const struct contract_world world = WORLD(ordinary);
    struct bench bench;
    bench_open(&bench, c, &world);
    require_failure(&bench, SERIN_TIMEOUT, -1);
    bench_close(&bench);
}

/* ---- floods ---------------------------------------------------------------------------------- */

ParameterizedTestParameters(contract, a_flood_of_labels_is_folded_and_told_or_refused)
{
    return every_source();
}

ParameterizedTest(struct source_case *c, contract, a_flood_of_labels_is_folded_and_told_or_refused)
{
    enum { FLOOD = 3000, ROOM = 100 };
    static struct contract_event events[FLOOD + 1];
    static char labels[FLOOD][16];
    for (size_t i = 0; i < FLOOD; i++) {
        (void)snprintf(labels[i], sizeof(labels[i]), "label-%zu", i);
        events[i] = (struct contract_event){CANARY, "c1", labels[i], "a", "eu", AT(1), 2, false};
    }
    events[FLOOD] = (struct contract_event){STABLE, "s1", "a", "a", "eu", AT(1), 7, false};
    static const struct contract_world world = WORLD(events);
    struct bench bench;
    bench_open(&bench, c, &world);
    bench.query.limits.labels = ROOM;
    enum serin_status status = bench_fetch(&bench, PATIENCE_MS);
    if (status == SERIN_OK) {
        cr_assert(block_tables_capped(bench.tables), "%s", c->type);
        cr_assert(le(sz, block_tables_label_count(bench.tables), ROOM + 1), "%s", c->type);
        cr_assert(eq(u64, block_tables_events(bench.tables, ARM_CANARY), 2 * FLOOD), "%s", c->type);
        cr_assert(eq(u64, block_tables_events(bench.tables, ARM_STABLE), 7), "%s", c->type);
    } else {
        cr_assert(eq(int, status, SERIN_TOO_LARGE), "%s: %s", c->type, bench.err.detail);
    }
    bench_close(&bench);
}
