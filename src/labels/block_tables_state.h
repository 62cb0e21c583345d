/*
 * What block tables are made of; for the files block_tables*.c and slice_cells.c only.
 *
 * While filling, texts are ids in order of first appearance. Sealing replaces ids by ranks in
 * canonical order, in the cells and in the arrays behind them.
 */
#ifndef SERIN_LABELS_BLOCK_TABLES_STATE_H
#define SERIN_LABELS_BLOCK_TABLES_STATE_H

#include "labels/block_tables.h"
#include "labels/cell_log.h"
#include "labels/dictionary.h"

enum { SET_PAIRS = ARM_COUNT, SET_SELF_PAIRS, SET_COUNT };

/* Row 0 of a cell: no reference. References start at row 1 while filling. */
enum { ROW_NONE = 0 };

struct block {
    uint32_t pod; /* id, after sealing rank */
    int64_t start_ms;
};

/* The blocks and cells of an arm, or those of pairs. A cell's extra key is its slice tuple or, for
   a pair, the stable arm's label, of a pair of the stable arm with itself the earlier one. */
struct block_set {
    struct dictionary *pods;
    struct dictionary *block_ids; /* of pod id and start, as bytes */
    struct block *blocks;
    size_t block_count;
    size_t block_room;
    uint32_t last_block; /* the block added to last, where there is one: the next is often it */
    struct cell_log cells;
    uint64_t events;
    uint64_t unreferenced;
    struct text_view *pod_names; /* sealed: by rank */
    size_t *first_cells;         /* sealed: where each block's cells start, and the end */
};

/* A sorted list of texts, the result of sealing a dictionary. */
struct ranking {
    struct text_view *texts; /* by rank */
    size_t count;
    uint32_t *ranks; /* by id */
};

/* Texts of labels or references, with a place for those beyond the limit. */
struct label_space {
    struct dictionary *texts;
    struct ranking ranking;
};

/* The slices of a tuple: `count` places in `struct slices`'s members from `first`. */
struct tuple {
    size_t first;
    size_t count;
};

/* Slices are interned step by step: texts, pairs of texts, then the tuple of a cell. */
struct slices {
    struct dictionary *dimensions;
    struct dictionary *values;
    struct dictionary *pairs;  /* of dimension id and value id, as bytes */
    struct dictionary *tuples; /* of pair ids ordered by dimension id, as bytes */
    bool has_empty_tuple;
    uint32_t empty_tuple;      /* the usual case: no slices */
    struct slice_value *names; /* sealed: by rank */
    size_t name_count;
    struct tuple *by_tuple; /* sealed: by tuple id */
    uint32_t *members;      /* sealed: slice ranks, tuple after tuple */
};

struct block_tables {
    struct table_limits limits;
    struct label_space labels;
    struct label_space references;
    struct slices slices;
    struct block_set sets[SET_COUNT];
    struct arm_coverage coverage[ARM_COUNT];
    int64_t window_start_ms;
    int64_t window_end_ms;
    int64_t base_ms; /* of block_tables_widen_blocks; 0: blocks stay as they were added */
    struct serin_error incomplete; /* a status other than SERIN_OK: with its reason */
    bool blocks_unknown;
    bool capped;
    bool sealed;
};

#endif
