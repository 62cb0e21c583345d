#include "http/route.h"
#include "platform/json.h"
#include "platform/query.h"

/* Pushes wait for the disk only, so they have a lane that no source can be called. */
static const char events_lane[] = "";

enum serin_status route_parse_query(struct request *request, struct serin_error *err)
{
    return query_parse(request->query, &document_limits_request, &request->document, err);
}

enum serin_status route_parse_body(struct request *request, struct serin_error *err)
{
    if (request->query.length > 0) {
        return serin_fail(err, SERIN_INVALID,
                          "a POST takes its fields from the body, none from the query");
    }
    return json_parse(request->body, &document_limits_request, &request->document, err);
}

/* A stream that does not exist is refused at once: nothing has to be waited for. */
static const char *lane_of_stream(const struct snapshot *snapshot, const char *name)
{
    const struct catalog_stream *stream = NULL;
    enum serin_status status = catalog_stream_find(snapshot_catalog(snapshot), name, &stream, NULL);
    return status == SERIN_OK ? stream->stream.source : NULL;
}

const char *route_lane_of_document(const struct snapshot *snapshot, const struct request *request)
{
    const char *name = NULL;
    enum serin_status status = spec_stream_name(document_root(request->document), &name, NULL);
    return status == SERIN_OK ? lane_of_stream(snapshot, name) : NULL;
}

const char *route_lane_of_parameter(const struct snapshot *snapshot, const struct request *request)
{
    return lane_of_stream(snapshot, request->parameter);
}

const char *route_lane_of_events(const struct snapshot *snapshot, const struct request *request)
{
    (void)snapshot;
    (void)request;
    return events_lane;
}
