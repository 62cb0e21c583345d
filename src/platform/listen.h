/*
 * Listening sockets from texts such as "127.0.0.1:8080", "[::]:8080" or ":8080".
 */
#ifndef SERIN_PLATFORM_LISTEN_H
#define SERIN_PLATFORM_LISTEN_H

#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether the address is reachable from this machine only. Fails with SERIN_INVALID when the text
 * is not host:port with a numeric address (or "localhost", or nothing for every address).
 */
SERIN_MUST_CHECK enum serin_status listen_is_loopback(const char *address, bool *out,
                                                      struct serin_error *err);

/* Whether a peer at this address (NULL: no) is on this machine; an IPv4 one may come as IPv6. */
struct sockaddr;
bool listen_peer_is_loopback(const struct sockaddr *peer);

/* Binds and listens. The caller closes `*out_fd`. SERIN_UNAVAILABLE when the port is taken. */
SERIN_MUST_CHECK enum serin_status listen_open(const char *address, int *out_fd,
                                               struct serin_error *err);

/* The address a socket is bound to, as text, "127.0.0.1:41234": port 0 becomes the real one. */
SERIN_MUST_CHECK enum serin_status listen_address(int fd, char *out, size_t size,
                                                  struct serin_error *err);

#endif
