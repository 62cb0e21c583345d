/*
 * What the routes share that take label events.
 */
#ifndef SERIN_HTTP_PUSH_H
#define SERIN_HTTP_PUSH_H

#include "analysis/ingest.h"
#include "http/request.h"
#include "http/service.h"
#include "serin/error.h"

/* The request as whoever reads its body wants it: sender, time, compression, name of the batch. */
struct ingest_request push_request(const struct service *service, const struct request *request);

/*
 * The HTTP status code of a push that failed. A store that cannot write now is no gateway: the
 * sender keeps its batch and tries again.
 */
int push_code(enum serin_status status);

/* Answers a push that failed, and tells of it. */
void push_refuse(struct service *service, const struct request *request, struct reply *reply,
                 int code, const struct serin_error *err);

#endif
