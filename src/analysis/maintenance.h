/*
 * Maintenance windows of a stream: times in which labels move for known reasons (a migration, a
 * backfill) and no verdict is given.
 */
#ifndef SERIN_ANALYSIS_MAINTENANCE_H
#define SERIN_ANALYSIS_MAINTENANCE_H

#include "base/decode.h"
#include "base/node.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maintenance_window {
    int64_t from_ms;  /* Unix milliseconds, the first inside */
    int64_t until_ms; /* the first after it */
};

/* The rows of one window in a stream's `maintenance:` list. */
extern const struct decode_table maintenance_table;

/* SERIN_INVALID, naming the window, when one of them ends before it begins. */
SERIN_MUST_CHECK enum serin_status maintenance_check(const struct maintenance_window *windows,
                                                     size_t count, const struct node *node,
                                                     const char *path, struct serin_error *err);

/* Whether one of the windows is open at `now_ms`. */
bool maintenance_is_open(const struct maintenance_window *windows, size_t count, int64_t now_ms);

#endif
