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

/* count = k 2^s + r with k from the table's upper half; ln count = ln k + s ln 2 + ln(1 + r/k2^s),
 * and ln(1 + x) = 2 artanh(x/(2 + x)). */
uint128 ln_beyond_table(uint64_t count)
{
    int shift = __builtin_clzll(LN_TABLE_SIZE / 2) - __builtin_clzll(count);
    uint64_t k = count >> shift;
    uint64_t rest = count - (k << shift);
    uint128 ln = ln_fixed(k) + (uint128)(unsigned)shift * ln_fixed(2);
    return rest == 0 ? ln : ln + 2 * artanh_fixed(rest, (k << (shift + 1)) + rest);
}
