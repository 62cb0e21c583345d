/* Every vector of the executable specification, within the tolerances it states. */
#include "agreement/golden.h"

#include "serin/serin.h"

static const double score_tolerance = 1e-12;
static const double interval_tolerance = 1e-10;
static const struct serin_design_effect independent = {.deff = 1.0};
static const struct serin_confidence fixed_95 = {SERIN_FIXED, 0.95, SERIN_PLAN_DEFAULT, 0.0};

/*
 * With 10¹² events and an entropy of 5e-11 nats, the specification's own doubles lose five digits
 * of the rarefied entropies. These are from 60-digit arithmetic.
 */
static const char *const beyond_doubles = "huge_mixed";
static const double exact_gap = 0.018373997753899227525;
static const double exact_corrected = 0.444410544361066980352;

static void check_correction(const struct serin_arm *arm, const json_t *scores, const char *kind,
                             const char *name)
{
    if (strcmp(name, beyond_doubles) == 0) {
        golden_check(arm->nmi, exact_corrected, score_tolerance, name, "exact nmi_corrected");
        golden_check(arm->gap, exact_gap, score_tolerance, name, "exact gap");
        return;
    }
    golden_check_key(arm->nmi, json_object_get(scores, "nmi_corrected"), kind, interval_tolerance,
                     name);
    golden_check_key(arm->gap, json_object_get(scores, "gap"), kind, interval_tolerance, name);
}

static void check_interval(const struct serin_table *table, enum serin_normalizer normalizer,
                           const json_t *scores, const char *kind, const char *name)
{
    struct serin_arm_interval interval;
    cr_assert(eq(int, serin_arm_interval(table, normalizer, &fixed_95, &independent, &interval),
                 SERIN_OK));
    check_correction(&interval.arm, scores, kind, name);
    const json_t *ends = json_object_get(json_object_get(scores, "interval95"), kind);
    golden_check(interval.lower, json_number_value(json_array_get(ends, 0)), interval_tolerance,
                 name, "lower");
    golden_check(interval.upper, json_number_value(json_array_get(ends, 1)), interval_tolerance,
                 name, "upper");
}

static void check_errors(const struct serin_table *table, enum serin_normalizer normalizer,
                         const json_t *scores, const char *kind, const char *name)
{
    struct serin_nmi_estimate estimate;
    double variance = -1.0;
    cr_assert(eq(int, serin_nmi_estimate(table, normalizer, &estimate), SERIN_OK));
    golden_check_key(estimate.nmi, json_object_get(scores, "nmi"), kind, score_tolerance, name);
    golden_check_key(estimate.standard_error, json_object_get(scores, "if_se"), kind,
                     score_tolerance, name);
    cr_assert(eq(int, serin_jackknife_variance(table, normalizer, &variance), SERIN_OK));
    golden_check_key(sqrt(variance), json_object_get(scores, "jackknife_se"), kind,
                     interval_tolerance, name);
}

static void check_scores(const struct serin_table *table, const json_t *scores, const char *kind,
                         const char *name)
{
    struct serin_scores got;
    enum serin_normalizer normalizer = golden_normalizer(kind);
    cr_assert(eq(int, serin_scores(table, normalizer, &got), SERIN_OK));
    golden_check_key((double)got.samples, scores, "n", 0.0, name);
    golden_check_key((double)got.rows, scores, "rows", 0.0, name);
    golden_check_key((double)got.columns, scores, "cols", 0.0, name);
    golden_check_key(got.entropies.reference, scores, "entropy_rows", score_tolerance, name);
    golden_check_key(got.entropies.label, scores, "entropy_cols", score_tolerance, name);
    golden_check_key(got.entropies.joint, scores, "entropy_joint", score_tolerance, name);
    golden_check_key(got.entropies.mutual_information, scores, "mutual_information",
                     score_tolerance, name);
    golden_check_key(got.nmi, json_object_get(scores, "nmi"), kind, score_tolerance, name);
    golden_check_key(got.adjusted_rand, scores, "ari", score_tolerance, name);
    golden_check_key(got.homogeneity, scores, "homogeneity", score_tolerance, name);
    golden_check_key(got.completeness, scores, "completeness", score_tolerance, name);
    golden_check_key(got.v_measure, scores, "v_measure", score_tolerance, name);
    golden_check_key(got.purity, scores, "purity", score_tolerance, name);
    if (json_object_get(scores, "ami")) {
        golden_check_key(got.expected_mutual_information, scores, "expected_mutual_information",
                         score_tolerance, name);
        golden_check_key(got.adjusted_mutual_information, json_object_get(scores, "ami"), kind,
                         interval_tolerance, name);
    }
    const char *degenerate = json_string_value(json_object_get(scores, "degenerate"));
    cr_expect_str_eq(serin_table_state_name(got.state), degenerate ? degenerate : "ok", "%s", name);
    if (!degenerate) {
        check_errors(table, normalizer, scores, kind, name);
        check_interval(table, normalizer, scores, kind, name);
    }
}

Test(golden, tables_score_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("tables"), index, entry)
    {
        struct serin_table table = golden_table(json_object_get(entry, "table"));
        for (size_t k = 0; k < ARRAY_LENGTH(golden_normalizers); k++) {
            check_scores(&table, json_object_get(entry, "scores"), golden_normalizers[k],
                         golden_text(entry, "name"));
        }
    }
}

static void check_arm(const struct serin_arm *arm, const json_t *want, const char *name)
{
    golden_check_key((double)arm->samples, want, "n", 0.0, name);
    golden_check_key((double)arm->size, want, "size", 0.0, name);
    golden_check_key(arm->plugin, want, "plugin", score_tolerance, name);
    golden_check_key(arm->at_size, want, "at_size", interval_tolerance, name);
    golden_check_key(arm->gap, want, "gap", interval_tolerance, name);
    golden_check_key(arm->nmi, want, "nmi", interval_tolerance, name);
    golden_check_key(arm->shift, want, "shift", interval_tolerance, name);
    golden_check_key(arm->se, want, "se", interval_tolerance, name);
    golden_check_key(arm->deff, want, "deff", 1e-9, name);
    golden_check_key(arm->singletons, want, "singletons", interval_tolerance, name);
}

static void check_but_limits(const struct serin_comparison *got, const json_t *want,
                             const char *name)
{
    cr_expect(eq(int, got->state, SERIN_TABLE_OK), "%s", name);
    golden_check_key(got->estimate, want, "estimate", interval_tolerance, name);
    golden_check_key(got->se, want, "se", interval_tolerance, name);
    golden_check_key(got->unseen, want, "unseen", interval_tolerance, name);
    golden_check_key(got->correction, want, "correction", interval_tolerance, name);
    check_arm(&got->canary, json_object_get(want, "canary"), name);
    check_arm(&got->stable, json_object_get(want, "stable"), name);
}

/* MOVER on the logit limits within Wald's, written apart from the library's. */
static double logit_limit(const struct serin_arm *arm, double z)
{
    double start = fmin(fmax(arm->nmi + arm->shift, 1e-4), 1.0 - 1e-9);
    double odds = start / (1.0 - start) * exp(z * arm->se / (start * (1.0 - start)));
    double limit = isinf(odds) ? 1.0 : odds / (1.0 + odds);
    return z < 0.0 ? fmin(arm->nmi, limit) : fmax(arm->nmi, limit);
}

/* What the library adds to the specification, or nothing. */
struct widening {
    double unseen_doubt;
    double overcorrection;
    double label_bias;
};

static double limit_at(const struct serin_comparison *got, double z, struct widening widening)
{
    double mover = hypot(logit_limit(&got->canary, z) - got->canary.nmi,
                         logit_limit(&got->stable, -z) - got->stable.nmi);
    double unseen = z < 0.0 ? got->unseen : -got->unseen;
    double reach = fmax(mover, fabs(z) * got->se) + got->correction +
                   fmax(0.0, unseen + widening.unseen_doubt) +
                   fmax(0.0, copysign(1.0, z) * widening.overcorrection) +
                   fmax(0.0, copysign(1.0, -z) * widening.label_bias);
    return fmin(1.0, fmax(-1.0, got->estimate + copysign(reach, z)));
}

static void check_limits(const struct serin_comparison *got, double specified_z, const json_t *want,
                         const char *name)
{
    const struct widening none = {0.0, 0.0, 0.0};
    const struct widening all = {got->unseen_doubt, got->overcorrection, got->label_bias};
    golden_check_key(limit_at(got, -specified_z, none), want, "lower", interval_tolerance, name);
    golden_check_key(limit_at(got, specified_z, none), want, "upper", interval_tolerance, name);
    golden_check(got->lower, limit_at(got, -got->z, all), 1e-12, name, "lower");
    golden_check(got->upper, limit_at(got, got->z, all), 1e-12, name, "upper");
}

static void check_comparison(const struct serin_comparison *got, const json_t *want,
                             const char *name)
{
    const char *reason = json_string_value(json_object_get(want, "reason"));
    if (json_is_null(json_object_get(want, "estimate"))) {
        golden_check_key(got->lower, want, "lower", 0.0, name);
        golden_check_key(got->upper, want, "upper", 0.0, name);
        cr_expect_str_eq(serin_table_state_name(got->state), reason, "%s", name);
        return;
    }
    golden_check_key(got->z, want, "z", interval_tolerance, name);
    check_but_limits(got, want, name);
    check_limits(got, got->z, want, name);
}

static struct serin_confidence golden_confidence(const json_t *entry)
{
    struct serin_confidence confidence = fixed_95;
    const char *interval = golden_text(entry, "interval");
    if (strcmp(interval, "sequential") == 0) {
        confidence.interval = SERIN_SEQUENTIAL;
        confidence.plan = golden_number(entry, "plan");
    } else if (strcmp(interval, "obrien_fleming") == 0) {
        confidence.interval = SERIN_OBRIEN_FLEMING;
        confidence.maximum = golden_number(entry, "n_max");
    }
    return confidence;
}

Test(golden, arms_compare_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("compare"), index, entry)
    {
        struct serin_comparison_input input = {
            .canary = golden_table(json_object_get(entry, "canary")),
            .stable = golden_table(json_object_get(entry, "stable")),
            .canary_effect = SERIN_INDEPENDENT,
            .stable_effect = SERIN_INDEPENDENT,
            .normalizer = golden_normalizer(golden_text(entry, "normalizer")),
            .confidence = golden_confidence(entry),
        };
        struct serin_comparison got;
        cr_assert(eq(int, serin_compare(&input, &got), SERIN_OK));
        check_comparison(&got, json_object_get(entry, "result"), golden_text(entry, "name"));
    }
}

/* The blocks' cells, and their sum as a table. */
static struct serin_blocks golden_blocks(const json_t *tables, struct serin_table *out_sum)
{
    struct serin_table first = golden_table(json_array_get(tables, 0));
    size_t cells = first.rows * first.columns;
    size_t count = json_array_size(tables);
    struct serin_block_cell *list = golden_allocate(count * cells, sizeof(*list));
    uint64_t *sum = golden_allocate(cells, sizeof(*sum));
    for (size_t b = 0; b < count; b++) {
        struct serin_table table = golden_table(json_array_get(tables, b));
        for (size_t k = 0; k < cells; k++) {
            list[b * cells + k] =
                (struct serin_block_cell){(uint32_t)b, (uint32_t)(k / first.columns),
                                          (uint32_t)(k % first.columns), table.counts[k]};
            sum[k] += table.counts[k];
        }
    }
    *out_sum = (struct serin_table){sum, first.rows, first.columns};
    return (struct serin_blocks){list, count * cells, first.rows, first.columns};
}

static void check_effect(const struct serin_design_effect *effect, const json_t *want,
                         const char *name)
{
    golden_check_key(effect->variance, want, "variance", interval_tolerance, name);
    golden_check_relative(effect->deff, want, "deff", 1e-9, name);
    golden_check_key((double)effect->blocks, want, "blocks", 0.0, name);
}

/*
 * At repeated looks the specification multiplies its critical value by the ratio of Student's to
 * the normal quantile at the level, which is too little far out. So the specified limits are
 * reached from the specified value, and the library's from Student's quantile at the boundary's own
 * tail, here in 20 digits.
 */
static void check_sequential_blocks(const struct serin_comparison *got, const json_t *want)
{
    static const double students[][2] = {
        {4.281187201842874,  6.0551004299425975731},
        {4.0664693633912075, 4.681970383482132655 },
    };
    double specified = golden_number(want, "z");
    size_t which = fabs(specified - students[0][0]) < 1e-6 ? 0 : 1;
    golden_check(specified, students[which][0], 1e-12, "sequential", "specified z");
    golden_check(got->z, students[which][1], 1e-8, "sequential", "z");
    check_but_limits(got, want, "sequential");
    check_limits(got, specified, want, "sequential");
}

static const struct serin_confidence sequential_95 = {SERIN_SEQUENTIAL, 0.95, SERIN_PLAN_DEFAULT,
                                                      0.0};

Test(golden, blocks_inflate_the_interval_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("blocks"), index, entry)
    {
        struct serin_comparison_input input = {.normalizer = SERIN_GEOMETRIC};
        struct serin_blocks canary =
            golden_blocks(json_object_get(entry, "canary_blocks"), &input.canary);
        struct serin_blocks stable =
            golden_blocks(json_object_get(entry, "stable_blocks"), &input.stable);
        cr_assert(
            eq(int, serin_design_effect(&canary, SERIN_GEOMETRIC, &input.canary_effect), SERIN_OK));
        cr_assert(
            eq(int, serin_design_effect(&stable, SERIN_GEOMETRIC, &input.stable_effect), SERIN_OK));
        check_effect(&input.canary_effect, json_object_get(entry, "canary"), "canary blocks");
        check_effect(&input.stable_effect, json_object_get(entry, "stable"), "stable blocks");
        const json_t *want = json_object_get(entry, "fixed");
        struct serin_comparison got;
        input.confidence = fixed_95;
        cr_assert(eq(int, serin_compare(&input, &got), SERIN_OK));
        check_comparison(&got, want, "fixed");
        golden_check_relative(got.df, want, "df", 1e-8, "fixed");
        input.confidence = sequential_95;
        cr_assert(eq(int, serin_compare(&input, &got), SERIN_OK));
        check_sequential_blocks(&got, json_object_get(entry, "sequential"));
    }
}

static struct serin_triples golden_triples(const json_t *cube)
{
    size_t rows = json_array_size(cube);
    size_t columns = json_array_size(json_array_get(cube, 0));
    struct serin_triple *list = golden_allocate(rows * columns * columns, sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < rows; i++) {
        struct serin_table plane = golden_table(json_array_get(cube, i));
        for (size_t k = 0; k < columns * columns; k++) {
            list[count++] = (struct serin_triple){0, (uint32_t)i, (uint32_t)(k / columns),
                                                  (uint32_t)(k % columns), plane.counts[k]};
        }
    }
    return (struct serin_triples){list, count, rows, columns};
}

static struct serin_table agreement_table(const struct serin_triples *triples)
{
    uint64_t *counts = golden_allocate(triples->columns * triples->columns, sizeof(*counts));
    for (size_t k = 0; k < triples->count; k++) {
        const struct serin_triple *triple = &triples->triples[k];
        counts[triple->canary * triples->columns + triple->stable] += triple->count;
    }
    return (struct serin_table){counts, triples->columns, triples->columns};
}

/* What the library adds to the specification, or nothing. */
struct paired_widening {
    double unseen_doubt;
    double few_keys;
    double label_bias;
};

static double paired_limit(const struct serin_paired_comparison *got, double side,
                           struct paired_widening widening)
{
    double reach = got->z * got->se + got->correction + widening.few_keys +
                   fmax(0.0, widening.unseen_doubt - side * got->unseen) +
                   fmax(0.0, -side * widening.label_bias);
    return fmin(1.0, fmax(-1.0, got->estimate + side * reach));
}

Test(golden, paired_keys_compare_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("paired"), index, entry)
    {
        struct serin_triples triples = golden_triples(json_object_get(entry, "triples"));
        for (size_t k = 0; k < 2; k++) {
            const char *kind = golden_normalizers[k];
            const json_t *want = json_object_get(json_object_get(entry, "result"), kind);
            struct serin_paired_comparison got;
            cr_assert(eq(
                int, serin_paired(&triples, golden_normalizer(kind), &fixed_95, &independent, &got),
                SERIN_OK));
            golden_check_key(got.estimate, want, "estimate", interval_tolerance, kind);
            const struct paired_widening none = {0.0, 0.0, 0.0};
            const struct paired_widening all = {got.unseen_doubt, got.few_keys, got.label_bias};
            golden_check_key(paired_limit(&got, -1.0, none), want, "lower", interval_tolerance,
                             kind);
            golden_check_key(paired_limit(&got, 1.0, none), want, "upper", interval_tolerance,
                             kind);
            golden_check(got.lower, paired_limit(&got, -1.0, all), 1e-12, kind, "lower");
            golden_check(got.upper, paired_limit(&got, 1.0, all), 1e-12, kind, "upper");
            golden_check_key(got.se, want, "se", interval_tolerance, kind);
            golden_check_key(got.jackknife_variance, want, "jackknife_variance", interval_tolerance,
                             kind);
            golden_check_key(got.floor, want, "floor", interval_tolerance, kind);
            golden_check_key(got.unseen, want, "unseen", interval_tolerance, kind);
        }
        struct serin_table pairs = agreement_table(&triples);
        struct serin_arm_interval got;
        const json_t *want = json_object_get(entry, "agreement");
        cr_assert(eq(int,
                     serin_arm_interval(&pairs, SERIN_GEOMETRIC, &fixed_95, &independent, &got),
                     SERIN_OK));
        golden_check_key(got.arm.nmi, want, "nmi", interval_tolerance, "agreement");
        golden_check_key(got.arm.se, want, "se", interval_tolerance, "agreement");
        golden_check_key(got.lower, want, "lower", interval_tolerance, "agreement");
        golden_check_key(got.upper, want, "upper", interval_tolerance, "agreement");
    }
}

static void check_shift(const struct serin_shift *got, const json_t *want)
{
    static const double root = 1e-8;
    golden_check_key(got->mutual_information, want, "mutual_information", score_tolerance, "shift");
    golden_check_key(got->nmi, want, "nmi", score_tolerance, "shift");
    golden_check_key(got->corrected_mutual_information, want, "corrected_mi", score_tolerance,
                     "shift");
    golden_check_relative(got->g, want, "g", 1e-10, "shift");
    golden_check_key((double)got->degrees, want, "df", 0.0, "shift");
    golden_check_relative(got->p_value, want, "p_value", 1e-10, "shift");
    golden_check_relative(got->noncentrality_upper, want, "noncentrality_upper", root, "shift");
    golden_check_relative(got->upper_mutual_information, want, "upper_mi", root, "shift");
    golden_check_relative(got->nmi_upper, want, "upper", root, "shift");
    golden_check_key(got->js_bits * M_LN2, want, "js", score_tolerance, "shift");
    golden_check_key(got->js_bits, want, "js_bits", score_tolerance, "shift");
    golden_check_key(got->kl_canary_stable, want, "kl_smoothed", score_tolerance, "shift");
}

Test(golden, shifts_are_measured_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("shift"), index, entry)
    {
        const json_t *want = json_object_get(entry, "result");
        struct serin_shift_input input = {
            .canary = golden_counts(json_object_get(entry, "canary")),
            .stable = golden_counts(json_object_get(entry, "stable")),
            .labels = json_array_size(json_object_get(entry, "canary")),
            .canary_effect = SERIN_INDEPENDENT,
            .stable_effect = SERIN_INDEPENDENT,
            .normalizer = SERIN_GEOMETRIC,
            .confidence = fixed_95,
        };
        struct serin_shift got;
        cr_assert(eq(int, serin_shift(&input, &got), SERIN_OK));
        if (json_object_get(want, "degenerate")) {
            cr_expect_str_eq(serin_table_state_name(got.state), golden_text(want, "degenerate"));
        } else {
            check_shift(&got, want);
        }
    }
}

Test(golden, expectations_of_k_ln_k_are_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("klogk"), index, entry)
    {
        double got = -1.0;
        cr_assert(eq(int,
                     serin_expected_klogk((uint64_t)golden_number(entry, "total"),
                                          (uint64_t)golden_number(entry, "marked"),
                                          (uint64_t)golden_number(entry, "drawn"), &got),
                     SERIN_OK));
        golden_check_relative(got, entry, "value", 1e-12, "klogk");
    }
}

Test(golden, critical_values_are_as_specified)
{
    static const char *const kinds[] = {"sequential", "fixed", "obrien_fleming"};
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("critical"), index, entry)
    {
        for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
            struct serin_confidence confidence = {
                (enum serin_interval)k,
                golden_number(entry, "level"),
                golden_number(entry, "plan"),
                golden_number(entry, "n_max"),
            };
            double got = -1.0;
            cr_assert_str_eq(serin_interval_name(confidence.interval), kinds[k]);
            cr_assert(eq(int, serin_critical_value(&confidence, golden_number(entry, "n"), &got),
                         SERIN_OK));
            golden_check_key(got, entry, kinds[k], 1e-13, "critical");
        }
    }
}

Test(golden, slices_are_corrected_as_specified)
{
    json_t *part = golden_part("slices");
    size_t count = json_array_size(json_object_get(part, "p"));
    double *p = golden_doubles(json_object_get(part, "p"));
    double *holm = golden_doubles(json_object_get(part, "holm"));
    double *hochberg = golden_doubles(json_object_get(part, "benjamini_hochberg"));
    double got[16];
    cr_assert(eq(int, serin_holm(p, count, got), SERIN_OK));
    for (size_t i = 0; i < count; i++) {
        golden_check(got[i], holm[i], 1e-14, "slices", "holm");
    }
    cr_assert(eq(int, serin_benjamini_hochberg(p, count, got), SERIN_OK));
    for (size_t i = 0; i < count; i++) {
        golden_check(got[i], hochberg[i], 1e-14, "slices", "benjamini_hochberg");
    }
    json_t *mix = json_object_get(part, "standardised");
    struct serin_standardised standardised;
    cr_assert(
        eq(int,
           serin_standardise(golden_doubles(json_object_get(mix, "deltas")),
                             golden_doubles(json_object_get(mix, "ses")),
                             golden_doubles(json_object_get(mix, "weights")), 3, &standardised),
           SERIN_OK));
    golden_check_key(standardised.estimate, json_object_get(mix, "result"), "estimate", 1e-14,
                     "standardised");
    golden_check_key(standardised.se, json_object_get(mix, "result"), "se", 1e-14, "standardised");
    json_t *rollback = json_object_get(part, "rollback_p");
    double value = -1.0;
    cr_assert(eq(int,
                 serin_rollback_p(golden_number(rollback, "estimate"),
                                  golden_number(rollback, "upper"), golden_number(rollback, "z"),
                                  golden_number(rollback, "margin"), &value),
                 SERIN_OK));
    golden_check_relative(value, rollback, "value", 1e-10, "rollback_p");
}

Test(golden, traffic_splits_are_tested_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("sample_ratio"), index, entry)
    {
        const json_t *want = json_object_get(entry, "result");
        struct serin_sample_ratio got;
        cr_assert(eq(int,
                     serin_sample_ratio((uint64_t)golden_number(entry, "canary"),
                                        (uint64_t)golden_number(entry, "stable"),
                                        golden_number(entry, "expected_share"), &got),
                     SERIN_OK));
        golden_check_relative(got.chi_square, want, "chi2", 1e-12, "sample ratio");
        golden_check_relative(got.p_value, want, "p_value", 1e-10, "sample ratio");
        cr_expect(eq(int, got.mismatch, json_is_true(json_object_get(want, "mismatch"))));
    }
}

Test(golden, labels_are_capped_as_specified)
{
    size_t index;
    json_t *entry;
    json_array_foreach(golden_part("cap_labels"), index, entry)
    {
        struct serin_table table = golden_table(json_object_get(entry, "table"));
        struct serin_table want = golden_table(json_object_get(entry, "result"));
        uint64_t row_mass[16] = {0};
        uint64_t column_mass[16] = {0};
        for (size_t k = 0; k < table.rows * table.columns; k++) {
            row_mass[k / table.columns] += table.counts[k];
            column_mass[k % table.columns] += table.counts[k];
        }
        size_t row_map[16];
        size_t column_map[16];
        size_t rows = 0;
        size_t columns = 0;
        uint64_t merged[256];
        cr_assert(eq(int,
                     serin_cap_labels(row_mass, table.rows,
                                      (size_t)golden_number(entry, "max_rows"), row_map, &rows),
                     SERIN_OK));
        cr_assert(
            eq(int,
               serin_cap_labels(column_mass, table.columns,
                                (size_t)golden_number(entry, "max_cols"), column_map, &columns),
               SERIN_OK));
        cr_assert(eq(sz, rows, want.rows));
        cr_assert(eq(sz, columns, want.columns));
        cr_assert(eq(int, serin_table_merge(&table, row_map, column_map, merged, rows, columns),
                     SERIN_OK));
        cr_assert_arr_eq(merged, want.counts, rows * columns * sizeof(*merged));
    }
}
