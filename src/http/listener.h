/*
 * One daemon of the HTTP library on a listening socket. For http/server.c only.
 *
 * A server replaces its listener when certificates or limits change: the new one accepts on the
 * same socket, the old one finishes the connections it has.
 */
#ifndef SERIN_HTTP_LISTENER_H
#define SERIN_HTTP_LISTENER_H

#include "base/memory.h"
#include "http/exchange.h"
#include "http/tls.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener;

struct listener_options {
    int listen_fd;            /* stays the caller's: the listener works on a duplicate */
    const char *address;      /* of it, for messages */
    unsigned threads;         /* that move bytes */
    uint64_t connections;     /* open at the same time */
    int64_t idle_ms;          /* without a byte in either direction */
    struct tls_identity *tls; /* NULL: plain HTTP; taken over on success only */
};

/* Starts answering. Fails with SERIN_UNAVAILABLE (no threads or descriptors) and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status listener_start(struct exchange_host *host,
                                                  const struct listener_options *options,
                                                  struct listener **out, struct serin_error *err);
/* Stops; requests still under way must have ended. NULL is fine. */
void listener_destroy(struct listener *listener);
DEFINE_CLEANUP(listener)

/* Stops accepting. Its connections go on, each until its next answer, which says so. */
void listener_retire(struct listener *listener);

/* Serves a connection that somebody else accepted on `fd`, which it takes over. */
void listener_adopt(struct listener *listener, int fd);

/* Connections open. */
size_t listener_connections(const struct listener *listener);

/* What it serves; NULL for plain HTTP. */
const struct tls_identity *listener_tls(const struct listener *listener);

#endif
