/*
 * Listening on a path: a Unix socket for datagrams or for streams.
 */
#ifndef SERIN_TAP_UNIX_SOCKET_H
#define SERIN_TAP_UNIX_SOCKET_H

#include "serin/error.h"

enum unix_socket_kind { UNIX_SOCKET_DATAGRAM, UNIX_SOCKET_STREAM };

/*
 * Binds, and for streams listens, without blocking. Who may reach the folder may send: the socket
 * is open to all, for the containers of a pod run as different users. A socket that a dead process
 * left there is replaced. Fails with SERIN_INVALID (path too long, or something else is there),
 * SERIN_CONFLICT (somebody listens there) and SERIN_UNAVAILABLE.
 */
SERIN_MUST_CHECK enum serin_status unix_socket_open(const char *path, enum unix_socket_kind kind,
                                                    int *out_fd, struct serin_error *err);

/* Closes it and removes its name. */
void unix_socket_close(const char *path, int fd);

#endif
