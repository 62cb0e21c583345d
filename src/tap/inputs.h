/*
 * Where a tap's lines come from, besides HTTP: standard input, a log file, a Unix socket. One
 * thread reads them all.
 */
#ifndef SERIN_TAP_INPUTS_H
#define SERIN_TAP_INPUTS_H

#include "base/memory.h"
#include "serin/error.h"
#include "tap/follow.h"
#include "tap/tap.h"
#include "tap/unix_socket.h"

#include <stdbool.h>

struct inputs;

struct inputs_options {
    const char *file; /* "-" is standard input; NULL: none */
    enum follow_start start;
    const char *socket; /* path; NULL: none */
    enum unix_socket_kind socket_kind;
};

/*
 * Opens them and starts reading. `tap` and the texts must outlive the inputs. Fails as
 * follower_create and unix_socket_open do, with SERIN_UNAVAILABLE (no thread) and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status inputs_start(const struct inputs_options *options,
                                                struct tap *tap, struct inputs **out,
                                                struct serin_error *err);

/* Takes what is there by now, stops and closes. NULL is fine. */
void inputs_destroy(struct inputs *inputs);
DEFINE_CLEANUP(inputs)

/* Whether everything came to its end: only standard input was read, and it is over. */
bool inputs_are_over(const struct inputs *inputs);

/* How the file fares; zero where none is followed. */
struct follower_counts inputs_follower_counts(const struct inputs *inputs);

#endif
