#include "source/cube.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { SERIES = 3, BUCKETS = 5, CELLS = 200 };

static struct cube *create(void)
{
    struct cube *cube = cube_create(3);
    cr_assert(ne(ptr, cube, NULL));
    for (uint32_t i = 0; i < SERIES; i++) {
        uint32_t series = 0;
        cr_assert(eq(int, cube_series(cube, index_key(i, 0, 0, 0), &series), SERIN_OK));
    }
    for (uint32_t i = 0; i < CELLS; i++) {
        uint32_t cell = 0;
        cr_assert(eq(int, cube_cell(cube, index_key(i, 0, 0, 0), &cell), SERIN_OK));
    }
    return cube;
}

static void change(struct cube *cube, struct cube_delta *deltas, size_t count)
{
    cube_sort_deltas(deltas, &count);
    cr_assert(eq(int, cube_reserve(cube, CUBE_FINE, deltas, count), SERIN_OK));
    memory_fail_after(1);
    cube_apply(cube, CUBE_FINE, deltas, count);
    memory_fail_after(0);
}

static uint64_t count_at(const struct cube *cube, uint32_t series, int64_t start_ms, uint32_t cell)
{
    size_t count = 0;
    const struct cube_block *blocks = cube_blocks(cube, CUBE_FINE, series, &count);
    size_t at = cube_blocks_from(blocks, count, start_ms);
    if (at == count || blocks[at].start_ms != start_ms) {
        return 0;
    }
    for (size_t i = 0; i < blocks[at].count; i++) {
        if (blocks[at].cells[i] == cell) {
            return blocks[at].counts[i];
        }
    }
    return 0;
}

static void check_order(const struct cube *cube)
{
    for (uint32_t series = 0; series < SERIES; series++) {
        size_t count = 0;
        const struct cube_block *blocks = cube_blocks(cube, CUBE_FINE, series, &count);
        for (size_t i = 0; i < count; i++) {
            cr_assert(i == 0 || blocks[i - 1].start_ms < blocks[i].start_ms);
            for (size_t j = 1; j < blocks[i].count; j++) {
                cr_assert(lt(u32, blocks[i].cells[j - 1], blocks[i].cells[j]));
            }
        }
    }
}

Test(cube, adds_up_what_it_is_told_in_any_order)
{
    static int64_t model[SERIES][BUCKETS][CELLS];
    struct random random = {5};
    owned(cube) cube = create();
    int64_t total = 0;
    for (int round = 0; round < 300; round++) {
        struct cube_delta deltas[60];
        size_t count = random_below(&random, 60);
        for (size_t i = 0; i < count; i++) {
            uint32_t series = (uint32_t)random_below(&random, SERIES);
            size_t bucket = random_below(&random, BUCKETS);
            uint32_t cell = (uint32_t)random_below(&random, CELLS);
            int64_t *known = &model[series][bucket][cell];
            int64_t by =
                random_below(&random, 3) == 0 ? -*known : (int64_t)random_below(&random, 100);
            deltas[i] = (struct cube_delta){series, cell, (int64_t)bucket * 1000, by};
            *known += by;
            total += by;
        }
        change(cube, deltas, count);
    }
    check_order(cube);
    for (uint32_t series = 0; series < SERIES; series++) {
        for (int64_t bucket = 0; bucket < BUCKETS; bucket++) {
            for (uint32_t cell = 0; cell < CELLS; cell++) {
                cr_assert(eq(u64, count_at(cube, series, bucket * 1000, cell),
                             (uint64_t)model[series][bucket][cell]));
            }
        }
    }
    cr_assert(eq(u64, cube_total(cube), (uint64_t)total));
    cr_assert(eq(sz, cube_block_count(cube), SERIES * BUCKETS));
}

Test(cube, sorting_adds_up_and_drops_what_cancels)
{
    struct cube_delta deltas[] = {
        {1, 5, 0, 3 },
        {0, 7, 0, 1 },
        {1, 5, 0, -3},
        {0, 7, 0, 4 },
        {0, 6, 9, 1 },
    };
    size_t count = 5;
    cube_sort_deltas(deltas, &count);
    cr_assert(eq(sz, count, 2));
    cr_assert(eq(i64, deltas[0].count, 5));
    cr_assert(eq(u32, deltas[1].cell, 6));
    count = 0;
    cube_sort_deltas(NULL, &count);
    cr_assert(eq(sz, count, 0));
}

Test(cube, no_count_falls_below_zero)
{
    owned(cube) cube = create();
    struct cube_delta more[] = {
        {0, 1, 0, 2}
    };
    struct cube_delta less[] = {
        {0, 1, 0, -3}
    };
    struct cube_delta other[] = {
        {0, 2, 0, -1}
    };
    change(cube, more, 1);
    cr_assert(eq(int, cube_reserve(cube, CUBE_FINE, less, 1), SERIN_BUG));
    cr_assert(eq(int, cube_reserve(cube, CUBE_FINE, other, 1), SERIN_BUG));
    cr_assert(eq(u64, count_at(cube, 0, 0, 1), 2));
}

Test(cube, pruning_drops_earlier_blocks_only)
{
    owned(cube) cube = create();
    for (int64_t bucket = 0; bucket < BUCKETS; bucket++) {
        struct cube_delta deltas[] = {
            {0, 1, bucket * 1000, 1},
            {2, 1, bucket * 1000, 1}
        };
        change(cube, deltas, 2);
    }
    cube_prune(cube, 3000);
    cr_assert(eq(sz, cube_block_count(cube), 4));
    cr_assert(eq(u64, cube_total(cube), 4));
    cr_assert(eq(sz, cube_occupied(cube), 4));
    cr_assert(eq(u64, count_at(cube, 0, 2000, 1), 0));
    cr_assert(eq(u64, count_at(cube, 2, 3000, 1), 1));
}

Test(cube, times_widen_blocks_that_exist)
{
    owned(cube) cube = create();
    struct cube_delta deltas[] = {
        {0, 1, 0, 1}
    };
    change(cube, deltas, 1);
    cube_note_times(cube, CUBE_FINE, &(struct cube_times){0, 0, 400, 500});
    cube_note_times(cube, CUBE_FINE, &(struct cube_times){0, 0, 450, 900});
    cube_note_times(cube, CUBE_FINE, &(struct cube_times){0, 1000, 1, 2});
    size_t count = 0;
    const struct cube_block *blocks = cube_blocks(cube, CUBE_FINE, 0, &count);
    cr_assert(eq(sz, count, 1));
    cr_assert(eq(i64, blocks[0].first_ms, 400));
    cr_assert(eq(i64, blocks[0].last_ms, 900));
}
