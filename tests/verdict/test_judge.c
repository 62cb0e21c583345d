#include "verdict/judge.h"

#include "arms_sample.h"

#include <math.h>

Test(judge, a_canary_as_good_as_the_stable_arm_is_promoted)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_with_errors(5000, 0.21, 95000, 0.2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(eq(sz, verdict.warning_count, 0));
    cr_assert(eq(u64, verdict.arms[ARM_CANARY].samples, 5000));
    cr_assert(eq(sz, verdict.arms[ARM_CANARY].blocks, 20));
    cr_assert(eq(sz, verdict.arms[ARM_CANARY].pods, 4));
    cr_assert(verdict.arms[ARM_CANARY].has_companions);
    cr_assert(not(verdict.has_forecast));
    cr_assert(eq(dbl, verdict.margin, 0.1));
    cr_assert(eq(dbl, verdict.level, 0.95));
}

Test(judge, a_broken_canary_is_rolled_back)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_with_errors(5000, 0.5, 95000, 0.2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_ROLLBACK, "beyond_margin");
    cr_assert(lt(dbl, verdict.delta.upper, -0.1));
    cr_assert(not(verdict.has_forecast));
}

Test(judge, the_same_question_has_the_same_answer_to_the_last_bit)
{
    struct spec spec = default_spec();
    owned(block_tables) once = arms_with_errors(3000, 0.3, 50000, 0.2);
    owned(block_tables) again = arms_with_errors(3000, 0.3, 50000, 0.2);
    struct verdict a = judged(&spec, once);
    struct verdict b = judged(&spec, again);
    cr_assert(eq(int, memcmp(&a.delta, &b.delta, sizeof(a.delta)), 0));
    cr_assert(eq(int, memcmp(&a.arms, &b.arms, sizeof(a.arms)), 0));
}

Test(judge, an_undecided_look_forecasts_what_it_needs)
{
    struct spec spec = default_spec();
    spec.judgement.margin = 0.05;
    owned(block_tables) tables = arms_with_errors(4000, 0.22, 76000, 0.2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "straddles_margin");
    cr_assert(verdict.has_forecast);
    cr_assert(gt(u64, verdict.forecast_samples, 0));
    double present = (double)verdict.arms[ARM_CANARY].samples; /* in 5 minutes */
    cr_assert(epsilon_eq(dbl, verdict.forecast_minutes,
                         (double)verdict.forecast_samples / present * 5.0, 1e-9));
    owned(block_tables) later = arms_with_errors(4000 + verdict.forecast_samples, 0.22,
                                                 76000 + 19 * verdict.forecast_samples, 0.2);
    expect_verdict(judged(&spec, later), DECISION_PROMOTE, "within_margin");
    owned(block_tables) halfway = arms_with_errors(4000 + verdict.forecast_samples / 4, 0.22,
                                                   76000 + 19 * verdict.forecast_samples / 4, 0.2);
    expect_verdict(judged(&spec, halfway), DECISION_INCONCLUSIVE, "straddles_margin");
}

Test(judge, a_starved_canary_is_told_how_many_samples_it_lacks)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_with_errors(300, 0.2, 5700, 0.2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "too_few_samples");
    cr_assert(verdict.has_forecast);
    cr_assert(ge(u64, verdict.forecast_samples, 200));
    cr_assert(lt(u64, verdict.forecast_samples, 5000));
}

Test(judge, a_collapsed_canary_is_rolled_back)
{
    struct spec spec = default_spec();
    uint64_t stable[KIND_CELLS];
    uint64_t canary[KIND_CELLS] = {0};
    arm_counts_fill(20000, 0.2, stable);
    for (size_t row = 0; row < KINDS; row++) {
        canary[row * KINDS + 2] = 200;
    }
    owned(block_tables) tables = arms_of(canary, stable, KINDS, KINDS);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_ROLLBACK, "single_label");
    cr_assert(not(verdict.delta.defined));
    cr_assert(not(verdict.arms[ARM_CANARY].nmi.defined));
    cr_assert(verdict.arms[ARM_STABLE].nmi.defined);
    for (size_t row = 0; row < KINDS; row++) {
        canary[row * KINDS + 2] = 80;
    }
    owned(block_tables) early = arms_of(canary, stable, KINDS, KINDS);
    expect_verdict(judged(&spec, early), DECISION_INCONCLUSIVE, "too_few_samples");
}

Test(judge, bursts_of_the_stable_arm_count_against_a_collapsed_canary)
{
    struct spec spec = default_spec();
    uint64_t good[KIND_CELLS];
    uint64_t bad[KIND_CELLS];
    const uint64_t collapsed[KIND_CELLS] = {[2] = 60, [7] = 60, [12] = 60, [17] = 60, [22] = 60};
    arm_counts_fill(2000, 0.05, good);
    arm_counts_fill(2000, 0.45, bad);
    struct block_tables *tables = table_begin();
    for (unsigned bucket = 0; bucket < 10; bucket++) {
        table_put(tables, &(struct table_place){ARM_CANARY, 0, bucket, NULL, NULL}, collapsed,
                  KINDS, KINDS);
        table_put(tables, &(struct table_place){ARM_STABLE, 0, bucket, NULL, NULL},
                  bucket % 2 ? good : bad, KINDS, KINDS);
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 10 * MINUTE_MS);
    struct verdict verdict = judged(&spec, tables);
    double stable_effect = verdict.arms[ARM_STABLE].design_effect;
    cr_assert(gt(dbl, stable_effect, 6.0));
    cr_assert(eq(dbl, verdict.arms[ARM_CANARY].design_effect, stable_effect));
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "too_few_samples"); /* 3,000 / 6 < 500 */
    block_tables_destroy(tables);
}

Test(judge, one_label_that_chance_explains_is_no_collapse)
{
    struct spec spec = default_spec();
    const uint64_t stable[] = {9995, 0, 9995, 10};
    const uint64_t canary[] = {500, 0, 500, 0};
    owned(block_tables) tables = arms_of(canary, stable, 2, 2);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "single_label");
    cr_assert(not(verdict.has_forecast));
}

Test(judge, one_reference_excuses_one_label)
{
    struct spec spec = default_spec();
    uint64_t stable[KIND_CELLS];
    uint64_t canary[KIND_CELLS] = {1000};
    arm_counts_fill(20000, 0.2, stable);
    owned(block_tables) tables = arms_of(canary, stable, KINDS, KINDS);
    expect_verdict(judged(&spec, tables), DECISION_INCONCLUSIVE, "single_both");
}

Test(judge, arms_without_data_are_told_apart)
{
    struct spec spec = default_spec();
    uint64_t some[KIND_CELLS];
    uint64_t none[KIND_CELLS] = {0};
    arm_counts_fill(2000, 0.2, some);
    owned(block_tables) no_canary = arms_of(none, some, KINDS, KINDS);
    owned(block_tables) no_stable = arms_of(some, none, KINDS, KINDS);
    owned(block_tables) nothing = arms_of(none, none, KINDS, KINDS);
    expect_verdict(judged(&spec, no_canary), DECISION_INCONCLUSIVE, "no_canary_data");
    expect_verdict(judged(&spec, no_stable), DECISION_INCONCLUSIVE, "no_stable_data");
    struct verdict verdict = judged(&spec, nothing);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "no_canary_data");
    cr_assert(not(verdict.has_forecast));
    cr_assert(eq(sz, verdict.move_count, 0));
}

Test(judge, labels_without_references_are_named_missing)
{
    struct spec spec = default_spec();
    struct block_tables *tables = table_begin();
    const uint64_t labels[] = {500, 300, 200};
    uint64_t some[KIND_CELLS];
    arm_counts_fill(2000, 0.2, some);
    table_put_labels(tables, &(struct table_place){.arm = ARM_CANARY}, labels, 3);
    table_put(tables, &(struct table_place){.arm = ARM_STABLE}, some, KINDS, KINDS);
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "reference_missing");
    cr_assert(eq(u64, verdict.arms[ARM_CANARY].unreferenced, 1000));
    cr_assert(warns(&verdict, "unreferenced_events"));
    block_tables_destroy(tables);
}

Test(judge, unsound_data_silence_even_a_clear_rollback)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_with_errors(5000, 0.5, 95000, 0.2);
    int64_t last = TABLE_START_MS + 5 * MINUTE_MS;
    struct judge_context stale = {.now_ms = last + 11 * MINUTE_MS,
                                  .stale_after_ms = 10 * MINUTE_MS};
    struct judge_context fresh = {.now_ms = last + 9 * MINUTE_MS, .stale_after_ms = 10 * MINUTE_MS};
    struct judge_context maintenance = {.now_ms = last, .in_maintenance = true};
    expect_verdict(judged_at(&spec, tables, &stale), DECISION_INCONCLUSIVE, "stale_data");
    expect_verdict(judged_at(&spec, tables, &fresh), DECISION_ROLLBACK, "beyond_margin");
    expect_verdict(judged_at(&spec, tables, &maintenance), DECISION_INCONCLUSIVE, "maintenance");
    spec.judgement.canary_share = 0.05;
    expect_verdict(judged(&spec, tables), DECISION_ROLLBACK, "beyond_margin");
    spec.judgement.canary_share = 0.1;
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "sample_ratio_mismatch");
    cr_assert(lt(dbl, verdict.sample_ratio_p, 0.0005));
}

Test(judge, partial_data_give_no_verdict_and_say_what_is_missing)
{
    struct spec spec = default_spec();
    struct block_tables *tables = table_begin();
    uint64_t counts[KIND_CELLS];
    arm_counts_fill(5000, 0.2, counts);
    table_spread(tables, &(struct table_place){.arm = ARM_CANARY}, 4, 5, counts, KINDS, KINDS);
    table_spread(tables, &(struct table_place){.arm = ARM_STABLE}, 4, 5, counts, KINDS, KINDS);
    block_tables_set_incomplete(tables, "2 of 5 pods did not answer");
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "incomplete_data");
    cr_assert(eq(str, (char *)verdict.incomplete_reason, "2 of 5 pods did not answer"));
    block_tables_destroy(tables);
}

Test(judge, warm_up_holds_a_promote_back_but_no_rollback)
{
    struct spec spec = default_spec();
    spec.judgement.warm_up_ms = 10 * MINUTE_MS;
    owned(block_tables) good = arms_with_errors(5000, 0.2, 95000, 0.2);
    owned(block_tables) broken = arms_with_errors(5000, 0.5, 95000, 0.2);
    expect_verdict(judged(&spec, good), DECISION_INCONCLUSIVE, "warm_up");
    expect_verdict(judged(&spec, broken), DECISION_ROLLBACK, "beyond_margin");
    struct judge_context later = {.now_ms = TABLE_START_MS + 10 * MINUTE_MS};
    expect_verdict(judged_at(&spec, good, &later), DECISION_PROMOTE, "within_margin");
}

Test(judge, too_few_blocks_cannot_tell_the_variance)
{
    struct spec spec = default_spec();
    uint64_t counts[KIND_CELLS];
    arm_counts_fill(5000, 0.2, counts);
    for (unsigned blocks = 4; blocks <= 10; blocks += 3) {
        struct block_tables *tables = table_begin();
        table_spread(tables, &(struct table_place){.arm = ARM_CANARY}, 1, blocks, counts, KINDS,
                     KINDS);
        table_spread(tables, &(struct table_place){.arm = ARM_STABLE}, 4, 5, counts, KINDS, KINDS);
        table_end(tables, TABLE_START_MS, TABLE_START_MS + 10 * MINUTE_MS);
        struct verdict verdict = judged(&spec, tables);
        if (blocks == 4) {
            expect_verdict(verdict, DECISION_INCONCLUSIVE, "few_blocks");
        } else {
            expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
        }
        cr_assert(eq(int, warns(&verdict, "few_blocks_warning"), blocks == 7));
        block_tables_destroy(tables);
    }
}

Test(judge, without_blocks_events_are_taken_as_independent_and_the_answer_warns)
{
    struct spec spec = default_spec();
    uint64_t counts[KIND_CELLS];
    arm_counts_fill(5000, 0.2, counts);
    owned(block_tables) tables = table_of_arms(counts, counts, KINDS, KINDS);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(warns(&verdict, "blocks_unknown"));
    cr_assert(eq(dbl, verdict.arms[ARM_CANARY].design_effect, 1.0));
    cr_assert(eq(sz, verdict.arms[ARM_CANARY].blocks, 0));
}

Test(judge, bursts_widen_the_interval)
{
    struct spec spec = default_spec();
    spec.judgement.interval = INTERVAL_FIXED;
    uint64_t good[KIND_CELLS];
    uint64_t bad[KIND_CELLS];
    uint64_t stable[KIND_CELLS];
    arm_counts_fill(500, 0.05, good);
    arm_counts_fill(500, 0.45, bad);
    arm_counts_fill(4500, 0.25, stable);
    struct block_tables *tables = table_begin();
    for (unsigned bucket = 0; bucket < 10; bucket++) {
        table_put(tables, &(struct table_place){ARM_CANARY, 0, bucket, NULL, NULL},
                  bucket % 2 ? good : bad, KINDS, KINDS);
        table_put(tables, &(struct table_place){ARM_STABLE, 0, bucket, NULL, NULL}, stable, KINDS,
                  KINDS);
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 10 * MINUTE_MS);
    struct verdict verdict = judged(&spec, tables);
    cr_assert(gt(dbl, verdict.arms[ARM_CANARY].design_effect, 5.0));
    cr_assert(gt(dbl, verdict.delta.upper - verdict.delta.lower, 0.15));
    block_tables_destroy(tables);
}

Test(judge, a_different_mix_of_references_is_a_warning)
{
    struct spec spec = default_spec();
    const uint64_t canary[] = {3600, 400, 100, 900};
    const uint64_t stable[] = {4500, 500, 500, 4500};
    owned(block_tables) tables = arms_of(canary, stable, 2, 2);
    cr_assert(warns(&(struct verdict[]){judged(&spec, tables)}[0], "reference_mix_differs"));
    owned(block_tables) alike = arms_of(stable, stable, 2, 2);
    cr_assert(not(warns(&(struct verdict[]){judged(&spec, alike)}[0], "reference_mix_differs")));
}

Test(judge, a_canary_that_merges_labels_does_not_pass_by_nmi_alone)
{
    /* Ten references that the stable arm tells apart with some noise; the canary keeps two groups
       of five without any. Geometric NMI hardly moves; the reference information halves. */
    struct spec spec = default_spec();
    spec.judgement.normalizer = SERIN_MIN;
    uint64_t canary[100] = {0};
    uint64_t stable[100];
    for (size_t cell = 0; cell < 100; cell++) {
        stable[cell] = cell / 10 == cell % 10 ? 8200 : 200;
        canary[cell] = cell % 10 == (cell / 10) / 5 ? 500 : 0;
    }
    owned(block_tables) tables = arms_of(canary, stable, 10, 10);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "metrics_disagree");
    cr_assert(gt(dbl, verdict.delta.lower, 0.0));
}

Test(judge, a_sliding_window_is_no_ground_for_a_sequential_interval)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_with_errors(5000, 0.2, 95000, 0.2);
    spec.window.width_ms = 30 * MINUTE_MS;
    struct verdict verdict = judged(&spec, tables);
    cr_assert(warns(&verdict, "window_slides"));
    spec.judgement.interval = INTERVAL_FIXED;
    verdict = judged(&spec, tables);
    cr_assert(not(warns(&verdict, "window_slides")));
}

Test(judge, rare_labels_are_merged_alike_in_both_arms)
{
    enum { MANY = 30 };
    struct spec spec = default_spec();
    spec.judgement.label_cap = 10;
    static uint64_t canary[MANY * MANY];
    static uint64_t stable[MANY * MANY];
    for (size_t i = 0; i < MANY; i++) {
        canary[i * MANY + i] = i < 9 ? 1000 : 5;
        stable[i * MANY + i] = i < 9 ? 19000 : 95;
    }
    owned(block_tables) tables = arms_of(canary, stable, MANY, MANY);
    struct verdict verdict = explained(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(warns(&verdict, "labels_capped"));
    cr_assert(eq(sz, verdict.move_count, 10));
    for (size_t i = 9; i < MANY; i++) {
        canary[i * MANY + i] = 100;
        stable[i * MANY + i] = 1900;
    }
    owned(block_tables) heavy = arms_of(canary, stable, MANY, MANY);
    expect_verdict(judged(&spec, heavy), DECISION_PROMOTE, "within_margin");
}

/* Every rare label's events come out as one of four rare labels, at random. */
Test(judge, what_goes_wrong_among_merged_labels_holds_a_promote_back)
{
    enum { MANY = 30, KEPT = 9 };
    struct spec spec = default_spec();
    static uint64_t canary[MANY * MANY];
    static uint64_t stable[MANY * MANY];
    for (size_t i = 0; i < MANY; i++) {
        for (size_t k = 0; k < 4; k++) {
            size_t wrong = KEPT + (i - KEPT + k) % (MANY - KEPT);
            canary[i * MANY + (i < KEPT ? i : wrong)] += i < KEPT ? 250 : 50;
        }
        stable[i * MANY + i] = i < KEPT ? 19000 : 3800;
    }
    owned(block_tables) tables = arms_of(canary, stable, MANY, MANY);
    expect_verdict(judged(&spec, tables), DECISION_ROLLBACK, "beyond_margin");
    spec.judgement.label_cap = KEPT + 1;
    struct verdict verdict = judged(&spec, tables);
    cr_assert(gt(dbl, verdict.delta.lower, -0.1)); /* all that a merged table sees */
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "labels_capped");
}

enum { SPARSE = 100 };

/* SPARSE labels, each event wrong with a chance of `wrong` in 10, over all other labels. */
static struct block_tables *sparse_arms(uint64_t canary_wrong)
{
    static uint64_t canary[SPARSE * SPARSE];
    static uint64_t stable[SPARSE * SPARSE];
    for (size_t row = 0; row < SPARSE; row++) {
        uint64_t events = 2000 / (row + 1);
        for (size_t column = 0; column < SPARSE; column++) {
            canary[row * SPARSE + column] = 0;
            stable[row * SPARSE + column] = row == column ? 19 * events : 0;
        }
        for (uint64_t i = 0; i < events; i++) {
            size_t wrong = (row + 1 + i * 7 % (SPARSE - 1)) % SPARSE;
            canary[row * SPARSE + (i % 10 < canary_wrong ? wrong : row)]++;
        }
    }
    return arms_of(canary, stable, SPARSE, SPARSE);
}

Test(judge, a_table_too_sparse_is_judged_with_its_rare_labels_merged)
{
    static const struct {
        uint64_t wrong;
        enum decision decision;
        const char *reason;
    } cases[] = {
        {0, DECISION_PROMOTE,  "within_margin"},
        {6, DECISION_ROLLBACK, "beyond_margin"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct spec spec = default_spec();
        spec.judgement.min_samples = 100;
        owned(block_tables) tables = sparse_arms(cases[i].wrong);
        struct verdict verdict = judged(&spec, tables);
        expect_verdict(verdict, cases[i].decision, cases[i].reason);
        cr_assert(eq(int, warns(&verdict, "labels_merged"), i > 0));
        spec.judgement.merge_rare = false;
        cr_assert(eq(int, judged(&spec, tables).decision == DECISION_INCONCLUSIVE, i > 0));
    }
}

/* 20 labels in the stable arm; in a canary of a 19th of its size the same ones under new names. */
static struct block_tables *renamed_arms(void)
{
    enum { KEPT = 20, ALL = 2 * KEPT };
    static uint64_t canary[KEPT * ALL];
    static uint64_t stable[KEPT * ALL];
    for (size_t i = 0; i < KEPT; i++) {
        canary[i * ALL + KEPT + i] = 500;
        stable[i * ALL + i] = 9500;
    }
    return arms_of(canary, stable, KEPT, ALL);
}

Test(judge, new_names_of_the_same_labels_are_no_loss_although_the_cap_merges_them)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = renamed_arms();
    expect_verdict(judged(&spec, tables), DECISION_PROMOTE, "within_margin");
    spec.judgement.label_cap = 30;
    struct verdict verdict = judged(&spec, tables);
    cr_assert(lt(dbl, verdict.delta.upper, -0.1)); /* what the merging alone makes of it */
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "merged_apart");
}

Test(judge, a_canary_whose_labels_are_all_merged_has_not_collapsed_to_one)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = renamed_arms();
    spec.judgement.label_cap = 21;
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "merged_apart");
    cr_assert(not(warns(&verdict, "single_label")));
}

Test(judge, a_canary_that_fails_on_shared_labels_is_rolled_back_although_some_are_merged)
{
    enum { MANY = 40 };
    struct spec spec = default_spec();
    spec.judgement.label_cap = 30;
    static uint64_t canary[MANY * MANY];
    static uint64_t stable[MANY * MANY];
    for (size_t i = 0; i < MANY * MANY; i++) {
        bool is_right = i / MANY == i % MANY;
        canary[i] = is_right ? 200 : 5;
        stable[i] = is_right ? 9500 : 5;
    }
    owned(block_tables) tables = arms_of(canary, stable, MANY, MANY);
    struct verdict verdict = judged(&spec, tables);
    expect_verdict(verdict, DECISION_ROLLBACK, "beyond_margin");
    cr_assert(warns(&verdict, "labels_capped"));
}

Test(judge, an_unavailable_source_is_inconclusive_with_nothing_measured)
{
    struct spec spec = default_spec();
    struct verdict verdict;
    verdict_source_unavailable(&spec, &verdict);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "source_unavailable");
    cr_assert(not(verdict.delta.defined));
    cr_assert(eq(sz, verdict.warning_count, 0));
    cr_assert(eq(dbl, verdict.margin, 0.1));
}

Test(judge, as_many_events_as_tables_hold_are_judged_in_every_design)
{
    const uint64_t half = SERIN_TOTAL_MAX / 2;
    const uint64_t canary[] = {half / 2, 0, 0, half - half / 2};
    const uint64_t stable[] = {half / 4, half / 4, half / 4, half - half / 4 * 3};
    const uint64_t pairs[] = {half, 0, 0, half};
    static const enum design designs[] = {DESIGN_REFERENCE, DESIGN_SHIFT, DESIGN_PAIRED};
    struct block_tables *tables = table_begin();
    table_spread(tables, &(struct table_place){.arm = ARM_CANARY}, 4, 5, canary, 2, 2);
    table_spread(tables, &(struct table_place){.arm = ARM_STABLE}, 4, 5, stable, 2, 2);
    table_put_pairs(tables, &(struct table_place){.arm = ARM_CANARY}, pairs, 0, 2);
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    for (size_t i = 0; i < ARRAY_LENGTH(designs); i++) {
        struct spec spec = default_spec();
        spec.judgement.design = designs[i];
        spec.judgement.canary_share = 0.5;
        struct verdict verdict = judged(&spec, tables);
        cr_assert(not(zero(u64, verdict.arms[ARM_CANARY].samples)));
        cr_assert(epsilon_eq(dbl, verdict.sample_ratio_p, 1.0, 1e-9));
    }
    block_tables_destroy(tables);
}

Test(judge, running_out_of_memory_anywhere_is_told)
{
    struct spec spec = default_spec();
    struct judge_context context = {.now_ms = TABLE_START_MS + 5 * MINUTE_MS};
    owned(block_tables) tables = arms_with_errors(2000, 0.2, 20000, 0.2);
    enum serin_status status = SERIN_NO_MEMORY;
    uint64_t failures = 0;
    while (status != SERIN_OK) {
        struct verdict verdict;
        struct serin_error err = {0};
        memory_fail_after(++failures);
        status = judge(&spec, tables, &context, &verdict, &err);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY, "%s: %s",
                  serin_status_name(status), err.detail);
        cr_assert(lt(u64, failures, 5000));
    }
    cr_assert(gt(u64, failures, 10));
}

/* ---- the stable arm's agreement with itself -------------------------------------------------- */

/* Keys that two labellers, of which the second errs so often, label over 4 pods × 5 minutes. */
static void agreement_put(struct block_tables *tables, enum arm arm, double error, uint64_t keys)
{
    uint64_t counts[KIND_CELLS];
    arm_counts_fill(keys / 20, error, counts);
    for (unsigned i = 0; i < 20; i++) {
        struct table_place place = {.arm = arm, .pod = i % 4, .bucket = i / 4};
        table_put_pairs(tables, &place, counts, 0, KINDS);
    }
}

static struct verdict agreement_of(double canary_error, double self_error, uint64_t self_keys)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = table_begin();
    spec.judgement.design = DESIGN_PAIRED;
    agreement_put(tables, ARM_CANARY, canary_error, 20000);
    agreement_put(tables, ARM_STABLE, self_error, self_keys);
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    return judged(&spec, tables);
}

Test(judge, a_canary_need_not_agree_more_with_the_stable_arm_than_that_with_itself)
{
    struct verdict verdict = agreement_of(0.2, 0.2, 20000);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(verdict.has_self_pairs);
    cr_assert(epsilon_eq(dbl, verdict.delta.value, 0.0, 1e-9));
    cr_assert(eq(u64, verdict.arms[ARM_STABLE].samples, 20000));
    expect_verdict(agreement_of(0.4, 0.2, 20000), DECISION_ROLLBACK, "beyond_margin");
}

Test(judge, without_enough_keys_that_the_stable_arm_labelled_twice_the_bar_is_full_agreement)
{
    struct verdict verdict = agreement_of(0.2, 0.2, 480);
    expect_verdict(verdict, DECISION_ROLLBACK, "beyond_margin");
    cr_assert(not(verdict.has_self_pairs));
}
