/*
 * Exact counts of what was labelled how: one cell per combination of slice values, reference and
 * label, within fixed limits.
 *
 * Cells and texts are never forgotten, for counters must not fall. What comes when the room is used
 * up is counted under LABEL_OTHER and told by cell_book_folded: totals stay exact, only the tail is
 * told apart no longer.
 */
#ifndef SERIN_TAP_CELL_BOOK_H
#define SERIN_TAP_CELL_BOOK_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell_book;

struct cell_limits {
    size_t cells;
    size_t bytes; /* of cells and texts together */
};

enum cell_text { CELL_LABEL, CELL_REFERENCE, CELL_TUPLE };
enum { CELL_TEXTS = CELL_TUPLE + 1 };

#define CELL_NO_REFERENCE UINT32_MAX
#define CELL_NO_LABEL     UINT32_MAX /* of a reference that came without its label; counts 0 */

struct cell {
    uint32_t tuple; /* slice values, see source/slice_tuple.h */
    uint32_t reference;
    uint32_t label;
};

/*
 * `other_tuple` stands for combinations of slice values beyond the limits. NULL when memory is
 * short.
 */
struct cell_book *cell_book_create(const struct cell_limits *limits, struct text_view other_tuple,
                                   const struct hash_key *key);
void cell_book_destroy(struct cell_book *book); /* NULL is fine */
DEFINE_CLEANUP(cell_book)

/* The id of a text that is known. */
bool cell_book_find(const struct cell_book *book, enum cell_text kind, struct text_view text,
                    uint32_t *out_id);

/*
 * The same for one that may be new; beyond the limits, or without memory, that of the text which
 * stands for others.
 */
uint32_t cell_book_intern(struct cell_book *book, enum cell_text kind, struct text_view text);

/*
 * Counts `count` events. Returns the index of the cell, which stands for others when there is no
 * room for a new one.
 */
uint32_t cell_book_count(struct cell_book *book, struct cell cell, uint64_t count);

/* ---- reading --------------------------------------------------------------------------------- */

size_t cell_book_size(const struct cell_book *book); /* cells; some may count 0 */
struct cell cell_book_cell(const struct cell_book *book, uint32_t index);
uint64_t cell_book_total(const struct cell_book *book, uint32_t index);
size_t cell_book_text_count(const struct cell_book *book, enum cell_text kind);
struct text_view cell_book_text(const struct cell_book *book, enum cell_text kind, uint32_t id);

/* Events that were counted under others because of the limits. */
uint64_t cell_book_folded(const struct cell_book *book);

/* Bytes held, at most the limit. */
size_t cell_book_bytes(const struct cell_book *book);

#endif
