/*
 * The open connections of a listener, and the limits on how long each may make others wait.
 *
 * The HTTP library times out a silent peer but not one that sends a byte now and then; here every
 * phase of a connection has an end of its own, whatever the peer sends meanwhile.
 */
#ifndef SERIN_HTTP_CONNECTIONS_H
#define SERIN_HTTP_CONNECTIONS_H

#include "base/memory.h"
#include "platform/clock.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

struct connections;
struct connection;

struct connection_limits {
    int64_t header_ms; /* from connecting to the end of the first request's headers */
    int64_t body_ms;   /* from there to the end of its body */
    int64_t idle_ms;   /* between one answer and the next request's headers */
};

struct connections *connections_create(const struct connection_limits *limits,
                                       const struct clock *clock);
void connections_destroy(struct connections *connections); /* NULL is fine; all must be closed */
DEFINE_CLEANUP(connections)

/* A peer has connected on descriptor `fd`; NULL when memory is short. */
struct connection *connections_open(struct connections *connections, int fd);
/* It is gone; to be told before the descriptor is closed. NULL is fine. */
void connections_close(struct connections *connections, struct connection *connection);

enum connection_phase {
    CONNECTION_CONNECTED, /* no request yet */
    CONNECTION_RECEIVING, /* a request's body */
    CONNECTION_ANSWERING, /* the handler's turn: no limit here */
    CONNECTION_IDLE       /* between two requests */
};
void connection_enter(struct connections *connections, struct connection *connection,
                      enum connection_phase phase);

/* Shuts down every connection that has outstayed its phase; how many. To be called every second. */
size_t connections_sweep(struct connections *connections);

/* How many are open. */
size_t connections_count(struct connections *connections);

#endif
