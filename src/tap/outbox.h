/*
 * What a tap has counted since it was last asked, as batches of events for POST /v1/events of
 * `serin serve`:
 *
 *     {"stream":"checkout","time":1769860800250,"arm":"7d9f","pod":"shop-1","label":"s4","reference":"s4","count":812}
 *
 * A line is all events of one cell in one time bucket. Used by one thread beside those that count.
 */
#ifndef SERIN_TAP_OUTBOX_H
#define SERIN_TAP_OUTBOX_H

#include "base/buffer.h"
#include "base/memory.h"
#include "serin/error.h"
#include "tap/tap.h"

#include <stddef.h>
#include <stdint.h>

struct outbox;

/*
 * From now on events are kept for sending, within their share of the budget. One outbox per tap, to
 * be destroyed before it. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status outbox_create(struct tap *tap, const char *stream,
                                                 struct outbox **out, struct serin_error *err);
void outbox_destroy(struct outbox *outbox); /* NULL is fine */
DEFINE_CLEANUP(outbox)

/*
 * Appends the next batch, of at most about `bytes_max` bytes, to the empty buffer `out`; nothing
 * when everything was taken. The batch counts as taken only after outbox_taken: until then it comes
 * again. Fails as the buffer does, and with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status outbox_next(struct outbox *outbox, size_t bytes_max,
                                               struct buffer *out, uint64_t *out_events);
void outbox_taken(struct outbox *outbox);

#endif
