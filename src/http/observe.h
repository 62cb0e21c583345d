/*
 * What the service tells about itself: its metrics and its log lines.
 */
#ifndef SERIN_HTTP_OBSERVE_H
#define SERIN_HTTP_OBSERVE_H

#include "analysis/analysis.h"
#include "analysis/otlp.h"
#include "http/request.h"
#include "http/service.h"
#include "serin/error.h"

#include <stdint.h>

/* Registers every family. Fails as metrics_register does. */
SERIN_MUST_CHECK enum serin_status observe_register(struct metrics *metrics,
                                                    struct serin_error *err);

/* A request was answered. */
void observe_request(struct service *service, const struct request *request, int code,
                     int64_t elapsed_ns);

/*
 * A request was refused or failed. Argo throws the body of such an answer away, so the reason has
 * to be found here.
 */
void observe_refusal(struct service *service, const struct request *request, int code,
                     const struct serin_error *err);

/* An analysis was answered. */
void observe_analysis(struct service *service, const struct request *request,
                      const struct question *question, const struct analysis_result *result);

/* A source failed; `stream` names the stream that asked. */
void observe_source_error(struct service *service, const char *stream, enum serin_status status);

/* A batch of events was accepted (again, where it is a duplicate). */
void observe_batch(struct service *service, uint64_t events, bool is_duplicate);

/* A request with log records was taken; tells why records were rejected. */
void observe_logs(struct service *service, const struct request *request,
                  const struct otlp_result *result);

/* A configuration was put in force, or refused. */
void observe_reload(struct service *service, bool is_success);

/* Reads the gauges anew, before they are shown. */
void observe_update(struct service *service, const struct catalog *catalog);

#endif
