#include "verdict/arm_blocks.h"

enum block_set { BLOCKS_OF_ARM, BLOCKS_OF_PAIRS, BLOCKS_OF_SELF_PAIRS };

static enum block_set set_of(const struct counts *counts, enum design design, enum arm arm)
{
    if (counts->has_self_pairs && arm == ARM_STABLE) {
        return BLOCKS_OF_SELF_PAIRS;
    }
    return design == DESIGN_PAIRED ? BLOCKS_OF_PAIRS : BLOCKS_OF_ARM;
}

size_t arm_blocks_count(const struct counts *counts, const struct block_tables *tables,
                        enum design design, enum arm arm)
{
    switch (set_of(counts, design, arm)) {
    case BLOCKS_OF_SELF_PAIRS:
        return block_tables_self_paired_block_count(tables);
    case BLOCKS_OF_PAIRS:
        return block_tables_paired_block_count(tables);
    case BLOCKS_OF_ARM:
        break;
    }
    return block_tables_block_count(tables, arm);
}

struct block_identity arm_block(const struct counts *counts, const struct block_tables *tables,
                                enum design design, enum arm arm, size_t block)
{
    switch (set_of(counts, design, arm)) {
    case BLOCKS_OF_SELF_PAIRS:
        return block_tables_self_paired_block(tables, block);
    case BLOCKS_OF_PAIRS:
        return block_tables_paired_block(tables, block);
    case BLOCKS_OF_ARM:
        break;
    }
    return block_tables_block(tables, arm, block);
}

void arm_blocks_pods(const struct counts *counts, const struct block_tables *tables,
                     enum design design, enum arm arm, uint32_t *out)
{
    switch (set_of(counts, design, arm)) {
    case BLOCKS_OF_SELF_PAIRS:
        block_tables_self_paired_block_pods(tables, out);
        break;
    case BLOCKS_OF_PAIRS:
        block_tables_paired_block_pods(tables, out);
        break;
    case BLOCKS_OF_ARM:
        block_tables_block_pods(tables, arm, out);
        break;
    }
}
