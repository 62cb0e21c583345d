#include "labels/block_tables.h"
#include "support/tables_dump.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define VIEW(literal) ((struct text_view)TEXT_VIEW(literal))

static struct block_tables *create(void)
{
    struct block_tables *tables = block_tables_create(&table_limits_default);
    cr_assert(ne(ptr, tables, NULL));
    return tables;
}

static struct block_count event(enum arm arm, const char *reference, const char *label)
{
    return (struct block_count){.arm = arm,
                                .pod = VIEW("pod"),
                                .label = text_view_of(label),
                                .reference = text_view_of(reference),
                                .has_reference = reference != NULL,
                                .count = 1};
}

static void add(struct block_tables *tables, struct block_count count)
{
    struct serin_error err = {0};
    cr_assert(eq(int, block_tables_add(tables, &count, &err), SERIN_OK), "%s", err.detail);
}

static void seal(struct block_tables *tables)
{
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
}

static void expect_table(const struct block_tables *tables, enum arm arm, size_t slice,
                         size_t block, const uint64_t *counts)
{
    owned(contingency) table = NULL;
    cr_assert(eq(int, block_tables_contingency(tables, arm, slice, block, &table), SERIN_OK));
    struct serin_table view = contingency_view(table);
    cr_assert(eq(sz, view.rows, block_tables_reference_count(tables)));
    cr_assert(eq(sz, view.columns, block_tables_label_count(tables)));
    for (size_t cell = 0; cell < view.rows * view.columns; cell++) {
        cr_assert(eq(u64, view.counts[cell], counts[cell]), "cell %zu", cell);
    }
}

Test(block_tables, both_arms_share_rows_and_columns_in_bytewise_order)
{
    owned(block_tables) tables = create();
    add(tables, event(ARM_STABLE, "y", "b"));
    add(tables, event(ARM_CANARY, "x", "c"));
    add(tables, event(ARM_CANARY, "x", "a"));
    add(tables, event(ARM_STABLE, "y", "b"));
    seal(tables);
    cr_assert(eq(sz, block_tables_label_count(tables), 3));
    cr_assert(eq(sz, block_tables_reference_count(tables), 2));
    cr_assert(text_equals(block_tables_label(tables, 0), "a"));
    cr_assert(text_equals(block_tables_label(tables, 2), "c"));
    cr_assert(text_equals(block_tables_reference(tables, 1), "y"));
    expect_table(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, (uint64_t[]){1, 0, 1, 0, 0, 0});
    expect_table(tables, ARM_STABLE, ALL_SLICES, ALL_BLOCKS, (uint64_t[]){0, 0, 0, 0, 2, 0});
}

Test(block_tables, events_without_reference_count_for_the_labels_only)
{
    owned(block_tables) tables = create();
    uint64_t totals[2] = {9, 9};
    add(tables, event(ARM_CANARY, NULL, "a"));
    add(tables, event(ARM_CANARY, NULL, "b"));
    add(tables, event(ARM_CANARY, "a", "b"));
    seal(tables);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 3));
    cr_assert(eq(u64, block_tables_unreferenced(tables, ARM_CANARY), 2));
    expect_table(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, (uint64_t[]){0, 1});
    block_tables_label_totals(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, totals);
    cr_assert(eq(u64, totals[0], 1));
    cr_assert(eq(u64, totals[1], 2));
    block_tables_label_totals(tables, ARM_STABLE, ALL_SLICES, ALL_BLOCKS, totals);
    cr_assert(eq(u64, totals[1], 0));
}

Test(block_tables, an_empty_reference_is_a_reference)
{
    owned(block_tables) tables = create();
    add(tables, event(ARM_CANARY, "", "a"));
    seal(tables);
    cr_assert(eq(sz, block_tables_reference_count(tables), 1));
    cr_assert(eq(u64, block_tables_unreferenced(tables, ARM_CANARY), 0));
}

Test(block_tables, blocks_are_pods_in_time_buckets_ordered_by_both)
{
    owned(block_tables) tables = create();
    static const struct {
        const char *pod;
        int64_t start_ms;
    } blocks[] = {
        {"b", 0  },
        {"a", 60 },
        {"a", -60},
        {"b", 0  }
    };
    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++) {
        struct block_count count = event(ARM_CANARY, "x", "a");
        count.pod = text_view_of(blocks[i].pod);
        count.block_start_ms = blocks[i].start_ms;
        add(tables, count);
    }
    seal(tables);
    cr_assert(eq(sz, block_tables_block_count(tables, ARM_CANARY), 3));
    cr_assert(eq(sz, block_tables_pod_count(tables, ARM_CANARY), 2));
    cr_assert(eq(sz, block_tables_block_count(tables, ARM_STABLE), 0));
    cr_assert(eq(i64, block_tables_block(tables, ARM_CANARY, 0).start_ms, -60));
    cr_assert(eq(i64, block_tables_block(tables, ARM_CANARY, 1).start_ms, 60));
    cr_assert(text_equals(block_tables_block(tables, ARM_CANARY, 2).pod, "b"));
    uint32_t pods[3] = {9, 9, 9};
    block_tables_block_pods(tables, ARM_CANARY, pods);
    cr_assert(eq(u32, pods[0], 0));
    cr_assert(eq(u32, pods[1], 0));
    cr_assert(eq(u32, pods[2], 1));
    expect_table(tables, ARM_CANARY, ALL_SLICES, 0, (uint64_t[]){1});
    expect_table(tables, ARM_CANARY, ALL_SLICES, 2, (uint64_t[]){2});
    struct serin_block_cell *cells = NULL;
    size_t count = 0;
    cr_assert(
        eq(int, block_tables_cells(tables, ARM_CANARY, ALL_SLICES, &cells, &count), SERIN_OK));
    cr_assert(eq(sz, count, 3));
    memory_free(cells);
}

Test(block_tables, cells_come_by_block_row_and_column_with_the_unreferenced_last)
{
    owned(block_tables) tables = create();
    struct serin_block_cell *cells = NULL;
    size_t count = 0;
    add(tables, event(ARM_CANARY, NULL, "a"));
    add(tables, event(ARM_CANARY, "y", "b"));
    add(tables, event(ARM_CANARY, "x", "b"));
    add(tables, event(ARM_CANARY, "x", "a"));
    seal(tables);
    cr_assert(
        eq(int, block_tables_cells(tables, ARM_CANARY, ALL_SLICES, &cells, &count), SERIN_OK));
    cr_assert(eq(sz, count, 4));
    cr_assert(eq(u32, cells[0].row, 0));
    cr_assert(eq(u32, cells[0].column, 0));
    cr_assert(eq(u32, cells[1].column, 1));
    cr_assert(eq(u32, cells[2].row, 1));
    cr_assert(eq(u32, cells[3].row, SERIN_NO_REFERENCE));
    memory_free(cells);
}

/* ---- slices ---------------------------------------------------------------------------------- */

static void add_sliced(struct block_tables *tables, const char *label,
                       const struct slice_value *slices, size_t slice_count)
{
    struct block_count count = event(ARM_CANARY, "x", label);
    count.slices = slices;
    count.slice_count = slice_count;
    add(tables, count);
}

Test(block_tables, a_slice_sums_the_cells_whose_tuple_has_its_value)
{
    const struct slice_value eu_phone[] = {
        {VIEW("region"), VIEW("eu")   },
        {VIEW("device"), VIEW("phone")}
    };
    const struct slice_value phone_eu[] = {eu_phone[1], eu_phone[0]};
    const struct slice_value us_phone[] = {
        {VIEW("region"), VIEW("us")   },
        {VIEW("device"), VIEW("phone")}
    };
    owned(block_tables) tables = create();
    add_sliced(tables, "a", eu_phone, 2);
    add_sliced(tables, "a", phone_eu, 2);
    add_sliced(tables, "b", us_phone, 2);
    add_sliced(tables, "b", us_phone, 1);
    add_sliced(tables, "b", NULL, 0);
    seal(tables);
    cr_assert(eq(sz, block_tables_slice_count(tables), 3));
    cr_assert(text_equals(block_tables_slice(tables, 0).dimension, "device"));
    cr_assert(text_equals(block_tables_slice(tables, 1).value, "eu"));
    cr_assert(text_equals(block_tables_slice(tables, 2).value, "us"));
    expect_table(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, (uint64_t[]){2, 3});
    expect_table(tables, ARM_CANARY, 0, ALL_BLOCKS, (uint64_t[]){2, 1});
    expect_table(tables, ARM_CANARY, 1, 0, (uint64_t[]){2, 0});
    expect_table(tables, ARM_CANARY, 2, 0, (uint64_t[]){0, 2});
}

Test(block_tables, a_dimension_with_two_values_is_refused)
{
    const struct slice_value twice[] = {
        {VIEW("region"), VIEW("eu")},
        {VIEW("region"), VIEW("us")}
    };
    owned(block_tables) tables = create();
    struct block_count count = event(ARM_CANARY, "x", "a");
    struct serin_error err = {0};
    count.slices = twice;
    count.slice_count = 2;
    cr_assert(eq(int, block_tables_add(tables, &count, &err), SERIN_INVALID));
    cr_assert(eq(str, err.detail, "the slice dimension \"region\" is given twice"));
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static void add_pair(struct block_tables *tables, const char *reference, const char *canary,
                     const char *stable)
{
    struct paired_count count = {.pod = VIEW("pod"),
                                 .canary_label = text_view_of(canary),
                                 .stable_label = text_view_of(stable),
                                 .reference = text_view_of(reference),
                                 .has_reference = reference != NULL,
                                 .count = 1};
    cr_assert(eq(int, block_tables_add_paired(tables, &count, NULL), SERIN_OK));
}

Test(block_tables, triples_share_the_label_space_of_the_arms)
{
    owned(block_tables) tables = create();
    struct serin_triple *triples = NULL;
    size_t count = 0;
    add(tables, event(ARM_STABLE, "x", "a"));
    add_pair(tables, NULL, "c", "b");
    add_pair(tables, "x", "b", "c");
    add_pair(tables, "x", "b", "c");
    seal(tables);
    cr_assert(eq(sz, block_tables_label_count(tables), 3));
    cr_assert(eq(u64, block_tables_pairs(tables), 3));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 0));
    cr_assert(eq(sz, block_tables_paired_block_count(tables), 1));
    cr_assert(eq(int, block_tables_triples(tables, &triples, &count), SERIN_OK));
    cr_assert(eq(sz, count, 2));
    cr_assert(eq(u32, triples[0].row, 0));
    cr_assert(eq(u32, triples[0].canary, 1));
    cr_assert(eq(u32, triples[0].stable, 2));
    cr_assert(eq(u64, triples[0].count, 2));
    cr_assert(eq(u32, triples[1].row, SERIN_NO_REFERENCE));
    memory_free(triples);
}

/* ---- limits ---------------------------------------------------------------------------------- */

Test(block_tables, labels_beyond_the_limit_become_other_which_comes_last)
{
    struct table_limits limits = table_limits_default;
    limits.labels = 2;
    owned(block_tables) tables = block_tables_create(&limits);
    add(tables, event(ARM_CANARY, "z", "x"));
    add(tables, event(ARM_STABLE, "z", "y"));
    add(tables, event(ARM_STABLE, "z", "a"));
    add(tables, event(ARM_STABLE, "z", "b"));
    seal(tables);
    cr_assert(block_tables_capped(tables));
    cr_assert(eq(sz, block_tables_label_count(tables), 3));
    cr_assert(text_equals(block_tables_label(tables, 2), BLOCK_TABLES_OTHER));
    expect_table(tables, ARM_STABLE, ALL_SLICES, ALL_BLOCKS, (uint64_t[]){0, 1, 2});
}

Test(block_tables, a_label_called_other_comes_last_and_takes_up_the_folded_ones)
{
    struct table_limits limits = table_limits_default;
    limits.labels = 2;
    owned(block_tables) tables = block_tables_create(&limits);
    add(tables, event(ARM_CANARY, "z", "other"));
    add(tables, event(ARM_CANARY, "z", "x"));
    cr_assert(not(block_tables_capped(tables)));
    add(tables, event(ARM_CANARY, "z", "y"));
    seal(tables);
    cr_assert(eq(sz, block_tables_label_count(tables), 2));
    cr_assert(text_equals(block_tables_label(tables, 0), "x"));
    expect_table(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, (uint64_t[]){1, 2});
}

Test(block_tables, a_pod_too_many_is_an_error)
{
    struct table_limits limits = table_limits_default;
    limits.pods = 1;
    owned(block_tables) tables = block_tables_create(&limits);
    struct serin_error err = {0};
    struct block_count other = event(ARM_CANARY, "x", "a");
    other.pod = VIEW("another");
    add(tables, event(ARM_CANARY, "x", "a"));
    add(tables, event(ARM_STABLE, "x", "a"));
    cr_assert(eq(int, block_tables_add(tables, &other, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "more than 1 pods in one arm"));
}

/* Adds different cells until it fails or, where that is found out late, seals. */
static enum serin_status add_cells(struct block_tables *tables, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        char label[24];
        (void)snprintf(label, sizeof(label), "%zu", i);
        struct block_count count = event(i % 2 == 0 ? ARM_CANARY : ARM_STABLE, "x", label);
        enum serin_status status = block_tables_add(tables, &count, NULL);
        if (status != SERIN_OK) {
            return status;
        }
    }
    return block_tables_seal(tables);
}

Test(block_tables, the_limit_of_cells_is_exact)
{
    static const size_t limited[] = {1, 10, 5000, 70000};
    for (size_t i = 0; i < ARRAY_LENGTH(limited); i++) {
        struct table_limits limits = {.labels = 1000000, .pods = 1, .cells = limited[i]};
        owned(block_tables) enough = block_tables_create(&limits);
        owned(block_tables) too_many = block_tables_create(&limits);
        cr_expect(eq(int, add_cells(enough, limited[i]), SERIN_OK), "%zu", limited[i]);
        cr_expect(eq(int, add_cells(too_many, limited[i] + 1), SERIN_TOO_LARGE));
    }
}

Test(block_tables, repeated_additions_need_no_more_cells)
{
    struct table_limits limits = {.labels = 1000, .pods = 1, .cells = 100};
    owned(block_tables) tables = block_tables_create(&limits);
    for (size_t i = 0; i < 300000; i++) {
        char label[24];
        (void)snprintf(label, sizeof(label), "%zu", i * 7919 % 100);
        add(tables, event(ARM_CANARY, "x", label));
    }
    seal(tables);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 300000));
    cr_assert(eq(sz, block_tables_label_count(tables), 100));
}

/* So many cells that the log cannot recall each, and holds some of them several times. */
Test(block_tables, cells_met_again_later_do_not_count_towards_the_limit)
{
    enum { CELLS = 5000, ROUNDS = 20 };
    struct table_limits limits = {.labels = CELLS, .pods = 1, .cells = CELLS};
    owned(block_tables) tables = block_tables_create(&limits);
    for (size_t i = 0; i < (size_t)CELLS * ROUNDS; i++) {
        char label[24];
        (void)snprintf(label, sizeof(label), "%zu", i * 7919 % CELLS);
        add(tables, event(ARM_CANARY, "x", label));
    }
    seal(tables);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), (size_t)CELLS * ROUNDS));
}

Test(block_tables, a_total_beyond_two_to_the_53_is_refused)
{
    owned(block_tables) tables = create();
    struct serin_error err = {0};
    struct block_count count = event(ARM_CANARY, "x", "a");
    count.count = SERIN_TOTAL_MAX;
    add(tables, count);
    count.label = VIEW("b");
    count.count = 1;
    cr_assert(eq(int, block_tables_add(tables, &count, &err), SERIN_RANGE));
    cr_assert(eq(str, err.detail,
                 "more than 2^53 events in both arms together, too many to count exactly; judge a "
                 "shorter time of both"));
    count.count = UINT64_MAX;
    cr_assert(eq(int, block_tables_add(tables, &count, &err), SERIN_RANGE));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), SERIN_TOTAL_MAX));
}

/* The statistics of both arms pool them: what each could hold alone may be too much together. */
Test(block_tables, both_arms_together_are_held_to_two_to_the_53)
{
    owned(block_tables) tables = create();
    struct block_count canary = event(ARM_CANARY, "x", "a");
    struct block_count stable = event(ARM_STABLE, "x", "a");
    canary.count = SERIN_TOTAL_MAX / 2;
    stable.count = SERIN_TOTAL_MAX / 2 + 1;
    add(tables, canary);
    cr_assert(eq(int, block_tables_add(tables, &stable, NULL), SERIN_RANGE));
    stable.count = SERIN_TOTAL_MAX / 2;
    add(tables, stable);
    canary.count = 1;
    cr_assert(eq(int, block_tables_add(tables, &canary, NULL), SERIN_RANGE));
}

Test(block_tables, a_count_of_zero_changes_nothing)
{
    owned(block_tables) tables = create();
    struct block_count count = event(ARM_CANARY, "x", "a");
    count.count = 0;
    add(tables, count);
    seal(tables);
    cr_assert(eq(sz, block_tables_label_count(tables), 0));
    cr_assert(eq(sz, block_tables_pod_count(tables, ARM_CANARY), 0));
}

/* ---- flags ----------------------------------------------------------------------------------- */

Test(block_tables, empty_tables_can_be_read)
{
    owned(block_tables) tables = create();
    seal(tables);
    owned_memory char *dump = tables_dump(tables);
    cr_assert(eq(str, dump,
                 "window 0 0\ncoverage 0 0 0\ncoverage 0 0 0\nlabels\nreferences\nslices\n"
                 "canary: 0 pods, 0 events, 0 without reference\ncells of slice -1\n"
                 "stable: 0 pods, 0 events, 0 without reference\ncells of slice -1\n"
                 "0 pairs in 0 blocks\n"));
    expect_table(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, NULL);
}

Test(block_tables, keep_the_first_reason_for_being_incomplete)
{
    owned(block_tables) tables = create();
    cr_assert(eq(ptr, (void *)block_tables_incomplete_reason(tables), NULL));
    block_tables_set_incomplete(tables, "the peer warned");
    block_tables_set_incomplete(tables, "and again");
    cr_assert(eq(str, (char *)block_tables_incomplete_reason(tables), "the peer warned"));
}

Test(block_tables, tell_what_the_source_said_of_them)
{
    owned(block_tables) tables = create();
    block_tables_set_window(tables, 10, 20);
    block_tables_set_coverage(tables, ARM_STABLE, &(struct arm_coverage){11, 19, 3});
    cr_assert(block_tables_blocks_known(tables));
    block_tables_set_blocks_unknown(tables);
    block_tables_set_capped(tables);
    cr_assert(eq(i64, block_tables_window_start_ms(tables), 10));
    cr_assert(eq(i64, block_tables_window_end_ms(tables), 20));
    cr_assert(eq(u64, block_tables_coverage(tables, ARM_STABLE)->uncovered_pods, 3));
    cr_assert(eq(i64, block_tables_coverage(tables, ARM_CANARY)->last_ms, 0));
    cr_assert(not(block_tables_blocks_known(tables)));
    cr_assert(block_tables_capped(tables));
}

/* The same counts, named by ids, in an order of its own. */
static void add_by_ids(struct block_tables *tables, bool backwards)
{
    struct serin_error err = {0};
    struct slice_value eu = {VIEW("region"), VIEW("eu")};
    uint32_t labels[2], references[2], slices[2];
    cr_assert(eq(int, block_tables_label_id(tables, VIEW("b"), &labels[1], &err), SERIN_OK));
    cr_assert(eq(int, block_tables_label_id(tables, VIEW("a"), &labels[0], &err), SERIN_OK));
    cr_assert(
        eq(int, block_tables_reference_id(tables, VIEW("a"), &references[0], &err), SERIN_OK));
    cr_assert(
        eq(int, block_tables_reference_id(tables, VIEW("b"), &references[1], &err), SERIN_OK));
    cr_assert(eq(int, block_tables_slices_id(tables, NULL, 0, &slices[0], &err), SERIN_OK));
    cr_assert(eq(int, block_tables_slices_id(tables, &eu, 1, &slices[1], &err), SERIN_OK));
    struct table_cell cells[] = {
        {references[0],      labels[0], slices[0], 3},
        {references[0],      labels[1], slices[1], 2},
        {references[1],      labels[1], slices[0], 0},
        {SERIN_NO_REFERENCE, labels[1], slices[1], 5},
    };
    for (int i = 0; i < 2; i++) {
        int64_t start_ms = (backwards ? 1 - i : i) * 1000;
        cr_assert(eq(int,
                     block_tables_add_block(tables, ARM_CANARY, VIEW("pod"), start_ms, cells,
                                            ARRAY_LENGTH(cells), &err),
                     SERIN_OK));
    }
}

static void add_by_texts(struct block_tables *tables)
{
    struct slice_value eu = {VIEW("region"), VIEW("eu")};
    for (int64_t start_ms = 0; start_ms < 2000; start_ms += 1000) {
        struct block_count counts[] = {event(ARM_CANARY, "a", "a"), event(ARM_CANARY, "a", "b"),
                                       event(ARM_CANARY, NULL, "b"), event(ARM_CANARY, "b", "b")};
        static const uint64_t amounts[] = {3, 2, 5, 0};
        for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
            counts[i].block_start_ms = start_ms;
            counts[i].count = amounts[i];
            counts[i].slices = i == 1 || i == 2 ? &eu : NULL;
            counts[i].slice_count = i == 1 || i == 2 ? 1 : 0;
            add(tables, counts[i]);
        }
    }
    /* An id makes a label of a text even without a count. */
    uint32_t id = 0;
    cr_assert(eq(int, block_tables_reference_id(tables, VIEW("b"), &id, NULL), SERIN_OK));
}

Test(block_tables, counts_by_ids_and_by_texts_are_the_same)
{
    owned(block_tables) by_texts = create();
    add_by_texts(by_texts);
    seal(by_texts);
    owned_memory char *expected = tables_dump(by_texts);
    for (int backwards = 0; backwards < 2; backwards++) {
        owned(block_tables) by_ids = create();
        add_by_ids(by_ids, backwards);
        seal(by_ids);
        owned_memory char *found = tables_dump(by_ids);
        cr_assert(eq(str, found, expected));
    }
}

Test(block_tables, blocks_by_ids_stop_at_2_to_the_53)
{
    owned(block_tables) tables = create();
    struct serin_error err = {0};
    uint32_t ids[2] = {0, 0};
    cr_assert(eq(int, block_tables_label_id(tables, VIEW("a"), &ids[0], &err), SERIN_OK));
    cr_assert(eq(int, block_tables_slices_id(tables, NULL, 0, &ids[1], &err), SERIN_OK));
    struct table_cell cells[] = {
        {SERIN_NO_REFERENCE, ids[0], ids[1], UINT64_C(1) << 53},
        {SERIN_NO_REFERENCE, ids[0], ids[1], 1                },
    };
    cr_assert(eq(int, block_tables_add_block(tables, ARM_STABLE, VIEW("p"), 0, cells, 1, &err),
                 SERIN_OK));
    cr_assert(eq(int, block_tables_add_block(tables, ARM_STABLE, VIEW("p"), 0, cells + 1, 1, &err),
                 SERIN_RANGE));
}
