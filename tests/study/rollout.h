/*
 * Simulated rollouts: drawn counts in, the tables the judge reads out, and its verdict on them.
 */
#ifndef SERIN_STUDY_ROLLOUT_H
#define SERIN_STUDY_ROLLOUT_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/judge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tables being filled, for references r0000, r0001 … and labels l0000, l0001 … */
struct rollout;

/* NULL when memory is out. */
struct rollout *rollout_create(size_t references, size_t labels);
void rollout_destroy(struct rollout *rollout); /* NULL is fine */
DEFINE_CLEANUP(rollout)

/* The events of one block, within one slice. */
struct rollout_block {
    enum arm arm;
    size_t pod;
    int64_t start_ms;
    const char *slice;      /* value of the dimension ROLLOUT_DIMENSION; NULL: no slices */
    const uint64_t *counts; /* references × labels */
};
#define ROLLOUT_DIMENSION "segment"

SERIN_MUST_CHECK enum serin_status
rollout_add(struct rollout *rollout, const struct rollout_block *block, struct serin_error *err);

/* The tables while they are filled, for what rollout_add cannot say (pairs, completeness). */
struct block_tables *rollout_tables(struct rollout *rollout);

/*
 * Seals the tables and hands them over; nothing can be added afterwards. The caller destroys
 * `*out`.
 */
SERIN_MUST_CHECK enum serin_status rollout_seal(struct rollout *rollout, struct block_tables **out,
                                                struct serin_error *err);

/* All in one: sealed tables of both arms' counts, events taken as independent. */
SERIN_MUST_CHECK enum serin_status rollout_of_counts(size_t references, size_t labels,
                                                     const uint64_t *canary, const uint64_t *stable,
                                                     struct block_tables **out,
                                                     struct serin_error *err);

/*
 * What libserin's judge says of sealed tables, whatever their age. `slices`: whether the dimension
 * ROLLOUT_DIMENSION is judged too.
 */
SERIN_MUST_CHECK enum serin_status rollout_judge(const struct judgement *judgement, bool slices,
                                                 const struct block_tables *tables,
                                                 struct verdict *out, struct serin_error *err);

/* Whether a guard gave the answer and not the interval. A guard is not coverage. */
bool rollout_is_guarded(const struct verdict *verdict);

/* What was ever seen at the looks of a rollout; all false before the first. */
struct rollout_seen {
    bool lower_miss; /* the interval lay above the truth; a guard's answer has none */
    bool upper_miss; /* … below it */
    bool promoted;
    bool rolled_back;
};

/* Adds a look, whose true delta is `delta`. */
void rollout_see(const struct verdict *verdict, double delta, struct rollout_seen *seen);

#endif
