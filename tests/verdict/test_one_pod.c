#include "verdict/one_pod.h"

#include "arms_sample.h"

/* Pods of 18,000 events each, over an hour, with these shares of errors. */
static void pods_put(struct block_tables *tables, enum arm arm, const double *errors, unsigned pods)
{
    uint64_t counts[KIND_CELLS];
    for (unsigned pod = 0; pod < pods; pod++) {
        for (unsigned minute = 0; minute < 60; minute++) {
            struct table_place place = {.arm = arm, .pod = pod, .bucket = minute};
            arm_counts_fill(300, errors[pod], counts);
            table_put(tables, &place, counts, KINDS, KINDS);
        }
    }
}

static struct verdict verdict_of(const double *canary, unsigned canary_pods, const double *stable,
                                 unsigned stable_pods, struct block_tables *tables)
{
    struct spec spec = default_spec();
    pods_put(tables, ARM_CANARY, canary, canary_pods);
    pods_put(tables, ARM_STABLE, stable, stable_pods);
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 60 * MINUTE_MS);
    return judged(&spec, tables);
}

static const double good[] = {0.1, 0.1, 0.1, 0.1};
static const double bad[] = {0.3, 0.3, 0.3, 0.3};
static const double one_broken[] = {0.1, 0.1, 0.95, 0.1};

Test(one_pod, a_version_that_is_bad_on_every_pod_is_rolled_back)
{
    owned(block_tables) tables = table_begin();
    struct verdict verdict = verdict_of(bad, 4, good, 4, tables);
    expect_verdict(verdict, DECISION_ROLLBACK, "beyond_margin");
    cr_assert(not(verdict.driver.found));
}

Test(one_pod, a_single_broken_pod_of_the_canary_is_named_and_rolls_nothing_back)
{
    owned(block_tables) tables = table_begin();
    struct verdict verdict = verdict_of(one_broken, 4, good, 4, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "one_pod_drives");
    cr_assert(eq(int, verdict.driver.arm, ARM_CANARY));
    cr_assert(text_equal(verdict.driver.pod, block_tables_block(tables, ARM_CANARY, 120).pod));
    cr_assert(epsilon_eq(dbl, verdict.driver.delta_without, 0.0, 0.05));
}

Test(one_pod, a_broken_stable_pod_does_not_promote_a_bad_canary)
{
    owned(block_tables) tables = table_begin();
    static const double worse[] = {0.22, 0.22, 0.22, 0.22};
    struct verdict verdict = verdict_of(worse, 4, one_broken, 4, tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "one_pod_drives");
    cr_assert(eq(int, verdict.driver.arm, ARM_STABLE));
    cr_assert(lt(dbl, verdict.driver.delta_without, -0.1));
}

Test(one_pod, of_two_pods_none_can_be_told_from_the_whole)
{
    static const double pair[] = {0.1, 0.95};
    owned(block_tables) tables = table_begin();
    struct verdict verdict = verdict_of(pair, 2, good, 4, tables);
    cr_assert(not(verdict.driver.found));
}

/* ---- by region ------------------------------------------------------------------------------ */

/* A pod that serves one region alone, at this rate of errors. */
static void pod_put_in(struct block_tables *tables, enum arm arm, unsigned pod, const char *region,
                       uint64_t events, double error)
{
    uint64_t counts[KIND_CELLS];
    for (unsigned minute = 0; minute < 60; minute++) {
        struct table_place place = {.arm = arm, .pod = pod, .bucket = minute, .region = region};
        arm_counts_fill(events / 60, error, counts);
        table_put(tables, &place, counts, KINDS, KINDS);
    }
}

static struct verdict verdict_by_region(struct block_tables *tables)
{
    static char region[] = "region";
    static char *dimensions[] = {region};
    struct spec spec = default_spec();
    spec.slices = dimensions;
    spec.slice_count = 1;
    table_end(tables, TABLE_START_MS, TABLE_START_MS + 60 * MINUTE_MS);
    struct verdict verdict = judged(&spec, tables);
    cr_assert(text_equals(verdict.stratified_by, "region"));
    return verdict;
}

/* Three pods serve mostly what is hard; without the fourth an arm's pooled NMI falls. */
Test(one_pod, that_serves_other_traffic_than_its_neighbours_does_not_drive_the_mean_over_regions)
{
    owned(block_tables) tables = table_begin();
    for (unsigned pod = 0; pod < 4; pod++) {
        for (unsigned arm = 0; arm < ARM_COUNT; arm++) {
            pod_put_in(tables, (enum arm)arm, pod, "eu", pod == 3 ? 3000000 : 60000, 0.1);
            pod_put_in(tables, (enum arm)arm, pod, "us", pod == 3 ? 60000 : 900000, 0.6);
        }
    }
    struct verdict verdict = verdict_by_region(tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(not(verdict.driver.found));
}

/* The third pod stands out in both regions, as far as these let it. */
Test(one_pod, that_is_worse_in_every_region_is_named_by_the_mean_over_regions)
{
    static const double worse[] = {0.15, 0.15, 0.205, 0.15};
    owned(block_tables) tables = table_begin();
    for (unsigned pod = 0; pod < 4; pod++) {
        for (unsigned us = 0; us < 2; us++) {
            pod_put_in(tables, ARM_CANARY, pod, us ? "us" : "eu", 180000, worse[pod]);
            pod_put_in(tables, ARM_STABLE, pod, us ? "us" : "eu", 180000, 0.1);
        }
    }
    struct verdict verdict = verdict_by_region(tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "one_pod_drives");
    cr_assert(text_equal(verdict.driver.pod, block_tables_block(tables, ARM_CANARY, 120).pod));
    cr_assert(lt(dbl, verdict.delta.value, -0.1));
    cr_assert(gt(dbl, verdict.driver.delta_without, -0.1));
    struct spec pooled = default_spec();
    double without = judged(&pooled, tables).driver.delta_without;
    cr_assert(epsilon_eq(dbl, verdict.driver.delta_without, without, 1e-3));
}

/* Nobody can tell the pod from the region, but that it is one of the two is worth a look. */
Test(one_pod, that_is_broken_and_has_a_region_to_itself_is_named)
{
    static const char *const regions[] = {"ap", "eu", "us"};
    owned(block_tables) tables = table_begin();
    for (unsigned pod = 0; pod < 3; pod++) {
        pod_put_in(tables, ARM_CANARY, pod, regions[pod], 18000, one_broken[3 - pod]);
        pod_put_in(tables, ARM_STABLE, pod, regions[pod], 18000, 0.1);
    }
    struct verdict verdict = verdict_by_region(tables);
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "one_pod_drives");
    cr_assert(text_equal(verdict.driver.pod, block_tables_block(tables, ARM_CANARY, 60).pod));
    cr_assert(epsilon_eq(dbl, verdict.driver.delta_without, 0.0, 0.05));
}
