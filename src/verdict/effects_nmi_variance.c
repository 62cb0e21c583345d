#include "verdict/effects_nmi.h"

#include "agreement/pairing.h"

#include <math.h>

/* Sums of influences over a block, and of their squares over all blocks, by label. */
struct spread {
    const size_t *columns;
    size_t count;
    double *sums;
    double *single; /* of one cell */
    double *blocks;
    double *events;
    size_t block_count;
};

static enum serin_status spread_create(const size_t *columns, size_t count, struct spread *out)
{
    double *room = memory_allocate(4 * count + 1, sizeof(*room));
    if (!room) {
        return SERIN_NO_MEMORY;
    }
    *out = (struct spread){.columns = columns,
                           .count = count,
                           .sums = room,
                           .single = room + count,
                           .blocks = room + 2 * count,
                           .events = room + 3 * count};
    return SERIN_OK;
}

static void spread_clear(struct spread *spread)
{
    memory_free(spread->sums);
}
#define spread_scope __attribute__((cleanup(spread_clear))) struct spread

/* Takes what `single` holds as the influence of each of some events of this weight. */
static void spread_observe(struct spread *spread, uint64_t events, double weight)
{
    double all = (double)events * weight;
    for (size_t k = 0; k < spread->count; k++) {
        spread->sums[k] += all * spread->single[k];
        spread->events[k] += all * weight * spread->single[k] * spread->single[k];
        spread->single[k] = 0.0;
    }
}

static void spread_end_block(struct spread *spread)
{
    for (size_t k = 0; k < spread->count; k++) {
        spread->blocks[k] += spread->sums[k] * spread->sums[k];
        spread->sums[k] = 0.0;
    }
    spread->block_count++;
}

/* How much more an arm's pods differ than their blocks do. */
static double pods_factor(const struct arm_evidence *arm)
{
    double within = arm->within_pods;
    return within >= 1.0 ? fmax(1.0, arm->result.design_effect / within) : 1.0;
}

/* Adds the larger of B/(B−1) Σ s² over blocks and the variance of independent events. */
static void spread_add(const struct spread *spread, bool blocks_known,
                       const struct arm_evidence *arm, double *out)
{
    double factor = pods_factor(arm);
    double blocks = (double)spread->block_count;
    for (size_t k = 0; k < spread->count; k++) {
        double variance = spread->events[k];
        if (blocks_known && spread->block_count > 1) {
            variance = fmax(variance, blocks / (blocks - 1.0) * spread->blocks[k]);
        }
        out[k] += factor * variance;
    }
}

/* The lowest block that a stratum has not been read to the end of; false: all are. */
static bool next_block(const struct effects_nmi *nmi, enum arm arm, const size_t *read,
                       uint32_t *out)
{
    bool found = false;
    for (size_t i = 0; i < nmi->count; i++) {
        struct cell_view events = nmi->strata[i].events[arm];
        if (read[i] < events.count && (!found || events.cells[read[i]].block < *out)) {
            *out = events.cells[read[i]].block;
            found = true;
        }
    }
    return found;
}

/* Takes in a stratum's events in a block; whether there are any. */
static bool block_observe(const struct stratum_parts *stratum, enum arm arm, uint32_t block,
                          size_t *read, struct spread *spread)
{
    struct cell_view events = stratum->events[arm];
    double weight = stratum->share / (double)stratum->arms[arm].margins.total;
    bool has_events = false;
    for (; *read < events.count && events.cells[*read].block == block; (*read)++) {
        const struct serin_block_cell *cell = &events.cells[*read];
        if (cell->row != SERIN_NO_REFERENCE && cell->count > 0) {
            part_influence_add(stratum->influence[arm], cell->row, cell->column, 1.0,
                               spread->columns, spread->count, spread->single);
            spread_observe(spread, cell->count, weight);
            has_events = true;
        }
    }
    return has_events;
}

/* A block's events fall into several strata, and depend on each other in all of them. */
static enum serin_status arm_variances(const struct effects *effects, enum arm arm,
                                       const size_t *columns, size_t count, double *out)
{
    const struct effects_nmi *nmi = effects->nmi;
    owned_memory size_t *read = memory_allocate(nmi->count, sizeof(*read));
    spread_scope spread = {0};
    if (!read) {
        return SERIN_NO_MEMORY;
    }
    TRY(spread_create(columns, count, &spread));
    for (uint32_t block = 0; next_block(nmi, arm, read, &block);) {
        bool has_events = false;
        for (size_t i = 0; i < nmi->count; i++) {
            has_events |= block_observe(&nmi->strata[i], arm, block, &read[i], &spread);
        }
        if (has_events) {
            spread_end_block(&spread);
        }
    }
    spread_add(&spread, effects->evidence->blocks_known, &effects->evidence->arms[arm], out);
    return SERIN_OK;
}

static void key_observe(const struct effects *effects, const struct serin_triple *key,
                        struct spread *spread)
{
    const struct stratum_parts *whole = effects->nmi->strata; /* pairs have no strata */
    size_t row = effects->evidence->is_agreement ? key->stable : key->row;
    part_influence_add(whole->influence[ARM_CANARY], row, key->canary, 1.0, spread->columns,
                       spread->count, spread->single);
    part_influence_add(whole->influence[ARM_STABLE], row, key->stable, 1.0, spread->columns,
                       spread->count, spread->single);
    spread_observe(spread, key->count, 1.0 / (double)whole->arms[ARM_STABLE].margins.total);
}

static enum serin_status key_variances(const struct effects *effects, const size_t *columns,
                                       size_t count, double *out)
{
    const struct counts *counts = effects->counts;
    bool needs_reference = !effects->evidence->is_agreement;
    spread_scope spread = {0};
    TRY(spread_create(columns, count, &spread));
    bool has_keys = false;
    for (size_t i = 0; i < counts->triple_count; i++) {
        const struct serin_triple *key = &counts->triples[i];
        if (key->count > 0 && (key->row != SERIN_NO_REFERENCE || !needs_reference)) {
            key_observe(effects, key, &spread);
            has_keys = true;
        }
        bool is_last = i + 1 == counts->triple_count || key[1].block != key->block;
        if (is_last && has_keys) {
            spread_end_block(&spread);
            has_keys = false;
        }
    }
    spread_add(&spread, effects->evidence->blocks_known, &effects->evidence->arms[ARM_CANARY], out);
    double unseen = pairing_unseen_variance(&effects->nmi->strata->arms[ARM_STABLE]);
    for (size_t k = 0; k < count; k++) {
        out[k] += unseen;
    }
    return SERIN_OK;
}

enum serin_status effects_nmi_variances(const struct effects *effects, const size_t *columns,
                                        size_t count, double *out, struct serin_error *err)
{
    bool is_paired = effects->evidence->judgement->design == DESIGN_PAIRED &&
                     !effects->counts->has_self_pairs; /* these are the stable arm's own sample */
    enum serin_status status = is_paired ? key_variances(effects, columns, count, out)
                                         : arm_variances(effects, ARM_CANARY, columns, count, out);
    if (status == SERIN_OK && !is_paired) {
        status = arm_variances(effects, ARM_STABLE, columns, count, out);
    }
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the intervals of the contributions");
}
