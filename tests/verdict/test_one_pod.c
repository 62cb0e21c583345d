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
