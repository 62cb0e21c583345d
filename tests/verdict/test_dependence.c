#include "verdict/dependence.h"

#include "arms_sample.h"

#include <math.h>

enum { PODS = 10, BUCKETS = 6, BLOCK_EVENTS = 200 };

/* Five references; pod number p labels a share `low` or, every other pod, `high` at random. */
static void put_pods(struct block_tables *tables, enum arm arm, double low, double high)
{
    for (unsigned pod = 0; pod < PODS; pod++) {
        uint64_t counts[KIND_CELLS];
        arm_counts_fill(BLOCK_EVENTS, pod % 2 == 0 ? low : high, counts);
        for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
            struct table_place place = {.arm = arm, .pod = pod, .bucket = bucket};
            table_put(tables, &place, counts, KINDS, KINDS);
        }
    }
}

static struct block_tables *arms_whose_pods(double low, double high)
{
    struct block_tables *tables = table_begin();
    put_pods(tables, ARM_CANARY, low, high);
    put_pods(tables, ARM_STABLE, 0.3, 0.3);
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + BUCKETS * MINUTE_MS);
}

Test(dependence, pods_that_are_alike_cost_nothing)
{
    owned(block_tables) tables = arms_whose_pods(0.3, 0.3);
    struct spec spec = default_spec();
    struct verdict verdict = judged(&spec, tables);
    cr_assert(eq(dbl, verdict.arms[ARM_CANARY].design_effect, 1.0));
    cr_assert(not(warns(&verdict, "pods_differ")));
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
}

/* 60 blocks estimate the mean of 10 pods as if each bucket were a pod of its own. */
Test(dependence, pods_that_differ_make_their_buckets_count_for_one)
{
    owned(block_tables) tables = arms_whose_pods(0.2, 0.4);
    struct spec spec = default_spec();
    struct verdict verdict = judged(&spec, tables);
    double by_block = 0.0;
    double by_pod = verdict.arms[ARM_CANARY].design_effect;
    owned_memory struct serin_block_cell *cells = NULL;
    size_t count = 0;
    cr_assert(
        eq(int, block_tables_cells(tables, ARM_CANARY, ALL_SLICES, &cells, &count), SERIN_OK));
    struct serin_blocks blocks = {cells, count, KINDS, KINDS};
    struct serin_design_effect effect;
    cr_assert(eq(int, serin_design_effect(&blocks, spec.judgement.normalizer, &effect), SERIN_OK));
    by_block = effect.deff;
    cr_expect(gt(dbl, by_pod, 5.5 * by_block), "%g against %g", by_pod, by_block);
    cr_expect(lt(dbl, by_pod, 7.5 * by_block), "%g against %g", by_pod, by_block);
    cr_expect(warns(&verdict, "pods_differ"));
    expect_verdict(verdict, DECISION_INCONCLUSIVE, "too_few_samples");
    cr_expect(not(verdict.has_forecast)); /* more events of these pods would not help */
}

/* Over the regions' mean the spread between pods counts as over all traffic. */
Test(dependence, strata_know_that_pods_differ)
{
    static const char *const regions[] = {"eu", "us"};
    static char dimension[] = "region";
    char *dimensions[] = {dimension};
    struct block_tables *filling = table_begin();
    for (unsigned i = 0; i < ARM_COUNT * PODS * BUCKETS * 2; i++) {
        unsigned pod = i / 2 / BUCKETS % PODS;
        uint64_t counts[KIND_CELLS];
        struct table_place place = {.arm = (enum arm)(i / 2 / BUCKETS / PODS),
                                    .pod = pod,
                                    .bucket = i / 2 % BUCKETS,
                                    .region = regions[i % 2]};
        arm_counts_fill(BLOCK_EVENTS, pod % 2 == 0 ? 0.2 : 0.4, counts);
        table_put(filling, &place, counts, KINDS, KINDS);
    }
    owned(block_tables) tables =
        table_end(filling, TABLE_START_MS, TABLE_START_MS + BUCKETS * MINUTE_MS);
    struct spec spec = default_spec();
    struct verdict pooled = judged(&spec, tables);
    spec.slices = dimensions;
    spec.slice_count = 1;
    struct verdict stratified = judged(&spec, tables);
    double of_mean = stratified.arms[ARM_CANARY].design_effect;
    cr_assert(gt(dbl, of_mean, 10.0));
    cr_expect(epsilon_eq(dbl, of_mean, pooled.arms[ARM_CANARY].design_effect, 0.1 * of_mean));
}

Test(dependence, shares_of_labels_that_differ_between_pods_count_too)
{
    struct block_tables *filling = table_begin();
    for (unsigned arm = 0; arm < ARM_COUNT; arm++) {
        for (unsigned pod = 0; pod < PODS; pod++) {
            uint64_t counts[2] = {pod % 2 == 0 ? 60 : 140, pod % 2 == 0 ? 140 : 60};
            for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
                struct table_place place = {.arm = (enum arm)arm, .pod = pod, .bucket = bucket};
                table_put_labels(filling, &place, counts, 2);
            }
        }
    }
    owned(block_tables) tables =
        table_end(filling, TABLE_START_MS, TABLE_START_MS + BUCKETS * MINUTE_MS);
    struct spec spec = default_spec();
    spec.judgement.design = DESIGN_SHIFT;
    struct verdict verdict = judged(&spec, tables);
    cr_expect(gt(dbl, verdict.arms[ARM_CANARY].design_effect, 150.0));
    cr_expect(warns(&verdict, "pods_differ"));
}

/* The canary's pods with odd numbers answer half of the keys otherwise than the stable arm. */
Test(dependence, pairs_of_pods_that_differ_count_too)
{
    struct block_tables *filling = table_begin();
    for (unsigned pod = 0; pod < PODS; pod++) {
        uint64_t swapped = pod % 2 == 0 ? 10 : 50;
        uint64_t counts[8] = {100 - swapped, 0, swapped, 0, 0, swapped, 0, 100 - swapped};
        for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
            struct table_place place = {.arm = ARM_CANARY, .pod = pod, .bucket = bucket};
            table_put_pairs(filling, &place, counts, 2, 2);
        }
    }
    owned(block_tables) tables =
        table_end(filling, TABLE_START_MS, TABLE_START_MS + BUCKETS * MINUTE_MS);
    struct spec spec = default_spec();
    spec.judgement.design = DESIGN_PAIRED;
    struct verdict verdict = judged(&spec, tables);
    cr_expect(gt(dbl, verdict.arms[ARM_CANARY].design_effect, 50.0));
    cr_expect(warns(&verdict, "pods_differ"));
}

Test(dependence, one_pod_shows_no_difference_between_pods)
{
    struct block_tables *filling = table_begin();
    uint64_t counts[KIND_CELLS];
    arm_counts_fill(1000, 0.3, counts);
    for (unsigned arm = 0; arm < ARM_COUNT; arm++) {
        table_spread(filling, &(struct table_place){.arm = (enum arm)arm}, 1, BUCKETS, counts,
                     KINDS, KINDS);
    }
    owned(block_tables) tables =
        table_end(filling, TABLE_START_MS, TABLE_START_MS + BUCKETS * MINUTE_MS);
    struct spec spec = default_spec();
    struct verdict verdict = judged(&spec, tables);
    cr_assert(eq(dbl, verdict.arms[ARM_CANARY].design_effect, 1.0));
    cr_assert(not(warns(&verdict, "pods_differ")));
}

/* 40 pairs of blocks, one all right and one all wrong: 250 effective samples at a deff of about 2.
 */
Test(dependence, bursts_ask_for_300_effective_samples)
{
    struct spec spec = default_spec();
    spec.judgement.min_samples = 50;
    struct verdict verdicts[2];
    for (unsigned many = 0; many < 2; many++) {
        unsigned buckets = many == 0 ? 40 : 200;
        struct block_tables *filling = table_begin();
        for (unsigned arm = 0; arm < ARM_COUNT; arm++) {
            for (unsigned block = 0; block < buckets; block++) {
                struct table_place place = {.arm = (enum arm)arm, .bucket = block};
                uint64_t counts[KIND_CELLS];
                arm_counts_fill(25, block % 2 == 0 ? 0.0 : 0.6, counts);
                table_put(filling, &place, counts, KINDS, KINDS);
            }
        }
        owned(block_tables) tables =
            table_end(filling, TABLE_START_MS, TABLE_START_MS + buckets * MINUTE_MS);
        verdicts[many] = judged(&spec, tables);
    }
    double few = (double)verdicts[0].arms[0].samples / verdicts[0].arms[0].design_effect;
    cr_assert(gt(dbl, verdicts[0].arms[0].design_effect, 1.5));
    cr_assert(lt(dbl, few, 300.0));
    cr_assert(gt(dbl, few, 50.0));
    cr_assert(eq(str, (char *)verdicts[0].reason, "too_few_samples"));
    double many = (double)verdicts[1].arms[0].samples / verdicts[1].arms[0].design_effect;
    cr_assert(gt(dbl, many, 300.0));
    cr_assert(ne(str, (char *)verdicts[1].reason, "too_few_samples"));
}
