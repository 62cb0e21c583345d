#include "verdict/strata_delta.h"

#include "arms_sample.h"
#include "evidence_sample.h"

#include <math.h>
#include <stdio.h>

static char *region[] = {"region"};

/* Two labels of two references, equally many; a share `error` of the events is labelled wrongly. */
struct arm_part {
    uint64_t events;
    double error;
};

/* NMI .53 and .03: what the arms agree with their references in the good and the bad slice. */
static const double good = 0.10;
static const double bad = 0.40;

static void put(struct block_tables *tables, enum arm arm, const char *name, struct arm_part part)
{
    uint64_t wrong = (uint64_t)((double)part.events * part.error / 2.0 + 0.5);
    uint64_t right = part.events / 2 - wrong;
    const uint64_t counts[] = {right, wrong, wrong, right};
    struct table_place place = {.arm = arm, .region = name};
    table_spread(tables, &place, 4, 5, counts, 2, 2);
}

static struct block_tables *tables_of(struct arm_part canary_good, struct arm_part canary_bad,
                                      struct arm_part stable_good, struct arm_part stable_bad)
{
    struct block_tables *tables = table_begin();
    put(tables, ARM_CANARY, "eu", canary_good);
    put(tables, ARM_CANARY, "us", canary_bad);
    put(tables, ARM_STABLE, "eu", stable_good);
    put(tables, ARM_STABLE, "us", stable_bad);
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

static struct verdict judged_by_region(const struct block_tables *tables)
{
    struct spec spec = {.judgement = judgement_default, .slices = region, .slice_count = 1};
    return judged(&spec, tables);
}

static struct verdict judged_pooled(const struct block_tables *tables)
{
    struct spec spec = default_spec();
    return judged(&spec, tables);
}

/* The canary is the stable version, but gets mostly the traffic that is hard. */
Test(strata, a_mix_that_differs_feigns_no_loss)
{
    owned(block_tables) tables =
        tables_of((struct arm_part){4000, good}, (struct arm_part){16000, bad},
                  (struct arm_part){16000, good}, (struct arm_part){4000, bad});
    struct verdict pooled = judged_pooled(tables);
    expect_verdict(pooled, DECISION_ROLLBACK, "beyond_margin");
    cr_assert(epsilon_eq(dbl, pooled.delta.value, -0.29, 0.01));
    struct verdict verdict = judged_by_region(tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(epsilon_eq(dbl, verdict.delta.value, 0.0, 1e-3));
    cr_assert(text_equals(verdict.stratified_by, "region"));
    cr_assert(warns(&verdict, "slice_mix_differs"));
}

/* The canary loses in the good slice, but gets more of it. */
Test(strata, a_mix_that_differs_hides_no_loss)
{
    owned(block_tables) tables =
        tables_of((struct arm_part){16000, 0.25}, (struct arm_part){4000, bad},
                  (struct arm_part){4000, good}, (struct arm_part){16000, bad});
    expect_verdict(judged_pooled(tables), DECISION_PROMOTE, "within_margin");
    struct verdict verdict = judged_by_region(tables);
    expect_verdict(verdict, DECISION_ROLLBACK, "beyond_margin");
    cr_assert(epsilon_eq(dbl, verdict.delta.value, -0.17, 0.01));
}

/* Nothing to mend: then both are the same delta, but for the strata's better resolution. */
Test(strata, of_arms_with_the_same_mix_say_what_the_whole_says)
{
    owned(block_tables) tables =
        tables_of((struct arm_part){4000, 0.2}, (struct arm_part){6000, 0.2},
                  (struct arm_part){40000, 0.2}, (struct arm_part){60000, 0.2});
    struct verdict pooled = judged_pooled(tables);
    struct verdict verdict = judged_by_region(tables);
    cr_assert(epsilon_eq(dbl, verdict.delta.value, pooled.delta.value, 1e-3));
    cr_assert(epsilon_eq(dbl, verdict.delta.lower, pooled.delta.lower, 2e-3));
    cr_assert(epsilon_eq(dbl, verdict.delta.upper, pooled.delta.upper, 2e-3));
    cr_assert(not(warns(&verdict, "slice_mix_differs")));
}

Test(strata, a_mix_that_differs_within_a_large_rest_silences)
{
    static const char *const names[] = {"eu", "a", "b", "c", "d"};
    owned(block_tables) tables = table_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        uint64_t canary = i == 0 ? 8000 : i % 2 == 0 ? 450 : 100;
        uint64_t stable = i == 0 ? 8000 : i % 2 == 0 ? 100 : 450;
        put(tables, ARM_CANARY, names[i], (struct arm_part){canary, 0.2});
        put(tables, ARM_STABLE, names[i], (struct arm_part){stable, 0.2});
    }
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict verdict = judged_by_region(tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "sample_ratio_mismatch");
    cr_assert(text_equals(verdict.stratified_by, "region"));
}

/* Bursts of errors in what is in no region; the smallest region does not make it a stratum. */
Test(strata, a_rest_that_tells_nothing_even_with_the_smallest_slice_is_not_left_out)
{
    static const char *const names[] = {"ap", "eu", "us"};
    const uint64_t wrong[] = {0, 100, 100, 0};
    const uint64_t right[] = {100, 0, 0, 100};
    owned(block_tables) tables = table_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        uint64_t events = i == 0 ? 1000 : 10000;
        put(tables, ARM_CANARY, names[i], (struct arm_part){events, good});
        put(tables, ARM_STABLE, names[i], (struct arm_part){events, good});
    }
    for (unsigned block = 0; block < 20; block++) {
        struct table_place place = {.arm = ARM_CANARY, .pod = block % 4, .bucket = block / 4};
        table_put(tables, &place, block % 3 == 0 ? wrong : right, 2, 2);
    }
    put(tables, ARM_STABLE, NULL, (struct arm_part){4000, good});
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict pooled = judged_pooled(tables);
    struct verdict verdict = judged_by_region(tables);
    cr_assert(eq(sz, verdict.stratified_by.length, 0));
    cr_assert(eq(dbl, verdict.delta.lower, pooled.delta.lower));
    cr_assert(ne(int, verdict.decision, DECISION_PROMOTE));
}

Test(strata, one_slice_is_the_whole)
{
    owned(block_tables) tables = table_begin();
    put(tables, ARM_CANARY, "eu", (struct arm_part){5000, 0.2});
    put(tables, ARM_STABLE, "eu", (struct arm_part){50000, 0.2});
    put(tables, ARM_STABLE, "us", (struct arm_part){10, 0.2});
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict pooled = judged_pooled(tables);
    struct verdict verdict = judged_by_region(tables);
    cr_assert(eq(sz, verdict.stratified_by.length, 0));
    cr_assert(eq(dbl, verdict.delta.lower, pooled.delta.lower));
    cr_assert(eq(dbl, verdict.delta.upper, pooled.delta.upper));
}

/* Every other pod of the canary is worse in both slices; its minutes are alike. */
static struct block_tables *tables_of_unlike_pods(double difference, const char *one_pod)
{
    static const char *const names[] = {"eu", "us"};
    struct block_tables *tables = table_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        for (unsigned block = 0; block < 8 * 5; block++) {
            struct table_place place = {
                .arm = ARM_CANARY, .pod = block / 5, .bucket = block % 5, .region = names[i]};
            uint64_t counts[KIND_CELLS];
            arm_counts_fill(1000, 0.2 + (block / 5 % 2 ? difference : -difference), counts);
            table_put(tables, &place, counts, KINDS, KINDS);
        }
        put(tables, ARM_STABLE, names[i], (struct arm_part){40000, 0.2});
    }
    if (one_pod) {
        uint64_t counts[KIND_CELLS];
        struct table_place place = {.arm = ARM_CANARY, .region = one_pod};
        arm_counts_fill(2000, 0.2, counts);
        table_spread(tables, &place, 1, 5, counts, KINDS, KINDS);
        put(tables, ARM_STABLE, one_pod, (struct arm_part){2000, 0.2});
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

Test(strata, whole_pods_that_differ_widen_the_interval)
{
    owned(block_tables) alike = tables_of_unlike_pods(0.0, NULL);
    owned(block_tables) unlike = tables_of_unlike_pods(0.05, NULL);
    cr_assert(eq(dbl, judged_by_region(alike).arms[ARM_CANARY].design_effect, 1.0));
    double pooled = judged_pooled(unlike).arms[ARM_CANARY].design_effect;
    double stratified = judged_by_region(unlike).arms[ARM_CANARY].design_effect;
    cr_assert(gt(dbl, pooled, 10.0));
    cr_assert(epsilon_eq(dbl, stratified, pooled, 0.1 * pooled));
}

/* One more region has a single pod: it does not tell what pods differ by, but the others do. */
Test(strata, pods_that_differ_widen_the_interval_though_a_slice_has_but_one)
{
    owned(block_tables) tables = tables_of_unlike_pods(0.05, "ap");
    struct verdict pooled = judged_pooled(tables);
    struct verdict verdict = judged_by_region(tables);
    cr_assert(text_equals(verdict.stratified_by, "region"));
    double effect = pooled.arms[ARM_CANARY].design_effect;
    cr_assert(epsilon_eq(dbl, verdict.arms[ARM_CANARY].design_effect, effect, 0.1 * effect));
}

/* Every pod serves both regions, every other one mostly the region that is hard. */
static void pods_put_by_region(struct block_tables *tables, enum arm arm)
{
    for (unsigned block = 0; block < 8 * 5; block++) {
        bool is_odd = block / 5 % 2 == 1;
        struct table_place place = {
            .arm = arm, .pod = block / 5, .bucket = block % 5, .region = "eu"};
        uint64_t counts[KIND_CELLS];
        arm_counts_fill(is_odd ? 200 : 1800, good, counts);
        table_put(tables, &place, counts, KINDS, KINDS);
        place.region = "us";
        arm_counts_fill(is_odd ? 1800 : 200, bad, counts);
        table_put(tables, &place, counts, KINDS, KINDS);
    }
}

Test(strata, pods_that_serve_other_regions_do_not_differ)
{
    owned(block_tables) tables = table_begin();
    pods_put_by_region(tables, ARM_CANARY);
    pods_put_by_region(tables, ARM_STABLE);
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
    struct verdict pooled = judged_pooled(tables);
    struct verdict verdict = judged_by_region(tables);
    cr_assert(warns(&pooled, "pods_differ"));
    cr_assert(not(warns(&verdict, "pods_differ")));
    cr_assert(lt(dbl, verdict.arms[ARM_CANARY].design_effect, 1.1));
}

/* ---- whatever the tables -------------------------------------------------------------------- */

enum { VALUES = 6, DEVICES = 2 };

/* Slices of random size, mix and loss, in two dimensions; some empty in an arm, some unnamed. */
static struct block_tables *random_tables(uint64_t *seed)
{
    struct block_tables *tables = table_begin();
    static const char *const devices[DEVICES] = {"phone", "tablet"};
    double loss = draw_chance(seed, 0.3) ? draw_unit(seed) * 0.5 : 0.0;
    for (size_t value = 0; value < VALUES; value++) {
        for (size_t device = 0; device < DEVICES; device++) {
            double size = exp(3.0 + draw_unit(seed) * 8.0);
            double error = draw_unit(seed) * 0.5;
            double own_loss = draw_chance(seed, 0.1) ? 0.3 : loss;
            for (size_t arm = 0; arm < ARM_COUNT; arm++) {
                char name[8];
                (void)snprintf(name, sizeof(name), "v%zu", value);
                struct table_place place = {.arm = (enum arm)arm,
                                            .region = value > 0 ? name : NULL,
                                            .device = devices[device]};
                uint64_t counts[KIND_CELLS];
                double share = arm == ARM_STABLE ? 4.0 : 0.5 + draw_unit(seed);
                arm_counts_fill((uint64_t)(size * share),
                                fmin(1.0, error + (arm == ARM_CANARY ? own_loss : 0.0)), counts);
                table_spread(tables, &place, 4, 5, counts, KINDS, KINDS);
            }
        }
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

static void expect_no_harsher_than_the_interval(const struct verdict *verdict, uint64_t round)
{
    bool is_within = verdict->delta.defined && verdict->delta.lower > -verdict->margin;
    bool is_beyond = (verdict->delta.defined && verdict->delta.upper < -verdict->margin) ||
                     strcmp(verdict->reason, "single_label") == 0;
    cr_assert(verdict->decision != DECISION_PROMOTE || is_within, "round %zu", (size_t)round);
    cr_assert(verdict->decision != DECISION_ROLLBACK || is_beyond, "round %zu", (size_t)round);
    for (size_t i = 0; i < verdict->slice_count; i++) {
        cr_assert(verdict->slices[i].decision != DECISION_ROLLBACK ||
                      verdict->decision != DECISION_PROMOTE,
                  "round %zu", (size_t)round);
    }
}

Test(strata, slices_only_make_the_answer_more_careful)
{
    uint64_t seed = 11;
    size_t decided = 0;
    size_t vetoed = 0;
    for (uint64_t round = 0; round < 300; round++) {
        owned(block_tables) tables = random_tables(&seed);
        char *both[] = {"region", "device"};
        struct spec one = {.judgement = judgement_default, .slices = both, .slice_count = 1};
        one.judgement.min_samples = 100;
        struct spec two = one;
        two.slice_count = 2;
        struct verdict by_region = judged(&one, tables);
        struct verdict by_both = judged(&two, tables);
        expect_no_harsher_than_the_interval(&by_region, round);
        expect_no_harsher_than_the_interval(&by_both, round);
        cr_assert(eq(dbl, by_both.delta.value, by_region.delta.value));
        cr_assert(eq(dbl, by_both.delta.lower, by_region.delta.lower));
        cr_assert(eq(dbl, by_both.delta.upper, by_region.delta.upper));
        bool is_lifted = strcmp(by_region.reason, "slice_veto") == 0; /* more slices, more chance */
        cr_assert(by_both.decision == by_region.decision || is_lifted ||
                      by_both.decision == DECISION_INCONCLUSIVE,
                  "round %zu", (size_t)round);
        decided += by_region.decision != DECISION_INCONCLUSIVE;
        vetoed += is_lifted;
    }
    cr_assert(gt(sz, decided, 50));
    cr_assert(gt(sz, vetoed, 5));
}

static bool is_stratum(const struct slice_verdict *slice)
{
    return slice->delta.defined && !slice->is_pooled &&
           (slice->decision != DECISION_INCONCLUSIVE ||
            strcmp(slice->reason, "straddles_margin") == 0);
}

/* Where all traffic is in slices that suffice, theirs are the strata. */
Test(strata, make_the_delta_their_mean_weighted_by_the_traffic)
{
    uint64_t seed = 5;
    size_t seen = 0;
    for (uint64_t round = 0; round < 100; round++) {
        owned(block_tables) tables = random_tables(&seed);
        struct verdict verdict = judged_by_region(tables);
        double weighted = 0.0;
        uint64_t samples = 0;
        size_t strata = 0;
        for (size_t i = 0; i < verdict.slice_count; i++) {
            const struct slice_verdict *slice = &verdict.slices[i];
            if (is_stratum(slice)) {
                strata++;
                uint64_t weight = slice->canary_samples + slice->stable_samples;
                samples += weight;
                weighted += (double)weight * slice->delta.value;
            }
        }
        if (strata > 1 &&
            samples == verdict.arms[ARM_CANARY].samples + verdict.arms[ARM_STABLE].samples) {
            cr_assert(epsilon_eq(dbl, verdict.delta.value, weighted / (double)samples, 1e-9));
            cr_assert(text_equals(verdict.stratified_by, "region"));
            seen++;
        }
    }
    cr_assert(gt(sz, seen, 20));
}

Test(strata, tell_when_memory_runs_out)
{
    uint64_t seed = 3;
    owned(block_tables) tables = random_tables(&seed);
    struct spec spec = {.judgement = judgement_default, .slices = region, .slice_count = 1};
    struct judge_context context = {.now_ms = TABLE_START_MS + 5 * MINUTE_MS};
    enum serin_status status = SERIN_NO_MEMORY;
    uint64_t failing = 1;
    for (; status != SERIN_OK && failing < 3000; failing++) {
        struct verdict verdict;
        struct serin_error err = {0};
        memory_fail_after(failing);
        status = judge(&spec, tables, &context, &verdict, &err);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY, "%s", err.detail);
    }
    cr_assert(eq(int, status, SERIN_OK));
}
