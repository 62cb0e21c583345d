#include "http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPTIONS_MAX = 20, CONNECTION_MEMORY = 32 * 1024 /* headers of one request */ };

/* Nothing older than TLS 1.2 (RFC 8996). */
static const char tls_priorities[] = "SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3";

struct listener {
    struct exchange_host *host;
    struct MHD_Daemon *daemon;
    struct tls_identity *tls;
    int fd; /* a duplicate of the server's; -1 while the library owns it */
    atomic_bool is_retiring;
    _Atomic size_t connections;
};

/* ---- the library's callbacks ----------------------------------------------------------------- */

static void *on_request_line(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    struct listener *listener = context;
    return exchange_create(listener->host, target, &listener->is_retiring);
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
    struct listener *listener = context;
    exchange_destroy(*state);
    *state = NULL;
    connection_enter(listener->host->connections, tracked_connection(connection), CONNECTION_IDLE);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct listener *listener = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_close(listener->host->connections, *socket_context);
        *socket_context = NULL;
        atomic_fetch_sub(&listener->connections, 1);
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info ? connections_open(listener->host->connections, info->connect_fd) : NULL;
    atomic_fetch_add(&listener->connections, 1);
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

static void add_common_options(struct option_list *list, struct listener *listener,
                               const struct listener_options *options)
{
    int64_t idle_s = (options->idle_ms + 999) / 1000;
    add_option(list, MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL);
    add_option(list, MHD_OPTION_CONNECTION_LIMIT, (intptr_t)options->connections, NULL);
    add_option(list, MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)idle_s, NULL);
    add_option(list, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
    add_option(list, MHD_OPTION_URI_LOG_CALLBACK, CALLBACK(on_request_line), listener);
    add_option(list, MHD_OPTION_NOTIFY_COMPLETED, CALLBACK(on_request_completed), listener);
    add_option(list, MHD_OPTION_NOTIFY_CONNECTION, CALLBACK(on_connection), listener);
    if (options->threads > 1) {
        add_option(list, MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)options->threads, NULL);
    }
}

static void add_tls_options(struct option_list *list, struct tls_identity *tls)
{
    add_option(list, MHD_OPTION_HTTPS_MEM_CERT, 0, tls->certificate);
    add_option(list, MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key);
    add_option(list, MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)tls_priorities);
    if (tls->client_ca) {
        add_option(list, MHD_OPTION_HTTPS_MEM_TRUST, 0, tls->client_ca);
    }
}

static enum serin_status start_daemon(struct listener *listener,
                                      const struct listener_options *options,
                                      struct serin_error *err)
{
    struct option_list list = {.count = 0};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    add_common_options(&list, listener, options);
    if (options->tls) {
        flags |= MHD_USE_TLS;
        add_tls_options(&list, options->tls);
    }
    listener->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, listener,
                                        MHD_OPTION_ARRAY, list.items, MHD_OPTION_END);
    if (!listener->daemon) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "the HTTP listener on %s did not start: threads or descriptors are short",
                          options->address);
    }
    listener->fd = -1;
    return SERIN_OK;
}

enum serin_status listener_start(struct exchange_host *host, const struct listener_options *options,
                                 struct listener **out, struct serin_error *err)
{
    owned(listener) listener = memory_allocate(1, sizeof(*listener));
    if (!listener) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the HTTP listener");
    }
    listener->host = host;
    listener->fd = fcntl(options->listen_fd, F_DUPFD_CLOEXEC, 0);
    if (listener->fd < 0) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot listen on %s: %s", options->address,
                          strerror(errno));
    }
    TRY(start_daemon(listener, options, err));
    listener->tls = options->tls;
    *out = give(listener);
    return SERIN_OK;
}

/* ---- running and stopping -------------------------------------------------------------------- */

void listener_retire(struct listener *listener)
{
    atomic_store(&listener->is_retiring, true);
    if (listener->fd < 0) {
        /* Its threads may still look at the descriptor: it stays open until they have ended. */
        listener->fd = MHD_quiesce_daemon(listener->daemon);
    }
}

void listener_adopt(struct listener *listener, int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t length = sizeof(peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0) {
        (void)close(fd);
        return;
    }
    connections_announce(listener->host->connections);
    if (MHD_add_connection(listener->daemon, fd, (struct sockaddr *)&peer, length) != MHD_YES) {
        /* The library has closed the descriptor: the peer sees the end. */
        connections_withdraw(listener->host->connections);
    }
}

size_t listener_connections(const struct listener *listener)
{
    return atomic_load(&((struct listener *)listener)->connections);
}

const struct tls_identity *listener_tls(const struct listener *listener)
{
    return listener->tls;
}

void listener_destroy(struct listener *listener)
{
    if (!listener) {
        return;
    }
    if (listener->daemon) {
        MHD_stop_daemon(listener->daemon);
    }
    if (listener->fd >= 0) {
        (void)close(listener->fd);
    }
    tls_identity_destroy(listener->tls);
    memory_free(listener);
}
