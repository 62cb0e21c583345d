#include "verdict/time_buckets.h"

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

int64_t time_buckets_width_of(const struct block_tables *tables, enum arm arm)
{
    size_t blocks = block_tables_block_count(tables, arm);
    int64_t width = 0;
    bool is_single = true;
    for (size_t i = 0; i < blocks; i++) {
        int64_t start_ms = block_tables_block(tables, arm, i).start_ms;
        is_single = is_single && start_ms == block_tables_block(tables, arm, 0).start_ms;
        width = greatest_common_divisor(start_ms, width);
    }
    return is_single ? 0 : width;
}

int64_t time_buckets_width(const struct block_tables *tables)
{
    int64_t canary = time_buckets_width_of(tables, ARM_CANARY);
    int64_t stable = time_buckets_width_of(tables, ARM_STABLE);
    return canary > stable ? canary : stable;
}
