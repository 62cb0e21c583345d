/*
 * The counters of a tap as Prometheus reads them, piece by piece: a scrape costs the memory of one
 * piece, however many counters there are.
 *
 *     serin_label_events_total{arm="7d9f8c6b5",pod="checkout-7d9f8c6b5-x2x9z",reference="s4",label="s4",region="eu"}
 * 812
 */
#ifndef SERIN_TAP_EXPOSITION_H
#define SERIN_TAP_EXPOSITION_H

#include "base/buffer.h"
#include "serin/error.h"
#include "tap/tap.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a scrape is; zeroed at first. Counters are never removed, so an index is enough. */
struct exposition {
    uint32_t next;
    bool has_head;
};

/* No piece is longer. */
enum { EXPOSITION_PIECE_MAX = 32 * 1024 };

/*
 * Appends the next piece, which is empty at the end. A counter is as exact as the moment its piece
 * was written. Fails as the buffer does.
 */
SERIN_MUST_CHECK enum serin_status exposition_next(struct tap *tap, struct exposition *at,
                                                   struct buffer *out);

#endif
