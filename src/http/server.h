/*
 * A listening address: sockets, TLS, threads and limits in front of a table of routes.
 */
#ifndef SERIN_HTTP_SERVER_H
#define SERIN_HTTP_SERVER_H

#include "base/memory.h"
#include "http/lanes.h"
#include "http/route.h"
#include "http/service.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>

struct server;

struct server_options {
    const char *listen;               /* "127.0.0.1:8080"; port 0 picks a free one */
    const struct route_table *routes; /* lives for ever */
    struct lanes *lanes;              /* for handlers that may wait */
    unsigned threads;                 /* that move bytes */
    const struct config_limits *limits;
    const struct config_tls *tls; /* NULL: plain HTTP */
};

/*
 * Binds, listens and starts answering. Fails with SERIN_INVALID (address, certificate) and
 * SERIN_UNAVAILABLE (port taken, no threads).
 */
SERIN_MUST_CHECK enum serin_status server_start(struct service *service,
                                                const struct server_options *options,
                                                struct server **out, struct serin_error *err);

/*
 * Puts other limits and certificates in force, reading the files of `tls` anew. New connections
 * get them; those that are open go on until their next answer. Fails as server_start does; then
 * nothing has changed.
 */
SERIN_MUST_CHECK enum serin_status server_renew(struct server *server,
                                                const struct config_limits *limits,
                                                const struct config_tls *tls,
                                                struct serin_error *err);

/* The address it listens on, with the real port. */
const char *server_address(const struct server *server);

/* Stops accepting; what is under way, or waits to be accepted, goes on. */
void server_quiesce(struct server *server);

/*
 * Whether a peer that was let in or answered a moment ago may be about to send a request; for a
 * stop that wants to answer everybody.
 */
bool server_expects_requests(const struct server *server);

/* Shuts down connections that take too long; to be called every second or so. */
void server_sweep(struct server *server);

/* Stops; requests still under way must have ended. NULL is fine. */
void server_destroy(struct server *server);
DEFINE_CLEANUP(server)

#endif
