/*
 * Logarithms of counts in fixed point, so that sums of them are exact integers and differences of
 * nearly equal ones lose nothing. They are the same on every machine, whatever its libm.
 */
#ifndef SERIN_AGREEMENT_LN_H
#define SERIN_AGREEMENT_LN_H

#include "agreement/wide.h"

#include <stdint.h>

enum { LN_TABLE_SIZE = 8192, LN_FRACTION_BITS = 118 };

/* ln k · 2¹¹⁸, its lower and upper half. The table is written by generate/ln_table.c. */
struct ln_entry {
    uint64_t low;
    uint64_t high;
};
extern const struct ln_entry ln_table[LN_TABLE_SIZE];

/* For counts from LN_TABLE_SIZE to 2^54. */
uint128 ln_beyond_table(uint64_t count);

/* ln count · 2¹¹⁸ with an error below 2⁻⁹⁸, and 0 for a count of 0. Counts up to 2^54. */
static inline uint128 ln_fixed(uint64_t count)
{
    if (__builtin_expect(count < LN_TABLE_SIZE, 1)) {
        return ((uint128)ln_table[count].high << 64) | ln_table[count].low;
    }
    return ln_beyond_table(count);
}

/*
 * ln count · 2⁵⁴ with an error below two units, and 0 for a count of 0: a third of the cost, for
 * where no more than a double's accuracy is asked for. Counts up to 2^54.
 */
enum { LN_SHORT_BITS = LN_FRACTION_BITS - 64 };

uint64_t ln_short_beyond_table(uint64_t count);

static inline uint64_t ln_short(uint64_t count)
{
    if (__builtin_expect(count < LN_TABLE_SIZE, 1)) {
        return ln_table[count].high;
    }
    return ln_short_beyond_table(count);
}

/* count · ln count, scaled by 2¹¹⁸; 0 for a count of 0. */
static inline struct wide count_ln_count(uint64_t count)
{
    return wide_product(count, ln_fixed(count));
}

#endif
