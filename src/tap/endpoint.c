#include "tap/endpoint.h"

#include "base/json_writer.h"
#include "platform/deadline.h"
#include "platform/listen.h"
#include "source/tap_report.h"
#include "tap/bearer.h"
#include "tap/exposition.h"
#include "tap/report.h"
#include "tap/telemetry.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ADDRESS_SIZE = 96,
    CONNECTIONS_MAX = 16,
    CONNECTIONS_PER_PEER = 8, /* so that one peer cannot keep the others out */
    CONNECTION_MEMORY = 16 * 1024,
    IDLE_S = 15,
    REPORT_MS = 10000, /* a reader that takes longer is cut off when another one asks */
    ANSWER_MAX =
        1024 * 1024 /* of what is written whole: a piece of counters, telemetry, problems */
};

struct endpoint {
    struct tap *tap;
    struct metrics *metrics;
    const char *token_file; /* NULL: everybody may read */
    struct MHD_Daemon *daemon;
    char address[ADDRESS_SIZE];
    atomic_bool is_draining;
    struct report *report; /* under way; one at a time: it is the largest thing in memory */
};

/* A request under way. */
struct visit {
    struct endpoint *endpoint;
    struct tap_intake *intake; /* of the body; NULL: there is none to take */
};

/* ---- answering ------------------------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code,
                              const char *content_type, struct MHD_Response *response)
{
    if (!response) {
        return MHD_NO;
    }
    enum MHD_Result result =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (result == MHD_YES && code == MHD_HTTP_UNAUTHORIZED) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    }
    if (result == MHD_YES && code == MHD_HTTP_SERVICE_UNAVAILABLE) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(connection, code, response);
    }
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code,
                                   const char *content_type, const char *text)
{
    return answer(
        connection, code, content_type,
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result answer_problem(struct MHD_Connection *connection, unsigned code,
                                      const char *detail)
{
    owned(buffer) body = buffer_create(ANSWER_MAX);
    if (!body) {
        return MHD_NO;
    }
    struct json_writer writer;
    json_writer_init(&writer, body);
    json_write_object_begin(&writer);
    json_field_uint64(&writer, "status", code);
    json_field_text(&writer, "detail", detail);
    json_write_object_end(&writer);
    if (json_writer_finish(&writer) != SERIN_OK) {
        return MHD_NO;
    }
    return answer_text(connection, code, "application/problem+json", buffer_text(body));
}

/* ---- /metrics -------------------------------------------------------------------------------- */

struct scrape {
    struct endpoint *endpoint;
    struct exposition at;
    struct buffer *piece;
    size_t sent; /* bytes of the piece */
    bool has_telemetry;
};

static void free_scrape(void *context)
{
    struct scrape *scrape = context;
    buffer_destroy(scrape->piece);
    memory_free(scrape);
}

/* The next piece: counters first, then everything else, then an empty one. */
static enum serin_status fill_piece(struct scrape *scrape)
{
    struct endpoint *endpoint = scrape->endpoint;
    buffer_clear(scrape->piece);
    scrape->sent = 0;
    TRY(exposition_next(endpoint->tap, &scrape->at, scrape->piece));
    if (buffer_view(scrape->piece).length > 0 || scrape->has_telemetry) {
        return SERIN_OK;
    }
    scrape->has_telemetry = true;
    telemetry_update(endpoint->metrics, endpoint->tap);
    return metrics_render(endpoint->metrics, METRICS_TEXT, scrape->piece, NULL);
}

static ssize_t read_scrape(void *context, uint64_t position, char *out, size_t size)
{
    (void)position;
    struct scrape *scrape = context;
    struct text_view piece = buffer_view(scrape->piece);
    if (scrape->sent == piece.length) {
        if (fill_piece(scrape) != SERIN_OK) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        piece = buffer_view(scrape->piece);
    }
    if (piece.length == 0) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t left = piece.length - scrape->sent;
    size_t count = left < size ? left : size;
    memcpy(out, piece.start + scrape->sent, count);
    scrape->sent += count;
    return (ssize_t)count;
}

static enum MHD_Result answer_metrics(struct endpoint *endpoint, struct MHD_Connection *connection)
{
    struct scrape *scrape = memory_allocate(1, sizeof(*scrape));
    if (!scrape) {
        return MHD_NO;
    }
    scrape->endpoint = endpoint;
    scrape->piece = buffer_create(ANSWER_MAX);
    struct MHD_Response *response =
        scrape->piece ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EXPOSITION_PIECE_MAX,
                                                          read_scrape, scrape, free_scrape)
                      : NULL;
    if (!response) {
        free_scrape(scrape);
        return MHD_NO;
    }
    return answer(connection, MHD_HTTP_OK, metrics_content_type(METRICS_TEXT), response);
}

/* ---- /v1/tap/blocks -------------------------------------------------------------------------- */

/* The library calls everything here in its one thread. */
struct report {
    struct endpoint *endpoint;
    int fd; /* of its connection */
    struct deadline end;
    uint8_t *bytes;
    size_t length;
};

static void free_report(void *context)
{
    struct report *report = context;
    memory_free(report->bytes);
    report->endpoint->report = NULL;
    memory_free(report);
}

static ssize_t read_report(void *context, uint64_t position, char *out, size_t size)
{
    const struct report *report = context;
    size_t left = report->length - (size_t)position;
    size_t count = left < size ? left : size;
    memcpy(out, report->bytes + position, count);
    return (ssize_t)count;
}

static struct report *begin_report(struct endpoint *endpoint, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct report *report = memory_allocate(1, sizeof(*report));
    if (report) {
        report->endpoint = endpoint;
        report->fd = info ? info->connect_fd : -1;
        report->end = deadline_after(clock_system(), REPORT_MS);
        endpoint->report = report;
    }
    return report;
}

static enum MHD_Result refuse_report(const struct report *other, struct MHD_Connection *connection)
{
    if (other->fd >= 0 && deadline_passed(other->end)) {
        (void)shutdown(other->fd, SHUT_RDWR); /* the library sees that and frees it */
    }
    return answer_problem(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "another report is under way");
}

static enum MHD_Result answer_report(struct endpoint *endpoint, struct MHD_Connection *connection)
{
    if (endpoint->report) {
        return refuse_report(endpoint->report, connection);
    }
    struct report *report = begin_report(endpoint, connection);
    if (!report) {
        return MHD_NO;
    }
    struct MHD_Response *response = NULL;
    if (tap_report_bytes(endpoint->tap, &report->bytes, &report->length) == SERIN_OK) {
        response = MHD_create_response_from_callback(report->length, EXPOSITION_PIECE_MAX,
                                                     read_report, report, free_report);
    }
    if (!response) {
        free_report(report);
        return answer_problem(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "no memory for a report");
    }
    return answer(connection, MHD_HTTP_OK, TAP_REPORT_CONTENT_TYPE, response);
}

/* ---- health ---------------------------------------------------------------------------------- */

static enum MHD_Result answer_live(struct endpoint *endpoint, struct MHD_Connection *connection)
{
    (void)endpoint;
    return answer_text(connection, MHD_HTTP_OK, "text/plain; charset=utf-8", "ok\n");
}

static enum MHD_Result answer_ready(struct endpoint *endpoint, struct MHD_Connection *connection)
{
    return atomic_load(&endpoint->is_draining)
               ? answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain; charset=utf-8",
                             "stopping\n")
               : answer_live(endpoint, connection);
}

/* ---- POST /v1/events ------------------------------------------------------------------------- */

static bool is_from_loopback(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && listen_peer_is_loopback(info->client_addr);
}

static bool is_encoded(struct MHD_Connection *connection)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_CONTENT_ENCODING) != NULL;
}

static enum MHD_Result answer_events(struct visit *visit, struct MHD_Connection *connection)
{
    char text[128];
    tap_intake_finish(visit->intake);
    struct tap_intake_counts counts = tap_intake_counts(visit->intake);
    (void)snprintf(text, sizeof(text), "{\"counted\":%llu,\"refused\":%llu}",
                   (unsigned long long)counts.counted, (unsigned long long)counts.refused);
    return answer_text(connection, MHD_HTTP_OK, "application/json", text);
}

/* The first call of a request has its head only. Refusals come before the body is read. */
static enum MHD_Result begin_events(struct visit *visit, struct MHD_Connection *connection)
{
    if (!is_from_loopback(connection)) {
        return answer_problem(connection, MHD_HTTP_FORBIDDEN,
                              "events are taken from loopback addresses only");
    }
    if (is_encoded(connection)) {
        return answer_problem(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                              "send the events without a Content-Encoding");
    }
    visit->intake = tap_intake_create(visit->endpoint->tap);
    return visit->intake ? MHD_YES
                         : answer_problem(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "no memory");
}

/* ---- routes ---------------------------------------------------------------------------------- */

struct route {
    const char *path;
    bool is_guarded; /* by the token, where there is one */
    enum MHD_Result (*get)(struct endpoint *endpoint, struct MHD_Connection *connection);
};

static const struct route routes[] = {
    {"/metrics",      true,  answer_metrics},
    {TAP_REPORT_PATH, true,  answer_report },
    {"/livez",        false, answer_live   },
    {"/readyz",       false, answer_ready  },
};

static const char events_path[] = "/v1/events";

static bool may_get(const struct endpoint *endpoint, const struct route *route,
                    struct MHD_Connection *connection)
{
    return !route->is_guarded || !endpoint->token_file ||
           bearer_is_shown(endpoint->token_file,
                           MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                       MHD_HTTP_HEADER_AUTHORIZATION));
}

static enum MHD_Result answer_get(struct endpoint *endpoint, struct MHD_Connection *connection,
                                  const char *path)
{
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (strcmp(routes[i].path, path) == 0) {
            return may_get(endpoint, &routes[i], connection)
                       ? routes[i].get(endpoint, connection)
                       : answer_problem(connection, MHD_HTTP_UNAUTHORIZED,
                                        "a bearer token is needed");
        }
    }
    return answer_problem(connection, MHD_HTTP_NOT_FOUND,
                          "nothing is here; see /metrics, /v1/tap/blocks, /livez, /readyz");
}

/* A method that has no meaning here is refused before its body. */
static enum MHD_Result begin(struct visit *visit, struct MHD_Connection *connection,
                             const char *path, const char *method)
{
    bool is_get =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    bool is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
    if (is_post && strcmp(path, events_path) == 0) {
        return begin_events(visit, connection);
    }
    return is_get ? MHD_YES
                  : answer_problem(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                                   "events are posted to /v1/events; everything else is GET");
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *piece, size_t *piece_size, void **state)
{
    (void)version;
    struct visit *visit = *state;
    if (!visit) {
        visit = memory_allocate(1, sizeof(*visit));
        if (!visit) {
            return MHD_NO;
        }
        visit->endpoint = context;
        *state = visit;
        return begin(visit, connection, path, method);
    }
    if (*piece_size > 0) {
        if (visit->intake) {
            tap_intake_push(visit->intake, piece, *piece_size);
        }
        *piece_size = 0;
        return MHD_YES;
    }
    return visit->intake ? answer_events(visit, connection)
                         : answer_get(visit->endpoint, connection, path);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode reason)
{
    (void)context;
    (void)connection;
    (void)reason;
    struct visit *visit = *state;
    if (visit) {
        tap_intake_destroy(visit->intake);
        memory_free(visit);
        *state = NULL;
    }
}

/* ---- starting and stopping ------------------------------------------------------------------- */

static enum serin_status start_daemon(struct endpoint *endpoint, int fd, struct serin_error *err)
{
    endpoint->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, endpoint,
                         MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                         MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_PER_PEER,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    return endpoint->daemon ? SERIN_OK
                            : serin_fail(err, SERIN_UNAVAILABLE,
                                         "the HTTP listener on %s did not start: threads or "
                                         "descriptors are short",
                                         endpoint->address);
}

enum serin_status endpoint_start(const struct endpoint_options *options, struct tap *tap,
                                 struct metrics *metrics, struct endpoint **out,
                                 struct serin_error *err)
{
    int fd = -1;
    owned(endpoint) endpoint = memory_allocate(1, sizeof(*endpoint));
    if (!endpoint) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the HTTP listener");
    }
    endpoint->tap = tap;
    endpoint->metrics = metrics;
    endpoint->token_file = options->token_file;
    TRY(listen_open(options->address, &fd, err));
    enum serin_status status =
        listen_address(fd, endpoint->address, sizeof(endpoint->address), err);
    if (status == SERIN_OK) {
        status = start_daemon(endpoint, fd, err);
    }
    if (status != SERIN_OK) {
        (void)close(fd);
        return status;
    }
    *out = give(endpoint);
    return SERIN_OK;
}

void endpoint_destroy(struct endpoint *endpoint)
{
    if (endpoint) {
        if (endpoint->daemon) {
            MHD_stop_daemon(endpoint->daemon); /* closes the socket */
        }
        memory_free(endpoint);
    }
}

const char *endpoint_address(const struct endpoint *endpoint)
{
    return endpoint->address;
}

void endpoint_drain(struct endpoint *endpoint)
{
    atomic_store(&endpoint->is_draining, true);
}
