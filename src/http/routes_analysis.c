#include "analysis/flight.h"
#include "http/observe.h"
#include "http/route.h"
#include "platform/json.h"
#include "platform/query.h"

/* One analysis on its way through the handler. */
struct asking {
    struct service *service;
    const struct request *request;
    const struct question *question;
};

static enum serin_status work(void *context, struct analysis_result *out, struct serin_error *err)
{
    const struct asking *asking = context;
    int64_t now_ms = clock_wall(service_clock(asking->service)).unix_ms;
    enum serin_status status =
        question_answer(asking->question, now_ms, asking->request->deadline, out, err);
    if (status != SERIN_OK) {
        observe_source_error(asking->service, question_stream(asking->question)->stream.name,
                             status);
    }
    return status;
}

static enum serin_status ask(struct service *service, const struct snapshot *snapshot,
                             const struct request *request, const struct node *fields,
                             struct analysis_result *out, struct serin_error *err)
{
    owned(question) question = NULL;
    TRY(question_decode(snapshot_catalog(snapshot), fields, &question, err));
    if (request->principal) {
        TRY(principal_check(request->principal, RIGHT_ANALYZE,
                            question_stream(question)->stream.name, err));
    }
    struct asking asking = {service, request, question};
    TRY(flight_join(service_flights(service), question_text(question), snapshot, request->deadline,
                    work, &asking, out, err));
    observe_analysis(service, request, question, out);
    return SERIN_OK;
}

static void fail(struct service *service, const struct request *request, int code,
                 const struct serin_error *err, struct reply *reply)
{
    reply_problem_code(reply, request, code, err);
    observe_refusal(service, request, code, err);
}

static void answer(struct service *service, const struct snapshot *snapshot,
                   const struct request *request, const struct node *fields, struct reply *reply)
{
    struct serin_error err = {0};
    struct analysis_result result;
    enum serin_status status = ask(service, snapshot, request, fields, &result, &err);
    if (status != SERIN_OK) {
        fail(service, request, http_code(status), &err, reply);
        return;
    }
    buffer_append(reply->body, result.json, result.length);
}

void route_analysis_get(struct service *service, const struct snapshot *snapshot,
                        const struct request *request, struct reply *reply)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    if (query_parse(request->query, &document_limits_request, &document, &err) != SERIN_OK) {
        fail(service, request, 400, &err, reply);
        return;
    }
    answer(service, snapshot, request, document_root(document), reply);
}

void route_analysis_post(struct service *service, const struct snapshot *snapshot,
                         const struct request *request, struct reply *reply)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    if (request->query.length > 0) {
        (void)serin_fail(&err, SERIN_INVALID,
                         "a POST takes its fields from the body, none from the query");
        fail(service, request, 400, &err, reply);
        return;
    }
    if (json_parse(request->body, &document_limits_request, &document, &err) != SERIN_OK) {
        fail(service, request, 400, &err, reply);
        return;
    }
    answer(service, snapshot, request, document_root(document), reply);
}
