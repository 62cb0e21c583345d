/* What tests ask of sealed tables by the labels' texts. */
#ifndef SERIN_TESTS_SUPPORT_CELLS_H
#define SERIN_TESTS_SUPPORT_CELLS_H

#include "labels/block_tables.h"

#include <stdlib.h>

static inline bool is_reference(const struct block_tables *tables, uint32_t row,
                                const char *reference)
{
    if (row == SERIN_NO_REFERENCE || !reference) {
        return row == SERIN_NO_REFERENCE && !reference;
    }
    return text_equals(block_tables_reference(tables, row), reference);
}

/* Count of one cell of an arm, over all blocks; reference NULL: events without. */
static inline uint64_t cell_of(const struct block_tables *tables, enum arm arm,
                               const char *reference, const char *label)
{
    struct serin_block_cell *cells = NULL;
    size_t count = 0;
    uint64_t sum = 0;
    if (block_tables_cells(tables, arm, ALL_SLICES, &cells, &count) != SERIN_OK) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        if (is_reference(tables, cells[i].row, reference) &&
            text_equals(block_tables_label(tables, cells[i].column), label)) {
            sum += cells[i].count;
        }
    }
    memory_free(cells);
    return sum;
}

/* Items that the canary labelled `canary` and the stable arm `stable`. */
static inline uint64_t pairs_of(const struct block_tables *tables, const char *reference,
                                const char *canary, const char *stable)
{
    struct serin_triple *triples = NULL;
    size_t count = 0;
    uint64_t sum = 0;
    if (block_tables_triples(tables, &triples, &count) != SERIN_OK) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        if (is_reference(tables, triples[i].row, reference) &&
            text_equals(block_tables_label(tables, triples[i].canary), canary) &&
            text_equals(block_tables_label(tables, triples[i].stable), stable)) {
            sum += triples[i].count;
        }
    }
    memory_free(triples);
    return sum;
}

#endif
