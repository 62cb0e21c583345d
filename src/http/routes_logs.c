#include "analysis/otlp.h"
#include "base/json_writer.h"
#include "base/media_type.h"
#include "base/number.h"
#include "http/observe.h"
#include "http/push.h"
#include "http/route.h"

static enum serin_status check_type(const struct request *request, struct serin_error *err)
{
    struct text_view type = text_view_of(request->content_type);
    if (media_type_is_json(type)) {
        return SERIN_OK;
    }
    serin_error_at(err, "Content-Type");
    return serin_fail(err, SERIN_INVALID,
                      "%s is not taken, only application/json; set "
                      "OTEL_EXPORTER_OTLP_PROTOCOL=http/json, or encoding: json in a collector's "
                      "otlphttp exporter",
                      TEXT_QUOTE(type));
}

static enum serin_status take_logs(struct service *service, const struct snapshot *snapshot,
                                   const struct request *request, struct otlp_result *out,
                                   struct serin_error *err)
{
    struct ingest_request about = push_request(service, request);
    return otlp_ingest(snapshot_catalog(snapshot), service_store(service), &about, request->body,
                       out, err);
}

static void write_partial_success(struct json_writer *json, uint64_t rejected, const char *message)
{
    json_write_key(json, "partialSuccess");
    json_write_object_begin(json);
    json_field_text(json, "rejectedLogRecords", number_write_uint64(rejected, NUMBER_TEXT));
    json_field_text(json, "errorMessage", message);
    json_write_object_end(json);
}

/* ExportLogsServiceResponse. What was rejected the sender must not send again. */
static void write_response(struct reply *reply, const struct otlp_result *result)
{
    static const char nothing[] =
        "the request has no log records; they belong into resourceLogs, scopeLogs, logRecords, "
        "with names in camelCase";
    struct json_writer json;
    json_writer_init(&json, reply->body);
    json_write_object_begin(&json);
    if (result->rejected > 0) {
        write_partial_success(&json, result->rejected, result->reason.detail);
    } else if (result->records == 0 && !result->is_repeat) {
        write_partial_success(&json, 0, nothing);
    }
    json_write_object_end(&json);
    /* A failure is sticky in the buffer, where the server looks. */
    (void)!json_writer_finish(&json);
}

void route_logs_post(struct service *service, const struct snapshot *snapshot,
                     const struct request *request, struct reply *reply)
{
    struct serin_error err = {0};
    struct otlp_result result = {0};
    if (check_type(request, &err) != SERIN_OK) {
        push_refuse(service, request, reply, 415, &err);
        return;
    }
    enum serin_status status = take_logs(service, snapshot, request, &result, &err);
    if (status != SERIN_OK) {
        err.status = status;
        int code = status == SERIN_INVALID ? 400 : push_code(status); /* OTLP knows no 422 */
        push_refuse(service, request, reply, code, &err);
        return;
    }
    observe_logs(service, request, &result);
    write_response(reply, &result);
}
