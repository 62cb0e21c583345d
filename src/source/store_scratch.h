/*
 * A store of one stream that lives in memory for one question: for sources that read single events
 * and count them, join late references and pair arms just as the embedded store does.
 */
#ifndef SERIN_SOURCE_STORE_SCRATCH_H
#define SERIN_SOURCE_STORE_SCRATCH_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "labels/event.h"
#include "labels/stream.h"
#include "serin/error.h"
#include "source/source.h"

#include <stddef.h>

struct store_scratch;

/* `stream` is borrowed; `key` seeds the hash tables. NULL when memory is short. */
struct store_scratch *store_scratch_create(const struct stream *stream, const struct hash_key *key);
void store_scratch_destroy(struct store_scratch *scratch); /* NULL is fine */
DEFINE_CLEANUP(store_scratch)

/*
 * Counts an event; of items the earlier one added stands. Nothing is borrowed. Fails as
 * store_batch_add and store_append do, but never for want of a disk; then only destroy it.
 */
SERIN_MUST_CHECK enum serin_status store_scratch_add(struct store_scratch *scratch,
                                                     const struct label_event *event,
                                                     struct serin_error *err);

/* Sealed tables of a window of what was added; see store_fetch. */
SERIN_MUST_CHECK enum serin_status store_scratch_fetch(struct store_scratch *scratch,
                                                       const struct table_query *query,
                                                       struct block_tables **out,
                                                       struct serin_error *err);

#endif
