#include "verdict/judge.h"

#include "verdict/companions.h"
#include "verdict/counts.h"
#include "verdict/drift.h"
#include "verdict/evidence.h"
#include "verdict/forecast.h"
#include "verdict/grouping.h"
#include "verdict/guards.h"
#include "verdict/label_changes.h"
#include "verdict/measurement.h"
#include "verdict/mix.h"
#include "verdict/one_pod.h"
#include "verdict/slices.h"
#include "verdict/traffic.h"
#include "verdict/warnings.h"

const char *decision_name(enum decision decision)
{
    switch (decision) {
    case DECISION_PROMOTE:
        return "promote";
    case DECISION_ROLLBACK:
        return "rollback";
    case DECISION_INCONCLUSIVE:
        break;
    }
    return "inconclusive";
}

bool verdict_has_references(const struct verdict *verdict)
{
    return verdict->design != DESIGN_SHIFT && !verdict->is_agreement;
}

double arm_result_referenced(const struct arm_result *arm)
{
    double events = (double)arm->samples + (double)arm->unreferenced;
    return events > 0.0 ? (double)arm->samples / events : 0.0;
}

static void verdict_fill(const struct evidence *evidence, struct verdict *verdict)
{
    struct outcome outcome = outcome_decide(evidence);
    struct forecast forecast;
    verdict->decision = outcome.decision;
    verdict->reason = outcome.reason;
    verdict->incomplete_reason = evidence->incomplete_reason;
    verdict->delta = evidence->delta;
    verdict->arms[ARM_CANARY] = evidence->arms[ARM_CANARY].result;
    verdict->arms[ARM_STABLE] = evidence->arms[ARM_STABLE].result;
    verdict->is_agreement = evidence->is_agreement;
    verdict->has_self_pairs = evidence->has_self_pairs;
    verdict->shift_p_value = evidence->shift_p_value;
    verdict->sample_ratio_p = evidence->sample_ratio_p;
    verdict->driver = evidence->driver;
    verdict->warning_count = warnings_collect(evidence, outcome.reason, verdict->warnings);
    verdict->has_forecast = forecast_make(evidence, &outcome, &forecast);
    if (verdict->has_forecast) {
        verdict->forecast_samples = forecast.samples;
        verdict->forecast_minutes = forecast.minutes;
    }
}

static uint64_t plan_in_force(const struct judgement *judgement)
{
    return judgement->interval == INTERVAL_SEQUENTIAL ? judgement->plan : 0;
}

static void verdict_begin(const struct spec *spec, struct verdict *verdict)
{
    *verdict = (struct verdict){
        .design = spec->judgement.design,
        .margin = judgement_margin(&spec->judgement),
        .level = spec->judgement.level,
        .plan = plan_in_force(&spec->judgement),
        .shift_p_value = 1.0,
        .sample_ratio_p = 1.0,
    };
}

enum serin_status judge(const struct spec *spec, const struct block_tables *tables,
                        const struct judge_context *context, struct verdict *out,
                        struct serin_error *err)
{
    measurement_scope measurement = MEASUREMENT_NONE;
    struct verdict verdict;
    verdict_begin(spec, &verdict);
    TRY(measurement_take(spec, tables, &measurement, err));
    const struct counts *counts = measurement.counts;
    struct evidence *evidence = &measurement.evidence;
    TRY(companions_measure(counts, evidence, err));
    TRY(traffic_compare(counts, tables, evidence, err));
    TRY(reference_mix_compare(counts, evidence, err));
    TRY(slice_mix_compare(tables, spec, evidence, err));
    TRY(traffic_drift_find(counts, tables, evidence, err));
    evidence_assess(tables, context, evidence);
    evidence->window_slides =
        spec->window.width_ms > 0 && spec->judgement.interval == INTERVAL_SEQUENTIAL;
    label_changes_find(counts, evidence);
    TRY(slices_judge(tables, spec, measurement.grouping, evidence, &verdict, err));
    TRY(one_pod_find(counts, tables, evidence, err));
    verdict_fill(evidence, &verdict);
    *out = verdict;
    return SERIN_OK;
}

void verdict_source_unavailable(const struct spec *spec, struct verdict *out)
{
    verdict_begin(spec, out);
    out->decision = DECISION_INCONCLUSIVE;
    out->reason = "source_unavailable";
    out->arms[ARM_CANARY].design_effect = 1.0;
    out->arms[ARM_STABLE].design_effect = 1.0;
}
