/*
 * Leave-one-out variances of plug-in NMI: one event at a time, or one block of dependent events.
 */
#ifndef SERIN_JACKKNIFE_H
#define SERIN_JACKKNIFE_H

#include "serin/table.h"

/*
 * Delete-one jackknife variance of NMI: (n−1) Σ p (θ₋ − mean)², θ₋ the score with one event of the
 * cell removed. From n = 10⁸ the influence variance / n takes its place. Within 5 % of the true
 * variance or above it in nearly every table; 0 for a perfect one.
 * Fails with SERIN_UNDEFINED when the table has fewer than two occupied rows or columns.
 * O(rows · columns). Source: Efron & Stein, Ann. Statist. 9 (1981).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_jackknife_variance(const struct serin_table *table, enum serin_normalizer normalizer,
                         double *out);

/* Row of a cell whose events have no reference label; such cells are left out of the table. */
#define SERIN_NO_REFERENCE UINT32_MAX

/* Some events of one block (one pod in one time bucket) that fell into one cell. */
struct serin_block_cell {
    uint32_t block; /* ids need not be dense */
    uint32_t row;   /* below `rows`, or SERIN_NO_REFERENCE */
    uint32_t column;
    uint64_t count;
};

/*
 * An arm's cells, ordered by block, row, column, each once. A block without events is no block.
 * Borrowed.
 */
struct serin_blocks {
    const struct serin_block_cell *cells;
    size_t count; /* of cells */
    size_t rows;
    size_t columns;
};

/* How much dependence within blocks inflates the variance of an arm's score. */
struct serin_design_effect {
    double variance;  /* delete-one-block jackknife variance of NMI */
    double deff;      /* against independent events; at least 1 */
    size_t blocks;    /* with at least one event: fewer than 5 allow no estimate, 10 to ask for */
    uint64_t samples; /* events in them; samples / deff is the effective number */
    double df;        /* degrees of freedom of the variance; 0: blocks − 1 */
    double bias_deff; /* what bias grows by; 0: deff */
};

/* Independent events: no blocks to learn from. */
#define SERIN_INDEPENDENT ((struct serin_design_effect){0.0, 1.0, 0, 0, 0.0, 0.0})

/*
 * Delete-one-block jackknife of NMI and the design effect: block variance over the larger of
 * jackknife and influence variance of the pooled table.
 *
 * Fails with SERIN_INVALID when a row or column is out of range or the cells are out of order,
 * SERIN_UNDEFINED with fewer than two blocks or a pooled table that has fewer than two occupied
 * rows or columns, SERIN_RANGE and SERIN_NO_MEMORY. O(cells + rows · columns).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_design_effect(const struct serin_blocks *blocks,
                                                                 enum serin_normalizer normalizer,
                                                                 struct serin_design_effect *out);

/*
 * The design effect of blocks that lie within larger ones, as the time buckets of pods do. Events
 * that depend on each other across the buckets of a pod make the larger blocks vary more than the
 * smaller ones tell, and the larger variance counts. What it has more than the smaller is known
 * with the degrees of freedom of `outer` only: Satterthwaite's approximation of both. Fewer than 5
 * outer blocks count only where chance explains their difference in less than 1 of 20 cases, for
 * else every arm of two pods would pay for an estimate with one degree of freedom.
 *
 *   inner, outer   effects of the same arm's smaller and larger blocks
 *
 * Variance and deff are the larger of both; blocks and samples are those of `inner`, and so is what
 * the bias of NMI grows by: it comes from all cells, and larger blocks differ in few directions.
 * Source: Satterthwaite, Biometrics Bulletin 2 (1946).
 */
SERIN_API struct serin_design_effect serin_nested_effect(const struct serin_design_effect *inner,
                                                         const struct serin_design_effect *outer);

#endif
