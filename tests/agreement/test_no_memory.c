/* Each allocation of each function fails once; nothing leaks (sanitizers) and no output changes. */
#include "base/memory.h"
#include "serin/serin.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* So many labels that nothing fits the stack. */
enum { LABELS = 300, BLOCKS = 3 };

struct big {
    struct serin_table table;
    struct serin_blocks blocks;
    struct serin_triples triples;
};

static uint64_t counts[LABELS * LABELS];
static struct serin_block_cell cells[BLOCKS * LABELS];
static struct serin_triple triples[BLOCKS * LABELS];
static double values[LABELS * LABELS];
static size_t map[LABELS];

static struct big big(void)
{
    for (uint32_t block = 0; block < BLOCKS; block++) {
        for (uint32_t i = 0; i < LABELS; i++) {
            uint32_t label = (i + block) % LABELS;
            counts[(size_t)i * LABELS + label] += 2;
            cells[block * LABELS + i] = (struct serin_block_cell){block, i, label, 2};
            triples[block * LABELS + i] = (struct serin_triple){block, i, label, i, 2};
        }
    }
    return (struct big){
        {counts, LABELS, LABELS},
        {cells, (size_t)BLOCKS * LABELS, LABELS, LABELS},
        {triples, (size_t)BLOCKS * LABELS, LABELS, LABELS}
    };
}

static const struct serin_confidence fixed_95 = {SERIN_FIXED, 0.95, SERIN_PLAN_DEFAULT, 0.0};
static const struct serin_design_effect independent = {.deff = 1.0};

static enum serin_status run_inspect(const struct big *big)
{
    struct serin_table_summary out;
    return serin_table_inspect(&big->table, &out);
}

static enum serin_status run_nmi(const struct big *big)
{
    double out = 0.0;
    return serin_nmi(&big->table, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_estimate(const struct big *big)
{
    struct serin_nmi_estimate out;
    return serin_nmi_estimate(&big->table, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_influence(const struct big *big)
{
    return serin_influence(&big->table, SERIN_GEOMETRIC, values);
}

static enum serin_status run_jackknife(const struct big *big)
{
    double out = 0.0;
    return serin_jackknife_variance(&big->table, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_expected(const struct big *big)
{
    double out = 0.0;
    return serin_expected_mutual_information(&big->table, &out);
}

static enum serin_status run_scores(const struct big *big)
{
    struct serin_scores out;
    return serin_scores(&big->table, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_interval(const struct big *big)
{
    struct serin_arm_interval out;
    return serin_arm_interval(&big->table, SERIN_GEOMETRIC, &fixed_95, &independent, &out);
}

static enum serin_status run_compare(const struct big *big)
{
    struct serin_comparison out;
    struct serin_comparison_input input = {
        .canary = big->table,
        .stable = big->table,
        .canary_effect = independent,
        .stable_effect = independent,
        .confidence = fixed_95,
    };
    return serin_compare(&input, &out);
}

static enum serin_status run_effect(const struct big *big)
{
    struct serin_design_effect out;
    return serin_design_effect(&big->blocks, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_shift_effect(const struct big *big)
{
    struct serin_design_effect out;
    return serin_shift_design_effect(&big->blocks, &out);
}

static enum serin_status run_stratified_effect(const struct big *big)
{
    const struct serin_blocks strata[] = {big->blocks, big->blocks};
    static const double weights[] = {1.0, 2.0};
    struct serin_design_effect out;
    return serin_stratified_effect(strata, weights, 2, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_stratified(const struct big *big)
{
    struct serin_comparison_input both = {
        .canary = big->table,
        .stable = big->table,
        .canary_effect = independent,
        .stable_effect = independent,
        .confidence = fixed_95,
    };
    struct serin_comparison comparison;
    TRY(serin_compare(&both, &comparison));
    struct serin_stratified_input input = {
        .strata = &comparison,
        .count = 1,
        .canary_effect = SERIN_INDEPENDENT,
        .stable_effect = SERIN_INDEPENDENT,
        .confidence = fixed_95,
    };
    struct serin_stratified out;
    return serin_stratified(&input, &out);
}

static enum serin_status run_paired(const struct big *big)
{
    struct serin_paired_comparison out;
    return serin_paired(&big->triples, SERIN_GEOMETRIC, &fixed_95, &independent, &out);
}

static enum serin_status run_paired_effect(const struct big *big)
{
    struct serin_design_effect out;
    return serin_paired_design_effect(&big->triples, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_shift(const struct big *big)
{
    struct serin_shift out;
    struct serin_shift_input input = {
        .canary = big->table.counts,
        .stable = big->table.counts + 1,
        .labels = LABELS,
        .canary_effect = independent,
        .stable_effect = independent,
        .confidence = fixed_95,
    };
    return serin_shift(&input, &out);
}

static enum serin_status run_cap(const struct big *big)
{
    size_t groups = 0;
    return serin_cap_labels(big->table.counts, LABELS, 5, map, &groups);
}

static enum serin_status run_merge(const struct big *big)
{
    static uint64_t merged[1];
    static size_t zeroes[LABELS];
    return serin_table_merge(&big->table, zeroes, zeroes, merged, 1, 1);
}

static enum serin_status run_holm(const struct big *big)
{
    (void)big;
    static const double p[] = {0.1, 0.2};
    return serin_holm(p, 2, values);
}

static enum serin_status run_entropies(const struct big *big)
{
    struct serin_entropies out;
    return serin_entropies(&big->table, &out);
}

static enum serin_status run_arm(const struct big *big)
{
    struct serin_arm out;
    return serin_arm(&big->table, SERIN_GEOMETRIC, 50, 1.0, &out);
}

static enum serin_status run_rarefied(const struct big *big)
{
    double out = 0.0;
    return serin_rarefied_nmi(&big->table, 50, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_adjusted(const struct big *big)
{
    double out = 0.0;
    return serin_adjusted_mutual_information(&big->table, SERIN_GEOMETRIC, &out);
}

static enum serin_status run_rand(const struct big *big)
{
    double out = 0.0;
    return serin_rand(&big->table, &out);
}

static enum serin_status run_adjusted_rand(const struct big *big)
{
    double out = 0.0;
    return serin_adjusted_rand(&big->table, &out);
}

static enum serin_status run_purity(const struct big *big)
{
    double out = 0.0;
    return serin_purity(&big->table, &out);
}

static enum serin_status run_hochberg(const struct big *big)
{
    (void)big;
    static const double p[] = {0.1, 0.2};
    return serin_benjamini_hochberg(p, 2, values);
}

struct call {
    const char *name;
    enum serin_status (*run)(const struct big *big);
};

static const struct call calls[] = {
    {"serin_table_inspect",               run_inspect          },
    {"serin_nmi",                         run_nmi              },
    {"serin_nmi_estimate",                run_estimate         },
    {"serin_influence",                   run_influence        },
    {"serin_jackknife_variance",          run_jackknife        },
    {"serin_expected_mutual_information", run_expected         },
    {"serin_scores",                      run_scores           },
    {"serin_arm_interval",                run_interval         },
    {"serin_compare",                     run_compare          },
    {"serin_design_effect",               run_effect           },
    {"serin_shift_design_effect",         run_shift_effect     },
    {"serin_stratified_effect",           run_stratified_effect},
    {"serin_stratified",                  run_stratified       },
    {"serin_paired",                      run_paired           },
    {"serin_paired_design_effect",        run_paired_effect    },
    {"serin_shift",                       run_shift            },
    {"serin_cap_labels",                  run_cap              },
    {"serin_table_merge",                 run_merge            },
    {"serin_entropies",                   run_entropies        },
    {"serin_arm",                         run_arm              },
    {"serin_rarefied_nmi",                run_rarefied         },
    {"serin_adjusted_mutual_information", run_adjusted         },
    {"serin_rand",                        run_rand             },
    {"serin_adjusted_rand",               run_adjusted_rand    },
    {"serin_purity",                      run_purity           },
    {"serin_benjamini_hochberg",          run_hochberg         },
    {"serin_holm",                        run_holm             },
};

Test(no_memory, every_allocation_may_fail)
{
    struct big sample = big();
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        enum serin_status status = SERIN_NO_MEMORY;
        uint64_t allocation = 0;
        while (status == SERIN_NO_MEMORY && allocation < 100) {
            memory_fail_after(++allocation);
            status = calls[i].run(&sample);
            memory_fail_after(0);
        }
        cr_expect(gt(u64, allocation, 1), "%s allocates nothing", calls[i].name);
        cr_expect(eq(int, status, SERIN_OK), "%s after %lu allocations: %s", calls[i].name,
                  (unsigned long)allocation, serin_status_name(status));
    }
}

Test(no_memory, usual_tables_need_none)
{
    const uint64_t small[] = {40, 3, 2, 50};
    struct serin_comparison_input input = {
        .canary = {small, 2, 2},
        .stable = {small, 2, 2},
        .canary_effect = independent,
        .stable_effect = independent,
        .confidence = fixed_95,
    };
    struct serin_comparison comparison;
    struct serin_scores scores;
    memory_fail_after(1);
    enum serin_status compared = serin_compare(&input, &comparison);
    enum serin_status scored = serin_scores(&input.canary, SERIN_GEOMETRIC, &scores);
    memory_fail_after(0);
    cr_expect(eq(int, compared, SERIN_OK));
    cr_expect(eq(int, scored, SERIN_OK));
}
