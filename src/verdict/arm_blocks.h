/*
 * The blocks that an arm's cells are numbered by: the arm's own, in the design `paired` those of
 * the pairs and, where keys the stable arm labelled twice are the bar, those of these keys.
 */
#ifndef SERIN_VERDICT_ARM_BLOCKS_H
#define SERIN_VERDICT_ARM_BLOCKS_H

#include "labels/block_tables.h"
#include "verdict/counts.h"
#include "verdict/spec.h"

#include <stddef.h>
#include <stdint.h>

size_t arm_blocks_count(const struct counts *counts, const struct block_tables *tables,
                        enum design design, enum arm arm);

struct block_identity arm_block(const struct counts *counts, const struct block_tables *tables,
                                enum design design, enum arm arm, size_t block);

/* Which pod each block is of, by a number: ascending, `out` has arm_blocks_count entries. */
void arm_blocks_pods(const struct counts *counts, const struct block_tables *tables,
                     enum design design, enum arm arm, uint32_t *out);

#endif
