/*
 * What a tap answers over HTTP: its counters, its blocks, whether it is alive; and it takes events
 * from its own pod.
 *
 *     GET  /metrics         for Prometheus
 *     GET  /v1/tap/blocks   source/tap_report.h
 *     GET  /livez /readyz
 *     POST /v1/events       lines of JSON as in a log; from loopback addresses only
 */
#ifndef SERIN_TAP_ENDPOINT_H
#define SERIN_TAP_ENDPOINT_H

#include "base/memory.h"
#include "platform/metrics.h"
#include "serin/error.h"
#include "tap/tap.h"

struct endpoint;

struct endpoint_options {
    const char *address;    /* see platform/listen.h; port 0 picks one */
    const char *token_file; /* counters and blocks need this token; NULL: they are open */
};

/*
 * Listens and answers in a thread of its own. `tap`, `metrics` (see telemetry_register) and the
 * token's path must outlive it. Fails with SERIN_INVALID (address), SERIN_UNAVAILABLE (port taken,
 * no threads) and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status endpoint_start(const struct endpoint_options *options,
                                                  struct tap *tap, struct metrics *metrics,
                                                  struct endpoint **out, struct serin_error *err);
/* Ends the answers under way. NULL is fine. */
void endpoint_destroy(struct endpoint *endpoint);
DEFINE_CLEANUP(endpoint)

/* The address it listens on, with the real port. */
const char *endpoint_address(const struct endpoint *endpoint);

/* From now on it is not ready. */
void endpoint_drain(struct endpoint *endpoint);

#endif
