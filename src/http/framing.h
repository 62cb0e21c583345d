/*
 * Whether it is beyond doubt where a request ends: what proxies and we could read differently is
 * refused, so that no second request can hide in the body of a first (RFC 9112, 6.3 and 11.2).
 * For http/exchange.c only.
 */
#ifndef SERIN_HTTP_FRAMING_H
#define SERIN_HTTP_FRAMING_H

#include <microhttpd.h>

/* What is wrong with the headers, for people; NULL: nothing. */
const char *framing_fault(struct MHD_Connection *connection);

/* What is wrong with a request's target, as it was sent; NULL: nothing. */
const char *target_fault(const char *raw_target);

#endif
