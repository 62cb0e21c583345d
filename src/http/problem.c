#include "base/json_writer.h"
#include "http/request.h"

#include <stdio.h>

struct problem {
    enum serin_status status;
    int code; /* of HTTP */
    const char *title;
};

/* The codes of gRPC, which a Status of OTLP carries, for those of HTTP. */
struct status_code {
    int http;
    int grpc;
};
static const struct status_code status_codes[] = {
    {400, 3 /* INVALID_ARGUMENT */  },
    {401, 16 /* UNAUTHENTICATED */  },
    {403, 7 /* PERMISSION_DENIED */ },
    {413, 8 /* RESOURCE_EXHAUSTED */},
    {415, 12 /* UNIMPLEMENTED */    },
    {422, 3 /* INVALID_ARGUMENT */  },
    {503, 14 /* UNAVAILABLE */      },
    {500, 13 /* INTERNAL */         },
};

static const struct problem problems[] = {
    {SERIN_INVALID,     422, "The request cannot be answered as it is"       },
    {SERIN_NOT_FOUND,   404, "Not found"                                     },
    {SERIN_CONFLICT,    409, "The request contradicts what is already stored"},
    {SERIN_TOO_LARGE,   413, "Too large"                                     },
    {SERIN_DENIED,      403, "Not allowed"                                   },
    {SERIN_UNDEFINED,   422, "The quantity is undefined for these numbers"   },
    {SERIN_RANGE,       422, "A number is out of range"                      },
    {SERIN_UNAVAILABLE, 502, "A source or the store failed"                  },
    {SERIN_TIMEOUT,     504, "A source was too slow"                         },
    {SERIN_BUSY,        503, "Overloaded or still starting"                  },
    {SERIN_NO_MEMORY,   503, "Out of memory"                                 },
    {SERIN_BUG,         500, "A fault in Serin; please report it"            },
};

static const struct problem *problem_of(enum serin_status status)
{
    for (size_t i = 0; i < ARRAY_LENGTH(problems); i++) {
        if (problems[i].status == status) {
            return &problems[i];
        }
    }
    return &problems[ARRAY_LENGTH(problems) - 1];
}

int http_code(enum serin_status status)
{
    return status == SERIN_OK ? 200 : problem_of(status)->code;
}

static int grpc_code(int http)
{
    size_t last = ARRAY_LENGTH(status_codes) - 1;
    size_t i = 0;
    while (i < last && status_codes[i].http != http) {
        i++;
    }
    return status_codes[i].grpc;
}

/* A Status has no place for the field, so that the message names it. */
static void write_status(struct json_writer *json, int code, const struct serin_error *err,
                         const char *detail)
{
    char message[sizeof(err->field) + sizeof(err->detail) + 2];
    (void)snprintf(message, sizeof(message), "%s%s%s", err->field, err->field[0] ? ": " : "",
                   detail);
    json_field_int64(json, "code", grpc_code(code));
    json_field_text(json, "message", message);
}

static void write_problem(struct json_writer *json, const struct request *request,
                          const struct problem *problem, int code, const struct serin_error *err,
                          const char *detail)
{
    char type[64];
    (void)snprintf(type, sizeof(type), "urn:serin:problem:%s", serin_status_name(problem->status));
    json_field_text(json, "type", type);
    json_field_text(json, "title", problem->title);
    json_field_int64(json, "status", code);
    json_field_text(json, "detail", detail);
    if (err->field[0]) {
        json_field_text(json, "field", err->field);
    }
    json_field_text(json, "instance", request->id);
}

static void write_failure(struct reply *reply, const struct request *request,
                          const struct problem *problem, int code, const struct serin_error *err)
{
    const char *detail = err->detail[0] ? err->detail : problem->title;
    struct json_writer json;
    buffer_clear(reply->body);
    json_writer_init(&json, reply->body);
    json_write_object_begin(&json);
    if (request->failure == FAILURE_STATUS) {
        write_status(&json, code, err, detail);
    } else {
        write_problem(&json, request, problem, code, err, detail);
    }
    json_write_object_end(&json);
    /* A body that found no memory is empty; the status code still says what is so. */
    if (json_writer_finish(&json) != SERIN_OK) {
        buffer_clear(reply->body);
    }
}

void reply_problem_code(struct reply *reply, const struct request *request, int code,
                        const struct serin_error *err)
{
    const struct problem *problem = problem_of(err->status);
    reply->status = code;
    reply->content = request->failure == FAILURE_STATUS ? CONTENT_JSON : CONTENT_PROBLEM;
    reply->retry_after_s = code == 503 ? 1 : 0;
    reply->wants_credential = code == 401;
    write_failure(reply, request, problem, code, err);
}

void reply_problem(struct reply *reply, const struct request *request, enum serin_status status,
                   const struct serin_error *err)
{
    reply_problem_code(reply, request, http_code(status), err);
}
