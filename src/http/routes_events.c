#include "analysis/cloud_events.h"
#include "analysis/ingest.h"
#include "base/json_writer.h"
#include "base/media_type.h"
#include "http/observe.h"
#include "http/push.h"
#include "http/route.h"

/* What a body holds, by its Content-Type and headers. */
enum form { FORM_LINES, FORM_STRUCTURED, FORM_BATCHED, FORM_BINARY, FORM_UNKNOWN };

/* Counted of one body: events acknowledged, and those of them that had been counted before. */
struct counted {
    uint64_t accepted;
    uint64_t repeated;
};

/* Whether every event had been counted before. */
static bool is_duplicate(const struct counted *counted)
{
    return counted->repeated > 0 && counted->repeated == counted->accepted;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* A sender whose name came out empty believes that it may safely send again. */
static enum serin_status check_key(const struct request *request, struct serin_error *err)
{
    if (!request->idempotency_key || request->idempotency_key[0] != '\0') {
        return SERIN_OK;
    }
    serin_error_at(err, "Idempotency-Key");
    return serin_fail(err, SERIN_INVALID,
                      "empty, so a repeat could not be told from a new batch; give the batch a "
                      "name of its own, or leave the header out");
}

static enum serin_status take_lines(struct service *service, const struct snapshot *snapshot,
                                    const struct request *request, struct counted *out,
                                    struct serin_error *err)
{
    struct ingest_request lines = push_request(service, request);
    struct append_result result = {0};
    owned(ingest) ingest = NULL;
    TRY(check_key(request, err));
    TRY(ingest_create(snapshot_catalog(snapshot), service_store(service), &lines, &ingest, err));
    if (request->body.length > 0) {
        TRY(ingest_push(ingest, request->body.start, request->body.length, err));
    }
    TRY(ingest_finish(ingest, &result, err));
    *out = (struct counted){result.accepted, result.duplicate ? result.accepted : 0};
    return SERIN_OK;
}

/* ---- CloudEvents ----------------------------------------------------------------------------- */

static bool is_binary(const struct request *request)
{
    return request->cloud_event.specversion || request->cloud_event.id;
}

static enum form form_of(const struct request *request)
{
    static const struct text_view family = TEXT_VIEW("application/cloudevents");
    struct text_view type = text_view_of(request->content_type);
    if (media_type_is(type, "application/cloudevents+json")) {
        return FORM_STRUCTURED;
    }
    if (media_type_is(type, "application/cloudevents-batch+json")) {
        return FORM_BATCHED;
    }
    if (text_starts_with(type, family)) {
        return FORM_UNKNOWN;
    }
    if (!is_binary(request)) {
        return FORM_LINES;
    }
    return type.length == 0 || media_type_is_json(type) ? FORM_BINARY : FORM_UNKNOWN;
}

static enum serin_status take_cloud_events(struct service *service, const struct snapshot *snapshot,
                                           const struct request *request,
                                           enum cloud_event_mode mode, struct counted *out,
                                           struct serin_error *err)
{
    struct ingest_request sender = push_request(service, request);
    struct cloud_events_request events = {
        .mode = mode, .headers = &request->cloud_event, .body = request->body, .about = &sender};
    struct cloud_events_result result = {0};
    TRY(cloud_events_ingest(snapshot_catalog(snapshot), service_store(service), &events, &result,
                            err));
    *out = (struct counted){result.accepted, result.repeated};
    return SERIN_OK;
}

static enum serin_status take_body(struct service *service, const struct snapshot *snapshot,
                                   const struct request *request, struct counted *out,
                                   struct serin_error *err)
{
    switch (form_of(request)) {
    case FORM_LINES:
        return take_lines(service, snapshot, request, out, err);
    case FORM_STRUCTURED:
        return take_cloud_events(service, snapshot, request, CLOUD_EVENT_STRUCTURED, out, err);
    case FORM_BATCHED:
        return take_cloud_events(service, snapshot, request, CLOUD_EVENT_BATCHED, out, err);
    case FORM_BINARY:
        return take_cloud_events(service, snapshot, request, CLOUD_EVENT_BINARY, out, err);
    case FORM_UNKNOWN:
        break;
    }
    serin_error_at(err, "Content-Type");
    return serin_fail(err, SERIN_INVALID,
                      "%s is not understood; allowed: application/x-ndjson, "
                      "application/cloudevents+json, application/cloudevents-batch+json, and "
                      "application/json with the headers of a CloudEvent",
                      TEXT_QUOTE(text_view_of(request->content_type)));
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void write_accepted(struct reply *reply, const struct counted *counted)
{
    struct json_writer json;
    json_writer_init(&json, reply->body);
    json_write_object_begin(&json);
    json_field_uint64(&json, "accepted", counted->accepted);
    if (is_duplicate(counted)) {
        json_field_bool(&json, "duplicate", true);
    } else if (counted->repeated > 0) {
        json_field_uint64(&json, "repeated", counted->repeated);
    }
    json_write_object_end(&json);
    /* A failure is sticky in the buffer, where the server looks. */
    (void)!json_writer_finish(&json);
}

static int refusal_code(const struct request *request, enum serin_status status)
{
    bool is_unknown = status == SERIN_INVALID && form_of(request) == FORM_UNKNOWN;
    return is_unknown ? 415 : push_code(status);
}

void route_events_post(struct service *service, const struct snapshot *snapshot,
                       const struct request *request, struct reply *reply)
{
    struct serin_error err = {0};
    struct counted counted = {0};
    enum serin_status status = take_body(service, snapshot, request, &counted, &err);
    if (status != SERIN_OK) {
        err.status = status;
        push_refuse(service, request, reply, refusal_code(request, status), &err);
        return;
    }
    observe_batch(service, counted.accepted - counted.repeated, is_duplicate(&counted));
    write_accepted(reply, &counted);
}
