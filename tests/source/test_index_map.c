#include "source/index_map.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(index_map, counts_indexes_up_in_order_of_first_appearance)
{
    owned(index_map) map = index_map_create(7);
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t index = 0;
        cr_assert(eq(int, index_map_intern(map, index_key(i, 0, i / 3, 1), &index), SERIN_OK));
        cr_assert(eq(u32, index, i));
        cr_assert(eq(int, index_map_intern(map, index_key(i / 2, 0, i / 6, 1), &index), SERIN_OK));
        cr_assert(eq(u32, index, i / 2));
    }
    cr_assert(eq(sz, index_map_size(map), 10000));
    cr_assert(eq(u32, index_map_find(map, index_key(9999, 0, 3333, 1)), 9999));
    cr_assert(eq(u32, index_map_find(map, index_key(9999, 0, 3333, 2)), INDEX_NONE));
    cr_assert(eq(u64, index_map_key(map, 5).high, UINT64_C(5) << 32));
}

Test(index_map, finds_nothing_in_an_empty_map)
{
    owned(index_map) map = index_map_create(0);
    cr_assert(eq(u32, index_map_find(map, index_key(0, 0, 0, 0)), INDEX_NONE));
}

Test(index_map, interning_cannot_fail_in_reserved_room)
{
    owned(index_map) map = index_map_create(1);
    struct random random = {9};
    for (int round = 0; round < 20; round++) {
        size_t count = 1 + random_below(&random, 500);
        cr_assert(eq(int, index_map_reserve(map, count), SERIN_OK));
        memory_fail_after(1);
        for (size_t i = 0; i < count; i++) {
            uint32_t index = 0;
            struct index_key key = {random_next(&random), random_next(&random)};
            cr_assert(eq(int, index_map_intern(map, key, &index), SERIN_OK));
        }
        memory_fail_after(0);
    }
}

Test(index_map, a_failed_allocation_changes_nothing)
{
    owned(index_map) map = index_map_create(1);
    uint32_t index = 77;
    for (uint64_t countdown = 1; countdown <= 2; countdown++) {
        memory_fail_after(countdown);
        cr_assert(eq(int, index_map_intern(map, index_key(1, 2, 3, 4), &index), SERIN_NO_MEMORY));
        memory_fail_after(0);
        cr_assert(eq(u32, index, 77));
        cr_assert(eq(sz, index_map_size(map), 0));
        cr_assert(eq(u32, index_map_find(map, index_key(1, 2, 3, 4)), INDEX_NONE));
    }
    cr_assert(eq(int, index_map_intern(map, index_key(1, 2, 3, 4), &index), SERIN_OK));
}
