#include "labels/block_tables.h"

#include <stdbool.h>

/* Rounds towards minus infinity, so that buckets before 1970 are as wide as the others. */
static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

/* How many buckets of `width_ms` the window [start_ms, end_ms) touches; at least 1. */
static uint64_t buckets(int64_t width_ms, int64_t start_ms, int64_t end_ms)
{
    if (end_ms <= start_ms) {
        return 1;
    }
    uint64_t first = (uint64_t)floor_divide(start_ms, width_ms);
    uint64_t last = (uint64_t)floor_divide(end_ms - 1, width_ms);
    return last - first + 1;
}

int64_t block_width_ms(int64_t base_ms, int64_t start_ms, int64_t end_ms, size_t pods)
{
    uint64_t allowed = pods < 1 ? BLOCKS_MAX : pods > BLOCKS_MAX ? 1 : BLOCKS_MAX / pods;
    int64_t width_ms = base_ms < 1 ? 1 : base_ms;
    while (width_ms <= INT64_MAX / 2 && buckets(width_ms, start_ms, end_ms) > allowed) {
        width_ms *= 2;
    }
    return width_ms;
}

int64_t block_start(int64_t time_ms, int64_t width_ms)
{
    int64_t start_ms = 0;
    bool overflows = __builtin_mul_overflow(floor_divide(time_ms, width_ms), width_ms, &start_ms);
    return overflows ? INT64_MIN : start_ms;
}
