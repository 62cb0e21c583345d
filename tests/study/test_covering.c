#include "study/covering.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <string.h>

static bool meet(const size_t *rows, size_t count, size_t factors, size_t a, size_t level_a,
                 size_t b, size_t level_b)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i * factors + a] == level_a && rows[i * factors + b] == level_b) {
            return true;
        }
    }
    return false;
}

Test(covering, lets_every_two_levels_of_two_factors_meet)
{
    enum { ROWS = 600, FACTORS = 9 };
    static const size_t levels[FACTORS] = {14, 2, 4, 9, 7, 4, 4, 3, 6};
    owned_memory size_t *rows = covering_design(levels, FACTORS, ROWS);
    for (size_t a = 0; a < FACTORS; a++) {
        for (size_t b = a + 1; b < FACTORS; b++) {
            for (size_t i = 0; i < levels[a] * levels[b]; i++) {
                cr_assert(meet(rows, ROWS, FACTORS, a, i / levels[b], b, i % levels[b]));
            }
        }
    }
}

Test(covering, is_always_the_same)
{
    static const size_t levels[3] = {3, 4, 5};
    owned_memory size_t *once = covering_design(levels, 3, 40);
    owned_memory size_t *again = covering_design(levels, 3, 40);
    cr_assert(memcmp(once, again, 3 * 40 * sizeof(*once)) == 0);
}
