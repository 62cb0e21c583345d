/*
 * Row and column totals of a table.
 */
#ifndef SERIN_AGREEMENT_MARGINS_H
#define SERIN_AGREEMENT_MARGINS_H

#include "agreement/scratch.h"
#include "serin/table.h"

/* Not to be copied: the totals may live inside. */
struct margins {
    uint64_t total;
    size_t occupied_rows;
    size_t occupied_columns;
    uint64_t *rows;
    uint64_t *columns;
    struct scratch scratch;
};

/* Runs margins_clear when the name leaves scope; to be initialized at once. */
#define margins_scope __attribute__((cleanup(margins_clear))) struct margins

/*
 * Adds up a table. Fails with SERIN_INVALID, SERIN_RANGE or SERIN_NO_MEMORY as serin_table_inspect
 * describes. margins_clear is to be called either way.
 */
SERIN_MUST_CHECK enum serin_status margins_init(struct margins *margins,
                                                const struct serin_table *table);
void margins_clear(struct margins *margins);

enum serin_table_state margins_state(const struct margins *margins);

#endif
