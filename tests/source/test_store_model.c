/* The store against a slow model that keeps every accepted event and counts them anew each time. */
#include "support/random.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

enum { EVENTS_MAX = 20000, BATCHES_MAX = 400, BATCH_EVENTS = 40 };

static const char *const arm_texts[] = {"canary", "stable", "third"};
static const char *const pod_texts[] = {"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"};
static const char *const label_texts[] = {"a", "b", "c", "other", "e"};
static const char *const region_texts[] = {"eu", "us"};

struct model {
    const struct stream *stream;
    struct brief events[EVENTS_MAX]; /* accepted ones, in order */
    char keys[EVENTS_MAX][24];
    size_t count;
    size_t batch_starts[BATCHES_MAX + 1]; /* where each accepted batch begins in `events` */
    size_t batches;
};

static int64_t bucket_of(const struct brief *event)
{
    return block_start(event->time_ms, MINUTE_MS);
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The first reference that was ever given for the event's item; its own where it has no key. */
static const char *reference_of(const struct model *model, const struct brief *event)
{
    if (!model->stream->keyed || !event->key) {
        return event->reference;
    }
    for (size_t i = 0; i < model->count; i++) {
        if (is_same(model->events[i].key, event->key) && model->events[i].reference) {
            return model->events[i].reference;
        }
    }
    return NULL;
}

/* ---- what the tables should be --------------------------------------------------------------- */

/* Whether the pod had an event in that bucket since the window began. */
static bool is_inside(const struct model *model, const struct brief *event, int64_t start_ms,
                      int64_t end_ms)
{
    if (bucket_of(event) >= end_ms) {
        return false;
    }
    for (size_t i = 0; i < model->count; i++) {
        const struct brief *other = &model->events[i];
        if (other->label && other->time_ms >= start_ms && is_same(other->arm, event->arm) &&
            is_same(other->pod, event->pod) && bucket_of(other) == bucket_of(event)) {
            return true;
        }
    }
    return false;
}

struct expectation {
    const struct model *model;
    struct block_tables *tables;
    int64_t start_ms;
    int64_t end_ms;
    int64_t width_ms[ARM_COUNT];
};

static bool belongs(const struct expectation *expected, const struct brief *event, int arm)
{
    return event->label && is_same(event->arm, arm_texts[arm]) &&
           is_inside(expected->model, event, expected->start_ms, expected->end_ms);
}

static void cover(struct expectation *expected, int arm)
{
    struct arm_coverage coverage = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    bool seen[ARRAY_LENGTH(pod_texts)] = {false};
    size_t pods = 0;
    for (size_t i = 0; i < expected->model->count; i++) {
        const struct brief *event = &expected->model->events[i];
        if (!belongs(expected, event, arm)) {
            continue;
        }
        size_t pod = (size_t)(event->pod[1] - '0');
        pods += !seen[pod];
        seen[pod] = true;
        coverage.first_ms = event->time_ms < coverage.first_ms ? event->time_ms : coverage.first_ms;
        coverage.last_ms = event->time_ms > coverage.last_ms ? event->time_ms : coverage.last_ms;
    }
    coverage = pods > 0 ? coverage : (struct arm_coverage){0};
    block_tables_set_coverage(expected->tables, (enum arm)arm, &coverage);
    expected->width_ms[arm] = block_width_ms(MINUTE_MS, expected->start_ms, expected->end_ms, pods);
}

static void expect_event(struct expectation *expected, const struct brief *event, int arm)
{
    const char *reference = reference_of(expected->model, event);
    struct slice_value slice = {TEXT_VIEW("region"), text_view_of(event->region)};
    struct block_count count = {
        .arm = (enum arm)arm,
        .pod = text_view_of(event->pod),
        .block_start_ms = block_start(bucket_of(event), expected->width_ms[arm]),
        .label = text_view_of(event->label),
        .reference = text_view_of(reference),
        .has_reference = reference != NULL,
        .slices = &slice,
        .slice_count = event->region != NULL,
        .count = event->count,
    };
    struct serin_error err = {0};
    require_ok(block_tables_add(expected->tables, &count, &err), &err);
}

/* The first event of an item that an arm labelled. */
static const struct brief *first_of(const struct model *model, const char *key, const char *arm)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct brief *event = &model->events[i];
        if (event->label && is_same(event->key, key) && is_same(event->arm, arm)) {
            return event;
        }
    }
    return NULL;
}

static void expect_pair(struct expectation *expected, const struct brief *canary)
{
    const struct brief *stable = first_of(expected->model, canary->key, "stable");
    bool is_first = first_of(expected->model, canary->key, "canary") == canary;
    if (!is_first || !stable || bucket_of(canary) + MINUTE_MS <= expected->start_ms ||
        bucket_of(canary) >= expected->end_ms) {
        return;
    }
    const char *reference = reference_of(expected->model, canary);
    struct paired_count pair = {
        .pod = text_view_of(canary->pod),
        .block_start_ms = block_start(bucket_of(canary), expected->width_ms[ARM_CANARY]),
        .canary_label = text_view_of(canary->label),
        .stable_label = text_view_of(stable->label),
        .reference = text_view_of(reference),
        .has_reference = reference != NULL,
        .count = 1,
    };
    struct serin_error err = {0};
    require_ok(block_tables_add_paired(expected->tables, &pair, &err), &err);
}

static void expect_all(struct expectation *expected)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        cover(expected, arm);
        for (size_t i = 0; i < expected->model->count; i++) {
            const struct brief *event = &expected->model->events[i];
            if (belongs(expected, event, arm)) {
                expect_event(expected, event, arm);
            }
        }
    }
    for (size_t i = 0; i < expected->model->count && expected->model->stream->keyed; i++) {
        const struct brief *event = &expected->model->events[i];
        if (event->label && event->key && is_same(event->arm, "canary")) {
            expect_pair(expected, event);
        }
    }
}

static void check_window(struct store *store, const struct model *model,
                         const struct table_query *query)
{
    struct serin_error err = {0};
    owned(block_tables) found = NULL;
    require_ok(store_fetch(store, query, &found, &err), &err);
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    struct expectation expected = {.model = model,
                                   .tables = tables,
                                   .start_ms = block_tables_window_start_ms(found),
                                   .end_ms = query->now_ms + 1};
    expect_all(&expected);
    block_tables_set_window(tables, expected.start_ms, expected.end_ms);
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    owned_memory char *wanted = tables_dump(tables);
    owned_memory char *got = tables_dump(found);
    cr_assert(eq(str, got, wanted));
}

static void check(struct store *store, const struct model *model, struct random *random,
                  int64_t now_ms)
{
    static const int64_t windows_ms[] = {DAY_MS, 3 * HOUR_MS, HOUR_MS, 7 * MINUTE_MS + 1234};
    struct table_query query = {
        .stream = model->stream,
        .arms = {"canary", "stable"},
        .since_first_canary = random_below(random, 3) == 0,
        .window_ms = windows_ms[random_below(random, ARRAY_LENGTH(windows_ms))],
        .now_ms = now_ms,
        .paired = model->stream->keyed,
        .limits = table_limits_default,
    };
    check_window(store, model, &query);
}

/* ---- random histories ------------------------------------------------------------------------ */

#define PICK(random, texts) (texts)[random_below((random), ARRAY_LENGTH(texts))]

static struct brief make_event(struct model *model, struct random *random, int64_t now_ms)
{
    size_t arm = random_below(random, 8) == 0 ? 2 : random_below(random, 2);
    int64_t spread_ms = random_below(random, 3) == 0 ? 5 * HOUR_MS : 10 * MINUTE_MS;
    struct brief event = {
        .stream = model->stream,
        .arm = arm_texts[arm],
        .pod = pod_texts[random_below(random, arm == 0 ? 2 : ARRAY_LENGTH(pod_texts))],
        .label = PICK(random, label_texts),
        .reference = random_below(random, 3) > 0 ? PICK(random, label_texts) : NULL,
        .region = !model->stream->keyed && random_below(random, 3) == 0 ? PICK(random, region_texts)
                                                                        : NULL,
        .time_ms = now_ms - (int64_t)random_below(random, (size_t)spread_ms),
        .count = random_below(random, 5) == 0 ? 1 + random_below(random, 1000) : 1,
    };
    if (random_below(random, 10) == 0) {
        event.time_ms = now_ms + (int64_t)random_below(random, 20 * MINUTE_MS);
    }
    char *key = model->keys[model->count];
    (void)snprintf(key, sizeof(model->keys[0]), "k%zu", random_below(random, 3000));
    event.key = random_below(random, 6) > 0 ? key : NULL;
    if (model->stream->keyed && event.key && random_below(random, 4) == 0) {
        event.label = NULL;
        event.reference = PICK(random, label_texts);
    }
    return event;
}

static void name_batch(size_t batch, char out[static 32])
{
    (void)snprintf(out, 32, "batch-%zu", batch);
}

static void append_new(struct store *store, struct model *model, struct random *random,
                       int64_t now_ms)
{
    char name[32];
    size_t start = model->count;
    for (size_t i = 1 + random_below(random, BATCH_EVENTS); i > 0; i--) {
        struct brief event = make_event(model, random, now_ms);
        model->events[model->count++] = event;
    }
    name_batch(model->batches, name);
    model->batch_starts[model->batches++] = start;
    model->batch_starts[model->batches] = model->count;
    struct append_result result =
        append_briefs(store, name, &model->events[start], model->count - start);
    cr_assert(eq(u64, result.accepted, model->count - start));
    cr_assert(eq(int, result.duplicate, 0));
}

static void append_again(struct store *store, const struct model *model, struct random *random)
{
    char name[32];
    size_t batch = random_below(random, model->batches);
    size_t start = model->batch_starts[batch];
    size_t count = model->batch_starts[batch + 1] - start;
    name_batch(batch, name);
    struct append_result result = append_briefs(store, name, &model->events[start], count);
    cr_assert(eq(u64, result.accepted, count));
    cr_assert(eq(int, result.duplicate, 1));
}

static void tend(struct store *store, struct random *random)
{
    struct serin_error err = {0};
    if (random_below(random, 2) == 0) {
        require_ok(store_checkpoint(store, &err), &err);
    } else {
        require_ok(store_maintain(store, &err), &err);
    }
}

static void live(struct model *model, uint64_t seed, bool time_passes)
{
    struct random random = {seed};
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_store(temp_path("m.db"), &clock);
    for (int step = 0; step < 160; step++) {
        int64_t now_ms = clock.now.unix_ms;
        switch (random_below(&random, 10)) {
        case 0:
            store_close(store);
            store = open_store(temp_path("m.db"), &clock);
            break;
        case 1:
            tend(store, &random);
            break;
        case 2:
            if (model->batches > 0) {
                append_again(store, model, &random);
            }
            break;
        case 3:
            check(store, model, &random, now_ms);
            break;
        case 4:
            if (time_passes) {
                fake_clock_advance(&clock, (int64_t)random_below(&random, HOUR_MS));
            }
            break;
        default:
            append_new(store, model, &random, now_ms);
        }
    }
    check(store, model, &random, clock.now.unix_ms);
    store_close(store);
    store = open_store(temp_path("m.db"), &clock);
    check(store, model, &random, clock.now.unix_ms);
    store_close(store);
}

ParameterizedTestParameters(store_model, counts_what_was_accepted_once)
{
    static uint64_t seeds[] = {1, 2, 3, 4};
    return cr_make_param_array(uint64_t, seeds, ARRAY_LENGTH(seeds));
}

ParameterizedTest(uint64_t *seed, store_model, counts_what_was_accepted_once)
{
    static struct model model = {.stream = &plain_stream};
    live(&model, *seed, true);
}

ParameterizedTestParameters(store_model, joins_references_and_arms_by_item)
{
    static uint64_t seeds[] = {11, 12, 13, 14};
    return cr_make_param_array(uint64_t, seeds, ARRAY_LENGTH(seeds));
}

ParameterizedTest(uint64_t *seed, store_model, joins_references_and_arms_by_item)
{
    static struct model model = {.stream = &keyed_stream};
    live(&model, *seed, false);
}
