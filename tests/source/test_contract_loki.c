/* The contract's world as a Loki shows it: a line for each label event. */
#include "source/contract.h"
#include "source/loki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NS_PER_MS = 1000000 };

static int64_t number_in(const char *form, const char *name)
{
    char text[CONTRACT_VALUE_MAX];
    return strtoll(contract_form_value(form, name, text), NULL, 10);
}

static void write_text_field(struct json_writer *writer, const char *name, const char *text)
{
    if (text) {
        json_field_text(writer, name, text);
    }
}

/* ---- counts ---------------------------------------------------------------------------------- */

/* A metric query's evaluations, as the form and the query say. */
struct span {
    int64_t first_ms;
    int64_t last_ms;
    int64_t step_ms;
    int64_t range_ms;
};

static struct span read_span(const char *form, const char *query)
{
    struct span span = {.first_ms = number_in(form, "start") / NS_PER_MS,
                        .last_ms = number_in(form, "end") / NS_PER_MS,
                        .step_ms = number_in(form, "step")};
    span.range_ms = strtoll(strrchr(query, '[') + 1, NULL, 10);
    return span;
}

static uint64_t count_before(const struct contract_world *world, const size_t *groups, size_t first,
                             int64_t time_ms, int64_t range_ms)
{
    uint64_t count = 0;
    for (size_t i = first; i < world->count; i++) {
        const struct contract_event *event = &world->events[i];
        bool is_within = event->time_ms >= time_ms - range_ms && event->time_ms < time_ms;
        count += groups[i] == first && is_within ? event->count : 0;
    }
    return count;
}

static void write_counts(struct json_writer *writer, const struct contract_world *world,
                         const size_t *groups, size_t first, const struct span *span)
{
    const struct contract_event *event = &world->events[first];
    json_write_object_begin(writer);
    json_write_key(writer, "metric");
    json_write_object_begin(writer);
    write_text_field(writer, "pod", event->pod);
    write_text_field(writer, "label", event->label);
    write_text_field(writer, "reference", event->reference);
    write_text_field(writer, "region", event->region);
    json_write_object_end(writer);
    json_write_key(writer, "values");
    json_write_array_begin(writer);
    for (int64_t time_ms = span->first_ms; time_ms <= span->last_ms; time_ms += span->step_ms) {
        uint64_t count = count_before(world, groups, first, time_ms, span->range_ms);
        char text[64];
        if (count > 0) {
            (void)snprintf(text, sizeof(text), "[%lld.%03lld,\"%llu\"]",
                           (long long)(time_ms / 1000), (long long)(time_ms % 1000),
                           (unsigned long long)count);
            json_write_raw(writer, text_view_of(text));
        }
    }
    json_write_array_end(writer);
    json_write_object_end(writer);
}

static bool is_counted(const struct contract_world *world, const size_t *groups, size_t first,
                       const struct span *span)
{
    return groups[first] == first &&
           count_before(world, groups, first, span->last_ms,
                        span->last_ms - span->first_ms + span->range_ms) > 0;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool is_among(const struct contract_event *event, const char *form)
{
    int64_t time_ns = event->time_ms * NS_PER_MS;
    return time_ns >= number_in(form, "start") && time_ns < number_in(form, "end");
}

/* The first or the last line of an arm; a source that asks for more is not known to this double. */
static void write_line(struct json_writer *writer, const struct contract_world *world,
                       const size_t *groups, const char *form)
{
    char direction[CONTRACT_VALUE_MAX];
    char text[64];
    const struct contract_event *found = NULL;
    bool is_backward = contract_form_value(form, "direction", direction)[0] == 'b';
    for (size_t i = 0; i < world->count; i++) {
        const struct contract_event *event = &world->events[i];
        bool is_better = !found || (is_backward ? event->time_ms > found->time_ms
                                                : event->time_ms < found->time_ms);
        found = groups[i] != SIZE_MAX && is_among(event, form) && is_better ? event : found;
    }
    if (found) {
        json_write_object_begin(writer);
        json_write_key(writer, "stream");
        json_write_object_begin(writer);
        json_field_text(writer, "pod", found->pod);
        json_write_object_end(writer);
        json_write_key(writer, "values");
        (void)snprintf(text, sizeof(text), "[[\"%lld000000\",\"{}\"]]", (long long)found->time_ms);
        json_write_raw(writer, text_view_of(text));
        json_write_object_end(writer);
    }
}

static void write_result(struct json_writer *writer, const struct contract_world *world,
                         const char *form, const char *query)
{
    char arm[CONTRACT_VALUE_MAX];
    size_t *groups = calloc(world->count + 1, sizeof(*groups));
    contract_group(world, contract_literal_after(query, "hash=", arm), groups);
    if (strstr(form, "direction=")) {
        write_line(writer, world, groups, form);
    } else {
        struct span span = read_span(form, query);
        for (size_t i = 0; i < world->count; i++) {
            if (is_counted(world, groups, i, &span)) {
                write_counts(writer, world, groups, i, &span);
            }
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
    const char *type = strstr(form, "direction=") ? "streams" : "matrix";
    contract_answer_begin(&writer, body, type, is_partial ? "an ingester is away" : NULL);
    write_result(&writer, world, form, query);
    contract_answer_end(&writer);
}

/* ---- the fixture ----------------------------------------------------------------------------- */

static void fixture_open(const struct contract_world *world, void **out)
{
    struct loki_options *options = calloc(1, sizeof(*options));
    *options = (struct loki_options){
        .max_series = 100000,
        .max_lines = 100000,
        .page = 5000,
    };
    *out = contract_remote_open(&loki_driver, world, answer, options, &options->peer);
}

extern const struct contract_fixture contract_loki;
const struct contract_fixture contract_loki = {
    .type = "loki",
    .is_remote = true,
    .can_be_cut = true,
    .open = fixture_open,
    .state = contract_remote_state,
    .show = contract_remote_show,
    .close = contract_remote_close,
};
