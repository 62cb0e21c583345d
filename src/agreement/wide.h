/*
 * Signed 192-bit integers: exact sums of counts times fixed-point logarithms. Adding them is
 * associative, so a sum over cells does not depend on the order of the cells.
 */
#ifndef SERIN_AGREEMENT_WIDE_H
#define SERIN_AGREEMENT_WIDE_H

#include <stdint.h>

__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;

/* Two's complement: high · 2¹²⁸ + low. */
struct wide {
    uint128 low;
    uint64_t high;
};

static inline struct wide wide_add(struct wide a, struct wide b)
{
    struct wide sum = {a.low + b.low, a.high + b.high};
    sum.high += sum.low < a.low;
    return sum;
}

static inline struct wide wide_subtract(struct wide a, struct wide b)
{
    struct wide difference = {a.low - b.low, a.high - b.high};
    difference.high -= a.low < b.low;
    return difference;
}

/* factor · value, exactly. */
static inline struct wide wide_product(uint64_t factor, uint128 value)
{
    uint128 lower = (uint128)factor * (uint64_t)value;
    uint128 upper = (uint128)factor * (uint64_t)(value >> 64);
    struct wide product = {lower + (upper << 64), (uint64_t)(upper >> 64)};
    product.high += product.low < lower;
    return product;
}

/*
 * A sum of products factor · value with few carries: low + high · 2⁶⁴. Neither half overflows while
 * the factors add up to at most 2⁵³.
 */
struct wide_sum {
    uint128 low;
    uint128 high;
};

static inline void wide_sum_add(struct wide_sum *sum, uint64_t factor, uint128 value)
{
    sum->low += (uint128)factor * (uint64_t)value;
    sum->high += (uint128)factor * (uint64_t)(value >> 64);
}

static inline struct wide wide_sum_total(const struct wide_sum *sum)
{
    struct wide total = {sum->low + (sum->high << 64), (uint64_t)(sum->high >> 64)};
    total.high += total.low < sum->low;
    return total;
}

/* The nearest double but for the last of 64 leading bits; scaled by 2^-fraction_bits. */
double wide_to_double(struct wide value, int fraction_bits);

#endif
