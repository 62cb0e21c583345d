#include "verdict/slices.h"

#include "agreement/student.h"
#include "labels/slice_cells.h"
#include "serin/critical.h"
#include "serin/slices.h"
#include "verdict/slice_measure.h"
#include "verdict/strata.h"
#include "verdict/strata_delta.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A slice asked for, and how large it is. */
struct candidate {
    size_t slice;
    uint64_t events;
};

static bool is_asked_for(const struct spec *spec, struct text_view dimension)
{
    for (size_t i = 0; i < spec->slice_count; i++) {
        if (text_equals(dimension, spec->slices[i])) {
            return true;
        }
    }
    return false;
}

static int larger_first(const void *left, const void *right)
{
    const struct candidate *a = left;
    const struct candidate *b = right;
    if (a->events != b->events) {
        return a->events > b->events ? -1 : 1;
    }
    return a->slice < b->slice ? -1 : 1;
}

static int by_slice(const void *left, const void *right)
{
    const struct candidate *a = left;
    const struct candidate *b = right;
    return a->slice < b->slice ? -1 : a->slice > b->slice;
}

/* The slices to judge, in the tables' order; `*out_left_out` counts those beyond the maximum. */
static enum serin_status candidates_choose(const struct block_tables *tables,
                                           const struct spec *spec, size_t **out, size_t *out_count,
                                           size_t *out_left_out)
{
    size_t slices = block_tables_slice_count(tables);
    owned_memory struct candidate *chosen = memory_allocate(slices + 1, sizeof(*chosen));
    owned_memory uint64_t *totals = memory_allocate(slices + 1, sizeof(*totals));
    owned_memory size_t *numbers = memory_allocate(slices + 1, sizeof(*numbers));
    if (!chosen || !totals || !numbers) {
        return SERIN_NO_MEMORY;
    }
    slice_totals_add(tables, ARM_CANARY, totals);
    slice_totals_add(tables, ARM_STABLE, totals);
    size_t count = 0;
    for (size_t i = 0; i < slices; i++) {
        if (is_asked_for(spec, block_tables_slice(tables, i).dimension)) {
            chosen[count++] = (struct candidate){.slice = i, .events = totals[i]};
        }
    }
    size_t kept = count < SLICES_JUDGED_MAX ? count : SLICES_JUDGED_MAX;
    qsort(chosen, count, sizeof(*chosen), larger_first);
    qsort(chosen, kept, sizeof(*chosen), by_slice);
    for (size_t i = 0; i < kept; i++) {
        numbers[i] = chosen[i].slice;
    }
    *out = give(numbers);
    *out_count = kept;
    *out_left_out = count - kept;
    return SERIN_OK;
}

/* The critical value of an interval of this evidence's kind and degrees of freedom. */
static enum serin_status critical_at(const struct evidence *evidence, double level, double *out)
{
    struct serin_confidence confidence = judgement_confidence(evidence->judgement);
    confidence.level = level;
    TRY(serin_critical_value(&confidence, evidence->size, out));
    if (evidence->df > 0.0) {
        *out = student_critical(*out, evidence->df);
    }
    return SERIN_OK;
}

/* The two-sided error at which the evidence's critical value is `z`: bisection, log scale. */
static double error_of_critical(const struct evidence *evidence, double z)
{
    double low = log(1e-12);
    double high = log(1.0 - 1e-9);
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2.0;
        double at_middle = 0.0;
        if (critical_at(evidence, 1.0 - exp(middle), &at_middle) != SERIN_OK) {
            return 1.0;
        }
        if (at_middle > z) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return exp(high);
}

double slices_p_value(const struct evidence *evidence)
{
    if (evidence->canary_collapsed) {
        return exp(evidence->collapse_log_p);
    }
    bool is_shift = evidence->judgement->design == DESIGN_SHIFT;
    double estimate = is_shift ? -evidence->delta.value : evidence->delta.value;
    double best = is_shift ? -evidence->delta.lower : evidence->delta.upper;
    double distance = -evidence->margin - estimate;
    double half_width = best - estimate;
    if (!evidence->delta.defined || distance <= 0.0) {
        return 1.0;
    }
    if (half_width <= 0.0) {
        return 0.0;
    }
    return error_of_critical(evidence, evidence->z * distance / half_width) / 2.0;
}

/* Takes back the rollbacks that do not stand the correction for the number of slices. */
static enum serin_status holm_apply(struct slice_results *results, double level)
{
    double p[SLICE_VERDICTS_MAX];
    double adjusted[SLICE_VERDICTS_MAX];
    size_t tested = 0;
    for (size_t i = 0; i < results->count; i++) {
        if (results->items[i].is_tested) {
            p[tested++] = slices_p_value(&results->items[i].evidence);
        }
    }
    TRY(serin_holm(p, tested, adjusted));
    tested = 0;
    for (size_t i = 0; i < results->count; i++) {
        struct slice_result *result = &results->items[i];
        if (!result->is_tested) {
            continue;
        }
        bool stands = adjusted[tested++] <= (1.0 - level) / 2.0;
        if (result->outcome.decision == DECISION_ROLLBACK && !stands) {
            result->outcome = (struct outcome){DECISION_INCONCLUSIVE, "straddles_margin"};
        }
    }
    return SERIN_OK;
}

static void findings_count(const struct slice_results *results, struct slice_findings *out)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct slice_result *result = &results->items[i];
        if (result->outcome.decision == DECISION_ROLLBACK) {
            out->beyond++;
        } else if (!result->is_tested) {
            out->small++;
        } else if (result->outcome.decision == DECISION_INCONCLUSIVE) {
            out->undecided++;
        }
    }
}

/* Whether the rest of a result's dimension was measured: it comes last of that dimension. */
static bool has_rest(const struct slice_results *results, size_t i)
{
    struct text_view dimension = results->items[i].value.dimension;
    while (i + 1 < results->count && text_equal(results->items[i + 1].value.dimension, dimension)) {
        i++;
    }
    return results->items[i].slice == SLICE_REST;
}

static void verdicts_fill(const struct slice_results *results, struct verdict *verdict)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct slice_result *result = &results->items[i];
        const struct evidence *evidence = &result->evidence;
        verdict->slices[i] = (struct slice_verdict){
            .slice = result->value,
            .is_rest = result->slice == SLICE_REST,
            .is_pooled = !result->is_stratum && has_rest(results, i) && result->slice != SLICE_REST,
            .delta = evidence->delta,
            .canary_samples = evidence->arms[ARM_CANARY].result.samples,
            .stable_samples = evidence->arms[ARM_STABLE].result.samples,
            .decision = result->outcome.decision,
            .reason = result->outcome.reason,
        };
    }
    verdict->slice_count = results->count;
}

/* How many candidates from the first on are of its dimension: the tables list them together. */
static size_t neighbours_count(const struct block_tables *tables, const size_t *slices,
                               size_t count)
{
    struct text_view dimension = block_tables_slice(tables, slices[0]).dimension;
    size_t same = 1;
    while (same < count &&
           text_equal(block_tables_slice(tables, slices[same]).dimension, dimension)) {
        same++;
    }
    return same;
}

/* Measures these slices of one dimension, and has them carry the whole's delta if they can. */
static enum serin_status carrier_measure(const struct slice_question *question,
                                         const size_t *slices, size_t count,
                                         struct slice_results *results, struct evidence *evidence,
                                         struct strata **out, struct serin_error *err)
{
    owned(strata) strata = NULL;
    size_t first = results->count;
    TRY(slices_measure(question, slices, count, results, err));
    const struct slice_result *measured = &results->items[first];
    size_t measured_count = results->count - first;
    TRY(strata_create(question, measured, measured_count, evidence, &strata, err));
    TRY(strata_delta_measure(question, strata, measured, measured_count, evidence, err));
    *out = give(strata);
    return SERIN_OK;
}

static bool is_carrier(const struct slice_question *question, size_t slice)
{
    return text_equals(block_tables_slice(question->tables, slice).dimension,
                       question->spec->slices[0]);
}

/* Measures dimension by dimension; the first one asked for carries the whole's delta. */
static enum serin_status dimensions_measure(const struct slice_question *question,
                                            const size_t *slices, size_t count,
                                            struct slice_results *results,
                                            struct evidence *evidence, struct verdict *verdict,
                                            struct serin_error *err)
{
    for (size_t i = 0; i < count;) {
        owned(strata) strata = NULL;
        size_t same = neighbours_count(question->tables, &slices[i], count - i);
        if (is_carrier(question, slices[i])) {
            TRY(carrier_measure(question, &slices[i], same, results, evidence, &strata, err));
            verdict->stratified_by = evidence->is_stratified
                                         ? block_tables_slice(question->tables, slices[i]).dimension
                                         : (struct text_view){0};
        } else {
            TRY(slices_measure(question, &slices[i], same, results, err));
        }
        i += same;
    }
    return SERIN_OK;
}

enum serin_status slices_stratify(const struct block_tables *tables, const struct spec *spec,
                                  const struct grouping *grouping, struct evidence *evidence,
                                  struct slice_results **out_results, struct strata **out,
                                  struct serin_error *err)
{
    owned_memory size_t *slices = NULL;
    owned(slice_results) results = NULL;
    size_t count = 0;
    size_t left_out = 0;
    if (spec->slice_count == 0 || spec->judgement.design != DESIGN_REFERENCE) {
        return SERIN_OK;
    }
    if (candidates_choose(tables, spec, &slices, &count, &left_out) != SERIN_OK ||
        slice_results_create(SLICE_VERDICTS_MAX, &results) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the slices");
    }
    struct slice_question question = {tables, spec, grouping};
    size_t i = 0;
    while (i < count && !is_carrier(&question, slices[i])) {
        i++;
    }
    if (i < count) {
        size_t same = neighbours_count(tables, &slices[i], count - i);
        TRY(carrier_measure(&question, &slices[i], same, results, evidence, out, err));
        *out_results = give(results);
    }
    return SERIN_OK;
}

enum serin_status slices_judge(const struct block_tables *tables, const struct spec *spec,
                               const struct grouping *grouping, struct evidence *evidence,
                               struct verdict *verdict, struct serin_error *err)
{
    struct slice_findings findings = {0};
    owned_memory size_t *slices = NULL;
    owned(slice_results) results = NULL;
    size_t count = 0;
    if (spec->slice_count == 0 || spec->judgement.design == DESIGN_PAIRED) {
        evidence->slices = (struct slice_findings){.not_judged = spec->slice_count > 0};
        return SERIN_OK;
    }
    if (candidates_choose(tables, spec, &slices, &count, &findings.left_out) != SERIN_OK ||
        slice_results_create(SLICE_VERDICTS_MAX, &results) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the slices");
    }
    struct slice_question question = {tables, spec, grouping};
    TRY(dimensions_measure(&question, slices, count, results, evidence, verdict, err));
    if (holm_apply(results, spec->judgement.level) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the slices");
    }
    findings_count(results, &findings);
    verdicts_fill(results, verdict);
    verdict->slices_left_out = findings.left_out;
    evidence->slices = findings;
    return SERIN_OK;
}
