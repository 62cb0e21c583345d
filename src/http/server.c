#include "http/server.h"

#include "http/connections.h"
#include "http/exchange.h"
#include "http/listen.h"
#include "platform/digest.h"
#include "platform/file.h"

#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

enum {
    ADDRESS_SIZE = 96,
    OPTIONS_MAX = 20,
    PEM_BYTES_MAX = 1024 * 1024,
    CONNECTION_MEMORY = 32 * 1024 /* headers of one request */
};

/* Nothing older than TLS 1.2 (RFC 8996). */
static const char tls_priorities[] = "SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3";

struct server {
    struct MHD_Daemon *daemon;
    struct exchange_host host;
    char address[ADDRESS_SIZE];
    bool is_quiet;
    int listen_fd; /* -1 once the library owns it */
    char *certificate;
    char *key;
    char *client_ca;
};

/* ---- the library's callbacks ----------------------------------------------------------------- */

static void *on_request_line(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    return exchange_create(context, target);
}

static struct connection *tracked_connection(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *piece, size_t *piece_size, void **state)
{
    (void)context;
    (void)version;
    struct exchange *exchange = *state;
    if (!exchange) {
        return MHD_NO;
    }
    return exchange_step(exchange, connection, tracked_connection(connection), path, method, piece,
                         piece_size);
}

static void on_request_completed(void *context, struct MHD_Connection *connection, void **state,
                                 enum MHD_RequestTerminationCode reason)
{
    (void)reason;
    struct exchange_host *host = context;
    exchange_destroy(*state);
    *state = NULL;
    connection_enter(host->connections, tracked_connection(connection), CONNECTION_IDLE);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct exchange_host *host = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_close(host->connections, *socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info ? connections_open(host->connections, info->connect_fd) : NULL;
}

/* ---- starting -------------------------------------------------------------------------------- */

struct option_list {
    struct MHD_OptionItem items[OPTIONS_MAX];
    size_t count;
};

static void add_option(struct option_list *list, enum MHD_OPTION option, intptr_t value,
                       void *pointer)
{
    list->items[list->count++] = (struct MHD_OptionItem){option, value, pointer};
    list->items[list->count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

/* A function pointer travels through the library's option list as an integer. */
#define CALLBACK(function) ((intptr_t)(function))

static void add_common_options(struct option_list *list, struct server *server,
                               const struct server_options *options)
{
    struct exchange_host *host = &server->host;
    int64_t idle_s = (options->limits->idle_ms + 999) / 1000;
    add_option(list, MHD_OPTION_LISTEN_SOCKET, server->listen_fd, NULL);
    add_option(list, MHD_OPTION_CONNECTION_LIMIT, (intptr_t)options->limits->connections, NULL);
    add_option(list, MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)idle_s, NULL);
    add_option(list, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
    add_option(list, MHD_OPTION_URI_LOG_CALLBACK, CALLBACK(on_request_line), host);
    add_option(list, MHD_OPTION_NOTIFY_COMPLETED, CALLBACK(on_request_completed), host);
    add_option(list, MHD_OPTION_NOTIFY_CONNECTION, CALLBACK(on_connection), host);
    if (options->threads > 1) {
        add_option(list, MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)options->threads, NULL);
    }
}

static enum serin_status add_tls_options(struct option_list *list, struct server *server,
                                         const struct config_tls *tls, struct serin_error *err)
{
    size_t length = 0; /* PEM is text: its zero-terminated form is what the library takes */
    serin_error_at(err, "tls.certificate");
    TRY(file_read(tls->certificate, PEM_BYTES_MAX, &server->certificate, &length, err));
    serin_error_at(err, "tls.key");
    TRY(file_read(tls->key, PEM_BYTES_MAX, &server->key, &length, err));
    add_option(list, MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate);
    add_option(list, MHD_OPTION_HTTPS_MEM_KEY, 0, server->key);
    add_option(list, MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)tls_priorities);
    if (tls->client_ca) {
        serin_error_at(err, "tls.client_ca");
        TRY(file_read(tls->client_ca, PEM_BYTES_MAX, &server->client_ca, &length, err));
        add_option(list, MHD_OPTION_HTTPS_MEM_TRUST, 0, server->client_ca);
    }
    serin_error_at(err, "%s", "");
    return SERIN_OK;
}

static enum serin_status start_daemon(struct server *server, const struct server_options *options,
                                      struct serin_error *err)
{
    struct option_list list = {.count = 0};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    add_common_options(&list, server, options);
    if (options->tls && options->tls->certificate) {
        flags |= MHD_USE_TLS;
        TRY(add_tls_options(&list, server, options->tls, err));
    }
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, &server->host,
                                      MHD_OPTION_ARRAY, list.items, MHD_OPTION_END);
    if (!server->daemon) {
        return serin_fail(err, SERIN_UNAVAILABLE, "the HTTP listener on %s did not start%s",
                          server->address,
                          flags & MHD_USE_TLS ? "; do tls.certificate and tls.key match?" : "");
    }
    server->listen_fd = -1;
    return SERIN_OK;
}

static enum serin_status prepare(struct server *server, struct service *service,
                                 const struct server_options *options, struct serin_error *err)
{
    struct connection_limits limits = {.header_ms = options->limits->header_ms,
                                       .body_ms = options->limits->body_ms,
                                       .idle_ms = options->limits->idle_ms};
    server->host.service = service;
    server->host.routes = options->routes;
    server->host.workers = options->workers;
    server->host.upload_limit = options->limits->upload_bytes;
    server->host.connections = connections_create(&limits, service_clock(service));
    if (!server->host.connections) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the HTTP listener");
    }
    TRY(random_bytes(server->host.id_key.bytes, sizeof(server->host.id_key.bytes), err));
    TRY(listen_open(options->listen, &server->listen_fd, err));
    return listen_address(server->listen_fd, server->address, sizeof(server->address), err);
}

enum serin_status server_start(struct service *service, const struct server_options *options,
                               struct server **out, struct serin_error *err)
{
    owned(server) server = memory_allocate(1, sizeof(*server));
    if (!server) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the HTTP listener");
    }
    server->listen_fd = -1;
    TRY(prepare(server, service, options, err));
    TRY(start_daemon(server, options, err));
    *out = give(server);
    return SERIN_OK;
}

/* ---- running and stopping -------------------------------------------------------------------- */

const char *server_address(const struct server *server)
{
    return server->address;
}

void server_quiesce(struct server *server)
{
    if (!server->is_quiet) {
        server->is_quiet = true;
        MHD_socket fd = MHD_quiesce_daemon(server->daemon);
        if (fd != MHD_INVALID_SOCKET) {
            (void)close(fd);
        }
    }
}

size_t server_active(const struct server *server)
{
    return atomic_load(&((struct server *)server)->host.active);
}

size_t server_connections(const struct server *server)
{
    return connections_count(server->host.connections);
}

void server_sweep(struct server *server)
{
    (void)connections_sweep(server->host.connections);
}

void server_destroy(struct server *server)
{
    if (!server) {
        return;
    }
    if (server->daemon) {
        MHD_stop_daemon(server->daemon);
    }
    if (server->listen_fd >= 0) {
        (void)close(server->listen_fd);
    }
    connections_destroy(server->host.connections);
    memory_free(server->certificate);
    memory_free(server->key);
    memory_free(server->client_ca);
    memory_free(server);
}
