/*
 * One request and its answer, between the HTTP library and the handlers. For http/server.c only.
 */
#ifndef SERIN_HTTP_EXCHANGE_H
#define SERIN_HTTP_EXCHANGE_H

#include "http/connections.h"
#include "http/route.h"
#include "http/workers.h"

#include <microhttpd.h>
#include <stdatomic.h>

/* What the exchanges of one listener share. */
struct exchange_host {
    struct service *service;
    const struct route_table *routes;
    struct connections *connections;
    struct workers *workers;     /* NULL: every handler runs where the bytes are moved */
    _Atomic size_t upload_bytes; /* held by bodies being received */
    size_t upload_limit;
    _Atomic size_t active; /* exchanges under way */
    _Atomic uint64_t next_id;
    struct hash_key id_key;
};

struct exchange;

/* The library has read a request line; NULL when memory is short. `raw_target` is as sent. */
struct exchange *exchange_create(struct exchange_host *host, const char *raw_target);
void exchange_destroy(struct exchange *exchange); /* NULL is fine */

/*
 * The library's handler protocol: called when the headers are there, for each piece of the body,
 * and when all is there (or after a resume).
 */
enum MHD_Result exchange_step(struct exchange *exchange, struct MHD_Connection *connection,
                              struct connection *tracked, const char *path, const char *method,
                              const char *piece, size_t *piece_size);

#endif
