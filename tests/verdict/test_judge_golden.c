/* The judge against the vectors of the executable specification. */
#include "verdict/judge.h"

#include "serin/interval.h"
#include "serin/shift.h"
#include "support/table_builder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 4096 };
#define TOLERANCE 1e-10

static json_t *golden(const char *key)
{
    json_error_t error;
    json_t *all =
        json_load_file("tests/agreement/data/golden.json", JSON_DECODE_INT_AS_REAL, &error);
    cr_assert(ne(ptr, all, NULL), "%s: run the tests in the project's folder", error.text);
    json_t *part = json_incref(json_object_get(all, key));
    json_decref(all);
    return part;
}

/* Flattens nested lists of counts; `*out_columns` is the length of the innermost ones. */
static size_t counts_of(json_t *value, uint64_t *out, size_t at, size_t *out_columns)
{
    if (json_is_number(value)) {
        cr_assert(lt(sz, at, CELLS_MAX));
        out[at] = (uint64_t)json_number_value(value);
        return at + 1;
    }
    json_t *item = NULL;
    size_t index = 0;
    json_array_foreach(value, index, item)
    {
        at = counts_of(item, out, at, out_columns);
    }
    if (json_is_number(json_array_get(value, 0))) {
        *out_columns = json_array_size(value);
    }
    return at;
}

static struct spec spec_of(json_t *entry)
{
    struct spec spec = {.judgement = judgement_default};
    const char *interval = json_string_value(json_object_get(entry, "interval"));
    const char *normalizer = json_string_value(json_object_get(entry, "normalizer"));
    spec.judgement.min_samples = 100;
    spec.judgement.merge_rare = false; /* the specification refuses sparse tables */
    spec.judgement.interval =
        interval && strcmp(interval, "sequential") == 0 ? INTERVAL_SEQUENTIAL : INTERVAL_FIXED;
    if (normalizer) {
        cr_assert(eq(int, serin_normalizer_find(normalizer, &spec.judgement.normalizer), SERIN_OK));
    }
    return spec;
}

static struct verdict judged(const struct spec *spec, struct block_tables *tables)
{
    struct verdict verdict;
    struct serin_error err = {0};
    struct judge_context context = {0};
    cr_assert(eq(int, judge(spec, tables, &context, &verdict, &err), SERIN_OK), "%s", err.detail);
    return verdict;
}

static void expect_number(json_t *result, const char *name, double value, double tolerance)
{
    cr_assert(epsilon_eq(dbl, value, json_number_value(json_object_get(result, name)), tolerance),
              "%s", name);
}

/* No narrower than specified: by how much wider, the statistics' own tests say. */
static void expect_around(json_t *result, const struct estimate *delta)
{
    double lower = json_number_value(json_object_get(result, "lower"));
    double upper = json_number_value(json_object_get(result, "upper"));
    cr_assert(le(dbl, delta->lower, lower + TOLERANCE));
    cr_assert(ge(dbl, delta->upper, upper - TOLERANCE));
}

/* The verdict of the specification, with the judge's names for its reasons. */
static void expect_verdict(json_t *result, const struct verdict *verdict, const char *name)
{
    const char *decision = json_string_value(json_object_get(result, "verdict"));
    json_t *guards = json_object_get(result, "guards");
    cr_assert(eq(str, (char *)decision_name(verdict->decision), (char *)decision), "%s: %s", name,
              verdict->reason);
    if (json_array_size(guards) > 0) {
        cr_assert(
            eq(str, (char *)verdict->reason, (char *)json_string_value(json_array_get(guards, 0))),
            "%s", name);
        for (size_t i = 1; i < json_array_size(guards); i++) {
            bool warned = false;
            for (size_t w = 0; w < verdict->warning_count; w++) {
                warned = warned || strcmp(verdict->warnings[w],
                                          json_string_value(json_array_get(guards, i))) == 0;
            }
            cr_assert(warned, "%s: guard %zu", name, i);
        }
    } else if (verdict->delta.defined) {
        const char *reason = verdict->decision == DECISION_PROMOTE    ? "within_margin"
                             : verdict->decision == DECISION_ROLLBACK ? "beyond_margin"
                                                                      : "straddles_margin";
        cr_assert(eq(str, (char *)verdict->reason, (char *)reason), "%s", name);
    }
}

Test(judge_golden, independent_arms_are_judged_as_specified)
{
    json_t *entries = golden("compare");
    json_t *entry = NULL;
    size_t index = 0;
    size_t tried = 0;
    static uint64_t canary[CELLS_MAX];
    static uint64_t stable[CELLS_MAX];
    json_array_foreach(entries, index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        json_t *result = json_object_get(entry, "result");
        if (strcmp(json_string_value(json_object_get(entry, "interval")), "obrien_fleming") == 0) {
            continue; /* no interval that the judge offers */
        }
        size_t columns = 0;
        size_t cells = counts_of(json_object_get(entry, "canary"), canary, 0, &columns);
        counts_of(json_object_get(entry, "stable"), stable, 0, &columns);
        struct spec spec = spec_of(entry);
        struct block_tables *tables = table_of_arms(canary, stable, cells / columns, columns);
        struct verdict verdict = judged(&spec, tables);
        if (json_is_null(json_object_get(result, "estimate"))) {
            /* single_label: the judge asks for samples first */
            cr_assert(not(verdict.delta.defined));
            cr_assert(eq(str, (char *)verdict.reason, "too_few_samples"), "%s", name);
            cr_assert(eq(str, (char *)verdict.warnings[0], "single_label"), "%s", name);
        } else {
            expect_number(result, "estimate", verdict.delta.value, TOLERANCE);
            expect_around(result, &verdict.delta);
            struct serin_comparison_input input = {
                .canary = {canary, cells / columns, columns},
                .stable = {stable, cells / columns, columns},
                .canary_effect = SERIN_INDEPENDENT,
                .stable_effect = SERIN_INDEPENDENT,
                .normalizer = spec.judgement.normalizer,
                .confidence = judgement_confidence(&spec.judgement),
            };
            struct serin_comparison comparison;
            cr_assert(eq(int, serin_compare(&input, &comparison), SERIN_OK));
            cr_assert(eq(dbl, verdict.delta.lower, comparison.lower), "%s", name);
            cr_assert(eq(dbl, verdict.delta.upper, comparison.upper), "%s", name);
            expect_verdict(result, &verdict, name);
        }
        block_tables_destroy(tables);
        tried++;
    }
    cr_assert(ge(sz, tried, 44));
    json_decref(entries);
}

static void put_blocks(struct block_tables *tables, enum arm arm, json_t *blocks)
{
    json_t *block = NULL;
    size_t index = 0;
    json_array_foreach(blocks, index, block)
    {
        uint64_t counts[CELLS_MAX];
        size_t columns = 0;
        size_t cells = counts_of(block, counts, 0, &columns);
        struct table_place place = {
            .arm = arm, .pod = (unsigned)index % 2, .bucket = (unsigned)index};
        table_put(tables, &place, counts, cells / columns, columns);
    }
}

/* Where there are bursts the judge asks for 300 samples after the design effect, more than the
 * specification does. */
static bool shows_bursts(const struct verdict *verdict)
{
    double deff = 1.0;
    double effective = INFINITY;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_result *of = &verdict->arms[arm];
        deff = fmax(deff, of->design_effect);
        effective = fmin(effective, (double)of->samples / of->design_effect);
    }
    return deff > 1.5 && effective < 300.0;
}

Test(judge_golden, blocks_widen_the_interval_as_specified)
{
    static const char *const kinds[] = {"fixed", "sequential"};
    json_t *entries = golden("blocks");
    json_t *entry = NULL;
    size_t index = 0;
    json_array_foreach(entries, index, entry)
    {
        struct block_tables *tables = table_begin();
        put_blocks(tables, ARM_CANARY, json_object_get(entry, "canary_blocks"));
        put_blocks(tables, ARM_STABLE, json_object_get(entry, "stable_blocks"));
        table_end(tables, TABLE_START_MS, TABLE_START_MS + 60 * TABLE_BUCKET_MS);
        for (size_t k = 0; k < 2; k++) {
            json_t *result = json_object_get(entry, kinds[k]);
            struct spec spec = {.judgement = judgement_default};
            spec.judgement.min_samples = 100;
            spec.judgement.interval = k == 0 ? INTERVAL_FIXED : INTERVAL_SEQUENTIAL;
            struct verdict verdict = judged(&spec, tables);
            expect_number(result, "estimate", verdict.delta.value, TOLERANCE);
            expect_around(result, &verdict.delta);
            expect_number(json_object_get(entry, "canary"), "deff",
                          verdict.arms[ARM_CANARY].design_effect, 1e-8);
            expect_number(json_object_get(entry, "stable"), "deff",
                          verdict.arms[ARM_STABLE].design_effect, 1e-8);
            expect_number(json_object_get(entry, "canary"), "blocks",
                          (double)verdict.arms[ARM_CANARY].blocks, 0.0);
            if (shows_bursts(&verdict)) {
                cr_assert(eq(str, (char *)verdict.reason, "too_few_samples"));
            } else {
                expect_verdict(result, &verdict, kinds[k]);
            }
        }
        block_tables_destroy(tables);
    }
    json_decref(entries);
}

static struct block_tables *pairs_of(json_t *triples, bool with_reference)
{
    static uint64_t counts[CELLS_MAX];
    size_t columns = 0;
    size_t cells = counts_of(triples, counts, 0, &columns);
    size_t layer = columns * columns;
    if (!with_reference) {
        for (size_t i = layer; i < cells; i++) {
            counts[i % layer] += counts[i];
        }
    }
    struct block_tables *tables = table_begin();
    table_put_pairs(tables, &(struct table_place){.arm = ARM_CANARY}, counts,
                    with_reference ? cells / layer : 0, columns);
    block_tables_set_blocks_unknown(tables);
    return table_end(tables, 0, 0);
}

Test(judge_golden, pairs_are_judged_as_specified_with_and_without_reference)
{
    json_t *entries = golden("paired");
    json_t *entry = NULL;
    size_t index = 0;
    json_array_foreach(entries, index, entry)
    {
        struct spec spec = {.judgement = judgement_default};
        spec.judgement.design = DESIGN_PAIRED;
        spec.judgement.interval = INTERVAL_FIXED;
        spec.judgement.min_samples = 100;
        json_t *result = json_object_get(json_object_get(entry, "result"), "geometric");
        struct block_tables *tables = pairs_of(json_object_get(entry, "triples"), true);
        struct verdict verdict = judged(&spec, tables);
        expect_number(result, "estimate", verdict.delta.value, TOLERANCE);
        expect_around(result, &verdict.delta);
        cr_assert(not(verdict.is_agreement));
        block_tables_destroy(tables);

        json_t *agreement = json_object_get(entry, "agreement");
        tables = pairs_of(json_object_get(entry, "triples"), false);
        verdict = judged(&spec, tables);
        cr_assert(verdict.is_agreement);
        expect_number(agreement, "nmi", 1.0 + verdict.delta.value, TOLERANCE);
        expect_number(agreement, "lower", 1.0 + verdict.delta.lower, TOLERANCE);
        expect_number(agreement, "upper", 1.0 + verdict.delta.upper, TOLERANCE);
        expect_number(agreement, "nmi", verdict.arms[ARM_CANARY].nmi.value, TOLERANCE);
        cr_assert(not(verdict.arms[ARM_STABLE].nmi.defined));
        block_tables_destroy(tables);
    }
    json_decref(entries);
}

Test(judge_golden, shifts_are_measured_as_specified)
{
    json_t *entries = golden("shift");
    json_t *entry = NULL;
    size_t index = 0;
    json_array_foreach(entries, index, entry)
    {
        uint64_t canary[16];
        uint64_t stable[16];
        size_t columns = 0;
        counts_of(json_object_get(entry, "canary"), canary, 0, &columns);
        counts_of(json_object_get(entry, "stable"), stable, 0, &columns);
        json_t *result = json_object_get(entry, "result");
        struct block_tables *tables = table_begin();
        table_put_labels(tables, &(struct table_place){.arm = ARM_CANARY}, canary, columns);
        table_put_labels(tables, &(struct table_place){.arm = ARM_STABLE}, stable, columns);
        block_tables_set_blocks_unknown(tables);
        table_end(tables, 0, 0);
        struct spec spec = {.judgement = judgement_default};
        spec.judgement.design = DESIGN_SHIFT;
        struct verdict verdict = judged(&spec, tables);
        if (json_object_get(result, "degenerate")) {
            cr_assert(not(verdict.delta.defined));
            cr_assert(eq(int, verdict.decision, DECISION_INCONCLUSIVE));
        } else {
            expect_number(result, "p_value", verdict.shift_p_value, 1e-10);
            struct serin_shift_input input = {.canary = canary,
                                              .stable = stable,
                                              .labels = columns,
                                              .canary_effect = SERIN_INDEPENDENT,
                                              .stable_effect = SERIN_INDEPENDENT,
                                              .confidence = judgement_confidence(&spec.judgement)};
            struct serin_shift shift;
            cr_assert(eq(int, serin_shift(&input, &shift), SERIN_OK));
            expect_number(result, "js_bits", shift.js_bits, 1e-12);
            cr_assert(eq(dbl, verdict.delta.value, shift.js_bits_corrected));
            cr_assert(eq(dbl, verdict.delta.lower, shift.js_bits_lower));
            cr_assert(eq(dbl, verdict.delta.upper, shift.js_bits_upper));
        }
        block_tables_destroy(tables);
    }
    json_decref(entries);
}
