/*
 * Writes the table of logarithms that src/agreement/ln.h reads, as C, to standard output:
 * ln 0 (as 0), ln 1, … ln 8191, each with 118 bits behind the point. Run by the build.
 *
 * ln 2 comes from Machin's kind of formula; a prime p from its neighbours, whose factors are
 * smaller: ln p = (ln(p−1) + ln(p+1))/2 + artanh(1/(2p²−1)); everything else from its factors.
 * Five spare bits leave an error below 2⁻¹¹⁰ of all roundings together.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

__extension__ typedef unsigned __int128 uint128;

enum { TABLE_SIZE = 8192, FRACTION_BITS = 118, SPARE_BITS = 5 };

/* artanh(1/m) = Σ 1/((2j+1) m^(2j+1)) */
static uint128 artanh_of_reciprocal(uint64_t m)
{
    uint128 power = ((uint128)1 << (FRACTION_BITS + SPARE_BITS)) / m;
    uint128 sum = 0;
    for (uint64_t odd = 1; power > 0; odd += 2) {
        sum += power / odd;
        power = power / m / m;
    }
    return sum;
}

static uint64_t smallest_factor(uint64_t k)
{
    for (uint64_t d = 2; d * d <= k; d++) {
        if (k % d == 0) {
            return d;
        }
    }
    return k;
}

/* Valid for k ≥ 3 once everything below k, and k + 1's factors, are known: k + 1 is even. */
static uint128 ln_of(const uint128 *ln, uint64_t k)
{
    uint64_t factor = smallest_factor(k);
    if (factor < k) {
        return ln[factor] + ln[k / factor];
    }
    return (ln[k - 1] + ln[2] + ln[(k + 1) / 2]) / 2 + artanh_of_reciprocal(2 * k * k - 1);
}

int main(void)
{
    static uint128 ln[TABLE_SIZE];
    ln[2] = 18 * artanh_of_reciprocal(26) - 2 * artanh_of_reciprocal(4801) +
            8 * artanh_of_reciprocal(8749);
    for (uint64_t k = 3; k < TABLE_SIZE; k++) {
        ln[k] = ln_of(ln, k);
    }
    puts("#include \"agreement/ln.h\"\n\nconst struct ln_entry ln_table[LN_TABLE_SIZE] = {");
    for (int k = 0; k < TABLE_SIZE; k++) {
        uint128 rounded = (ln[k] + (1 << (SPARE_BITS - 1))) >> SPARE_BITS;
        printf("{UINT64_C(0x%016" PRIx64 "), UINT64_C(0x%016" PRIx64 ")},\n", (uint64_t)rounded,
               (uint64_t)(rounded >> 64));
    }
    puts("};");
    return ferror(stdout) || fclose(stdout) != 0;
}
