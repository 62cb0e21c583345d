/*
 * Counts per arm × block × slice: what every source yields and every verdict is computed from.
 *
 * A block is the events of one pod in one time bucket, the unit of the jackknife. Counts are added
 * in any order; `block_tables_seal` then brings everything into one canonical order (texts compare
 * bytewise), so that the same counts give the same bytes whatever source they came from. After
 * sealing the tables are read only and may be shared between threads.
 *
 * Two kinds of counts: single (reference × label of one arm), for the designs `reference` and
 * `shift`; and paired (reference × canary's label × stable's label of the same key), for `paired`.
 */
#ifndef SERIN_LABELS_BLOCK_TABLES_H
#define SERIN_LABELS_BLOCK_TABLES_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "labels/contingency.h"
#include "labels/event.h"
#include "serin/error.h"
#include "serin/jackknife.h"
#include "serin/paired.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum arm { ARM_CANARY = 0, ARM_STABLE = 1 };
enum { ARM_COUNT = 2 };
const char *arm_name(enum arm arm); /* "canary", "stable" */

struct table_limits {
    size_t labels; /* distinct labels, and distinct references, told apart; more become `other` */
    size_t pods;   /* per arm; more fail with SERIN_TOO_LARGE */
    size_t cells;  /* occupied cells in all; more fail with SERIN_TOO_LARGE */
    struct hash_key key; /* seeds the hash tables, influences no result; random_bytes where the
                            counts come from outside */
};
extern const struct table_limits
    table_limits_default; /* 10,000 labels, 5,000 pods, 4,000,000 cells, key all zero */

struct block_tables;

struct block_tables *block_tables_create(const struct table_limits *limits);
void block_tables_destroy(struct block_tables *tables); /* NULL is fine */
DEFINE_CLEANUP(block_tables)

/* What the tables were created with. */
const struct table_limits *block_tables_limits(const struct block_tables *tables);

/* ---- filling ------------------------------------------------------------------------------- */

/* Some events of one block that fell into one cell. Views are copied. */
struct block_count {
    enum arm arm;
    struct text_view pod;
    int64_t block_start_ms; /* start of the block's time bucket; see block_width_ms */
    struct text_view label;
    struct text_view reference; /* ignored unless has_reference */
    bool has_reference;
    const struct slice_value *slices; /* at most SLICE_DIMENSIONS_MAX; NULL when slice_count is 0 */
    size_t slice_count;
    uint64_t count;
};

/* The same for keys seen by both arms. `pod` is the canary's. */
struct paired_count {
    struct text_view pod;
    int64_t block_start_ms;
    struct text_view canary_label;
    struct text_view stable_label;
    struct text_view reference;
    bool has_reference;
    uint64_t count;
};

/*
 * Keys that the stable arm labelled twice, which tell how far it agrees with itself, are counted
 * likewise: `stable_label` is the first label, `canary_label` the second, `pod` that of either.
 */

/*
 * Adds to one cell; a count of 0 changes nothing. Fails with SERIN_TOO_LARGE beyond a limit,
 * SERIN_RANGE when both arms together, or the pairs, would pass 2^53, SERIN_INVALID when a slice
 * dimension occurs twice, SERIN_NO_MEMORY; then the tables must not be used for a verdict any more.
 */
SERIN_MUST_CHECK enum serin_status block_tables_add(struct block_tables *tables,
                                                    const struct block_count *count,
                                                    struct serin_error *err);
SERIN_MUST_CHECK enum serin_status block_tables_add_paired(struct block_tables *tables,
                                                           const struct paired_count *count,
                                                           struct serin_error *err);
SERIN_MUST_CHECK enum serin_status block_tables_add_self_paired(struct block_tables *tables,
                                                                const struct paired_count *count,
                                                                struct serin_error *err);

/*
 * The same for sources that count by ids of their own and would name each text once per cell: ids
 * of the tables for texts and slices, found once, then whole blocks of cells by these ids. A text
 * that was given an id is a label of the tables even if nothing is counted under it. Cells that
 * come in canonical order (block, reference, label; without a reference last) make sealing quick.
 */
struct table_cell {
    uint32_t reference; /* SERIN_NO_REFERENCE: none */
    uint32_t label;
    uint32_t slices;
    uint64_t count;
};
SERIN_MUST_CHECK enum serin_status block_tables_label_id(struct block_tables *tables,
                                                         struct text_view text, uint32_t *out_id,
                                                         struct serin_error *err);
SERIN_MUST_CHECK enum serin_status block_tables_reference_id(struct block_tables *tables,
                                                             struct text_view text,
                                                             uint32_t *out_id,
                                                             struct serin_error *err);
SERIN_MUST_CHECK enum serin_status block_tables_slices_id(struct block_tables *tables,
                                                          const struct slice_value *slices,
                                                          size_t count, uint32_t *out_id,
                                                          struct serin_error *err);
SERIN_MUST_CHECK enum serin_status block_tables_add_block(struct block_tables *tables, enum arm arm,
                                                          struct text_view pod,
                                                          int64_t block_start_ms,
                                                          const struct table_cell *cells,
                                                          size_t count, struct serin_error *err);

/* What the source knows about the soundness of an arm's data. */
struct arm_coverage {
    int64_t first_ms; /* first and last event or sample seen; 0 when none */
    int64_t last_ms;
    uint64_t uncovered_pods; /* pods whose counts before their first sample are unknown */
};
void block_tables_set_coverage(struct block_tables *tables, enum arm arm,
                               const struct arm_coverage *coverage);
void block_tables_set_window(struct block_tables *tables, int64_t start_ms, int64_t end_ms);

/*
 * Marks the data as partial, with a sentence for people (copied, cut when long). A verdict from
 * such tables is always inconclusive (`incomplete_data`). The first reason given is kept.
 */
void block_tables_set_incomplete(struct block_tables *tables, const char *reason);

/* States that blocks are meaningless here (a file without pods): events are taken as independent.
 */
void block_tables_set_blocks_unknown(struct block_tables *tables);

/* States that labels were already folded into `other` where the counts came from. */
void block_tables_set_capped(struct block_tables *tables);

/*
 * Lets sealing merge the buckets that counts were added at into the width block_width_ms gives for
 * base_ms, the window and the arm's pods (for pairs the canary's), for sources that know the pods
 * only at the end. Counts may be added at any bucket of base_ms x 2^k up to that width.
 */
void block_tables_widen_blocks(struct block_tables *tables, int64_t base_ms);

/*
 * Canonical order; adding is over, also after a failure. Fails with SERIN_NO_MEMORY, and with
 * SERIN_TOO_LARGE where the cells turn out to be more than the limit.
 */
SERIN_MUST_CHECK enum serin_status block_tables_seal(struct block_tables *tables);

/* ---- reading, after sealing ------------------------------------------------------------------ */

size_t block_tables_block_count(const struct block_tables *tables, enum arm arm);
size_t block_tables_pod_count(const struct block_tables *tables, enum arm arm);
const struct arm_coverage *block_tables_coverage(const struct block_tables *tables, enum arm arm);
int64_t block_tables_window_start_ms(const struct block_tables *tables);
int64_t block_tables_window_end_ms(const struct block_tables *tables);
const char *block_tables_incomplete_reason(const struct block_tables *tables); /* NULL: complete */
bool block_tables_blocks_known(const struct block_tables *tables);
bool block_tables_capped(const struct block_tables *tables); /* some label became `other` */

/* Events of an arm, and those of them without a reference. */
uint64_t block_tables_events(const struct block_tables *tables, enum arm arm);
uint64_t block_tables_unreferenced(const struct block_tables *tables, enum arm arm);
uint64_t block_tables_pairs(const struct block_tables *tables);
uint64_t block_tables_self_pairs(const struct block_tables *tables);

/*
 * Labels in canonical order: the union over both arms, bytewise, but BLOCK_TABLES_OTHER last.
 * Labels beyond the limit are counted under that text, and so is a label that a sender called so:
 * no two labels have the same text, and counts read here and added elsewhere give the same tables.
 */
#define BLOCK_TABLES_OTHER "other"
size_t block_tables_label_count(const struct block_tables *tables);
size_t block_tables_reference_count(const struct block_tables *tables);
struct text_view block_tables_label(const struct block_tables *tables, size_t column);
struct text_view block_tables_reference(const struct block_tables *tables, size_t row);

/* Slices: one per dimension and value that occurs, ordered by dimension, then value. */
size_t block_tables_slice_count(const struct block_tables *tables);
struct slice_value block_tables_slice(const struct block_tables *tables, size_t slice);

#define ALL_SLICES SIZE_MAX /* no restriction to a slice */
#define ALL_BLOCKS SIZE_MAX /* pooled over the arm's blocks */

/*
 * The reference × label table of an arm, dense over the union of labels (so that both arms have the
 * same shape), pooled over the arm's blocks or of one block (0 … block_count-1), over everything or
 * within a slice. Events without reference are left out. Rows or columns may be empty.
 */
SERIN_MUST_CHECK enum serin_status block_tables_contingency(const struct block_tables *tables,
                                                            enum arm arm, size_t slice,
                                                            size_t block, struct contingency **out);

/* Events per emitted label of an arm, with or without reference: `out` has label_count entries. */
void block_tables_label_totals(const struct block_tables *tables, enum arm arm, size_t slice,
                               size_t block, uint64_t *out);

/*
 * All cells of an arm within a slice, ordered by block, row, column: the input of the jackknife
 * (serin_design_effect, serin_shift_design_effect). `block` counts within the arm; events without
 * reference have row SERIN_NO_REFERENCE. The caller frees `*out_cells` with memory_free.
 */
SERIN_MUST_CHECK enum serin_status block_tables_cells(const struct block_tables *tables,
                                                      enum arm arm, size_t slice,
                                                      struct serin_block_cell **out_cells,
                                                      size_t *out_count);

struct block_identity {
    struct text_view pod;
    int64_t start_ms;
};
struct block_identity block_tables_block(const struct block_tables *tables, enum arm arm,
                                         size_t block);

/* Which pod each block is of, by a number: ascending, `out` has block_count entries. */
void block_tables_block_pods(const struct block_tables *tables, enum arm arm, uint32_t *out);

/*
 * All paired counts, ordered by block, row, canary's label, stable arm's label: the input of
 * serin_paired and serin_paired_design_effect. Keys without reference have row SERIN_NO_REFERENCE.
 * Sparse, because reference × label × label is mostly empty. The caller frees `*out_triples` with
 * memory_free.
 */
size_t block_tables_paired_block_count(const struct block_tables *tables);
struct block_identity block_tables_paired_block(const struct block_tables *tables, size_t block);
void block_tables_paired_block_pods(const struct block_tables *tables, uint32_t *out);
SERIN_MUST_CHECK enum serin_status block_tables_triples(const struct block_tables *tables,
                                                        struct serin_triple **out_triples,
                                                        size_t *out_count);

/* The same of the keys that the stable arm labelled twice: `stable` first, then `canary`. */
size_t block_tables_self_paired_block_count(const struct block_tables *tables);
struct block_identity block_tables_self_paired_block(const struct block_tables *tables,
                                                     size_t block);
void block_tables_self_paired_block_pods(const struct block_tables *tables, uint32_t *out);
SERIN_MUST_CHECK enum serin_status block_tables_self_triples(const struct block_tables *tables,
                                                             struct serin_triple **out_triples,
                                                             size_t *out_count);

/*
 * The bucket width all sources use: the smallest base_ms × 2^k that cuts the window
 * [start_ms, end_ms) into few enough buckets that pods × buckets ≤ BLOCKS_MAX (or one bucket when
 * the pods alone pass it). Buckets start at multiples of the width since the Unix epoch. Same
 * inputs, same width, so tables from different sources agree.
 */
enum { BLOCKS_MAX = 256 };
int64_t block_width_ms(int64_t base_ms, int64_t start_ms, int64_t end_ms, size_t pods);
int64_t block_start(int64_t time_ms, int64_t width_ms);

#endif
