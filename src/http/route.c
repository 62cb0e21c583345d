#include "http/route.h"

#include <stdio.h>
#include <string.h>

enum { REQUEST_BODY_MAX = 64 * 1024, BATCH_BODY_MAX = 8 * 1024 * 1024 };

static const struct route public_route_rows[] = {
    {.method = "GET",
     .pattern = "/v1/analysis",
     .handle = route_analysis,
     .right = RIGHT_ANALYZE,
     .parse = route_parse_query,
     .lane = route_lane_of_document,
     .help = "Judge a canary; the question in query parameters"},
    {.method = "POST",
     .pattern = "/v1/analysis",
     .handle = route_analysis,
     .right = RIGHT_ANALYZE,
     .body_limit = REQUEST_BODY_MAX,
     .parse = route_parse_body,
     .lane = route_lane_of_document,
     .help = "Judge a canary; the question as a JSON object"},
    {.method = "POST",
     .pattern = "/v1/events",
     .handle = route_events_post,
     .right = RIGHT_PUSH,
     .body_limit = BATCH_BODY_MAX,
     .lane = route_lane_of_events,
     .help = "Push label events as NDJSON or CloudEvents; gzip allowed"},
    {.method = "POST",
     .pattern = "/v1/logs",
     .handle = route_logs_post,
     .right = RIGHT_PUSH,
     .body_limit = BATCH_BODY_MAX,
     .lane = route_lane_of_events,
     .failure = FAILURE_STATUS,
     .help = "Push label events in OTLP logs as JSON; gzip allowed"},
    {.method = "GET",
     .pattern = "/v1/streams",
     .handle = route_streams_list,
     .right = RIGHT_READ,
     .help = "List the streams"},
    {.method = "GET",
     .pattern = "/v1/streams/{name}/tables",
     .handle = route_streams_tables,
     .right = RIGHT_READ,
     .lane = route_lane_of_parameter,
     .help = "The contingency tables behind a question"},
    {.method = "GET",
     .pattern = "/openapi.json",
     .handle = route_openapi,
     .help = "This API as OpenAPI 3.1"},
};
const struct route_table public_routes = {public_route_rows, ARRAY_LENGTH(public_route_rows)};

static const struct route operator_route_rows[] = {
    {.method = "GET",
     .pattern = "/metrics",
     .handle = route_metrics,
     .help = "Metrics for Prometheus"      },
    {.method = "GET",
     .pattern = "/livez",
     .handle = route_livez,
     .help = "Whether the process is alive"},
    {.method = "GET",
     .pattern = "/readyz",
     .handle = route_readyz,
     .help = "Whether it takes requests"   },
};
const struct route_table operator_routes = {operator_route_rows, ARRAY_LENGTH(operator_route_rows)};

/* Copies what the pattern's {…} stands for; false when the path does not fit. */
static bool match(const char *pattern, const char *path, char *parameter, size_t size)
{
    const char *open = strchr(pattern, '{');
    if (!open) {
        return strcmp(pattern, path) == 0;
    }
    size_t before = (size_t)(open - pattern);
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    const char *value = path + before;
    size_t length = strcspn(value, "/");
    const char *after = strchr(open, '}') + 1;
    if (length == 0 || length >= size || strcmp(value + length, after) != 0) {
        return false;
    }
    memcpy(parameter, value, length);
    parameter[length] = '\0';
    return true;
}

static bool answers_method(const struct route *route, const char *method)
{
    bool is_head = strcmp(method, "HEAD") == 0;
    return strcmp(route->method, is_head ? "GET" : method) == 0;
}

static void add_allowed(char *allowed, size_t size, const char *method)
{
    size_t used = strlen(allowed);
    (void)snprintf(allowed + used, size - used, "%s%s", used > 0 ? ", " : "", method);
}

enum serin_status route_find(const struct route_table *table, const char *method, const char *path,
                             const struct route **out, char *parameter, size_t parameter_size,
                             char *out_allowed, size_t allowed_size)
{
    out_allowed[0] = '\0';
    for (size_t i = 0; i < table->count; i++) {
        const struct route *route = &table->routes[i];
        if (!match(route->pattern, path, parameter, parameter_size)) {
            continue;
        }
        if (answers_method(route, method)) {
            *out = route;
            return SERIN_OK;
        }
        add_allowed(out_allowed, allowed_size, route->method);
    }
    return out_allowed[0] ? SERIN_CONFLICT : SERIN_NOT_FOUND;
}
