/*
 * Both arms' counts as the statistics take them: grouped labels, over all traffic or one slice, by
 * block and pooled.
 */
#ifndef SERIN_VERDICT_COUNTS_H
#define SERIN_VERDICT_COUNTS_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "labels/slice_cells.h"
#include "serin/error.h"
#include "serin/jackknife.h"
#include "serin/paired.h"
#include "serin/table.h"
#include "verdict/grouping.h"
#include "verdict/spec.h"
#include "verdict/tail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arm_counts {
    struct serin_block_cell *cells; /* by block, row, column, each once; the latter are groups */
    size_t cell_count;
    uint64_t *table;       /* rows × columns, pooled; events without reference left out */
    uint64_t *totals;      /* per column, with or without reference */
    uint64_t events;       /* all of them */
    uint64_t unreferenced; /* without reference */
    uint64_t merged;       /* whose label or reference is in the group of rare ones */
    uint64_t merged_alone; /* whose rare label the other arm never emits; 0 within a slice */
};

/*
 * Of the design `paired`, `triples` holds the keys, and the arms' counts are the keys' labels in
 * each arm. Without references the stable arm's labels are the reference: its own table is
 * diagonal. But where the stable arm labelled judgement->min_samples keys twice, its table is that
 * of its first against its second label of those keys: how far it agrees with itself.
 */
struct counts {
    const struct grouping *grouping; /* borrowed */
    size_t rows;
    size_t columns;
    struct arm_counts arms[ARM_COUNT];
    struct serin_triple *triples;
    size_t triple_count;
    bool has_self_pairs;
    bool has_tail; /* of all traffic, with references, some label merged */
    struct tail tail;
};

/*
 * Counts of all traffic, whose labels are ranked (verdict/ranking_epoch.h) and grouped by the way,
 * at most `label_cap` of them: the caller destroys both, the counts first. Fails with
 * SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status counts_create_ranked(const struct block_tables *tables,
                                                        const struct judgement *judgement,
                                                        struct grouping **out_grouping,
                                                        struct counts **out_counts,
                                                        struct serin_error *err);

/*
 * The same with only so many groups that a table of them is dense: √(n/10) for the n events of the
 * smaller arm in the ranking's epoch, halved `halvings` times, at least MERGED_GROUPS_LEAST and at
 * most `label_cap`.
 */
enum { MERGED_GROUPS_LEAST = 5 };
SERIN_MUST_CHECK enum serin_status
counts_create_merged(const struct block_tables *tables, const struct judgement *judgement,
                     size_t halvings, struct grouping **out_grouping, struct counts **out_counts,
                     struct serin_error *err);

/* Counts of one slice's cells, grouped as the whole is. Fails with SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status counts_create(struct cell_view canary, struct cell_view stable,
                                                 const struct grouping *grouping,
                                                 struct counts **out, struct serin_error *err);
void counts_destroy(struct counts *counts); /* NULL is fine */
DEFINE_CLEANUP(counts)

/* An arm's pooled table and its cells by block, as the statistics read them. */
struct serin_table counts_table(const struct counts *counts, enum arm arm);
struct serin_blocks counts_blocks(const struct counts *counts, enum arm arm);

/*
 * Brings cells into the order that the statistics want, each once: grouping labels or blocks lets
 * cells coincide, and one arm's view of the pairs is out of order. Returns how many are left.
 */
size_t cells_settle(struct serin_block_cell *cells, size_t count);

/* Takes pods for blocks, `pods` saying which pod each block is of, and settles the cells. */
size_t cells_take_pods(struct serin_block_cell *cells, size_t count, const uint32_t *pods);

/* Labels that occur in either arm's table. */
size_t counts_occupied_rows(const struct counts *counts);
size_t counts_occupied_columns(const struct counts *counts);

#endif
