#include "http/push.h"

#include "http/observe.h"

static bool may_write(void *context, const char *stream)
{
    const struct principal *principal = context;
    return !principal || principal_check(principal, RIGHT_PUSH, stream, NULL) == SERIN_OK;
}

struct ingest_request push_request(const struct service *service, const struct request *request)
{
    return (struct ingest_request){.is_gzip = request->is_gzip,
                                   .batch = text_view_of(request->idempotency_key),
                                   .now_ms = clock_wall(service_clock(service)).unix_ms,
                                   .may_write = may_write,
                                   .context = (void *)request->principal};
}

int push_code(enum serin_status status)
{
    return status == SERIN_UNAVAILABLE ? 503 : http_code(status);
}

void push_refuse(struct service *service, const struct request *request, struct reply *reply,
                 int code, const struct serin_error *err)
{
    reply_problem_code(reply, request, code, err);
    observe_refusal(service, request, code, err);
}
