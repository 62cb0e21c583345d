#include "tap/cell_book.h"

#include "labels/dictionary.h"
#include "source/index_map.h"
#include "tap/label_rules.h"

#include <assert.h>

/* No less than what maps and arrays hold per entry right after they have grown. */
enum { CELL_BYTES = 128, TEXT_BYTES = 224, TEXTS_MAX = 1 << 20 };

/* Ids that stand for others: the first of each kind. */
enum { OTHER_ID = 0 };

struct cell_book {
    struct cell_limits limits;
    struct dictionary *texts[CELL_TEXTS];
    struct index_map *cells;
    uint64_t *totals;
    size_t total_capacity;
    size_t bytes;
    uint64_t folded;
    bool folded_text; /* a text of the event being counted was folded */
};

/* The two cells for others, with and without a reference, are there from the start. */
static const struct cell other_cells[] = {
    {OTHER_ID, OTHER_ID,          OTHER_ID},
    {OTHER_ID, CELL_NO_REFERENCE, OTHER_ID}
};

static size_t text_cost(struct text_view text)
{
    return TEXT_BYTES + text.length;
}

/* Without asking the limits. */
static enum serin_status add_text(struct cell_book *book, enum cell_text kind,
                                  struct text_view text, uint32_t *out_id)
{
    TRY(dictionary_intern(book->texts[kind], text, out_id));
    book->bytes += text_cost(text);
    return SERIN_OK;
}

static struct index_key key_of(struct cell cell)
{
    return index_key(cell.tuple, cell.reference, cell.label, 0);
}

static enum serin_status add_cell(struct cell_book *book, struct cell cell, uint32_t *out_index)
{
    size_t size = index_map_size(book->cells);
    TRY(memory_grow((void **)&book->totals, &book->total_capacity, size + 1, sizeof(*book->totals),
                    SIZE_MAX));
    TRY(index_map_intern(book->cells, key_of(cell), out_index));
    book->bytes += CELL_BYTES;
    return SERIN_OK;
}

static enum serin_status prepare(struct cell_book *book, struct text_view other_tuple,
                                 const struct hash_key *key)
{
    static const struct text_view other = TEXT_VIEW(LABEL_OTHER);
    uint32_t id = 0;
    for (size_t kind = 0; kind < CELL_TEXTS; kind++) {
        book->texts[kind] = dictionary_create(TEXTS_MAX, key);
        if (!book->texts[kind]) {
            return SERIN_NO_MEMORY;
        }
        TRY(add_text(book, (enum cell_text)kind, kind == CELL_TUPLE ? other_tuple : other, &id));
    }
    book->cells = index_map_create(hash_siphash64(key, "cells", 5));
    if (!book->cells) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(other_cells); i++) {
        TRY(add_cell(book, other_cells[i], &id));
    }
    return SERIN_OK;
}

struct cell_book *cell_book_create(const struct cell_limits *limits, struct text_view other_tuple,
                                   const struct hash_key *key)
{
    owned(cell_book) book = memory_allocate(1, sizeof(*book));
    if (!book) {
        return NULL;
    }
    book->limits = *limits;
    return prepare(book, other_tuple, key) == SERIN_OK ? give(book) : NULL;
}

void cell_book_destroy(struct cell_book *book)
{
    if (book) {
        for (size_t kind = 0; kind < CELL_TEXTS; kind++) {
            dictionary_destroy(book->texts[kind]);
        }
        index_map_destroy(book->cells);
        memory_free(book->totals);
        memory_free(book);
    }
}

bool cell_book_find(const struct cell_book *book, enum cell_text kind, struct text_view text,
                    uint32_t *out_id)
{
    return dictionary_find(book->texts[kind], text, out_id);
}

uint32_t cell_book_intern(struct cell_book *book, enum cell_text kind, struct text_view text)
{
    uint32_t id = OTHER_ID;
    if (cell_book_find(book, kind, text, &id)) {
        return id;
    }
    bool has_room = dictionary_size(book->texts[kind]) < TEXTS_MAX &&
                    book->bytes + text_cost(text) + CELL_BYTES <= book->limits.bytes &&
                    index_map_size(book->cells) < book->limits.cells;
    if (!has_room || add_text(book, kind, text, &id) != SERIN_OK) {
        book->folded_text = true;
        return OTHER_ID;
    }
    return id;
}

/* A cell that is new, or the one for others where that has no room. */
static uint32_t new_cell(struct cell_book *book, struct cell cell, bool *out_folded)
{
    uint32_t index = 0;
    bool has_room = index_map_size(book->cells) < book->limits.cells &&
                    book->bytes + CELL_BYTES <= book->limits.bytes;
    if (has_room && add_cell(book, cell, &index) == SERIN_OK) {
        return index;
    }
    *out_folded = true;
    return cell.reference == CELL_NO_REFERENCE ? 1 : 0;
}

uint32_t cell_book_count(struct cell_book *book, struct cell cell, uint64_t count)
{
    bool is_folded = book->folded_text;
    book->folded_text = false;
    uint32_t index = index_map_find(book->cells, key_of(cell));
    if (index == INDEX_NONE) {
        index = new_cell(book, cell, &is_folded);
    }
    book->totals[index] += count;
    book->folded += is_folded ? count : 0;
    return index;
}

size_t cell_book_size(const struct cell_book *book)
{
    return index_map_size(book->cells);
}

struct cell cell_book_cell(const struct cell_book *book, uint32_t index)
{
    struct index_key key = index_map_key(book->cells, index);
    return (struct cell){(uint32_t)(key.high >> 32), (uint32_t)key.high, (uint32_t)(key.low >> 32)};
}

uint64_t cell_book_total(const struct cell_book *book, uint32_t index)
{
    assert(index < cell_book_size(book));
    return book->totals[index];
}

size_t cell_book_text_count(const struct cell_book *book, enum cell_text kind)
{
    return dictionary_size(book->texts[kind]);
}

struct text_view cell_book_text(const struct cell_book *book, enum cell_text kind, uint32_t id)
{
    return dictionary_text(book->texts[kind], id);
}

uint64_t cell_book_folded(const struct cell_book *book)
{
    return book->folded;
}

size_t cell_book_bytes(const struct cell_book *book)
{
    return book->bytes;
}
