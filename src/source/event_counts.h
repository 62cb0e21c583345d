/*
 * Counts of some events of one stream, self-contained: the form in which a batch travels from the
 * request to the journal, from the file to memory, and from memory to the file's blocks.
 *
 * Texts are told apart by their index within the struct, so nothing here depends on what else the
 * store holds.
 */
#ifndef SERIN_SOURCE_EVENT_COUNTS_H
#define SERIN_SOURCE_EVENT_COUNTS_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "labels/dictionary.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

/* A tuple is the slice values of an event, as slice_tuple.h writes them. */
enum text_kind { TEXT_ARM, TEXT_POD, TEXT_LABEL, TEXT_REFERENCE, TEXT_TUPLE };
enum { TEXT_KINDS = TEXT_TUPLE + 1 };

#define ID_OTHER   DICTIONARY_OTHER /* of a label or reference beyond the stream's cap */
#define ID_ABSENT  (UINT32_MAX - 1) /* no reference, no label */
#define BLOCK_NONE UINT32_MAX       /* a reference that came without its label */

struct counts_block {
    uint32_t arm;
    uint32_t pod;
    int64_t start_ms; /* of its time bucket */
    int64_t first_ms; /* earliest and latest event */
    int64_t last_ms;
};

struct counts_cell {
    uint32_t tuple;
    uint32_t reference;
    uint32_t label;
};

struct counts_increment {
    uint32_t block;
    uint32_t cell;
    uint64_t count;
};

/* One event of a keyed stream with a key; such events are not among the increments. */
struct counts_item {
    struct hash128 key;
    uint32_t block;
    uint32_t cell;
    uint64_t count;
    int64_t time_ms;
};

struct event_counts {
    struct text_view *texts[TEXT_KINDS];
    size_t text_count[TEXT_KINDS];
    struct counts_block *blocks;
    size_t block_count;
    struct counts_cell *cells;
    size_t cell_count;
    struct counts_increment *increments; /* each block and cell at most once */
    size_t increment_count;
    struct counts_item *items; /* in the order in which they came */
    size_t item_count;
};

/* Frees the arrays; the texts are somebody else's. */
void event_counts_clear(struct event_counts *counts);

/* ---- building -------------------------------------------------------------------------------- */

struct counts_builder;

/* `key` seeds the hash tables. NULL when memory is short. */
struct counts_builder *counts_builder_create(const struct hash_key *key);
void counts_builder_destroy(struct counts_builder *builder); /* NULL is fine */
DEFINE_CLEANUP(counts_builder)

/* All of these fail with SERIN_NO_MEMORY only. */
SERIN_MUST_CHECK enum serin_status counts_builder_text(struct counts_builder *builder,
                                                       enum text_kind kind, struct text_view text,
                                                       uint32_t *out_id);
/* Widens the block's first and last event where it is known already. */
SERIN_MUST_CHECK enum serin_status counts_builder_block(struct counts_builder *builder,
                                                        const struct counts_block *block,
                                                        uint32_t *out_index);
SERIN_MUST_CHECK enum serin_status
counts_builder_cell(struct counts_builder *builder, struct counts_cell cell, uint32_t *out_index);
/* Counts are at most 2^53 each and in all; the caller sees to that. */
SERIN_MUST_CHECK enum serin_status
counts_builder_add(struct counts_builder *builder, uint32_t block, uint32_t cell, uint64_t count);
SERIN_MUST_CHECK enum serin_status counts_builder_item(struct counts_builder *builder,
                                                       const struct counts_item *item);

/* What was built, valid until the next call that changes the builder. */
SERIN_MUST_CHECK enum serin_status counts_builder_view(struct counts_builder *builder,
                                                       struct event_counts **out);

/* The text of an id that counts_builder_text gave. */
struct text_view counts_builder_text_of(const struct counts_builder *builder, enum text_kind kind,
                                        uint32_t id);

#endif
