#include "verdict/slices.h"

#include "agreement/student.h"
#include "labels/slice_cells.h"
#include "serin/critical.h"
#include "serin/slices.h"
#include "verdict/guards.h"

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
                                           const struct spec *spec, struct candidate **out,
                                           size_t *out_count, size_t *out_left_out)
{
    size_t slices = block_tables_slice_count(tables);
    owned_memory struct candidate *chosen = memory_allocate(slices + 1, sizeof(*chosen));
    owned_memory uint64_t *totals = memory_allocate(slices + 1, sizeof(*totals));
    if (!chosen || !totals) {
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
    size_t kept = count < SLICE_VERDICTS_MAX ? count : SLICE_VERDICTS_MAX;
    qsort(chosen, count, sizeof(*chosen), larger_first);
    qsort(chosen, kept, sizeof(*chosen), by_slice);
    *out = give(chosen);
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

/* Everything known of one slice before the slices are tested together. */
struct slice_result {
    struct slice_verdict verdict;
    bool is_tested; /* its data suffice */
    double p;
};

/* What measuring any slice needs. */
struct slice_question {
    const struct block_tables *tables;
    const struct spec *spec;
    const struct grouping *grouping;
};

static enum serin_status slice_measure(const struct slice_question *question,
                                       const struct counts *counts, size_t slice,
                                       struct slice_result *out, struct serin_error *err)
{
    struct evidence evidence;
    TRY(evidence_measure(counts, question->tables, &question->spec->judgement, &evidence, err));
    struct outcome outcome = outcome_decide(&evidence);
    out->verdict = (struct slice_verdict){
        .slice = block_tables_slice(question->tables, slice),
        .delta = evidence.delta,
        .canary_samples = evidence.arms[ARM_CANARY].result.samples,
        .stable_samples = evidence.arms[ARM_STABLE].result.samples,
        .decision = outcome.decision,
        .reason = outcome.reason,
    };
    out->is_tested = outcome.decision != DECISION_INCONCLUSIVE ||
                     strcmp(outcome.reason, "straddles_margin") == 0;
    out->p = out->is_tested ? slices_p_value(&evidence) : 1.0;
    return SERIN_OK;
}

/* Takes back the rollbacks that do not stand the correction for the number of slices. */
static enum serin_status holm_apply(struct slice_result *results, size_t count, double level)
{
    double p[SLICE_VERDICTS_MAX];
    double adjusted[SLICE_VERDICTS_MAX];
    size_t tested = 0;
    for (size_t i = 0; i < count; i++) {
        if (results[i].is_tested) {
            p[tested++] = results[i].p;
        }
    }
    TRY(serin_holm(p, tested, adjusted));
    tested = 0;
    for (size_t i = 0; i < count; i++) {
        if (!results[i].is_tested) {
            continue;
        }
        bool stands = adjusted[tested++] <= (1.0 - level) / 2.0;
        if (results[i].verdict.decision == DECISION_ROLLBACK && !stands) {
            results[i].verdict.decision = DECISION_INCONCLUSIVE;
            results[i].verdict.reason = "straddles_margin";
        }
    }
    return SERIN_OK;
}

static void findings_count(const struct slice_result *results, size_t count,
                           struct slice_findings *out)
{
    for (size_t i = 0; i < count; i++) {
        if (results[i].verdict.decision == DECISION_ROLLBACK) {
            out->beyond++;
        } else if (!results[i].is_tested) {
            out->small++;
        } else if (results[i].verdict.decision == DECISION_INCONCLUSIVE) {
            out->undecided++;
        }
    }
}

/* How many candidates from the first on are of its dimension: the tables list them together. */
static size_t neighbours_count(const struct block_tables *tables,
                               const struct candidate *candidates, size_t count)
{
    struct text_view dimension = block_tables_slice(tables, candidates[0].slice).dimension;
    size_t same = 1;
    while (same < count &&
           text_equal(block_tables_slice(tables, candidates[same].slice).dimension, dimension)) {
        same++;
    }
    return same;
}

/* Each candidate a group of its own. */
static enum serin_status candidates_split(const struct block_tables *tables,
                                          const struct candidate *candidates, size_t count,
                                          struct slice_cells *out[static ARM_COUNT])
{
    size_t first = candidates[0].slice;
    size_t slices = candidates[count - 1].slice - first + 1;
    owned_memory size_t *map = memory_allocate(slices, sizeof(*map));
    if (!map) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < slices; i++) {
        map[i] = SLICE_UNGROUPED;
    }
    for (size_t i = 0; i < count; i++) {
        map[candidates[i].slice - first] = i;
    }
    struct slice_groups groups = {.first = first, .slices = slices, .map = map, .count = count};
    TRY(slice_cells_create(tables, ARM_CANARY, &groups, &out[ARM_CANARY]));
    return slice_cells_create(tables, ARM_STABLE, &groups, &out[ARM_STABLE]);
}

static enum serin_status neighbours_measure(const struct slice_question *question,
                                            const struct candidate *candidates, size_t count,
                                            struct slice_result *out, struct serin_error *err)
{
    struct slice_cells *split[ARM_COUNT] = {0};
    enum serin_status status = candidates_split(question->tables, candidates, count, split);
    owned(slice_cells) canary = split[ARM_CANARY];
    owned(slice_cells) stable = split[ARM_STABLE];
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the cells of the slices");
    }
    for (size_t i = 0; i < count; i++) {
        owned(counts) counts = NULL;
        TRY(counts_create(slice_cells_view(canary, i), slice_cells_view(stable, i),
                          question->grouping, &counts, err));
        TRY(slice_measure(question, counts, candidates[i].slice, &out[i], err));
    }
    return SERIN_OK;
}

static enum serin_status results_measure(const struct slice_question *question,
                                         const struct candidate *candidates, size_t count,
                                         struct slice_result *out, struct serin_error *err)
{
    for (size_t i = 0; i < count;) {
        size_t same = neighbours_count(question->tables, &candidates[i], count - i);
        TRY(neighbours_measure(question, &candidates[i], same, &out[i], err));
        i += same;
    }
    if (holm_apply(out, count, question->spec->judgement.level) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the slices");
    }
    return SERIN_OK;
}

enum serin_status slices_judge(const struct block_tables *tables, const struct spec *spec,
                               const struct grouping *grouping, struct evidence *evidence,
                               struct verdict *verdict, struct serin_error *err)
{
    struct slice_findings findings = {0};
    owned_memory struct candidate *candidates = NULL;
    size_t count = 0;
    if (spec->slice_count == 0 || spec->judgement.design == DESIGN_PAIRED) {
        evidence->slices = (struct slice_findings){.not_judged = spec->slice_count > 0};
        return SERIN_OK;
    }
    if (candidates_choose(tables, spec, &candidates, &count, &findings.left_out) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the slices");
    }
    struct slice_result results[SLICE_VERDICTS_MAX];
    struct slice_question question = {tables, spec, grouping};
    TRY(results_measure(&question, candidates, count, results, err));
    findings_count(results, count, &findings);
    for (size_t i = 0; i < count; i++) {
        verdict->slices[i] = results[i].verdict;
    }
    verdict->slice_count = count;
    verdict->slices_left_out = findings.left_out;
    evidence->slices = findings;
    return SERIN_OK;
}
