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
    uint64_t open;     /* when three quarters are taken, those that only wait make room */
    int64_t header_ms; /* from connecting to the end of the first request's headers */
    int64_t body_ms;   /* from there to the end of its body; and to take the answer */
    int64_t idle_ms;   /* between one answer and the next request's headers */
};

struct connections *connections_create(const struct connection_limits *limits,
                                       const struct clock *clock);
void connections_destroy(struct connections *connections); /* NULL is fine; all must be closed */
DEFINE_CLEANUP(connections)

/* Other limits from now on. */
void connections_limit(struct connections *connections, const struct connection_limits *limits);

/*
 * A peer has connected on descriptor `fd`; NULL when memory is short. Where the limit is near, the
 * peer that has waited longest without a request under way is shut out for it, or else the slowest
 * uploader: a flood of idle connections cannot keep honest peers out.
 */
struct connection *connections_open(struct connections *connections, int fd);
/*
 * One more is on its way to connections_open, and no longer is; connections_expected counts it
 * meanwhile. Only for times when all that are opened have been announced.
 */
void connections_announce(struct connections *connections);
void connections_withdraw(struct connections *connections);
/* It is gone; to be told before the descriptor is closed. NULL is fine. */
void connections_close(struct connections *connections, struct connection *connection);

enum connection_phase {
    CONNECTION_CONNECTED, /* no request yet */
    CONNECTION_RECEIVING, /* a request's body */
    CONNECTION_ANSWERING, /* the handler's turn: no limit here */
    CONNECTION_SENDING,   /* the answer */
    CONNECTION_IDLE       /* between two requests */
};
void connection_enter(struct connections *connections, struct connection *connection,
                      enum connection_phase phase);

/* Shuts down every connection that has outstayed its phase; how many. To be called every second. */
size_t connections_sweep(struct connections *connections);

/*
 * How many have been announced, or have connected or got an answer less than `age_ms` ago and not
 * yet asked (again).
 */
size_t connections_expected(struct connections *connections, int64_t age_ms);

/* How many are open. */
size_t connections_count(struct connections *connections);

#endif
