#include "verdict/score.h"

#include "arms_sample.h"
#include "serin/arm.h"

#include <jansson.h>
#include <math.h>

static struct score scored(const struct block_tables *tables)
{
    struct judgement judgement = judgement_default;
    struct score score;
    struct serin_error err = {0};
    judgement.interval = INTERVAL_FIXED;
    cr_assert(eq(int, score_measure(tables, &judgement, &score, &err), SERIN_OK), "%s", err.detail);
    return score;
}

static size_t counts_of(json_t *table, uint64_t *out, size_t *out_columns)
{
    json_t *row = NULL;
    json_t *cell = NULL;
    size_t r = 0;
    size_t c = 0;
    size_t count = 0;
    json_array_foreach(table, r, row)
    {
        json_array_foreach(row, c, cell)
        {
            out[count++] = (uint64_t)json_number_value(cell);
        }
        *out_columns = json_array_size(row);
    }
    return count;
}

static double number(json_t *scores, const char *name)
{
    json_t *value = json_object_get(scores, name);
    return json_number_value(json_is_object(value) ? json_object_get(value, "geometric") : value);
}

/* One of its 10^12 events decides all: its corrected score is a difference of rounding errors. */
static const char *const beyond_doubles = "huge_mixed";

Test(score, tables_score_as_specified)
{
    json_error_t error;
    json_t *all = json_load_file("tests/agreement/data/golden.json", 0, &error);
    cr_assert(ne(ptr, all, NULL), "%s: run the tests in the project's folder", error.text);
    json_t *entry = NULL;
    size_t index = 0;
    static uint64_t counts[40000];
    json_array_foreach(json_object_get(all, "tables"), index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        json_t *expected = json_object_get(entry, "scores");
        size_t columns = 1;
        size_t cells = counts_of(json_object_get(entry, "table"), counts, &columns);
        struct block_tables *tables = table_begin();
        table_put(tables, &(struct table_place){.arm = ARM_CANARY}, counts, cells / columns,
                  columns);
        block_tables_set_blocks_unknown(tables);
        table_end(tables, 0, 0);
        struct score score = scored(tables);
        json_t *interval = json_object_get(json_object_get(expected, "interval95"), "geometric");
        cr_assert(eq(int, score.nmi.defined, interval != NULL), "%s", name);
        if (interval && strcmp(name, beyond_doubles) != 0) {
            cr_assert(epsilon_eq(dbl, score.nmi.value, number(expected, "nmi_corrected"), 1e-10),
                      "%s", name);
            cr_assert(epsilon_eq(dbl, score.nmi.lower,
                                 json_number_value(json_array_get(interval, 0)), 1e-10));
            cr_assert(epsilon_eq(dbl, score.nmi.upper,
                                 json_number_value(json_array_get(interval, 1)), 1e-10));
        }
        cr_assert(epsilon_eq(dbl, score.scores.nmi, number(expected, "nmi"), 1e-12), "%s", name);
        cr_assert(eq(dbl, (double)score.samples, number(expected, "n")), "%s", name);
        block_tables_destroy(tables);
    }
    json_decref(all);
}

Test(score, events_without_reference_are_left_out_and_counted)
{
    uint64_t counts[KIND_CELLS];
    const uint64_t labels[] = {30, 12};
    arm_counts_fill(1000, 0.2, counts);
    struct block_tables *tables = table_begin();
    table_spread(tables, &(struct table_place){.arm = ARM_CANARY}, 2, 6, counts, KINDS, KINDS);
    table_put_labels(tables, &(struct table_place){.arm = ARM_CANARY}, labels, 2);
    table_end(tables, 0, 0);
    struct score score = scored(tables);
    cr_assert(eq(u64, score.samples, 1000));
    cr_assert(eq(u64, score.unreferenced, 42));
    cr_assert(score.blocks_known);
    cr_assert(eq(sz, score.blocks, 12));
    block_tables_destroy(tables);
}

Test(score, a_gate_asks_the_whole_interval)
{
    struct score score = {
        .nmi = {true, 0.8, 0.75, 0.85}
    };
    cr_assert(eq(int, score_gate(&score, 0.75), DECISION_PROMOTE));
    cr_assert(eq(int, score_gate(&score, 0.8), DECISION_INCONCLUSIVE));
    cr_assert(eq(int, score_gate(&score, 0.85), DECISION_INCONCLUSIVE));
    cr_assert(eq(int, score_gate(&score, 0.851), DECISION_ROLLBACK));
    score.nmi.defined = false;
    cr_assert(eq(int, score_gate(&score, 0.1), DECISION_INCONCLUSIVE));
}

/* The counts of a block, whose errors grow from block to block. */
static void block_fill(unsigned block, uint64_t out[static KIND_CELLS])
{
    arm_counts_fill(1000, 0.05 + 0.05 * block, out);
}

static struct block_tables *uneven_blocks(unsigned blocks)
{
    struct block_tables *tables = table_begin();
    for (unsigned block = 0; block < blocks; block++) {
        uint64_t counts[KIND_CELLS];
        block_fill(block, counts);
        table_put(tables, &(struct table_place){.arm = ARM_CANARY, .bucket = block}, counts, KINDS,
                  KINDS);
    }
    return table_end(tables, 0, 0);
}

Test(score, few_blocks_widen_the_interval_by_students_factor)
{
    enum { BLOCKS = 6 };
    uint64_t pooled[KIND_CELLS] = {0};
    for (unsigned block = 0; block < BLOCKS; block++) {
        uint64_t counts[KIND_CELLS];
        block_fill(block, counts);
        for (size_t cell = 0; cell < KIND_CELLS; cell++) {
            pooled[cell] += counts[cell];
        }
    }
    struct block_tables *tables = uneven_blocks(BLOCKS);
    struct score score = scored(tables);
    struct serin_table table = {pooled, KINDS, KINDS};
    struct serin_confidence confidence = {.interval = SERIN_FIXED, .level = 0.95};
    struct serin_design_effect effect = {.deff = score.design_effect, .blocks = BLOCKS};
    struct serin_arm_interval expected;
    cr_assert(eq(int, serin_arm_interval(&table, SERIN_GEOMETRIC, &confidence, &effect, &expected),
                 SERIN_OK));
    cr_assert(gt(dbl, score.design_effect, 10.0));
    cr_assert(epsilon_eq(dbl, expected.z, 2.5706, 1e-4)); /* Student's t of 5 degrees */
    cr_assert(epsilon_eq(dbl, score.nmi.lower, expected.lower, 1e-12));
    cr_assert(epsilon_eq(dbl, score.nmi.upper, expected.upper, 1e-12));
    block_tables_destroy(tables);
}

Test(score, a_gate_over_fewer_than_five_blocks_decides_nothing)
{
    for (unsigned blocks = 1; blocks <= 6; blocks++) {
        struct block_tables *tables = uneven_blocks(blocks);
        struct score score = scored(tables);
        cr_assert(score.nmi.defined);
        cr_assert(eq(int, score_gate(&score, 0.05),
                     blocks < 5 ? DECISION_INCONCLUSIVE : DECISION_PROMOTE),
                  "%u blocks", blocks);
        block_tables_destroy(tables);
    }
}
