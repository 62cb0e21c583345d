/*
 * Verdicts as the judge might give them, for tests of the reports.
 */
#ifndef SERIN_TESTS_REPORT_VERDICT_SAMPLE_H
#define SERIN_TESTS_REPORT_VERDICT_SAMPLE_H

#include "verdict/judge.h"
#include "verdict/spec.h"

static inline struct arm_result sample_arm(double nmi, double half, uint64_t samples)
{
    return (struct arm_result){
        .nmi = {true, nmi, nmi - half, nmi + half},
        .samples = samples,
        .design_effect = 1.0,
        .blocks = 40,
        .pods = 4,
        .has_companions = true,
        .nmi_plugin = nmi + 0.002,
        .information_ratio = nmi + 0.01,
        .ami = nmi - 0.01,
        .ari = nmi - 0.03,
        .v_measure = nmi + 0.002,
        .homogeneity = nmi + 0.01,
        .completeness = nmi - 0.006,
        .purity = 0.93,
    };
}

static inline struct verdict good_canary(void)
{
    return (struct verdict){
        .decision = DECISION_PROMOTE,
        .reason = "within_margin",
        .design = DESIGN_REFERENCE,
        .margin = 0.1,
        .level = 0.95,
        .delta = {true, -0.0041, -0.0312, 0.0229},
        .arms = {sample_arm(0.842, 0.026, 5120), sample_arm(0.846, 0.005, 97211)},
        .shift_p_value = 1.0,
        .sample_ratio_p = 0.4,
        .moves = {{.label = TEXT_VIEW("seg-4"),
                   .stable_share = 0.121,
                   .canary_share = 0.118,
                   .stable_reference = TEXT_VIEW("seg-4"),
                   .canary_reference = TEXT_VIEW("seg-4"),
                   .stable_precision = 0.93,
                   .canary_precision = 0.92,
                   .contribution = {true, -0.0031, -0.0071, 0.0009}}},
        .move_count = 1,
    };
}

static inline struct verdict broken_canary(void)
{
    struct verdict verdict = good_canary();
    verdict.decision = DECISION_ROLLBACK;
    verdict.reason = "beyond_margin";
    verdict.delta = (struct estimate){true, -0.1633, -0.2014, -0.1251};
    verdict.arms[ARM_CANARY] = sample_arm(0.684, 0.03, 5120);
    verdict.arms[ARM_CANARY].design_effect = 1.9;
    verdict.warnings[0] = "few_blocks_warning";
    verdict.warnings[1] = "labels_new";
    verdict.warning_count = 2;
    verdict.moves[0].contribution = (struct estimate){true, -0.0812, -0.0852, -0.0772};
    verdict.moves[0].canary_share = 0.183;
    verdict.moves[0].canary_precision = 0.61;
    verdict.moves[1] = (struct label_move){
        .label = TEXT_VIEW("a label whose name is longer than any column"),
        .canary_share = 0.032,
        .is_new = true,
        .canary_reference = TEXT_VIEW("seg-7 of the autumn catalogue"),
        .canary_precision = 0.55,
        .contribution = {true, 0.0102, 0.0062, 0.0142},
    };
    verdict.moves[2] = (struct label_move){
        .label = TEXT_VIEW("ev\x1b[31mil\xff"),
        .stable_share = 0.011,
        .is_lost = true,
        .stable_reference = TEXT_VIEW("größe"),
        .stable_precision = 1.0,
        .contribution = {true, -0.0101, -0.0141, -0.0061},
    };
    verdict.move_count = 3;
    verdict.moves_rest = -0.0822;
    verdict.diagnoses[0] = (struct diagnosis){
        .kind = DIAGNOSIS_SPLIT,
        .from = {.labels = {TEXT_VIEW("ev\x1b[31mil\xff")}, .count = 1},
        .to = {.labels = {TEXT_VIEW("seg-4"),
                          TEXT_VIEW("a label whose name is longer than any column")},
               .count = 2},
        .moved = 0.05,
        .has_contribution = true,
        .contribution = -0.0811,
    };
    verdict.diagnosis_count = 1;
    return verdict;
}

static inline struct verdict undecided_canary(void)
{
    struct verdict verdict = good_canary();
    verdict.decision = DECISION_INCONCLUSIVE;
    verdict.reason = "straddles_margin";
    verdict.delta = (struct estimate){true, -0.062, -0.171, 0.042};
    verdict.has_forecast = true;
    verdict.forecast_samples = 4210;
    verdict.forecast_minutes = 37.2;
    verdict.warnings[0] = "blocks_unknown";
    verdict.warning_count = 1;
    verdict.slices[0] = (struct slice_verdict){
        .slice = {TEXT_VIEW("region"), TEXT_VIEW("eu")},
        .delta = {true, -0.03, -0.09, 0.03},
        .canary_samples = 3100,
        .stable_samples = 60000,
        .decision = DECISION_PROMOTE,
        .reason = "within_margin",
    };
    verdict.slices[1] = (struct slice_verdict){
        .slice = {TEXT_VIEW("region"), TEXT_VIEW("us")},
        .canary_samples = 20,
        .stable_samples = 300,
        .decision = DECISION_INCONCLUSIVE,
        .reason = "too_few_samples",
        .is_pooled = true,
    };
    verdict.slices[2] = (struct slice_verdict){
        .slice = {TEXT_VIEW("region"), TEXT_VIEW("(others)")},
        .is_rest = true,
        .delta = {true, 0.01, -0.14, 0.16},
        .canary_samples = 510,
        .stable_samples = 2100,
        .decision = DECISION_INCONCLUSIVE,
        .reason = "straddles_margin",
    };
    verdict.stratified_by = (struct text_view)TEXT_VIEW("region");
    verdict.slice_count = 3;
    verdict.slices_left_out = 3;
    return verdict;
}

static inline struct verdict collapsed_canary(void)
{
    struct verdict verdict = good_canary();
    verdict.decision = DECISION_ROLLBACK;
    verdict.reason = "single_label";
    verdict.delta = (struct estimate){0};
    verdict.arms[ARM_CANARY].nmi = (struct estimate){0};
    verdict.arms[ARM_CANARY].has_companions = false;
    verdict.moves[0].canary_share = 1.0;
    verdict.moves[0].canary_precision = 0.12;
    verdict.moves[0].contribution = (struct estimate){true, -0.21, -0.214, -0.206};
    return verdict;
}

static inline struct verdict shifted_canary(void)
{
    struct verdict verdict = good_canary();
    verdict.design = DESIGN_SHIFT;
    verdict.margin = 0.02;
    verdict.decision = DECISION_ROLLBACK;
    verdict.reason = "beyond_margin";
    verdict.delta = (struct estimate){true, 0.0341, 0.0262, 0.0431};
    verdict.shift_p_value = 1e-9;
    verdict.moves[0].canary_share = 0.24;
    verdict.moves[0].contribution = (struct estimate){true, 0.0291, 0.0251, 0.0331};
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        verdict.arms[arm].nmi = (struct estimate){0};
        verdict.arms[arm].has_companions = false;
    }
    return verdict;
}

static inline struct verdict agreeing_canary(void)
{
    struct verdict verdict = good_canary();
    verdict.design = DESIGN_PAIRED;
    verdict.is_agreement = true;
    verdict.delta = (struct estimate){true, -0.03, -0.06, -0.01};
    verdict.arms[ARM_CANARY].nmi = (struct estimate){true, 0.97, 0.94, 0.99};
    verdict.arms[ARM_STABLE].nmi = (struct estimate){0};
    return verdict;
}

static inline struct verdict starved_canary(void)
{
    struct verdict verdict = good_canary();
    verdict.decision = DECISION_INCONCLUSIVE;
    verdict.reason = "too_few_samples";
    verdict.arms[ARM_CANARY].samples = 112;
    verdict.arms[ARM_CANARY].design_effect = 1.4;
    verdict.arms[ARM_CANARY].has_companions = false;
    verdict.delta = (struct estimate){true, 0.01, -0.5, 0.5};
    verdict.move_count = 0;
    verdict.has_forecast = true;
    verdict.forecast_samples = 588;
    return verdict;
}

static inline struct verdict half_told_canary(void)
{
    struct verdict verdict = starved_canary();
    verdict.reason = "incomplete_data";
    verdict.incomplete_reason = "pod checkout-7d9f-x2x9z did not answer in time";
    verdict.delta = (struct estimate){0};
    verdict.has_forecast = false;
    return verdict;
}

static inline struct verdict better_canary(void)
{
    struct verdict verdict = good_canary();
    verdict.delta = (struct estimate){true, 0.08, 0.03, 0.13};
    return verdict;
}

#endif
