#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdint.h>

Test(memory, growth_keeps_items_and_zeroes_new_ones)
{
    uint32_t *items = NULL;
    size_t capacity = 0;
    cr_assert(eq(int, memory_grow((void **)&items, &capacity, 1, sizeof(*items), 100), SERIN_OK));
    items[0] = 7;
    cr_assert(eq(int, memory_grow((void **)&items, &capacity, 50, sizeof(*items), 100), SERIN_OK));
    cr_assert(ge(sz, capacity, 50));
    cr_assert(eq(u32, items[0], 7));
    cr_assert(eq(u32, items[49], 0));
    memory_free(items);
}

Test(memory, growth_stops_at_the_limit_and_leaves_the_array_alone)
{
    uint32_t *items = NULL;
    size_t capacity = 0;
    cr_assert(eq(int, memory_grow((void **)&items, &capacity, 10, sizeof(*items), 10), SERIN_OK));
    cr_assert(eq(sz, capacity, 10));
    cr_assert(
        eq(int, memory_grow((void **)&items, &capacity, 11, sizeof(*items), 10), SERIN_TOO_LARGE));
    cr_assert(eq(sz, capacity, 10));
    memory_free(items);
}

Test(memory, a_planned_failure_hits_the_chosen_allocation)
{
    memory_fail_after(2);
    void *first = memory_allocate(1, 1);
    void *second = memory_allocate(1, 1);
    memory_fail_after(0);
    cr_assert(ne(ptr, first, NULL));
    cr_assert(eq(ptr, second, NULL));
    memory_free(first);
}
