#include "labels/contingency.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void expect(const struct contingency *table, size_t rows, size_t columns,
                   const uint64_t *counts)
{
    struct serin_table view = contingency_view(table);
    cr_assert(eq(sz, view.rows, rows));
    cr_assert(eq(sz, view.columns, columns));
    for (size_t cell = 0; cell < rows * columns; cell++) {
        cr_assert(eq(u64, view.counts[cell], counts[cell]), "cell %zu", cell);
    }
}

Test(contingency, starts_empty_and_adds_up)
{
    owned(contingency) table = contingency_create(2, 3);
    expect(table, 2, 3, (uint64_t[]){0, 0, 0, 0, 0, 0});
    cr_assert(eq(int, contingency_add(table, 1, 2, 5), SERIN_OK));
    cr_assert(eq(int, contingency_add(table, 1, 2, 2), SERIN_OK));
    cr_assert(eq(int, contingency_add(table, 0, 0, 1), SERIN_OK));
    expect(table, 2, 3, (uint64_t[]){1, 0, 0, 0, 0, 7});
}

Test(contingency, refuses_a_total_beyond_two_to_the_53)
{
    owned(contingency) table = contingency_create(1, 2);
    cr_assert(eq(int, contingency_add(table, 0, 0, SERIN_TOTAL_MAX - 1), SERIN_OK));
    cr_assert(eq(int, contingency_add(table, 0, 1, 2), SERIN_RANGE));
    cr_assert(eq(int, contingency_add(table, 0, 1, UINT64_MAX), SERIN_RANGE));
    expect(table, 1, 2, (uint64_t[]){SERIN_TOTAL_MAX - 1, 0});
    cr_assert(eq(int, contingency_add(table, 0, 1, 1), SERIN_OK));
    cr_assert(eq(int, contingency_add(table, 0, 1, 1), SERIN_RANGE));
}

Test(contingency, sizes_that_overflow_are_refused)
{
    cr_assert(eq(ptr, contingency_create(SIZE_MAX, 2), NULL));
    cr_assert(eq(ptr, contingency_create(SIZE_MAX / 8, 1), NULL));
}

Test(contingency, may_have_no_row_or_no_column)
{
    owned(contingency) rowless = contingency_create(0, 3);
    owned(contingency) columnless = contingency_create(3, 0);
    expect(rowless, 0, 3, NULL);
    expect(columnless, 3, 0, NULL);
}
