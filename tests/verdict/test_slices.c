#include "verdict/slices.h"

#include "agreement/student.h"
#include "arms_sample.h"
#include "evidence_sample.h"

#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>

static char *region[] = {"region"};

static struct spec spec_by_region(void)
{
    struct spec spec = {.judgement = judgement_default, .slices = region, .slice_count = 1};
    return spec;
}

struct part {
    const char *name;
    uint64_t canary;
    uint64_t stable;
    double error; /* the canary's; the stable arm's is 0.2 */
};

static uint64_t events_of(const uint64_t counts[static KIND_CELLS])
{
    uint64_t events = 0;
    for (size_t cell = 0; cell < KIND_CELLS; cell++) {
        events += counts[cell];
    }
    return events;
}

static struct block_tables *tables_of_parts(const struct part *parts, size_t count)
{
    struct block_tables *tables = table_begin();
    for (size_t i = 0; i < count; i++) {
        uint64_t canary[KIND_CELLS];
        uint64_t stable[KIND_CELLS];
        arm_counts_fill(parts[i].canary, parts[i].error, canary);
        arm_counts_fill(parts[i].stable, 0.2, stable);
        struct table_place of_canary = {.arm = ARM_CANARY, .region = parts[i].name};
        struct table_place of_stable = {.arm = ARM_STABLE, .region = parts[i].name};
        table_spread(tables, &of_canary, 4, 5, canary, KINDS, KINDS);
        table_spread(tables, &of_stable, 4, 5, stable, KINDS, KINDS);
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

Test(slices, all_within_the_margin_promote_and_are_listed_in_order)
{
    const struct part parts[] = {
        {"us", 3000, 57000, 0.2 },
        {"eu", 4000, 76000, 0.21}
    };
    struct spec spec = spec_by_region();
    owned(block_tables) tables = tables_of_parts(parts, 2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(eq(sz, verdict.slice_count, 2));
    cr_assert(text_equals(verdict.slices[0].slice.value, "eu"));
    cr_assert(text_equals(verdict.slices[1].slice.value, "us"));
    for (size_t i = 0; i < 2; i++) {
        expect_verdict(verdict.slices[i], DECISION_PROMOTE, "within_margin");
    }
    cr_assert(eq(u64, verdict.slices[1].canary_samples, 3000));
    cr_assert(eq(u64, verdict.slices[1].stable_samples, 57000));
}

Test(slices, one_beyond_the_margin_holds_the_promote_of_the_whole_back)
{
    const struct part parts[] = {
        {"asia", 1500,  28500,  0.6 },
        {"eu",   30000, 570000, 0.18},
        {"us",   30000, 570000, 0.18}
    };
    struct spec spec = spec_by_region();
    owned(block_tables) tables = tables_of_parts(parts, 3);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "slice_veto");
    expect_verdict(verdict.slices[0], DECISION_ROLLBACK, "beyond_margin");
    spec.slice_count = 0;
    verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(eq(sz, verdict.slice_count, 0));
}

Test(slices, small_ones_are_named_and_do_not_hold_back)
{
    const struct part parts[] = {
        {"eu",   5000, 95000, 0.2},
        {"mars", 60,   1200,  0.9}
    };
    struct spec spec = spec_by_region();
    owned(block_tables) tables = tables_of_parts(parts, 2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    expect_verdict(verdict.slices[1], DECISION_INCONCLUSIVE, "too_few_samples");
    cr_assert(warns(&verdict, "slices_small"));
}

Test(slices, undecided_ones_are_a_warning)
{
    const struct part parts[] = {
        {"eu", 50000, 950000, 0.2 },
        {"us", 700,   13300,  0.22}
    };
    struct spec spec = spec_by_region();
    owned(block_tables) tables = tables_of_parts(parts, 2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    expect_verdict(verdict.slices[1], DECISION_INCONCLUSIVE, "straddles_margin");
    cr_assert(warns(&verdict, "slices_undecided"));
}

Test(slices, other_dimensions_are_not_judged_unless_asked_for)
{
    char *device[] = {"device"};
    const struct part parts[] = {
        {"eu", 5000, 95000, 0.2}
    };
    struct spec spec = spec_by_region();
    spec.slices = device;
    owned(block_tables) tables = tables_of_parts(parts, 1);
    cr_assert(eq(sz, judged(&spec, tables).slice_count, 0));
}

Test(slices, beyond_the_maximum_the_largest_are_judged_and_the_rest_counted)
{
    enum { MANY = SLICES_JUDGED_MAX + 3 };
    static char names[MANY][8];
    struct part parts[MANY];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "r%02zu", i);
        parts[i] = (struct part){names[i], i < 3 ? 100 : 1000, i < 3 ? 1000 : 5000, 0.2};
    }
    struct spec spec = spec_by_region();
    owned(block_tables) tables = tables_of_parts(parts, MANY);
    struct verdict verdict = judged(&spec, tables);
    cr_assert(eq(sz, verdict.slice_count, SLICES_JUDGED_MAX + 1));
    cr_assert(eq(sz, verdict.slices_left_out, 3));
    cr_assert(text_equals(verdict.slices[0].slice.value, "r03"));
    cr_assert(verdict.slices[SLICES_JUDGED_MAX].is_rest);
    uint64_t canary[KIND_CELLS];
    arm_counts_fill(100, 0.2, canary);
    cr_assert(eq(u64, verdict.slices[SLICES_JUDGED_MAX].canary_samples, 3 * events_of(canary)));
    cr_assert(warns(&verdict, "slices_left_out"));
}

/* Small slices of random size; the n-th is called by its number. */
static struct block_tables *tables_of_many(size_t slices, uint64_t seed)
{
    struct block_tables *tables = table_begin();
    for (size_t i = 0; i < slices; i++) {
        char name[24];
        (void)snprintf(name, sizeof(name), "%05zu", i);
        for (size_t arm = 0; arm < ARM_COUNT; arm++) {
            const uint64_t counts[] = {draw(&seed) % 4, 1, draw(&seed) % 2, 1 + draw(&seed) % 4};
            struct table_place place = {.arm = (enum arm)arm,
                                        .pod = (unsigned)(i % 4),
                                        .bucket = (unsigned)(i / 4 % 5),
                                        .region = name};
            table_put(tables, &place, counts, 2, 2);
        }
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

/* What takes a pass over the cells takes memory for it, so the allocations tell the passes. */
static enum serin_status judge_within(const struct block_tables *tables, uint64_t allocations,
                                      struct verdict *out)
{
    struct spec spec = spec_by_region();
    struct judge_context context = {.now_ms = TABLE_START_MS + 5 * MINUTE_MS};
    struct serin_error err = {0};
    memory_fail_after(allocations);
    enum serin_status status = judge(&spec, tables, &context, out, &err);
    memory_fail_after(0);
    return status;
}

Test(slices, however_many_there_are_the_work_per_cell_stays_the_same)
{
    enum { ALLOCATIONS = 4000 };
    static const size_t slices[] = {2 * SLICES_JUDGED_MAX, 20000};
    for (size_t i = 0; i < ARRAY_LENGTH(slices); i++) {
        struct verdict verdict;
        owned(block_tables) tables = tables_of_many(slices[i], 1);
        cr_assert(eq(sz, block_tables_slice_count(tables), slices[i]));
        cr_assert(eq(int, judge_within(tables, ALLOCATIONS, &verdict), SERIN_OK), "%zu slices",
                  slices[i]);
        cr_assert(eq(sz, verdict.slice_count, SLICES_JUDGED_MAX + 1));
        cr_assert(eq(sz, verdict.slices_left_out, slices[i] - SLICES_JUDGED_MAX));
        cr_assert(warns(&verdict, "slices_left_out"));
    }
}

/* The same counts without the other slices. */
static struct block_tables *tables_of_slice(const struct block_tables *from, size_t slice)
{
    struct block_tables *tables = table_begin();
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        owned_memory struct serin_block_cell *cells = NULL;
        size_t count = 0;
        cr_assert(eq(int, block_tables_cells(from, (enum arm)arm, slice, &cells, &count), 0));
        for (size_t i = 0; i < count; i++) {
            struct block_identity block = block_tables_block(from, (enum arm)arm, cells[i].block);
            struct block_count add = {
                .arm = (enum arm)arm,
                .pod = block.pod,
                .block_start_ms = block.start_ms,
                .label = block_tables_label(from, cells[i].column),
                .reference = block_tables_reference(from, cells[i].row),
                .has_reference = true,
                .count = cells[i].count,
            };
            cr_assert(eq(int, block_tables_add(tables, &add, NULL), SERIN_OK));
        }
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

Test(slices, are_measured_as_if_each_were_all_there_is)
{
    uint64_t seed = 7;
    for (int round = 0; round < 5; round++) {
        enum { PARTS = 6 };
        static const char *const names[PARTS] = {"a", "b", "c", "d", "e", "f"};
        struct part parts[PARTS];
        for (size_t i = 0; i < PARTS; i++) {
            parts[i] = (struct part){names[i], 500 + draw(&seed) % 3000, 5000 + draw(&seed) % 30000,
                                     draw_unit(&seed)};
        }
        struct spec spec = spec_by_region();
        owned(block_tables) tables = tables_of_parts(parts, PARTS);
        struct verdict verdict = judged(&spec, tables);
        cr_assert(eq(sz, verdict.slice_count, PARTS));
        for (size_t i = 0; i < PARTS; i++) {
            owned(block_tables) alone = tables_of_slice(tables, i);
            struct verdict expected = judged(&(struct spec){.judgement = spec.judgement}, alone);
            const struct slice_verdict *found = &verdict.slices[i];
            cr_assert(text_equals(found->slice.value, names[i]));
            cr_assert(eq(dbl, found->delta.value, expected.delta.value), "%s", names[i]);
            cr_assert(eq(dbl, found->delta.lower, expected.delta.lower), "%s", names[i]);
            cr_assert(eq(dbl, found->delta.upper, expected.delta.upper), "%s", names[i]);
            cr_assert(eq(u64, found->canary_samples, expected.arms[ARM_CANARY].samples));
            cr_assert(eq(u64, found->stable_samples, expected.arms[ARM_STABLE].samples));
        }
    }
}

Test(slices, too_small_ones_are_judged_together)
{
    const struct part parts[] = {
        {"a", 300,  5700,  0.7},
        {"b", 8000, 95000, 0.2},
        {"c", 400,  7600,  0.7},
        {"d", 450,  8550,  0.7},
    };
    struct spec spec = spec_by_region();
    owned(block_tables) tables = tables_of_parts(parts, 4);
    struct verdict verdict = judged(&spec, tables);
    cr_assert(eq(sz, verdict.slice_count, 5));
    for (size_t i = 0; i < 4; i++) {
        const char *reason = i == 1 ? "within_margin" : "too_few_samples";
        cr_assert(eq(str, (char *)verdict.slices[i].reason, (char *)reason));
        cr_assert(eq(int, verdict.slices[i].is_pooled, i != 1));
        cr_assert(not(verdict.slices[i].is_rest));
    }
    cr_assert(text_equals(verdict.slices[4].slice.dimension, "region"));
    cr_assert(text_equals(verdict.slices[4].slice.value, "(others)"));
    cr_assert(verdict.slices[4].is_rest);
    cr_assert(eq(u64, verdict.slices[4].canary_samples,
                 verdict.slices[0].canary_samples + verdict.slices[2].canary_samples +
                     verdict.slices[3].canary_samples));
    expect_verdict(verdict.slices[4], DECISION_ROLLBACK, "beyond_margin");
    cr_assert(warns(&verdict, "slices_small"));
    cr_assert(verdict.decision != DECISION_PROMOTE);
}

Test(slices, traffic_without_a_value_is_judged_with_the_rest)
{
    const struct part parts[] = {
        {"eu", 4000, 76000, 0.2},
        {"us", 4000, 76000, 0.2},
        {NULL, 3000, 57000, 0.7},
    };
    struct spec spec = spec_by_region();
    owned(block_tables) tables = tables_of_parts(parts, 3);
    struct verdict verdict = judged(&spec, tables);
    cr_assert(eq(sz, verdict.slice_count, 3));
    cr_assert(verdict.slices[2].is_rest);
    cr_assert(eq(u64, verdict.slices[2].canary_samples, 3000));
    expect_verdict(verdict.slices[2], DECISION_ROLLBACK, "beyond_margin");
}

Test(slices, pairs_have_none)
{
    uint64_t pairs[KIND_CELLS];
    arm_counts_fill(5000, 0.02, pairs);
    struct spec spec = spec_by_region();
    spec.judgement.design = DESIGN_PAIRED;
    struct block_tables *tables = table_begin();
    table_put_pairs(tables, &(struct table_place){.arm = ARM_CANARY}, pairs, 0, KINDS);
    block_tables_set_blocks_unknown(tables);
    table_end(tables, 0, 0);
    struct verdict verdict = judged(&spec, tables);
    cr_assert(eq(sz, verdict.slice_count, 0));
    cr_assert(warns(&verdict, "slices_not_judged"));
    block_tables_destroy(tables);
}

/* Beyond the margin by so many standard errors, of a variance with `df` degrees of freedom. */
static struct evidence evidence_beyond(const struct judgement *judgement, double df,
                                       double standard_errors)
{
    struct evidence evidence = sound_evidence(judgement);
    struct serin_confidence confidence = judgement_confidence(judgement);
    cr_assert(eq(int, serin_critical_value(&confidence, evidence.size, &evidence.z), SERIN_OK));
    evidence.z = df > 0.0 ? student_critical(evidence.z, df) : evidence.z;
    evidence.df = df;
    double se = 0.01;
    evidence.delta.value = -0.1 - standard_errors * se;
    evidence.delta.lower = evidence.delta.value - evidence.z * se;
    evidence.delta.upper = evidence.delta.value + evidence.z * se;
    return evidence;
}

Test(slices, a_fixed_interval_without_blocks_has_the_normal_p_value)
{
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED;
    for (double distance = 0.5; distance < 6.0; distance += 0.5) {
        struct evidence evidence = evidence_beyond(&judgement, 0.0, distance);
        double expected = 0.5 * erfc(distance / sqrt(2.0));
        cr_assert(epsilon_eq(dbl, slices_p_value(&evidence), expected, 1e-9));
    }
}

/* Of 2 and 4 degrees of freedom Student's tail is an elementary function. */
Test(slices, a_fixed_interval_of_few_blocks_has_students_p_value)
{
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED;
    for (double t = 0.5; t < 20.0; t += 0.5) {
        struct evidence of_2 = evidence_beyond(&judgement, 2.0, t);
        struct evidence of_4 = evidence_beyond(&judgement, 4.0, t);
        double s = t / sqrt(t * t + 4.0);
        double tail_of_2 = 0.5 - 0.5 * t / sqrt(t * t + 2.0);
        double tail_of_4 = 0.5 - 0.25 * s * (3.0 - s * s);
        cr_assert(epsilon_eq(dbl, slices_p_value(&of_2), tail_of_2, 1e-9), "t = %g", t);
        cr_assert(epsilon_eq(dbl, slices_p_value(&of_4), tail_of_4, 1e-9), "t = %g", t);
    }
}

Test(slices, an_interval_that_just_excludes_the_margin_has_the_error_of_its_level)
{
    static const double degrees[] = {0.0, 4.0, 11.5, 200.0};
    struct judgement judgement = judgement_default;
    for (int kind = 0; kind < 2; kind++) {
        judgement.interval = (enum interval_kind)kind;
        for (double level = 0.8; level < 0.999; level += 0.04) {
            judgement.level = level;
            for (size_t i = 0; i < ARRAY_LENGTH(degrees); i++) {
                double z = evidence_beyond(&judgement, degrees[i], 0.0).z;
                struct evidence evidence = evidence_beyond(&judgement, degrees[i], z);
                cr_assert(epsilon_eq(dbl, slices_p_value(&evidence), (1.0 - level) / 2.0, 1e-6));
            }
        }
    }
}

/* What is measured brings the degrees of freedom along that its own interval was made with. */
Test(slices, a_measured_interval_that_ends_at_the_margin_has_the_error_of_its_level)
{
    static const enum design designs[] = {DESIGN_REFERENCE, DESIGN_SHIFT};
    const uint64_t canary[] = {1200, 900, 300, 600};
    const uint64_t stable[] = {9000, 1000, 2000, 28000};
    owned(block_tables) tables = arms_of(canary, stable, 2, 2);
    for (size_t i = 0; i < ARRAY_LENGTH(designs); i++) {
        struct judgement judgement = judgement_default;
        judgement.design = designs[i];
        owned(grouping) grouping = NULL;
        owned(counts) counts = NULL;
        struct evidence evidence;
        cr_assert(eq(int, counts_create_ranked(tables, &judgement, &grouping, &counts, NULL), 0));
        cr_assert(eq(int, evidence_measure(counts, tables, &judgement, &evidence, NULL), 0));
        cr_assert(evidence.delta.defined);
        cr_assert(gt(dbl, evidence.df, 1.0));
        bool is_shift = designs[i] == DESIGN_SHIFT;
        evidence.margin = is_shift ? evidence.delta.lower : -evidence.delta.upper;
        cr_assert(epsilon_eq(dbl, slices_p_value(&evidence), 0.025, 1e-9));
    }
}

Test(slices, nothing_that_speaks_for_a_loss_has_p_1)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    cr_assert(eq(dbl, slices_p_value(&evidence), 1.0));
    evidence.delta = (struct estimate){0};
    cr_assert(eq(dbl, slices_p_value(&evidence), 1.0));
}

/* A loss that convinces alone may be chance among many: Holm asks more of the first of ten. */
Test(slices, among_many_more_is_asked_of_each)
{
    enum { MANY = 12 };
    char names[MANY][8];
    struct part parts[MANY];
    struct spec spec = spec_by_region();
    spec.judgement.interval = INTERVAL_FIXED;
    double error = 0.2;
    struct verdict alone;
    do { /* the smallest loss that a single slice is rolled back for */
        error += 0.002;
        const struct part single[] = {
            {"bad", 1500, 28500, error}
        };
        owned(block_tables) tables = tables_of_parts(single, 1);
        alone = judged(&spec, tables);
    } while (alone.slices[0].decision != DECISION_ROLLBACK);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "r%02zu", i);
        parts[i] = (struct part){names[i], 1500, 28500, i == 5 ? error : 0.2};
    }
    owned(block_tables) tables = tables_of_parts(parts, MANY);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict.slices[5], DECISION_INCONCLUSIVE, "straddles_margin");
    cr_assert(lt(dbl, verdict.slices[5].delta.upper, -0.1));
}
