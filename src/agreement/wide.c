#include "agreement/wide.h"

#include <string.h>

static int leading_zeros(struct wide value)
{
    uint64_t limbs[3] = {value.high, (uint64_t)(value.low >> 64), (uint64_t)value.low};
    int zeros = 0;
    for (int i = 0; i < 3; i++) {
        if (limbs[i] != 0) {
            return zeros + __builtin_clzll(limbs[i]);
        }
        zeros += 64;
    }
    return zeros;
}

/* The 64 bits that start `zeros` bits below the top; zeros is below 192. */
static uint64_t leading_bits(struct wide value, int zeros)
{
    if (zeros >= 64) {
        return (uint64_t)((value.low << (zeros - 64)) >> 64);
    }
    if (zeros == 0) {
        return value.high;
    }
    return (value.high << zeros) | (uint64_t)(value.low >> (128 - zeros));
}

/* 2^exponent for a normal double. */
static double power_of_two(int exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power = 0.0;
    memcpy(&power, &bits, sizeof(power));
    return power;
}

double wide_to_double(struct wide value, int fraction_bits)
{
    const struct wide zero = {0, 0};
    double sign = 1.0;
    if (value.high >> 63) {
        value = wide_subtract(zero, value);
        sign = -1.0;
    }
    int zeros = leading_zeros(value);
    if (zeros == 192) {
        return 0.0;
    }
    double leading = (double)leading_bits(value, zeros);
    return sign * leading * power_of_two(128 - zeros - fraction_bits);
}
