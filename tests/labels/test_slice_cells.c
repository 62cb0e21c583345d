#include "labels/slice_cells.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTS = 2000, REGIONS = 9, DEVICES = 4, POOLED = 3 };

/* Random events of both arms in no, one or two dimensions; sealed. */
static struct block_tables *random_tables(struct random *random)
{
    struct block_tables *tables = block_tables_create(&table_limits_default);
    for (size_t i = 0; i < COUNTS; i++) {
        char texts[5][24];
        static const size_t choices[5] = {6, 5, 3, REGIONS, DEVICES};
        for (size_t text = 0; text < 5; text++) {
            (void)snprintf(texts[text], sizeof(texts[text]), "t%zu",
                           (size_t)random_below(random, choices[text]));
        }
        struct slice_value slices[] = {
            {text_view_of("region"), text_view_of(texts[3])},
            {text_view_of("device"), text_view_of(texts[4])},
        };
        struct block_count count = {
            .arm = random_below(random, 2) == 0 ? ARM_CANARY : ARM_STABLE,
            .label = text_view_of(texts[0]),
            .reference = text_view_of(texts[1]),
            .has_reference = random_below(random, 5) > 0,
            .pod = text_view_of(texts[2]),
            .block_start_ms = (int64_t)random_below(random, 4) * 1000,
            .slices = slices,
            .slice_count = random_below(random, 3),
            .count = random_below(random, 9) + 1,
        };
        cr_assert(eq(int, block_tables_add(tables, &count, NULL), SERIN_OK));
    }
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    return tables;
}

static int by_place(const void *left, const void *right)
{
    const struct serin_block_cell *a = left;
    const struct serin_block_cell *b = right;
    const uint32_t keys_a[] = {a->block, a->row, a->column};
    const uint32_t keys_b[] = {b->block, b->row, b->column};
    for (size_t i = 0; i < 3; i++) {
        if (keys_a[i] != keys_b[i]) {
            return keys_a[i] < keys_b[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Sorts and adds up cells of the same place. */
static size_t cells_add_up(struct serin_block_cell *cells, size_t count)
{
    qsort(cells, count, sizeof(*cells), by_place);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && by_place(&cells[kept - 1], &cells[i]) == 0) {
            cells[kept - 1].count += cells[i].count;
        } else {
            cells[kept++] = cells[i];
        }
    }
    return kept;
}

/* The cells of a group, slice by slice, from the reader of single slices. */
static size_t naive_cells(const struct block_tables *tables, enum arm arm,
                          const struct slice_groups *groups, size_t group,
                          struct serin_block_cell *out)
{
    size_t count = 0;
    for (size_t i = 0; i < groups->slices; i++) {
        owned_memory struct serin_block_cell *cells = NULL;
        size_t found = 0;
        if (groups->map[i] == group) {
            cr_assert(
                eq(int, block_tables_cells(tables, arm, groups->first + i, &cells, &found), 0));
            memcpy(&out[count], cells, found * sizeof(*cells));
            count += found;
        }
    }
    return cells_add_up(out, count);
}

static void expect_naive(const struct block_tables *tables, const struct slice_groups *groups)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        owned(slice_cells) cells = NULL;
        cr_assert(eq(int, slice_cells_create(tables, (enum arm)arm, groups, &cells), SERIN_OK));
        for (size_t group = 0; group < groups->count; group++) {
            struct serin_block_cell expected[COUNTS];
            size_t count = naive_cells(tables, (enum arm)arm, groups, group, expected);
            struct cell_view view = slice_cells_view(cells, group);
            cr_assert(eq(sz, view.count, count), "group %zu", group);
            for (size_t i = 0; i < count; i++) {
                cr_assert(zero(int, by_place(&view.cells[i], &expected[i])), "group %zu", group);
                cr_assert(eq(u64, view.cells[i].count, expected[i].count), "group %zu", group);
            }
        }
    }
}

Test(slice_cells, are_those_that_each_slice_has_alone)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        owned(block_tables) tables = random_tables(&random);
        cr_assert(eq(sz, block_tables_slice_count(tables), DEVICES + REGIONS));
        size_t map[REGIONS];
        for (size_t i = 0; i < REGIONS; i++) {
            map[i] = i;
        }
        expect_naive(tables, &(struct slice_groups){DEVICES, REGIONS, map, REGIONS, false});
        expect_naive(tables, &(struct slice_groups){0, DEVICES, map, DEVICES, false});
        expect_naive(tables, &(struct slice_groups){0, 0, NULL, 0, false});
    }
}

Test(slice_cells, of_slices_in_one_group_are_added_up)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        owned(block_tables) tables = random_tables(&random);
        size_t map[REGIONS];
        for (size_t i = 0; i < REGIONS; i++) {
            size_t group = random_below(&random, POOLED + 1);
            map[i] = group < POOLED ? group : SLICE_UNGROUPED;
        }
        expect_naive(tables, &(struct slice_groups){DEVICES, REGIONS, map, POOLED, false});
    }
}

Test(slice_cells, of_a_few_slices_and_of_the_rest_are_all_there_are)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        owned(block_tables) tables = random_tables(&random);
        const size_t map[] = {0, SLICE_UNGROUPED, 1};
        struct slice_groups groups = {DEVICES, 3, map, 3, true};
        owned(slice_cells) cells = NULL;
        owned_memory struct serin_block_cell *all = NULL;
        struct serin_block_cell found[COUNTS];
        size_t count = 0;
        size_t expected = 0;
        cr_assert(eq(int, slice_cells_create(tables, ARM_STABLE, &groups, &cells), SERIN_OK));
        cr_assert(eq(int, block_tables_cells(tables, ARM_STABLE, ALL_SLICES, &all, &expected), 0));
        for (size_t group = 0; group < groups.count; group++) {
            struct cell_view view = slice_cells_view(cells, group);
            cr_assert(gt(sz, view.count, 0));
            memcpy(&found[count], view.cells, view.count * sizeof(*found));
            count += view.count;
        }
        count = cells_add_up(found, count);
        cr_assert(eq(sz, count, expected));
        for (size_t i = 0; i < count; i++) {
            cr_assert(zero(int, by_place(&found[i], &all[i])), "seed %zu", (size_t)seed);
            cr_assert(eq(u64, found[i].count, all[i].count), "seed %zu", (size_t)seed);
        }
    }
}

Test(slice_cells, totals_are_the_sums_of_each_slices_labels)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        owned(block_tables) tables = random_tables(&random);
        uint64_t totals[DEVICES + REGIONS] = {0};
        uint64_t expected[DEVICES + REGIONS] = {0};
        for (size_t arm = 0; arm < ARM_COUNT; arm++) {
            slice_totals_add(tables, (enum arm)arm, totals);
            for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
                uint64_t labels[6];
                block_tables_label_totals(tables, (enum arm)arm, i, ALL_BLOCKS, labels);
                for (size_t label = 0; label < block_tables_label_count(tables); label++) {
                    expected[i] += labels[label];
                }
            }
        }
        for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
            cr_assert(eq(u64, totals[i], expected[i]), "seed %zu, slice %zu", (size_t)seed, i);
        }
    }
}

Test(slice_cells, tell_when_memory_runs_out)
{
    struct random random = {1};
    owned(block_tables) tables = random_tables(&random);
    const size_t map[] = {0, 1};
    struct slice_groups groups = {0, 2, map, 2, false};
    enum serin_status status = SERIN_NO_MEMORY;
    for (uint64_t failing = 1; status != SERIN_OK; failing++) {
        owned(slice_cells) cells = NULL;
        memory_fail_after(failing);
        status = slice_cells_create(tables, ARM_STABLE, &groups, &cells);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY);
        cr_assert(lt(u64, failing, 10));
    }
}
