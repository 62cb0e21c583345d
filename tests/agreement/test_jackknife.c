#include "agreement/sample_tables.h"

#include "base/memory.h"
#include "serin/influence.h"
#include "serin/jackknife.h"
#include "serin/nmi.h"
#include "serin/scores.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/* What a table scores for display, degenerate or not. */
static double customary_nmi(const uint64_t *counts, size_t rows, size_t columns)
{
    struct serin_table table = {counts, rows, columns};
    struct serin_scores scores;
    cr_assert(eq(int, serin_scores(&table, SERIN_GEOMETRIC, &scores), SERIN_OK));
    return scores.nmi;
}

/* Every event left out once. */
static double delete_each_event(uint64_t *counts, size_t rows, size_t columns)
{
    double total = 0.0, first = 0.0, second = 0.0;
    for (size_t k = 0; k < rows * columns; k++) {
        if (counts[k] > 0) {
            double events = (double)counts[k];
            counts[k]--;
            double score = customary_nmi(counts, rows, columns);
            counts[k]++;
            total += events;
            first += events * score;
            second += events * score * score;
        }
    }
    return (total - 1.0) / total * (second - first * first / total);
}

Test(jackknife, leaves_out_each_event_once)
{
    struct random random = {61};
    for (int round = 0; round < 200; round++) {
        struct sample sample;
        sample_defined_table(&random, &sample);
        for (size_t k = 0; k < SAMPLE_CELLS_MAX; k++) {
            sample.counts[k] %= 50;
        }
        sample.counts[0] += 2;
        sample.counts[sample.table.columns + 1] += 2;
        double want = delete_each_event(sample.counts, sample.table.rows, sample.table.columns);
        double got = -1.0;
        cr_assert(
            eq(int, serin_jackknife_variance(&sample.table, SERIN_GEOMETRIC, &got), SERIN_OK));
        cr_assert(epsilon_eq(dbl, got, want, 1e-9 * want + 1e-12));
    }
}

/* Leaving the only event of a label out leaves one label, whose score is 0 by custom. */
Test(jackknife, an_event_that_holds_a_label_alone_may_be_left_out)
{
    uint64_t counts[] = {1, 0, 20, 30};
    struct serin_table table = {counts, 2, 2};
    double got = -1.0;
    cr_assert(eq(int, serin_jackknife_variance(&table, SERIN_GEOMETRIC, &got), SERIN_OK));
    cr_expect(epsilon_eq(dbl, got, delete_each_event(counts, 2, 2), 1e-13));
}

Test(jackknife, huge_tables_take_the_influence_variance)
{
    const uint64_t counts[] = {60000000, 20000000, 10000000, 70000000};
    struct serin_table table = {counts, 2, 2};
    struct serin_nmi_estimate estimate;
    double got = -1.0;
    cr_assert(eq(int, serin_nmi_estimate(&table, SERIN_GEOMETRIC, &estimate), SERIN_OK));
    cr_assert(eq(int, serin_jackknife_variance(&table, SERIN_GEOMETRIC, &got), SERIN_OK));
    cr_expect(eq(dbl, got, estimate.variance / 160000000.0));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

enum { BLOCKS = 8, ROWS = 3, COLUMNS = 4, CELLS = ROWS * COLUMNS };

struct block_sample {
    uint64_t tables[BLOCKS][CELLS];
    struct serin_block_cell cells[BLOCKS * CELLS];
    struct serin_blocks blocks;
};

static void sample_blocks(struct random *random, struct block_sample *out)
{
    size_t count = 0;
    for (size_t b = 0; b < BLOCKS; b++) {
        for (size_t k = 0; k < CELLS; k++) {
            size_t bound = k / COLUMNS == k % COLUMNS ? 40 : 8;
            out->tables[b][k] = random_below(random, bound);
            if (out->tables[b][k] > 0 || random_below(random, 4) == 0) {
                out->cells[count++] =
                    (struct serin_block_cell){(uint32_t)(b * 7), (uint32_t)(k / COLUMNS),
                                              (uint32_t)(k % COLUMNS), out->tables[b][k]};
            }
        }
    }
    out->blocks = (struct serin_blocks){out->cells, count, ROWS, COLUMNS};
}

static double delete_each_block(const struct block_sample *sample)
{
    double scores[BLOCKS];
    double mean = 0.0, squares = 0.0;
    for (size_t left_out = 0; left_out < BLOCKS; left_out++) {
        uint64_t counts[CELLS] = {0};
        for (size_t b = 0; b < BLOCKS; b++) {
            for (size_t k = 0; k < CELLS && b != left_out; k++) {
                counts[k] += sample->tables[b][k];
            }
        }
        scores[left_out] = customary_nmi(counts, ROWS, COLUMNS);
        mean += scores[left_out] / BLOCKS;
    }
    for (size_t b = 0; b < BLOCKS; b++) {
        squares += (scores[b] - mean) * (scores[b] - mean);
    }
    return (BLOCKS - 1.0) / BLOCKS * squares;
}

Test(blocks, each_is_left_out_once)
{
    struct random random = {62};
    for (int round = 0; round < 100; round++) {
        struct block_sample sample;
        struct serin_design_effect effect;
        sample_blocks(&random, &sample);
        cr_assert(eq(int, serin_design_effect(&sample.blocks, SERIN_GEOMETRIC, &effect), SERIN_OK));
        double want = delete_each_block(&sample);
        cr_assert(epsilon_eq(dbl, effect.variance, want, 1e-10 * want + 1e-15));
        cr_assert(eq(sz, effect.blocks, BLOCKS));
        cr_assert(ge(dbl, effect.deff, 1.0));
    }
}

/* The same 20 events in every block: blocks of a perfect sample vary less than single events. */
Test(blocks, blocks_that_are_alike_have_no_design_effect)
{
    struct serin_block_cell cells[20];
    for (uint32_t k = 0; k < 20; k++) {
        cells[k] = (struct serin_block_cell){k / 4, k % 4 / 2, k % 2, k % 4 % 3 == 0 ? 8 : 2};
    }
    struct serin_blocks blocks = {cells, 20, 2, 2};
    struct serin_design_effect effect;
    cr_assert(eq(int, serin_design_effect(&blocks, SERIN_GEOMETRIC, &effect), SERIN_OK));
    cr_expect(eq(dbl, effect.deff, 1.0));
    cr_expect(epsilon_eq(dbl, effect.variance, 0.0, 1e-25));
    cr_expect(eq(u64, effect.samples, 100));
    cr_expect(eq(sz, effect.blocks, 5));
}

Test(blocks, events_without_reference_and_empty_blocks_do_not_count)
{
    struct block_sample sample;
    struct random random = {63};
    struct serin_design_effect before;
    struct serin_design_effect after;
    sample_blocks(&random, &sample);
    cr_assert(eq(int, serin_design_effect(&sample.blocks, SERIN_GEOMETRIC, &before), SERIN_OK));
    struct serin_block_cell more[BLOCKS * CELLS + 3];
    memcpy(more, sample.cells, sample.blocks.count * sizeof(*more));
    more[sample.blocks.count] = (struct serin_block_cell){1000, 0, 0, 0};
    more[sample.blocks.count + 1] = (struct serin_block_cell){1001, SERIN_NO_REFERENCE, 0, 50};
    more[sample.blocks.count + 2] = (struct serin_block_cell){1001, SERIN_NO_REFERENCE, 1, 50};
    struct serin_blocks blocks = {more, sample.blocks.count + 3, ROWS, COLUMNS};
    cr_assert(eq(int, serin_design_effect(&blocks, SERIN_GEOMETRIC, &after), SERIN_OK));
    cr_expect(eq(dbl, before.variance, after.variance));
    cr_expect(eq(dbl, before.deff, after.deff));
    cr_expect(eq(sz, before.blocks, after.blocks));
    cr_expect(eq(u64, before.samples, after.samples));
}

struct bad_blocks {
    const char *name;
    struct serin_block_cell cells[3];
    enum serin_status status;
};

static const struct bad_blocks bad_blocks[] = {
    {"row out of range",    {{0, 0, 0, 5}, {0, 2, 1, 5}, {1, 0, 0, 1}},               SERIN_INVALID  },
    {"column out of range", {{0, 0, 0, 5}, {0, 1, 2, 5}, {1, 0, 0, 1}},               SERIN_INVALID  },
    {"blocks descend",      {{1, 0, 0, 5}, {0, 1, 1, 5}, {2, 0, 0, 1}},               SERIN_INVALID  },
    {"rows descend",        {{0, 1, 0, 5}, {0, 0, 1, 5}, {1, 0, 0, 1}},               SERIN_INVALID  },
    {"a cell twice",        {{0, 0, 0, 5}, {0, 0, 0, 5}, {1, 1, 1, 1}},               SERIN_INVALID  },
    {"one block",           {{0, 0, 0, 5}, {0, 0, 1, 5}, {0, 1, 1, 1}},               SERIN_UNDEFINED},
    {"one label",           {{0, 0, 0, 5}, {0, 1, 0, 5}, {1, 1, 0, 1}},               SERIN_UNDEFINED},
    {"total out of range",  {{0, 0, 0, SERIN_TOTAL_MAX}, {0, 1, 1, 1}, {1, 0, 0, 1}}, SERIN_RANGE    },
};

Test(blocks, what_cannot_be_scored_is_refused)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bad_blocks); i++) {
        struct serin_blocks blocks = {bad_blocks[i].cells, 3, 2, 2};
        struct serin_design_effect effect = {-1.0, -1.0, 0, 0, 0.0, 0.0};
        cr_expect(
            eq(int, serin_design_effect(&blocks, SERIN_GEOMETRIC, &effect), bad_blocks[i].status),
            "%s", bad_blocks[i].name);
        cr_expect(eq(dbl, effect.deff, -1.0), "%s", bad_blocks[i].name);
    }
}

/* Inner: 41 blocks with a design effect of 2 and a variance of 0.2. */
struct nested_case {
    const char *name;
    double deff; /* of the outer blocks */
    size_t blocks;
    double nested_deff;
    double df;
};
static const struct nested_case nested_cases[] = {
    {"outer blocks vary as little",      2.0,  10, 2.0,  40.0                        },
    {"outer blocks vary less",           1.0,  10, 2.0,  40.0                        },
    {"outer blocks vary more",           4.0,  10, 4.0,  1 / (.25 / 40 + .25 / 9)    },
    {"outer blocks vary far more",       2e9,  10, 2e9,  9.0                         },
    {"two that chance may tell apart",   7.6,  2,  2.0,  40.0                        },
    {"two that it does not",             8.0,  2,  8.0,  1 / (.0625 / 40 + .5625)    },
    {"three that chance may tell apart", 5.9,  3,  2.0,  40.0                        },
    {"four that chance does not",        5.25, 4,  5.25, 1 / (.145125 / 40 + .127739)},
    {"a single one",                     1.0,  0,  2.0,  40.0                        },
};

Test(blocks, what_lies_within_larger_blocks_varies_at_least_as_they_do)
{
    const struct serin_design_effect inner = {0.2, 2.0, 41, 1000, 0.0, 0.0};
    for (size_t i = 0; i < ARRAY_LENGTH(nested_cases); i++) {
        const struct nested_case *c = &nested_cases[i];
        struct serin_design_effect outer = {0.1 * c->deff, c->deff, c->blocks, 1000, 0.0, 0.0};
        struct serin_design_effect nested = serin_nested_effect(&inner, &outer);
        double df = nested.df > 0.0 ? nested.df : (double)nested.blocks - 1.0;
        cr_expect(eq(dbl, nested.deff, c->nested_deff), "%s", c->name);
        cr_expect(epsilon_eq(dbl, nested.variance, 0.1 * c->nested_deff, 1e-9 * c->deff), "%s",
                  c->name);
        cr_expect(epsilon_eq(dbl, df, c->df, 1e-4 * c->df), "%s: %g", c->name, df);
        cr_expect(eq(sz, nested.blocks, 41), "%s", c->name);
        cr_expect(eq(dbl, nested.bias_deff > 0.0 ? nested.bias_deff : nested.deff, 2.0), "%s",
                  c->name);
        cr_expect(eq(u64, nested.samples, 1000), "%s", c->name);
    }
}
