#include "analysis/ingest.h"
#include "base/json_writer.h"
#include "http/observe.h"
#include "http/route.h"

static bool may_write(void *context, const char *stream)
{
    const struct principal *principal = context;
    return !principal || principal_check(principal, RIGHT_PUSH, stream, NULL) == SERIN_OK;
}

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

static enum serin_status ingest_body(struct service *service, const struct snapshot *snapshot,
                                     const struct request *request, struct append_result *out,
                                     struct serin_error *err)
{
    struct ingest_request about = {.is_gzip = request->is_gzip,
                                   .batch = text_view_of(request->idempotency_key),
                                   .now_ms = clock_wall(service_clock(service)).unix_ms,
                                   .may_write = may_write,
                                   .context = (void *)request->principal};
    owned(ingest) ingest = NULL;
    TRY(check_key(request, err));
    TRY(ingest_create(snapshot_catalog(snapshot), service_store(service), &about, &ingest, err));
    if (request->body.length > 0) {
        TRY(ingest_push(ingest, request->body.start, request->body.length, err));
    }
    return ingest_finish(ingest, out, err);
}

static void write_accepted(struct reply *reply, const struct append_result *result)
{
    struct json_writer json;
    json_writer_init(&json, reply->body);
    json_write_object_begin(&json);
    json_field_uint64(&json, "accepted", result->accepted);
    if (result->duplicate) {
        json_field_bool(&json, "duplicate", true);
    }
    json_write_object_end(&json);
    /* A failure is sticky in the buffer, where the server looks. */
    (void)!json_writer_finish(&json);
}

/* A store that cannot write now is no gateway: the sender keeps its batch and tries again. */
static int refusal_code(enum serin_status status)
{
    return status == SERIN_UNAVAILABLE ? 503 : http_code(status);
}

void route_events_post(struct service *service, const struct snapshot *snapshot,
                       const struct request *request, struct reply *reply)
{
    struct serin_error err = {0};
    struct append_result result = {0};
    enum serin_status status = ingest_body(service, snapshot, request, &result, &err);
    if (status != SERIN_OK) {
        err.status = status;
        reply_problem_code(reply, request, refusal_code(status), &err);
        observe_refusal(service, request, refusal_code(status), &err);
        return;
    }
    observe_batch(service, result.accepted, result.duplicate);
    write_accepted(reply, &result);
}
