#include "http/server.h"

#include "http/connections.h"
#include "http/exchange.h"
#include "http/listener.h"
#include "platform/digest.h"
#include "platform/listen.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESS_SIZE = 96, RETIRING_MAX = 16, GREETING_MS = 1000 };

struct server {
    struct exchange_host host;
    struct config_limits limits; /* in force */
    unsigned threads;
    char address[ADDRESS_SIZE];
    int listen_fd; /* -1: no longer listening */
    struct listener *listener;
    struct listener *retiring[RETIRING_MAX]; /* oldest first */
    size_t retiring_count;
};

static struct connection_limits connection_limits(const struct config_limits *limits)
{
    return (struct connection_limits){.open = limits->connections,
                                      .header_ms = limits->header_ms,
                                      .body_ms = limits->body_ms,
                                      .idle_ms = limits->idle_ms};
}

/* ---- starting -------------------------------------------------------------------------------- */

static enum serin_status load_tls(const struct config_tls *tls, struct tls_identity **out,
                                  struct serin_error *err)
{
    *out = NULL;
    return tls && tls->certificate ? tls_identity_load(tls, out, err) : SERIN_OK;
}

/* Takes over `*tls` on success. */
static enum serin_status start_listener(struct server *server, const struct config_limits *limits,
                                        struct tls_identity **tls, struct listener **out,
                                        struct serin_error *err)
{
    struct listener_options options = {.listen_fd = server->listen_fd,
                                       .address = server->address,
                                       .threads = server->threads,
                                       .connections = limits->connections,
                                       .idle_ms = limits->idle_ms,
                                       .tls = *tls};
    TRY(listener_start(&server->host, &options, out, err));
    *tls = NULL;
    return SERIN_OK;
}

static enum serin_status prepare(struct server *server, struct service *service,
                                 const struct server_options *options, struct serin_error *err)
{
    struct connection_limits limits = connection_limits(options->limits);
    server->threads = options->threads;
    server->limits = *options->limits;
    server->host.service = service;
    server->host.routes = options->routes;
    server->host.lanes = options->lanes;
    atomic_init(&server->host.upload_limit, options->limits->upload_bytes);
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
    owned(tls_identity) tls = NULL;
    TRY(load_tls(options->tls, &tls, err));
    owned(server) server = memory_allocate(1, sizeof(*server));
    if (!server) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the HTTP listener");
    }
    server->listen_fd = -1;
    TRY(prepare(server, service, options, err));
    TRY(start_listener(server, options->limits, &tls, &server->listener, err));
    *out = give(server);
    return SERIN_OK;
}

/* ---- renewing -------------------------------------------------------------------------------- */

static void forget_retired(struct server *server, size_t index)
{
    listener_destroy(server->retiring[index]);
    server->retiring_count--;
    memmove(&server->retiring[index], &server->retiring[index + 1],
            (server->retiring_count - index) * sizeof(server->retiring[0]));
}

static void forget_idle(struct server *server)
{
    for (size_t i = server->retiring_count; i > 0; i--) {
        if (listener_connections(server->retiring[i - 1]) == 0) {
            forget_retired(server, i - 1);
        }
    }
}

static bool same_limits(const struct config_limits *a, const struct config_limits *b)
{
    return a->connections == b->connections && a->upload_bytes == b->upload_bytes &&
           a->header_ms == b->header_ms && a->body_ms == b->body_ms && a->idle_ms == b->idle_ms;
}

static void apply_limits(struct server *server, const struct config_limits *limits)
{
    struct connection_limits connection = connection_limits(limits);
    connections_limit(server->host.connections, &connection);
    atomic_store(&server->host.upload_limit, limits->upload_bytes);
    server->limits = *limits;
}

enum serin_status server_renew(struct server *server, const struct config_limits *limits,
                               const struct config_tls *tls, struct serin_error *err)
{
    owned(tls_identity) identity = NULL;
    struct listener *next = NULL;
    TRY(load_tls(tls, &identity, err));
    if (tls_identity_equal(identity, listener_tls(server->listener)) &&
        same_limits(limits, &server->limits)) {
        return SERIN_OK;
    }
    forget_idle(server);
    if (server->retiring_count == RETIRING_MAX) {
        return serin_fail(
            err, SERIN_BUSY,
            "connections under %d earlier settings are still open; reload again later",
            RETIRING_MAX);
    }
    TRY(start_listener(server, limits, &identity, &next, err));
    listener_retire(server->listener);
    server->retiring[server->retiring_count++] = server->listener;
    server->listener = next;
    apply_limits(server, limits);
    return SERIN_OK;
}

/* ---- running and stopping -------------------------------------------------------------------- */

const char *server_address(const struct server *server)
{
    return server->address;
}

/* Peers that the kernel has greeted on our behalf: they count as accepted. */
static void adopt_waiting(struct server *server)
{
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (fd >= 0) {
        listener_adopt(server->listener, fd);
        fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    }
}

void server_quiesce(struct server *server)
{
    if (server->listen_fd >= 0) {
        listener_retire(server->listener);
        adopt_waiting(server);
        /* On every duplicate of the descriptor, wherever a listener still has one. */
        (void)shutdown(server->listen_fd, SHUT_RDWR);
        (void)close(server->listen_fd);
        server->listen_fd = -1;
    }
}

bool server_expects_requests(const struct server *server)
{
    return connections_expected(server->host.connections, GREETING_MS) > 0;
}

void server_sweep(struct server *server)
{
    (void)connections_sweep(server->host.connections);
    forget_idle(server);
}

void server_destroy(struct server *server)
{
    if (!server) {
        return;
    }
    while (server->retiring_count > 0) {
        forget_retired(server, server->retiring_count - 1);
    }
    listener_destroy(server->listener);
    if (server->listen_fd >= 0) {
        (void)close(server->listen_fd);
    }
    connections_destroy(server->host.connections);
    memory_free(server);
}
