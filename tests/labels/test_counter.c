#include "labels/counter.h"
#include "support/random.h"
#include "support/tables_dump.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

enum { PAIRS_MAX = 4099 };

/* ---- encoded --------------------------------------------------------------------------------- */

struct encoded {
    uint8_t narrow[2][PAIRS_MAX];
    uint16_t middle[2][PAIRS_MAX];
    int64_t wide[2][PAIRS_MAX];
};

static void encode(struct encoded *out, size_t rows, size_t columns, struct random *random)
{
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        size_t id[2] = {random_below(random, rows), random_below(random, columns)};
        for (size_t side = 0; side < 2; side++) {
            out->narrow[side][i] = (uint8_t)id[side];
            out->middle[side][i] = (uint16_t)id[side];
            out->wide[side][i] = (int64_t)id[side];
        }
    }
}

/* Counted one by one, into a table that held one event in each cell before. */
static struct contingency *table_of(size_t rows, size_t columns, const struct encoded *pairs,
                                    size_t count)
{
    struct contingency *table = contingency_create(rows, columns);
    for (size_t cell = 0; cell < rows * columns; cell++) {
        cr_assert(eq(int, contingency_add(table, cell / columns, cell % columns, 1), SERIN_OK));
    }
    for (size_t i = 0; i < count; i++) {
        cr_assert(
            eq(int, contingency_add(table, (size_t)pairs->wide[0][i], (size_t)pairs->wide[1][i], 1),
               SERIN_OK));
    }
    return table;
}

static void expect_same(const struct contingency *table, const struct contingency *wanted)
{
    struct serin_table a = contingency_view(table);
    struct serin_table b = contingency_view(wanted);
    cr_assert(eq(sz, a.rows, b.rows));
    cr_assert(eq(sz, a.columns, b.columns));
    for (size_t cell = 0; cell < a.rows * a.columns; cell++) {
        cr_assert(eq(u64, a.counts[cell], b.counts[cell]), "cell %zu", cell);
    }
}

Test(counter, encoded_pairs_of_every_width_and_shape_are_counted)
{
    static const size_t shapes[][2] = {
        {1,   1  },
        {2,   3  },
        {10,  10 },
        {128, 128},
        {129, 128},
        {256, 200}
    };
    static const size_t counts[] = {0, 1, 3, 4, 5, 1000, PAIRS_MAX};
    static struct encoded pairs;
    struct random random = {11};
    for (size_t s = 0; s < ARRAY_LENGTH(shapes); s++) {
        size_t rows = shapes[s][0];
        size_t columns = shapes[s][1];
        encode(&pairs, rows, columns, &random);
        for (size_t c = 0; c < ARRAY_LENGTH(counts); c++) {
            size_t count = counts[c];
            owned(contingency) wanted = table_of(rows, columns, &pairs, count);
            owned(contingency) narrow = table_of(rows, columns, &pairs, 0);
            owned(contingency) middle = table_of(rows, columns, &pairs, 0);
            owned(contingency) wide = table_of(rows, columns, &pairs, 0);
            cr_assert(eq(int, count_pairs_uint8(narrow, pairs.narrow[0], pairs.narrow[1], count),
                         SERIN_OK));
            cr_assert(eq(int, count_pairs_uint16(middle, pairs.middle[0], pairs.middle[1], count),
                         SERIN_OK));
            cr_assert(
                eq(int, count_pairs_int64(wide, pairs.wide[0], pairs.wide[1], count), SERIN_OK));
            expect_same(narrow, wanted);
            expect_same(middle, wanted);
            expect_same(wide, wanted);
        }
    }
}

Test(counter, an_id_out_of_range_is_refused_wherever_it_stands)
{
    enum { COUNT = 7, ROWS = 3, COLUMNS = 5 };
    static const int64_t bad[][2] = {
        {ROWS,      0      },
        {0,         COLUMNS},
        {-1,        0      },
        {0,         -1     },
        {INT64_MIN, 0      }
    };
    for (size_t b = 0; b < ARRAY_LENGTH(bad); b++) {
        for (size_t place = 0; place < COUNT; place++) {
            int64_t references[COUNT] = {0};
            int64_t labels[COUNT] = {0};
            references[place] = bad[b][0];
            labels[place] = bad[b][1];
            owned(contingency) table = contingency_create(ROWS, COLUMNS);
            owned(contingency) untouched = contingency_create(ROWS, COLUMNS);
            cr_assert(eq(int, count_pairs_int64(table, references, labels, COUNT), SERIN_INVALID));
            expect_same(table, untouched);
        }
    }
}

Test(counter, a_total_beyond_two_to_the_53_leaves_the_table_alone)
{
    const uint8_t ids[2] = {0, 0};
    owned(contingency) table = contingency_create(1, 1);
    cr_assert(eq(int, contingency_add(table, 0, 0, SERIN_TOTAL_MAX - 1), SERIN_OK));
    cr_assert(eq(int, count_pairs_uint8(table, ids, ids, 2), SERIN_RANGE));
    cr_assert(eq(u64, contingency_view(table).counts[0], SERIN_TOTAL_MAX - 1));
    cr_assert(eq(int, count_pairs_uint8(table, ids, ids, 1), SERIN_OK));
}

Test(counter, a_table_without_cells_takes_no_pair)
{
    const uint8_t ids[1] = {0};
    owned(contingency) table = contingency_create(0, 4);
    cr_assert(eq(int, count_pairs_uint8(table, ids, ids, 0), SERIN_OK));
    cr_assert(eq(int, count_pairs_uint8(table, ids, ids, 1), SERIN_INVALID));
}

/* ---- texts ----------------------------------------------------------------------------------- */

struct text_pair {
    char reference[8];
    char label[8];
    bool has_reference;
    uint64_t count;
};

static struct text_pair any_pair(struct random *random, size_t vocabulary)
{
    struct text_pair pair = {.has_reference = random_below(random, 5) > 0,
                             .count = random_below(random, 3) == 0
                                          ? UINT32_MAX - random_below(random, 3)
                                          : random_below(random, 4)};
    (void)snprintf(pair.reference, sizeof(pair.reference), "r%u",
                   (unsigned)random_below(random, vocabulary));
    (void)snprintf(pair.label, sizeof(pair.label), "l%u",
                   (unsigned)random_below(random, vocabulary));
    return pair;
}

static void count_pair(struct pair_counter *counter, struct block_tables *tables,
                       const struct text_pair *pair)
{
    struct text_view reference = text_view_of(pair->reference);
    struct block_count count = {.arm = ARM_STABLE,
                                .pod = text_view_of("pod"),
                                .block_start_ms = 60,
                                .label = text_view_of(pair->label),
                                .reference = reference,
                                .has_reference = pair->has_reference,
                                .count = pair->count};
    cr_assert(eq(int,
                 pair_counter_add(counter, pair->has_reference ? &reference : NULL, count.label,
                                  pair->count),
                 SERIN_OK));
    cr_assert(eq(int, block_tables_add(tables, &count, NULL), SERIN_OK));
}

static void expect_same_tables(const struct pair_counter *counter, struct block_tables *direct)
{
    const struct block_count block = {
        .arm = ARM_STABLE, .pod = text_view_of("pod"), .block_start_ms = 60};
    owned(block_tables) poured = block_tables_create(&table_limits_default);
    cr_assert(eq(int, pair_counter_pour(counter, &block, poured, NULL), SERIN_OK));
    cr_assert(eq(int, block_tables_seal(poured), SERIN_OK));
    cr_assert(eq(int, block_tables_seal(direct), SERIN_OK));
    owned_memory char *a = tables_dump(poured);
    owned_memory char *b = tables_dump(direct);
    cr_assert(eq(str, a, b));
}

/* Up to and beyond the labels that the grid can hold, and counts beyond its 32 bits. */
Test(counter, text_pairs_pour_into_the_tables_that_adding_them_one_by_one_gives)
{
    static const size_t vocabularies[] = {1, 10, 40, 3000};
    for (size_t v = 0; v < ARRAY_LENGTH(vocabularies); v++) {
        struct random random = {v + 1};
        owned(pair_counter) counter = pair_counter_create(&table_limits_default);
        owned(block_tables) direct = block_tables_create(&table_limits_default);
        for (size_t i = 0; i < 60000; i++) {
            struct text_pair pair = any_pair(&random, vocabularies[v]);
            count_pair(counter, direct, &pair);
        }
        expect_same_tables(counter, direct);
    }
}

Test(counter, text_pairs_become_a_table_in_order_of_appearance)
{
    static const char *const texts[][2] = {
        {"y", "b"},
        {"x", "a"},
        {"y", "a"},
        {"y", "b"}
    };
    static const uint64_t wanted[] = {2, 1, 0, 1};
    owned(pair_counter) counter = pair_counter_create(&table_limits_default);
    owned(contingency) table = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct text_view reference = text_view_of(texts[i][0]);
        cr_assert(
            eq(int, pair_counter_add(counter, &reference, text_view_of(texts[i][1]), 1), SERIN_OK));
    }
    cr_assert(eq(int, pair_counter_add(counter, NULL, text_view_of("a"), 5), SERIN_OK));
    cr_assert(eq(int, pair_counter_table(counter, &table), SERIN_OK));
    struct serin_table view = contingency_view(table);
    cr_assert(eq(sz, view.rows, 2));
    cr_assert(eq(sz, view.columns, 2));
    for (size_t cell = 0; cell < 4; cell++) {
        cr_assert(eq(u64, view.counts[cell], wanted[cell]), "cell %zu", cell);
    }
}

Test(counter, labels_beyond_the_limit_become_other_and_are_flagged)
{
    struct table_limits limits = table_limits_default;
    limits.labels = 2;
    owned(pair_counter) counter = pair_counter_create(&limits);
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    owned(contingency) table = NULL;
    const struct block_count block = {.arm = ARM_CANARY};
    struct text_view reference = text_view_of("x");
    static const char *const labels[] = {"a", "b", "c", "d", "a"};
    for (size_t i = 0; i < ARRAY_LENGTH(labels); i++) {
        cr_assert(
            eq(int, pair_counter_add(counter, &reference, text_view_of(labels[i]), 1), SERIN_OK));
    }
    cr_assert(eq(int, pair_counter_table(counter, &table), SERIN_OK));
    cr_assert(eq(sz, contingency_view(table).columns, 3));
    cr_assert(eq(u64, contingency_view(table).counts[2], 2));
    cr_assert(eq(int, pair_counter_pour(counter, &block, tables, NULL), SERIN_OK));
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    cr_assert(block_tables_capped(tables));
    cr_assert(eq(sz, block_tables_label_count(tables), 3));
    cr_assert(text_equals(block_tables_label(tables, 2), BLOCK_TABLES_OTHER));
}

Test(counter, limits_of_texts_are_told)
{
    struct table_limits limits = {.labels = 10000, .pods = 1, .cells = 40000};
    owned(pair_counter) counter = pair_counter_create(&limits);
    struct text_view reference = text_view_of("x");
    cr_assert(eq(int, pair_counter_add(counter, &reference, reference, SERIN_TOTAL_MAX), SERIN_OK));
    cr_assert(eq(int, pair_counter_add(counter, &reference, reference, 1), SERIN_RANGE));
    owned(pair_counter) full = pair_counter_create(&limits);
    struct random random = {1};
    enum serin_status status = SERIN_OK;
    for (size_t i = 0; i < 1000000 && status == SERIN_OK; i++) {
        struct text_pair pair = any_pair(&random, 9000);
        reference = text_view_of(pair.reference);
        status = pair_counter_add(full, &reference, text_view_of(pair.label), 1);
    }
    cr_assert(eq(int, status, SERIN_TOO_LARGE));
}

static enum serin_status count_texts(struct pair_counter *counter)
{
    struct random random = {2};
    for (size_t i = 0; i < 3000; i++) {
        struct text_pair pair = any_pair(&random, 1500);
        struct text_view reference = text_view_of(pair.reference);
        TRY(pair_counter_add(counter, &reference, text_view_of(pair.label), 1));
    }
    return SERIN_OK;
}

Test(counter, every_failed_allocation_is_told)
{
    bool done = false;
    for (uint64_t failing = 1; !done; failing++) {
        memory_fail_after(failing);
        owned(pair_counter) counter = pair_counter_create(&table_limits_default);
        enum serin_status status = counter ? count_texts(counter) : SERIN_NO_MEMORY;
        memory_fail_after(0);
        done = status == SERIN_OK;
        cr_assert(done || status == SERIN_NO_MEMORY);
        cr_assert(lt(u64, failing, 1000));
    }
}
