#include "verdict/counts.h"

#include "support/table_builder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct judgement judgement_of(enum design design, uint64_t cap)
{
    struct judgement judgement = judgement_default;
    judgement.design = design;
    judgement.label_cap = cap;
    return judgement;
}

/* The counts of both arms; the caller destroys them and the grouping. */
static struct counts *counts_of(const struct block_tables *tables,
                                const struct judgement *judgement, struct grouping **out_grouping)
{
    struct counts *counts = NULL;
    cr_assert(
        eq(int, counts_create_ranked(tables, judgement, out_grouping, &counts, NULL), SERIN_OK));
    return counts;
}

/* What the statistics ask of cells: by block, row, column, each once. */
static void expect_order(const struct counts *counts, enum arm arm)
{
    const struct arm_counts *of = &counts->arms[arm];
    uint64_t events = 0;
    for (size_t i = 0; i < of->cell_count; i++) {
        const struct serin_block_cell *cell = &of->cells[i];
        const struct serin_block_cell *before = i > 0 ? &of->cells[i - 1] : NULL;
        bool ascends = !before || before->block < cell->block ||
                       (before->block == cell->block &&
                        (before->row < cell->row ||
                         (before->row == cell->row && before->column < cell->column)));
        cr_assert(ascends, "cell %zu", i);
        events += cell->count;
    }
    cr_assert(eq(u64, events, of->events));
}

Test(counts, rare_labels_share_one_group_and_cells_stay_in_order)
{
    const uint64_t canary[] = {90, 2, 1, 1, 80, 3, 2, 2, 4};
    const uint64_t stable[] = {900, 20, 10, 10, 800, 30, 20, 20, 40};
    struct judgement judgement = judgement_of(DESIGN_REFERENCE, 2);
    struct block_tables *tables = table_begin();
    table_spread(tables, &(struct table_place){.arm = ARM_CANARY}, 2, 2, canary, 3, 3);
    table_spread(tables, &(struct table_place){.arm = ARM_STABLE}, 2, 2, stable, 3, 3);
    table_end(tables, 0, 0);
    owned(grouping) grouping = NULL;
    owned(counts) counts = counts_of(tables, &judgement, &grouping);
    cr_assert(eq(sz, counts->rows, 2));
    cr_assert(eq(sz, counts->columns, 2));
    const uint64_t expected[] = {90, 3, 3, 89};
    for (size_t i = 0; i < 4; i++) {
        cr_assert(eq(u64, counts->arms[ARM_CANARY].table[i], expected[i]));
    }
    cr_assert(eq(u64, counts->arms[ARM_CANARY].merged, 95));
    expect_order(counts, ARM_CANARY);
    expect_order(counts, ARM_STABLE);
    cr_assert(text_equals(grouping_column_text(grouping, tables, 0), "l000"));
    cr_assert(text_equals(grouping_column_text(grouping, tables, 1), "(rare labels)"));
    cr_assert(text_equals(grouping_row_text(grouping, tables, 1), "(rare labels)"));
    block_tables_destroy(tables);
}

Test(counts, both_views_of_pairs_are_in_order)
{
    uint64_t pairs[2 * 3 * 3];
    for (size_t i = 0; i < 18; i++) {
        pairs[i] = 10 + i * 7 % 5;
    }
    for (size_t rows = 0; rows <= 2; rows += 2) {
        struct judgement judgement = judgement_of(DESIGN_PAIRED, 200);
        struct block_tables *tables = table_begin();
        table_put_pairs(tables, &(struct table_place){.bucket = 0}, pairs, rows, 3);
        table_put_pairs(tables, &(struct table_place){.bucket = 1}, pairs, rows, 3);
        table_end(tables, 0, 0);
        owned(grouping) grouping = NULL;
        owned(counts) counts = counts_of(tables, &judgement, &grouping);
        cr_assert(eq(int, grouping->is_agreement, rows == 0));
        expect_order(counts, ARM_CANARY);
        expect_order(counts, ARM_STABLE);
        cr_assert(eq(u64, counts->arms[ARM_CANARY].events, counts->arms[ARM_STABLE].events));
        block_tables_destroy(tables);
    }
}

/* The stable arm labelled its keys again in the minutes of the canary's pairs and in many later. */
Test(counts, keys_labelled_twice_rank_labels_by_their_own_blocks)
{
    enum { LATER = 300 };
    const uint64_t early[] = {50, 0, 0, 0, 20, 0, 0, 0, 10};
    const uint64_t late[] = {0, 0, 0, 0, 20, 0, 0, 0, 900};
    struct judgement judgement = judgement_of(DESIGN_PAIRED, 2);
    owned(block_tables) tables = table_begin();
    judgement.min_samples = 60;
    table_put_pairs(tables, &(struct table_place){.bucket = 0}, early, 0, 3);
    table_put_pairs(tables, &(struct table_place){.arm = ARM_STABLE}, early, 0, 3);
    for (unsigned i = 1; i <= LATER; i++) {
        table_put_pairs(tables, &(struct table_place){.arm = ARM_STABLE, .bucket = i}, late, 0, 3);
    }
    table_end(tables, 0, 0);
    owned(grouping) grouping = NULL;
    owned(counts) counts = counts_of(tables, &judgement, &grouping);
    cr_assert(counts->has_self_pairs);
    cr_assert(text_equals(grouping_column_text(grouping, tables, 0), "l000"));
}

Test(counts, of_nothing_are_nothing)
{
    struct judgement judgement = judgement_of(DESIGN_REFERENCE, 200);
    owned(block_tables) tables = table_end(table_begin(), 0, 0);
    owned(grouping) grouping = NULL;
    owned(counts) counts = counts_of(tables, &judgement, &grouping);
    cr_assert(eq(sz, counts->rows, 0));
    cr_assert(eq(sz, counts->columns, 0));
    cr_assert(eq(sz, counts_occupied_rows(counts), 0));
    cr_assert(eq(sz, counts_occupied_columns(counts), 0));
}
