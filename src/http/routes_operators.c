#include "base/json_writer.h"
#include "http/observe.h"
#include "http/route.h"

#include <string.h>

void route_metrics(struct service *service, const struct snapshot *snapshot,
                   const struct request *request, struct reply *reply)
{
    bool is_openmetrics = strstr(request->accept, "application/openmetrics-text") != NULL;
    struct serin_error err = {0};
    observe_update(service, snapshot_catalog(snapshot));
    enum serin_status status =
        metrics_render(service_metrics(service),
                       is_openmetrics ? METRICS_OPENMETRICS : METRICS_TEXT, reply->body, &err);
    if (status != SERIN_OK) {
        reply_problem(reply, request, status, &err);
        return;
    }
    reply->content = is_openmetrics ? CONTENT_OPENMETRICS : CONTENT_TEXT;
}

/* Sources that are left alone are told; the service is ready all the same, for the others. */
static void write_failing_sources(struct json_writer *json, const struct catalog *catalog)
{
    json_write_key(json, "failing_sources");
    json_write_array_begin(json);
    for (size_t i = 0; i < catalog_source_count(catalog); i++) {
        struct source_health health = catalog_source_health(catalog, i);
        if (health.state != BREAKER_CLOSED) {
            json_write_text(json, health.name);
        }
    }
    json_write_array_end(json);
}

/* With the sources of `catalog`, unless it is NULL. */
static void write_state(struct reply *reply, const char *state, const struct catalog *catalog)
{
    struct json_writer json;
    json_writer_init(&json, reply->body);
    json_write_object_begin(&json);
    json_field_text(&json, "status", state);
    if (catalog) {
        write_failing_sources(&json, catalog);
    }
    json_write_object_end(&json);
    /* A failure is sticky in the buffer, where the server looks. */
    (void)!json_writer_finish(&json);
}

void route_livez(struct service *service, const struct snapshot *snapshot,
                 const struct request *request, struct reply *reply)
{
    (void)service;
    (void)snapshot;
    (void)request;
    write_state(reply, "alive", NULL);
}

void route_readyz(struct service *service, const struct snapshot *snapshot,
                  const struct request *request, struct reply *reply)
{
    if (service_is_draining(service)) {
        struct serin_error err = {0};
        (void)serin_fail(&err, SERIN_BUSY, "the service is stopping");
        reply_problem(reply, request, SERIN_BUSY, &err);
        return;
    }
    write_state(reply, "ready", snapshot_catalog(snapshot));
}
