/*
 * The contract's world as a Prometheus shows it: a counter for each series, there from the window's
 * start on and scraped at the halves of minutes at which the contract's events happen.
 */
#include "base/json_writer.h"
#include "source/contract.h"
#include "source/prometheus.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRAPE_MS = 30000 };

/* ---- answers --------------------------------------------------------------------------------- */

static void write_sample(struct json_writer *writer, int64_t time_ms, uint64_t value)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%lld.%03lld", (long long)(time_ms / 1000),
                   (long long)(time_ms % 1000));
    json_write_array_begin(writer);
    json_write_raw(writer, text_view_of(text));
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    json_write_text(writer, text);
    json_write_array_end(writer);
}

static void write_labels(struct json_writer *writer, const struct contract_event *event)
{
    json_write_key(writer, "metric");
    json_write_object_begin(writer);
    json_field_text(writer, "pod", event->pod);
    json_field_text(writer, "label", event->label);
    if (event->reference) {
        json_field_text(writer, "reference", event->reference);
    }
    if (event->region) {
        json_field_text(writer, "region", event->region);
    }
    json_field_text(writer, "hash", event->arm);
    json_write_object_end(writer);
}

/* Adds what happened to the pod of series `first` from event `*next` up to a scrape. */
static void count_until(const struct contract_world *world, const size_t *groups, size_t first,
                        int64_t time_ms, size_t *next, uint64_t *value)
{
    for (; *next < world->count; (*next)++) {
        const struct contract_event *event = &world->events[*next];
        bool is_of_pod =
            groups[*next] != SIZE_MAX && strcmp(event->pod, world->events[first].pod) == 0;
        if (is_of_pod && event->time_ms > time_ms) {
            return;
        }
        *value = is_of_pod && event->restarted ? 0 : *value;
        *value += groups[*next] == first ? event->count : 0;
    }
}

static void write_samples(struct json_writer *writer, const struct contract_world *world,
                          const size_t *groups, size_t first)
{
    size_t next = 0;
    uint64_t value = 0;
    json_write_key(writer, "values");
    json_write_array_begin(writer);
    for (int64_t time_ms = CONTRACT_NOW_MS - CONTRACT_WINDOW_MS - SCRAPE_MS;
         time_ms <= CONTRACT_NOW_MS; time_ms += SCRAPE_MS) {
        count_until(world, groups, first, time_ms, &next, &value);
        write_sample(writer, time_ms, value);
    }
    json_write_array_end(writer);
}

static void write_series(struct json_writer *writer, const struct contract_world *world,
                         const char *query)
{
    char arm[CONTRACT_VALUE_MAX];
    size_t *groups = calloc(world->count + 1, sizeof(*groups));
    contract_group(world, contract_literal_after(query, "hash=", arm), groups);
    for (size_t i = 0; i < world->count; i++) {
        if (groups[i] == i) {
            json_write_object_begin(writer);
            write_labels(writer, &world->events[i]);
            write_samples(writer, world, groups, i);
            json_write_object_end(writer);
        }
    }
    free(groups);
}

static void answer(const struct contract_world *world, const char *form, bool is_partial,
                   struct buffer *body)
{
    char query[CONTRACT_VALUE_MAX];
    struct json_writer writer;
    (void)contract_form_value(form, "query", query);
    json_writer_init(&writer, body);
    json_write_object_begin(&writer);
    json_field_text(&writer, "status", "success");
    if (is_partial) {
        json_write_key(&writer, "warnings");
        json_write_array_begin(&writer);
        json_write_text(&writer, "a store is away");
        json_write_array_end(&writer);
    }
    json_write_key(&writer, "data");
    json_write_object_begin(&writer);
    json_field_text(&writer, "resultType", "matrix");
    json_write_key(&writer, "result");
    json_write_array_begin(&writer);
    if (strstr(query, contract_stream.metric)) {
        write_series(&writer, world, query);
    }
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    json_write_object_end(&writer);
    cr_assert(json_writer_finish(&writer) == SERIN_OK);
}

/* ---- the fixture ----------------------------------------------------------------------------- */

struct fixture {
    struct prometheus_options options;
    struct contract_peer *peer;
    void *state;
};

static void fixture_open(const struct contract_world *world, void **out)
{
    struct serin_error err = {.status = SERIN_OK};
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->peer = contract_peer_start(world, answer);
    fixture->options = (struct prometheus_options){
        .peer = {.url = (char *)contract_peer_url(fixture->peer),
                 .timeout_ms = 60000,
                 .max_bytes = 64 << 20},
        .scrape_interval_ms = SCRAPE_MS,
        .max_series = 100000,
    };
    cr_assert(prometheus_driver.open("contract", &fixture->options, &fixture->state, &err) ==
                  SERIN_OK,
              "%s", err.detail);
    *out = fixture;
}

static void *fixture_state(void *fixture)
{
    return ((struct fixture *)fixture)->state;
}

static void fixture_show(void *fixture, const struct contract_world *world)
{
    contract_peer_show(((struct fixture *)fixture)->peer, world);
}

static void fixture_close(void *context)
{
    struct fixture *fixture = context;
    prometheus_driver.close(fixture->state);
    contract_peer_stop(fixture->peer);
    free(fixture);
}

extern const struct contract_fixture contract_prometheus;
const struct contract_fixture contract_prometheus = {
    .type = "prometheus",
    .is_remote = true,
    .can_be_cut = true,
    .open = fixture_open,
    .state = fixture_state,
    .show = fixture_show,
    .close = fixture_close,
};
