#include "verdict/one_pod_strata.h"

#include "serin/leave_out.h"
#include "verdict/measure.h"
#include "verdict/pod_driver.h"

/* What leaving a pod out does, added up over the strata by their weights. */
struct pod_sums {
    size_t first_block;
    bool is_compared;  /* some event of it has a reference */
    double change;     /* of the arm's NMI in strata that other pods serve too … */
    double variance;   /* … if pods are alike */
    double lost;       /* weight of strata that are the pod's alone … */
    double lost_delta; /* … their part of delta … */
    double lost_variance;
};

/* One arm's pods. */
struct search {
    const struct slice_question *question;
    enum arm arm;
    uint32_t *pods; /* by block */
    struct pod_sums *sums;
    size_t count;    /* of pods */
    double delta;    /* of all strata, and … */
    double variance; /* … its variance, if pods are alike */
};

static void search_clear(struct search *search)
{
    memory_free(search->pods);
    memory_free(search->sums);
}
#define search_scope __attribute__((cleanup(search_clear))) struct search

static enum serin_status search_begin(struct search *search)
{
    const struct block_tables *tables = search->question->tables;
    size_t blocks = block_tables_block_count(tables, search->arm);
    search->pods = memory_allocate(blocks + 1, sizeof(*search->pods));
    search->sums = memory_allocate(blocks + 1, sizeof(*search->sums));
    if (!search->pods || !search->sums) {
        return SERIN_NO_MEMORY;
    }
    block_tables_block_pods(tables, search->arm, search->pods);
    for (size_t block = blocks; block-- > 0;) {
        search->sums[search->pods[block]].first_block = block;
    }
    search->count = blocks > 0 ? (size_t)search->pods[blocks - 1] + 1 : 0;
    return SERIN_OK;
}

static void pod_add(const struct search *search, const struct evidence *stratum, double share,
                    const struct serin_left_out *pod)
{
    struct pod_sums *sums = &search->sums[pod->block];
    sums->is_compared = true;
    if (pod->events >= stratum->arms[search->arm].result.samples) {
        sums->lost += share;
        sums->lost_delta += share * stratum->delta.value;
        sums->lost_variance += share * share * pods_alike_variance(stratum);
        return;
    }
    struct pod_effect effect = pod_effect_of(stratum, search->arm, pod);
    sums->change += share * effect.change;
    sums->variance += share * share * effect.variance;
}

/* A stratum's cells with pods for blocks, each pod left out in turn. */
static enum serin_status stratum_add(struct search *search, const struct slice_result *stratum,
                                     double share, struct serin_error *err)
{
    const struct slice_events *from = &stratum->arms[search->arm];
    const struct grouping *grouping = search->question->grouping;
    owned_memory struct serin_block_cell *cells = memory_allocate(from->count + 1, sizeof(*cells));
    owned_memory struct serin_left_out *left_out =
        memory_allocate(search->count + 1, sizeof(*left_out));
    if (!cells || !left_out) {
        return serin_fail(err, SERIN_NO_MEMORY, "the pods of a stratum");
    }
    for (size_t i = 0; i < from->count; i++) {
        cells[i] = from->cells[i];
        cells[i].block = search->pods[cells[i].block];
    }
    struct serin_blocks blocks = {cells, from->count, grouping->rows.count,
                                  grouping->columns.count};
    size_t count = 0;
    bool defined = false;
    TRY(measured(
        serin_leave_out(&blocks, search->question->spec->judgement.normalizer, left_out, &count),
        "a stratum without each of its pods", &defined, err));
    for (size_t i = 0; i < count; i++) {
        pod_add(search, &stratum->evidence, share, &left_out[i]);
    }
    search->delta += share * stratum->evidence.delta.value;
    search->variance += share * share * pods_alike_variance(&stratum->evidence);
    return SERIN_OK;
}

static void pod_take(const struct search *search, const struct pod_sums *sums,
                     struct evidence *evidence)
{
    double kept = 1.0 - sums->lost;
    double sign = search->arm == ARM_CANARY ? 1.0 : -1.0;
    double without = (search->delta - sums->lost_delta + sign * sums->change) / kept;
    double grown = sums->lost / kept;
    double variance = sums->variance / (kept * kept) + sums->lost_variance +
                      grown * grown * (search->variance - sums->lost_variance);
    struct text_view pod =
        block_tables_block(search->question->tables, search->arm, sums->first_block).pod;
    pod_driver_take(evidence, search->arm, pod, without - search->delta, variance,
                    &evidence->driver);
}

static void search_end(const struct search *search, struct evidence *evidence)
{
    size_t compared = 0;
    for (size_t pod = 0; pod < search->count; pod++) {
        compared += search->sums[pod].is_compared;
    }
    for (size_t pod = 0; compared >= PODS_LEAST && pod < search->count; pod++) {
        if (search->sums[pod].is_compared) {
            pod_take(search, &search->sums[pod], evidence);
        }
    }
}

enum serin_status one_pod_find_in_strata(const struct slice_question *question,
                                         const struct strata *strata, struct evidence *evidence,
                                         struct serin_error *err)
{
    for (size_t arm = 0; evidence->blocks_known && arm < ARM_COUNT; arm++) {
        search_scope search = {.question = question, .arm = (enum arm)arm};
        if (search_begin(&search) != SERIN_OK) {
            return serin_fail(err, SERIN_NO_MEMORY, "the pods of the strata");
        }
        for (size_t i = 0; i < strata_count(strata); i++) {
            TRY(stratum_add(&search, strata_at(strata, i), strata_share(strata, i), err));
        }
        search_end(&search, evidence);
    }
    return SERIN_OK;
}
