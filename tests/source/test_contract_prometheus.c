/*
 * The contract's world as a Prometheus shows it: a counter for each series, there from the window's
 * start on and scraped at the halves of minutes at which the contract's events happen.
 */
#include "source/contract.h"
#include "source/prometheus.h"

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
    contract_answer_begin(&writer, body, "matrix", is_partial ? "a store is away" : NULL);
    if (strstr(query, contract_stream.metric)) {
        write_series(&writer, world, query);
    }
    contract_answer_end(&writer);
}

/* ---- the fixture ----------------------------------------------------------------------------- */

static void fixture_open(const struct contract_world *world, void **out)
{
    struct prometheus_options *options = calloc(1, sizeof(*options));
    *options = (struct prometheus_options){
        .scrape_interval_ms = SCRAPE_MS,
        .max_series = 100000,
    };
    *out = contract_remote_open(&prometheus_driver, world, answer, options, &options->peer);
}

extern const struct contract_fixture contract_prometheus;
const struct contract_fixture contract_prometheus = {
    .type = "prometheus",
    .is_remote = true,
    .can_be_cut = true,
    .open = fixture_open,
    .state = contract_remote_state,
    .show = contract_remote_show,
    .close = contract_remote_close,
};
