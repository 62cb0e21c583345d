#include "labels/block_tables.h"
#include "support/random.h"
#include "support/tables_dump.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { COUNTS = 600, PAIRS = 200, VOCABULARY = 12, BASE_MS = 1000 };

/* A set of counts to be added in any order. */
struct work {
    struct block_count counts[COUNTS];
    struct slice_value slices[COUNTS][2];
    struct paired_count pairs[PAIRS];
};

static const char *const vocabulary[VOCABULARY] = {"a",  "b",  "ab", "",      "\xC3\xA9", "z",
                                                   "zz", "z ", "Z",  "other", "0",        "10"};

static struct text_view any_text(struct random *random)
{
    return text_view_of(vocabulary[random_below(random, VOCABULARY)]);
}

static struct block_count any_count(struct random *random, struct slice_value *slices)
{
    struct block_count count = {
        .arm = random_below(random, 5) == 0 ? ARM_CANARY : ARM_STABLE,
        .pod = any_text(random),
        .block_start_ms = BASE_MS * ((int64_t)random_below(random, 40) - 10),
        .label = any_text(random),
        .reference = any_text(random),
        .has_reference = random_below(random, 4) > 0,
        .slices = slices,
        .slice_count = random_below(random, 3),
        .count = random_below(random, 100) + 1,
    };
    slices[0] = (struct slice_value){text_view_of("region"), any_text(random)};
    slices[1] = (struct slice_value){text_view_of("device"), any_text(random)};
    return count;
}

static void make_work(struct work *work, struct random *random)
{
    for (size_t i = 0; i < COUNTS; i++) {
        work->counts[i] = any_count(random, work->slices[i]);
    }
    for (size_t i = 0; i < PAIRS; i++) {
        work->pairs[i] = (struct paired_count){
            .pod = any_text(random),
            .block_start_ms = BASE_MS * (int64_t)random_below(random, 5),
            .canary_label = any_text(random),
            .stable_label = any_text(random),
            .reference = any_text(random),
            .has_reference = random_below(random, 4) > 0,
            .count = random_below(random, 100) + 1,
        };
    }
}

/* 0 … count - 1 in random order. */
static void shuffle(size_t *order, size_t count, struct random *random)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = random_below(random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

static enum serin_status add_all(struct block_tables *tables, const struct work *work,
                                 struct random *random)
{
    size_t order[COUNTS];
    shuffle(order, COUNTS, random);
    for (size_t i = 0; i < COUNTS; i++) {
        TRY(block_tables_add(tables, &work->counts[order[i]], NULL));
        if (order[i] < PAIRS) {
            TRY(block_tables_add_paired(tables, &work->pairs[order[i]], NULL));
        }
    }
    return block_tables_seal(tables);
}

static char *dump_of(const struct work *work, struct random *random, uint8_t key, int64_t widen_ms)
{
    struct table_limits limits = table_limits_default;
    limits.key.bytes[0] = key;
    owned(block_tables) tables = block_tables_create(&limits);
    block_tables_set_window(tables, -10 * BASE_MS, 30 * BASE_MS);
    if (widen_ms > 0) {
        block_tables_widen_blocks(tables, widen_ms);
    }
    cr_assert(eq(int, add_all(tables, work, random), SERIN_OK));
    return tables_dump(tables);
}

Test(block_tables_properties, neither_order_nor_key_changes_a_byte)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct random random = {seed};
        struct work work;
        make_work(&work, &random);
        owned_memory char *first = dump_of(&work, &random, 0, 0);
        owned_memory char *widened = dump_of(&work, &random, 0, BASE_MS);
        cr_assert(ne(str, first, widened));
        for (uint8_t key = 1; key < 8; key++) {
            owned_memory char *again = dump_of(&work, &random, key, 0);
            cr_assert(eq(str, again, first), "seed %zu", (size_t)seed);
            owned_memory char *also = dump_of(&work, &random, key, BASE_MS);
            cr_assert(eq(str, also, widened), "seed %zu", (size_t)seed);
        }
    }
}

/* Blocks widened at sealing are those of a source that knew the width from the start. */
Test(block_tables_properties, widening_is_as_adding_at_the_final_width)
{
    struct random random = {99};
    struct work work;
    make_work(&work, &random);
    size_t pods = VOCABULARY;
    owned_memory char *widened = dump_of(&work, &random, 0, BASE_MS);
    int64_t width_ms = block_width_ms(BASE_MS, -10 * BASE_MS, 30 * BASE_MS, pods);
    cr_assert(eq(i64, width_ms, 2 * BASE_MS));
    for (size_t i = 0; i < COUNTS; i++) {
        work.counts[i].block_start_ms = block_start(work.counts[i].block_start_ms, width_ms);
    }
    for (size_t i = 0; i < PAIRS; i++) {
        work.pairs[i].block_start_ms = block_start(work.pairs[i].block_start_ms, width_ms);
    }
    owned_memory char *direct = dump_of(&work, &random, 0, 0);
    cr_assert(eq(str, widened, direct));
}

static bool has_slice(const struct block_count *count, struct slice_value slice)
{
    for (size_t i = 0; i < count->slice_count; i++) {
        if (text_equal(count->slices[i].dimension, slice.dimension) &&
            text_equal(count->slices[i].value, slice.value)) {
            return true;
        }
    }
    return false;
}

/* What a table should hold in one cell, by walking all that was added. */
static uint64_t expected(const struct work *work, const struct block_tables *tables, enum arm arm,
                         size_t slice, size_t block, size_t row, size_t column)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNTS; i++) {
        const struct block_count *count = &work->counts[i];
        if (count->arm != arm || !count->has_reference ||
            !text_equal(count->reference, block_tables_reference(tables, row)) ||
            !text_equal(count->label, block_tables_label(tables, column))) {
            continue;
        }
        if (slice != ALL_SLICES && !has_slice(count, block_tables_slice(tables, slice))) {
            continue;
        }
        if (block != ALL_BLOCKS) {
            struct block_identity identity = block_tables_block(tables, arm, block);
            if (identity.start_ms != count->block_start_ms ||
                !text_equal(identity.pod, count->pod)) {
                continue;
            }
        }
        sum += count->count;
    }
    return sum;
}

static void expect_all(const struct work *work, const struct block_tables *tables, enum arm arm,
                       size_t slice, size_t block)
{
    owned(contingency) table = NULL;
    cr_assert(eq(int, block_tables_contingency(tables, arm, slice, block, &table), SERIN_OK));
    struct serin_table view = contingency_view(table);
    for (size_t row = 0; row < view.rows; row++) {
        for (size_t column = 0; column < view.columns; column++) {
            cr_assert(eq(u64, view.counts[row * view.columns + column],
                         expected(work, tables, arm, slice, block, row, column)),
                      "arm %d slice %zd block %zd row %zu column %zu", arm, (ssize_t)slice,
                      (ssize_t)block, row, column);
        }
    }
}

Test(block_tables_properties, tables_of_every_block_and_slice_are_what_was_added)
{
    struct random random = {4711};
    struct work work;
    make_work(&work, &random);
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    cr_assert(eq(int, add_all(tables, &work, &random), SERIN_OK));
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        expect_all(&work, tables, (enum arm)arm, ALL_SLICES, ALL_BLOCKS);
        for (size_t slice = 0; slice < block_tables_slice_count(tables); slice++) {
            expect_all(&work, tables, (enum arm)arm, slice, ALL_BLOCKS);
        }
        size_t blocks = block_tables_block_count(tables, (enum arm)arm);
        cr_assert(gt(sz, blocks, 80));
        for (size_t block = 0; block < blocks; block += 7) {
            expect_all(&work, tables, (enum arm)arm, ALL_SLICES, block);
            expect_all(&work, tables, (enum arm)arm, block % 5, block);
        }
    }
}

Test(block_tables_properties, totals_are_the_sums_of_what_was_added)
{
    struct random random = {5};
    struct work work;
    uint64_t events[ARM_COUNT] = {0};
    uint64_t unreferenced[ARM_COUNT] = {0};
    uint64_t pairs = 0;
    make_work(&work, &random);
    for (size_t i = 0; i < COUNTS; i++) {
        events[work.counts[i].arm] += work.counts[i].count;
        unreferenced[work.counts[i].arm] += work.counts[i].has_reference ? 0 : work.counts[i].count;
    }
    for (size_t i = 0; i < PAIRS; i++) {
        pairs += work.pairs[i].count;
    }
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    cr_assert(eq(int, add_all(tables, &work, &random), SERIN_OK));
    cr_assert(eq(u64, block_tables_pairs(tables), pairs));
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        cr_assert(eq(u64, block_tables_events(tables, (enum arm)arm), events[arm]));
        cr_assert(eq(u64, block_tables_unreferenced(tables, (enum arm)arm), unreferenced[arm]));
    }
}

Test(block_tables_properties, every_failed_allocation_is_told)
{
    struct random random = {3};
    struct work work;
    make_work(&work, &random);
    bool done = false;
    for (uint64_t failing = 1; !done; failing++) {
        memory_fail_after(failing);
        owned(block_tables) tables = block_tables_create(&table_limits_default);
        enum serin_status status = tables ? add_all(tables, &work, &random) : SERIN_NO_MEMORY;
        memory_fail_after(0);
        done = status == SERIN_OK;
        cr_assert(done || status == SERIN_NO_MEMORY);
        cr_assert(lt(u64, failing, 5000));
    }
}

Test(block_tables_properties, reading_tells_a_failed_allocation_and_leaves_its_results_alone)
{
    struct random random = {3};
    struct work work;
    struct contingency *table = NULL;
    struct serin_block_cell *cells = NULL;
    struct serin_triple *triples = NULL;
    size_t count = 17;
    make_work(&work, &random);
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    cr_assert(eq(int, add_all(tables, &work, &random), SERIN_OK));
    memory_fail_after(1);
    enum serin_status statuses[] = {
        block_tables_contingency(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, &table),
        block_tables_cells(tables, ARM_CANARY, ALL_SLICES, &cells, &count),
        block_tables_triples(tables, &triples, &count),
    };
    memory_fail_after(0);
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
        cr_assert(eq(int, statuses[i], SERIN_NO_MEMORY));
    }
    cr_assert(eq(ptr, table, NULL));
    cr_assert(eq(ptr, cells, NULL));
    cr_assert(eq(ptr, triples, NULL));
    cr_assert(eq(sz, count, 17));
}

static bool is_before(const struct serin_block_cell *a, const struct serin_block_cell *b)
{
    if (a->block != b->block) {
        return a->block < b->block;
    }
    return a->row != b->row ? a->row < b->row : a->column < b->column;
}

/* Every cell once, and in order. */
static void expect_ascending(const struct block_tables *tables, enum arm arm)
{
    struct serin_block_cell *cells = NULL;
    size_t count = 0;
    cr_assert(eq(int, block_tables_cells(tables, arm, ALL_SLICES, &cells, &count), SERIN_OK));
    for (size_t i = 1; i < count; i++) {
        cr_assert(is_before(&cells[i - 1], &cells[i]), "cell %zu", i);
    }
    memory_free(cells);
}

/* Many cells, in an order that no pass of the sort finds easy. */
Test(block_tables_properties, a_million_additions_come_out_exactly)
{
    enum { ADDITIONS = 1000000, LABELS = 5000 };
    struct random random = {8};
    static uint64_t totals[LABELS];
    static char names[LABELS][8];
    static uint64_t found[LABELS];
    for (size_t i = 0; i < LABELS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%05u", (unsigned)i);
    }
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    for (size_t i = 0; i < ADDITIONS; i++) {
        size_t label = random_below(&random, LABELS);
        size_t reference = random_below(&random, 3) > 0 ? label : random_below(&random, LABELS);
        struct block_count count = {.arm = ARM_CANARY,
                                    .pod = text_view_of(names[random_below(&random, 30)]),
                                    .label = text_view_of(names[label]),
                                    .reference = text_view_of(names[reference]),
                                    .has_reference = true,
                                    .count = 1};
        cr_assert(eq(int, block_tables_add(tables, &count, NULL), SERIN_OK));
        totals[label]++;
    }
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    cr_assert(eq(sz, block_tables_label_count(tables), LABELS));
    block_tables_label_totals(tables, ARM_CANARY, ALL_SLICES, ALL_BLOCKS, found);
    cr_assert(eq(int, memcmp(found, totals, sizeof(totals)), 0));
    expect_ascending(tables, ARM_CANARY);
}
