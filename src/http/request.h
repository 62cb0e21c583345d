/*
 * One request as handlers see it, and the reply they fill.
 *
 * Nothing here knows the HTTP library: http/server.c translates.
 */
#ifndef SERIN_HTTP_REQUEST_H
#define SERIN_HTTP_REQUEST_H

#include "base/buffer.h"
#include "base/node.h"
#include "base/text.h"
#include "http/auth.h"
#include "platform/deadline.h"
#include "serin/error.h"
#include "source/cloud_event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_ID_SIZE = 33, PATH_PARAMETER_SIZE = 256 };

/* What a failure looks like: RFC 9457 problem JSON, or a Status message as OTLP has it. */
enum failure_form { FAILURE_PROBLEM, FAILURE_STATUS };

/* Everything is borrowed and lives until the reply has been sent. */
struct request {
    const char *method;
    const char *path;            /* decoded, without the query */
    const char *route;           /* the pattern that matched; "none" when none did */
    struct text_view query;      /* raw, without the question mark */
    struct text_view body;       /* whole */
    struct document *document;   /* what the route's `parse` made of them; NULL: nothing */
    const char *accept;          /* "" when absent */
    bool is_gzip;                /* Content-Encoding: gzip */
    const char *idempotency_key; /* NULL when absent */
    const char *content_type;    /* "" when absent */
    struct cloud_event_headers cloud_event;
    enum failure_form failure;
    char parameter[PATH_PARAMETER_SIZE]; /* what {…} in the route's pattern matched */
    char id[REQUEST_ID_SIZE];            /* for logs and problems */
    const struct principal *principal;   /* who asks; NULL where nobody has to say */
    struct deadline deadline;
};

enum content { CONTENT_JSON, CONTENT_PROBLEM, CONTENT_TEXT, CONTENT_OPENMETRICS };

struct reply {
    int status;
    enum content content;
    struct buffer *body;   /* owned by the server; handlers append to it */
    int retry_after_s;     /* 0: no such header */
    bool wants_credential; /* a WWW-Authenticate header goes with the 401 */
    char allowed[64];      /* methods for the Allow header of a 405; "" else */
};

/*
 * Turns a failure into the reply: status code and, in the form that the route has, either RFC 9457
 * problem JSON with type, title, status, detail, instance (the request id) and, where known, the
 * field concerned, or a Status with code and message. Replaces what the body held.
 */
void reply_problem(struct reply *reply, const struct request *request, enum serin_status status,
                   const struct serin_error *err);

/* The same with a status code of its own, where the status alone does not settle it. */
void reply_problem_code(struct reply *reply, const struct request *request, int code,
                        const struct serin_error *err);

/* The HTTP status code that stands for a status: 422, 404, 409, 413, 401, 502, 504, 503, 500. */
int http_code(enum serin_status status);

#endif
