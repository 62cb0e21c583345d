/*
 * One request and its answer, between the HTTP library and the handlers. For http/server.c only.
 */
#ifndef SERIN_HTTP_EXCHANGE_H
#define SERIN_HTTP_EXCHANGE_H

#include "http/connections.h"
#include "http/lanes.h"
#include "http/route.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>

/* What the exchanges of one listener share. */
struct exchange_host {
    struct service *service;
    const struct route_table *routes;
    struct connections *connections;
    struct lanes *lanes;         /* for the handlers that may wait */
    _Atomic size_t upload_bytes; /* held by bodies being received */
    _Atomic size_t upload_limit;
    _Atomic uint64_t next_id;
    struct hash_key id_key;
};

struct exchange;

/*
 * The library has read a request line; NULL when memory is short. `raw_target` is as sent; the
 * answer asks the peer to come back on a new connection when `is_closing` is set by then.
 */
struct exchange *exchange_create(struct exchange_host *host, const char *raw_target,
                                 const atomic_bool *is_closing);
void exchange_destroy(struct exchange *exchange); /* NULL is fine */

/*
 * The library's handler protocol: called when the headers are there, for each piece of the body,
 * and when all is there (or after a resume).
 */
enum MHD_Result exchange_step(struct exchange *exchange, struct MHD_Connection *connection,
                              struct connection *tracked, const char *path, const char *method,
                              const char *piece, size_t *piece_size);

#endif
