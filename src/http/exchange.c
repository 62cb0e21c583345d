#include "http/exchange.h"

#include "base/number.h"
#include "http/framing.h"
#include "http/observe.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

enum {
    REPLY_BYTES_MAX = 64 * 1024 * 1024,
    DISCARD_BYTES_MAX = 16 * 1024 * 1024, /* read on after a refusal, so that it can be read */
    SMALL_BODY_BYTES = 64 * 1024,         /* of each body, outside the budget of uploads */
    QUERY_BYTES_MAX = 16 * 1024
};

enum stage { STAGE_NEW, STAGE_RECEIVING, STAGE_WORKING, STAGE_DONE };

struct exchange {
    struct exchange_host *host;
    const atomic_bool *is_closing;
    enum stage stage;
    bool is_refused; /* the reply is settled before the handler's turn */
    bool must_close; /* what follows on the connection cannot be trusted */
    const char *target_fault;
    const struct snapshot *snapshot;
    const struct route *route; /* NULL: no such route */
    struct request request;
    struct reply reply;
    struct buffer *body;
    char *query;
    size_t received;
    size_t held; /* bytes of the host's upload budget */
    struct MHD_Connection *connection;
    struct connection *tracked;
    struct monotonic_time started;
};

static const struct clock *host_clock(const struct exchange_host *host)
{
    return service_clock(host->service);
}

/* Unguessable enough to tell requests apart across restarts and replicas; not a secret. */
static void make_request_id(struct exchange_host *host, char *out)
{
    uint64_t number = atomic_fetch_add(&host->next_id, 1);
    struct hash128 hash = hash_siphash128(&host->id_key, &number, sizeof(number));
    (void)snprintf(out, REQUEST_ID_SIZE, "%016llx%016llx", (unsigned long long)hash.high,
                   (unsigned long long)hash.low);
}

struct exchange *exchange_create(struct exchange_host *host, const char *raw_target,
                                 const atomic_bool *is_closing)
{
    struct exchange *exchange = memory_allocate(1, sizeof(*exchange));
    if (!exchange) {
        return NULL;
    }
    service_enter(host->service);
    exchange->host = host;
    exchange->is_closing = is_closing;
    exchange->target_fault = target_fault(raw_target);
    exchange->started = clock_monotonic(host_clock(host));
    exchange->snapshot = service_acquire(host->service);
    exchange->reply.body = buffer_create(REPLY_BYTES_MAX);
    make_request_id(host, exchange->request.id);
    const char *question = strchr(raw_target, '?');
    exchange->query =
        memory_copy_text(question ? question + 1 : "", question ? strlen(question + 1) : 0);
    if (!exchange->snapshot || !exchange->reply.body || !exchange->query) {
        exchange_destroy(exchange);
        return NULL;
    }
    exchange->request.query = text_view_of(exchange->query);
    return exchange;
}

void exchange_destroy(struct exchange *exchange)
{
    if (!exchange) {
        return;
    }
    struct exchange_host *host = exchange->host;
    atomic_fetch_sub(&host->upload_bytes, exchange->held);
    service_release(host->service, exchange->snapshot);
    buffer_destroy(exchange->reply.body);
    buffer_destroy(exchange->body);
    document_destroy(exchange->request.document);
    memory_free(exchange->query);
    memory_free(exchange);
    service_leave(host->service);
}

/* ---- refusing before the handler's turn ------------------------------------------------------ */

static void refuse(struct exchange *exchange, int code, const struct serin_error *err)
{
    reply_problem_code(&exchange->reply, &exchange->request, code, err);
    exchange->is_refused = true;
    observe_refusal(exchange->host->service, &exchange->request, code, err);
}

static void refuse_with(struct exchange *exchange, int code, enum serin_status status,
                        const char *detail)
{
    struct serin_error err = {0};
    (void)serin_fail(&err, status, "%s", detail);
    refuse(exchange, code, &err);
}

/* ---- the request's head ---------------------------------------------------------------------- */

static const char *header(struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool has_trusted_certificate(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!info || !info->tls_session) {
        return false;
    }
    gnutls_session_t session = info->tls_session;
    unsigned status = 0;
    return gnutls_certificate_get_peers(session, NULL) != NULL &&
           gnutls_certificate_verify_peers2(session, &status) == GNUTLS_E_SUCCESS && status == 0;
}

static bool find_route(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    char allowed[sizeof(exchange->reply.allowed)];
    enum serin_status status =
        route_find(exchange->host->routes, request->method, request->path, &exchange->route,
                   request->parameter, sizeof(request->parameter), allowed, sizeof(allowed));
    if (status == SERIN_OK) {
        request->route = exchange->route->pattern;
        request->failure = exchange->route->failure;
        return true;
    }
    struct serin_error err = {0};
    if (status == SERIN_NOT_FOUND) {
        (void)serin_fail(&err, SERIN_NOT_FOUND, "nothing is at %s; see /openapi.json",
                         TEXT_QUOTE(text_view_of(request->path)));
        refuse(exchange, 404, &err);
    } else {
        (void)serin_fail(&err, SERIN_INVALID, "%s does not take %s; allowed: %s",
                         TEXT_QUOTE(text_view_of(request->path)),
                         TEXT_QUOTE(text_view_of(request->method)), allowed);
        refuse(exchange, 405, &err);
        memcpy(exchange->reply.allowed, allowed, sizeof(allowed));
    }
    return false;
}

static bool identify(struct exchange *exchange)
{
    if (exchange->route->right == RIGHT_NONE) {
        return true;
    }
    struct serin_error err = {0};
    bool has_certificate = snapshot_config(exchange->snapshot)->tls.client_ca &&
                           has_trusted_certificate(exchange->connection);
    enum serin_status status =
        auth_identify(snapshot_auth(exchange->snapshot), header(exchange, "Authorization"),
                      has_certificate, &exchange->request.principal, &err);
    if (status != SERIN_OK) {
        refuse(exchange, status == SERIN_DENIED ? 401 : 500, &err);
        return false;
    }
    if (!principal_has(exchange->request.principal, exchange->route->right)) {
        (void)serin_fail(&err, SERIN_DENIED, "the token of %s has no right \"%s\"",
                         TEXT_QUOTE(text_view_of(principal_name(exchange->request.principal))),
                         right_name(exchange->route->right));
        refuse(exchange, 403, &err);
        return false;
    }
    return true;
}

static bool read_encoding(struct exchange *exchange)
{
    const char *encoding = header(exchange, "Content-Encoding");
    if (!encoding || strcasecmp(encoding, "identity") == 0) {
        return true;
    }
    exchange->request.is_gzip = strcasecmp(encoding, "gzip") == 0;
    if (!exchange->request.is_gzip) {
        struct serin_error err = {0};
        serin_error_at(&err, "Content-Encoding");
        (void)serin_fail(&err, SERIN_INVALID, "not understood; allowed: gzip, identity");
        refuse(exchange, 415, &err);
    }
    return exchange->request.is_gzip;
}

static bool fits_declared_length(struct exchange *exchange)
{
    const char *text = header(exchange, "Content-Length");
    uint64_t length = 0;
    if (!text || number_parse_uint64(text_view_of(text), &length) != SERIN_OK ||
        length <= exchange->route->body_limit) {
        return true;
    }
    char detail[96];
    (void)snprintf(detail, sizeof(detail), "the body may have at most %zu bytes",
                   exchange->route->body_limit);
    refuse_with(exchange, 413, SERIN_TOO_LARGE, detail);
    return false;
}

static void read_cloud_event(struct exchange *exchange)
{
    exchange->request.cloud_event = (struct cloud_event_headers){
        .specversion = header(exchange, "ce-specversion"),
        .id = header(exchange, "ce-id"),
        .source = header(exchange, "ce-source"),
        .type = header(exchange, "ce-type"),
        .subject = header(exchange, "ce-subject"),
        .time = header(exchange, "ce-time"),
    };
}

static bool is_well_formed(struct exchange *exchange)
{
    const char *fault = framing_fault(exchange->connection);
    fault = fault ? fault : exchange->target_fault;
    if (fault) {
        exchange->must_close = true;
        refuse_with(exchange, 400, SERIN_INVALID, fault);
    } else if (exchange->request.query.length > QUERY_BYTES_MAX) {
        refuse_with(exchange, 414, SERIN_TOO_LARGE, "the query is too long; use POST");
    }
    return !exchange->is_refused;
}

static void begin(struct exchange *exchange, struct MHD_Connection *connection, const char *path,
                  const char *method)
{
    struct request *request = &exchange->request;
    exchange->stage = STAGE_RECEIVING;
    exchange->connection = connection;
    request->path = path;
    request->method = method;
    request->route = "none";
    request->accept = or_empty(header(exchange, "Accept"));
    request->idempotency_key = header(exchange, "Idempotency-Key");
    request->content_type = or_empty(header(exchange, "Content-Type"));
    read_cloud_event(exchange);
    request->deadline = deadline_after(host_clock(exchange->host),
                                       snapshot_config(exchange->snapshot)->deadline_ms);
    exchange->reply.status = 200;
    if (is_well_formed(exchange) && find_route(exchange) && identify(exchange) &&
        read_encoding(exchange)) {
        (void)fits_declared_length(exchange);
    }
}

/* ---- the request's body ---------------------------------------------------------------------- */

/* Questions and small batches pass also while large uploads use up the budget. */
static bool reserve(struct exchange *exchange)
{
    struct exchange_host *host = exchange->host;
    size_t wanted =
        exchange->received > SMALL_BODY_BYTES ? exchange->received - SMALL_BODY_BYTES : 0;
    size_t more = wanted - exchange->held;
    size_t before = atomic_fetch_add(&host->upload_bytes, more);
    exchange->held += more;
    return more == 0 || before + more <= atomic_load(&host->upload_limit);
}

static void receive(struct exchange *exchange, const char *piece, size_t size)
{
    if (exchange->is_refused) {
        return;
    }
    size_t limit = exchange->route->body_limit;
    if (exchange->received > limit) {
        refuse_with(exchange, 413, SERIN_TOO_LARGE, "the body is longer than this route takes");
        return;
    }
    if (!reserve(exchange)) {
        refuse_with(exchange, 503, SERIN_BUSY, "too many uploads at the same time; try again");
        return;
    }
    if (!exchange->body) {
        exchange->body = buffer_create(limit);
    }
    if (exchange->body) {
        buffer_append(exchange->body, piece, size);
    }
    if (!exchange->body || buffer_status(exchange->body) != SERIN_OK) {
        refuse_with(exchange, 503, SERIN_NO_MEMORY, "no memory for the body; try again");
    }
}

/* ---- the answer ------------------------------------------------------------------------------ */

static const char *content_type(enum content content)
{
    switch (content) {
    case CONTENT_JSON:
        return "application/json";
    case CONTENT_PROBLEM:
        return "application/problem+json";
    case CONTENT_TEXT:
        return metrics_content_type(METRICS_TEXT);
    case CONTENT_OPENMETRICS:
        return metrics_content_type(METRICS_OPENMETRICS);
    }
    return "application/octet-stream";
}

/* A header that finds no memory is left out: the body and its length are what must be right. */
static void add_headers(const struct exchange *exchange, struct MHD_Response *response)
{
    const struct reply *reply = &exchange->reply;
    (void)MHD_add_response_header(response, "Content-Type", content_type(reply->content));
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(response, "X-Request-Id", exchange->request.id);
    if (reply->retry_after_s > 0) {
        (void)MHD_add_response_header(response, "Retry-After",
                                      number_write_int64(reply->retry_after_s, NUMBER_TEXT));
    }
    if (reply->wants_credential) {
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"serin\"");
    }
    if (reply->allowed[0]) {
        (void)MHD_add_response_header(response, "Allow", reply->allowed);
    }
    if (exchange->must_close || atomic_load(exchange->is_closing) ||
        service_is_draining(exchange->host->service)) {
        (void)MHD_add_response_header(response, "Connection", "close");
    }
}

static enum MHD_Result send_reply(struct exchange *exchange)
{
    struct text_view body = buffer_view(exchange->reply.body);
    exchange->stage = STAGE_DONE;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.length, (void *)body.start, MHD_RESPMEM_MUST_COPY);
    if (!response) {
        return MHD_NO;
    }
    add_headers(exchange, response);
    connection_enter(exchange->host->connections, exchange->tracked, CONNECTION_SENDING);
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection, (unsigned)exchange->reply.status, response);
    MHD_destroy_response(response);
    observe_request(
        exchange->host->service, &exchange->request, exchange->reply.status,
        monotonic_elapsed_ns(exchange->started, clock_monotonic(host_clock(exchange->host))));
    return queued;
}

/* A handler that could not write its body must not look like a success. */
static void settle_reply(struct exchange *exchange)
{
    enum serin_status status = buffer_status(exchange->reply.body);
    if (status != SERIN_OK) {
        struct serin_error err = {0};
        (void)serin_fail(&err, status, "the answer could not be written");
        buffer_clear(exchange->reply.body);
        reply_problem_code(&exchange->reply, &exchange->request, 500, &err);
    }
}

static void handle(struct exchange *exchange)
{
    exchange->route->handle(exchange->host->service, exchange->snapshot, &exchange->request,
                            &exchange->reply);
    settle_reply(exchange);
}

static void handle_on_worker(void *context)
{
    struct exchange *exchange = context;
    handle(exchange);
    MHD_resume_connection(exchange->connection);
}

/* A request that cannot be read is malformed, unless it is memory that lacks. */
static bool parse(struct exchange *exchange)
{
    struct serin_error err = {0};
    enum serin_status status =
        exchange->route->parse ? exchange->route->parse(&exchange->request, &err) : SERIN_OK;
    if (status != SERIN_OK) {
        refuse(exchange, status == SERIN_NO_MEMORY ? 503 : 400, &err);
    }
    return status == SERIN_OK;
}

static enum MHD_Result hand_over(struct exchange *exchange, const char *lane)
{
    MHD_suspend_connection(exchange->connection);
    if (!lanes_submit(exchange->host->lanes, lane, handle_on_worker, exchange)) {
        refuse_with(exchange, 503, SERIN_BUSY, "all workers for this are busy; try again");
        MHD_resume_connection(exchange->connection);
    }
    return MHD_YES;
}

static enum MHD_Result dispatch(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    exchange->stage = STAGE_WORKING;
    if (exchange->body) {
        exchange->request.body = buffer_view(exchange->body);
    }
    if (!parse(exchange)) {
        return send_reply(exchange);
    }
    const char *lane = route->lane ? route->lane(exchange->snapshot, &exchange->request) : NULL;
    if (lane) {
        return hand_over(exchange, lane);
    }
    handle(exchange);
    return send_reply(exchange);
}

/* ---- the library's protocol ------------------------------------------------------------------ */

static enum MHD_Result step_head(struct exchange *exchange, struct MHD_Connection *connection,
                                 struct connection *tracked, const char *path, const char *method)
{
    exchange->tracked = tracked;
    connection_enter(exchange->host->connections, tracked, CONNECTION_RECEIVING);
    begin(exchange, connection, path, method);
    /* A body that is too long, or whose end is in doubt, is not waited for; the connection ends. */
    bool is_hopeless = exchange->must_close || exchange->reply.status == 413;
    return is_hopeless ? send_reply(exchange) : MHD_YES;
}

static enum MHD_Result step_piece(struct exchange *exchange, const char *piece, size_t *piece_size)
{
    exchange->received += *piece_size;
    if (exchange->received > DISCARD_BYTES_MAX) {
        return MHD_NO;
    }
    receive(exchange, piece, *piece_size);
    *piece_size = 0;
    return MHD_YES;
}

enum MHD_Result exchange_step(struct exchange *exchange, struct MHD_Connection *connection,
                              struct connection *tracked, const char *path, const char *method,
                              const char *piece, size_t *piece_size)
{
    switch (exchange->stage) {
    case STAGE_NEW:
        return step_head(exchange, connection, tracked, path, method);
    case STAGE_RECEIVING:
        if (*piece_size > 0) {
            return step_piece(exchange, piece, piece_size);
        }
        connection_enter(exchange->host->connections, exchange->tracked, CONNECTION_ANSWERING);
        return exchange->is_refused ? send_reply(exchange) : dispatch(exchange);
    case STAGE_WORKING:
        return send_reply(exchange);
    case STAGE_DONE:
        break;
    }
    return MHD_NO;
}
