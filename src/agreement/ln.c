#include "agreement/ln.h"

/* artanh(t) = t + t³/3 + t⁵/5 + t⁷/7 for t = numerator/denominator < 2⁻¹³, scaled by 2¹¹⁸. */
static uint128 artanh_fixed(uint64_t numerator, uint64_t denominator)
{
    /* Long division in two steps of 64 and 54 bits; the doubles may be off by a unit or two. */
    double ratio = (double)numerator / (double)denominator;
    uint64_t first = (uint64_t)(ratio * 0x1p64);
    int128 rest = (int128)(((uint128)numerator << 64) - (uint128)first * denominator);
    int64_t second = (int64_t)((double)(int64_t)rest / (double)denominator * 0x1p54);
    uint128 t = ((uint128)first << 54) + (uint128)(int128)second;

    /* The higher terms need 64 bits: t · 2⁷⁶, t² · 2⁸⁸, t³ · 2¹⁰⁰, t⁵ · 2¹²⁴, t⁷ · 2¹⁴⁸. */
    uint64_t t1 = (uint64_t)(t >> 42);
    uint64_t t2 = (uint64_t)(((uint128)t1 * t1) >> 64);
    uint64_t t3 = (uint64_t)(((uint128)t2 * t1) >> 64);
    uint64_t t5 = (uint64_t)(((uint128)t3 * t2) >> 64);
    uint64_t t7 = (uint64_t)(((uint128)t5 * t2) >> 64);
    return t + ((uint128)(t3 / 3) << 18) + (t5 / 5 >> 6) + (t7 / 7 >> 30);
}

/*
 * A count from the table's size on: k · 2^shift + rest with k from the table's upper half. Then
 * ln count = ln k + shift · ln 2 + ln(1 + x), x = rest/(k · 2^shift), and ln(1 + x) = 2 artanh(t)
 * with t = x/(2 + x) = rest/divisor < 2⁻¹³.
 */
struct split {
    uint128 ln; /* of k · 2^shift */
    uint64_t rest;
    uint64_t divisor;
};

static inline struct split split_count(uint64_t count)
{
    int shift = __builtin_clzll(LN_TABLE_SIZE / 2) - __builtin_clzll(count);
    uint64_t k = count >> shift;
    uint64_t rest = count - (k << shift);
    return (struct split){
        .ln = ln_fixed(k) + (uint128)(unsigned)shift * ln_fixed(2),
        .rest = rest,
        .divisor = (k << (shift + 1)) + rest,
    };
}

uint128 ln_beyond_table(uint64_t count)
{
    struct split split = split_count(count);
    return split.rest == 0 ? split.ln : split.ln + 2 * artanh_fixed(split.rest, split.divisor);
}

uint64_t ln_short_beyond_table(uint64_t count)
{
    struct split split = split_count(count);
    double t = (double)(int64_t)split.rest / (double)(int64_t)split.divisor;
    double more = t * (2.0 + 2.0 / 3.0 * (t * t));
    return (uint64_t)(split.ln >> 64) + (uint64_t)(int64_t)(more * 0x1p54);
}
