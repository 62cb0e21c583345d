/*
 * Sends what a tap counts to `serin serve`: batches go through a spool on disk, each under a name
 * of its own, and are sent until they are acknowledged or refused for good. So a batch is counted
 * once, whatever dies or fails meanwhile.
 */
#ifndef SERIN_TAP_PUSH_H
#define SERIN_TAP_PUSH_H

#include "base/decode.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "serin/error.h"
#include "tap/tap.h"

#include <stdint.h>

struct push_options {
    char *url; /* of /v1/events; NULL: nothing is sent */
    char *stream;
    char *token_file;
    char *ca_file;
    int64_t interval_ms;
    char *spool; /* folder */
    uint64_t spool_bytes;
};
extern const struct decode_table push_options_table;

/* Fails with SERIN_INVALID, naming the option, when an address comes without stream or spool. */
SERIN_MUST_CHECK enum serin_status push_options_check(const struct push_options *options,
                                                      struct serin_error *err);

struct pusher;

/*
 * Starts to send in a thread of its own. Everything must outlive the pusher. Fails as spool_open
 * and client_create do, with SERIN_UNAVAILABLE (no thread) and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status pusher_start(const struct push_options *options, struct tap *tap,
                                                struct log *log, struct metrics *metrics,
                                                struct pusher **out, struct serin_error *err);

/*
 * Stops: writes what was counted last into the spool and tries for a few seconds to send what is
 * there. What is left is sent at the next start. NULL is fine.
 */
void pusher_destroy(struct pusher *pusher);
DEFINE_CLEANUP(pusher)

/* Registers the families that a pusher sets. */
SERIN_MUST_CHECK enum serin_status push_register(struct metrics *metrics, struct serin_error *err);

/* How long to wait after `failures` failures in a row: 1 s doubled each time, at most 60 s, of
 * which a part of [1/2, 1) is taken by `chance` in [0, 1), so that many taps do not come at once.
 */
int64_t push_backoff_ms(unsigned failures, double chance);

#endif
