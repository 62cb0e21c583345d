#include "analysis/flight.h"
#include "http/observe.h"
#include "http/route.h"

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
    enum serin_status source_status = status == SERIN_OK ? out->source_status : status;
    if (source_status != SERIN_OK) {
        observe_source_error(asking->service, question_stream(asking->question)->stream.name,
                             source_status);
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

void route_analysis(struct service *service, const struct snapshot *snapshot,
                    const struct request *request, struct reply *reply)
{
    struct serin_error err = {0};
    struct analysis_result result;
    enum serin_status status =
        ask(service, snapshot, request, document_root(request->document), &result, &err);
    if (status != SERIN_OK) {
        err.status = status;
        reply_problem(reply, request, status, &err);
        observe_refusal(service, request, http_code(status), &err);
        return;
    }
    buffer_append(reply->body, result.json, result.length);
}
