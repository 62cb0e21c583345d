/*
 * The table of routes of a listener: the only place that knows which path leads where.
 */
#ifndef SERIN_HTTP_ROUTE_H
#define SERIN_HTTP_ROUTE_H

#include "http/auth.h"
#include "http/request.h"
#include "http/service.h"

#include <stdbool.h>
#include <stddef.h>

struct route {
    const char *method;
    const char *pattern; /* "/v1/streams/{name}/tables"; at most one {…}, one segment */
    void (*handle)(struct service *service, const struct snapshot *snapshot,
                   const struct request *request, struct reply *reply);
    enum right right;  /* needed on some stream; which stream is the handler's affair */
    size_t body_limit; /* bytes; 0: none is read */

    /* Reads query or body into request->document, before the lane is asked for. Its failure is a
       400. NULL: the handler reads what it needs. */
    enum serin_status (*parse)(struct request *request, struct serin_error *err);
    /* The lane of workers whose turn it is, see http/lanes.h. NULL, here or as its result: the
       handler cannot wait and runs where the bytes are moved. */
    const char *(*lane)(const struct snapshot *snapshot, const struct request *request);
    enum failure_form failure; /* how failures are told, also those before its handler's turn */
    const char *help;
};

struct route_table {
    const struct route *routes;
    size_t count;
};

extern const struct route_table public_routes;
extern const struct route_table operator_routes;

/*
 * The route of a request, with what {…} matched in `parameter`. SERIN_NOT_FOUND when no pattern
 * fits the path; SERIN_CONFLICT when one does, but for other methods (a 405): `*out_allowed` then
 * lists them.
 */
SERIN_MUST_CHECK enum serin_status route_find(const struct route_table *table, const char *method,
                                              const char *path, const struct route **out,
                                              char *parameter, size_t parameter_size,
                                              char *out_allowed, size_t allowed_size);

/* routes_analysis.c, routes_events.c, routes_logs.c, routes_streams.c, routes_operators.c */
typedef void route_handler(struct service *service, const struct snapshot *snapshot,
                           const struct request *request, struct reply *reply);
route_handler route_analysis;
route_handler route_events_post;
route_handler route_logs_post;
route_handler route_streams_list;
route_handler route_streams_tables;
route_handler route_openapi;
route_handler route_metrics;
route_handler route_livez;
route_handler route_readyz;

/* route_read.c: the steps of a route before its handler's turn. */
enum serin_status route_parse_query(struct request *request, struct serin_error *err);
enum serin_status route_parse_body(struct request *request, struct serin_error *err);
const char *route_lane_of_document(const struct snapshot *snapshot, const struct request *request);
const char *route_lane_of_parameter(const struct snapshot *snapshot, const struct request *request);
const char *route_lane_of_events(const struct snapshot *snapshot, const struct request *request);

#endif
