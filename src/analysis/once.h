/*
 * Requests whose events have ids of their own → the store, each event once.
 */
#ifndef SERIN_ANALYSIS_ONCE_H
#define SERIN_ANALYSIS_ONCE_H

#include "base/text.h"
#include "serin/error.h"
#include "source/event_ids.h"
#include "source/store.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ONCE_BODY_BYTES_MAX = 16 * 1024 * 1024 /* of one body, which is held whole, after unpacking */
};

/*
 * Reads the request from its beginning: notes the id of each event, and adds those that are new to
 * the batch. Called again when some of them turn out to be known.
 */
typedef enum serin_status once_reader(void *context, struct event_ids *ids,
                                      struct store_batch *batch, struct serin_error *err);

/*
 * Makes what is new of a request durable. Fails with what `read` fails with, and as store_append
 * does; then nothing of it was counted. `out->accepted` counts the new events.
 */
SERIN_MUST_CHECK enum serin_status once_append(struct store *store, once_reader *read,
                                               void *context, struct append_result *out,
                                               struct serin_error *err);

/*
 * The whole body: `raw` itself, or what it holds as gzip; `*out_owned` is then to be freed by the
 * caller with memory_free. Fails with SERIN_INVALID, SERIN_TOO_LARGE and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status once_unpack(struct text_view raw, bool is_gzip,
                                               struct text_view *out, char **out_owned,
                                               struct serin_error *err);

#endif
