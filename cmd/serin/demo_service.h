/*
 * A `serin serve` of the demo's own, in a process of its own and a temporary folder, and the two
 * requests that the demo makes of it: what pods would send and what Argo would ask.
 */
#ifndef SERIN_CMD_DEMO_SERVICE_H
#define SERIN_CMD_DEMO_SERVICE_H

#include "base/buffer.h"
#include "base/memory.h"
#include "base/node.h"
#include "serin/error.h"

struct demo_service;

/* Starts it on a free port of this machine with the given streams section. */
SERIN_MUST_CHECK enum serin_status
demo_service_start(const char *streams, struct demo_service **out, struct serin_error *err);
/* Stops the process and removes the folder. NULL is fine. */
void demo_service_destroy(struct demo_service *service);
DEFINE_CLEANUP(demo_service)

const char *demo_service_address(const struct demo_service *service);

/* POST /v1/events with an idempotency key. */
SERIN_MUST_CHECK enum serin_status demo_service_push(struct demo_service *service,
                                                     const char *batch, const struct buffer *lines,
                                                     struct serin_error *err);

/* POST /v1/analysis as Argo's web provider does; the caller destroys `*out`. */
SERIN_MUST_CHECK enum serin_status demo_service_ask(struct demo_service *service,
                                                    const char *stream, const char *canary,
                                                    const char *stable, struct document **out,
                                                    struct serin_error *err);

#endif
