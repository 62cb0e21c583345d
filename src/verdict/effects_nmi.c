#include "agreement/part_influence.h"
#include "verdict/effects_of.h"
#include "verdict/measure.h"

#include <math.h>
#include <string.h>

/* Below this normalizer two unseen keys would cost more than the whole score. */
static const double least_normalizer = 0.1;

struct effects_nmi {
    struct measured arms[ARM_COUNT];
    bool is_measured[ARM_COUNT];
    struct parts *whole[ARM_COUNT]; /* at their own sizes */
    struct part_influence *influence[ARM_COUNT];
};

void effects_nmi_destroy(struct effects_nmi *nmi)
{
    if (!nmi) {
        return;
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        part_influence_destroy(nmi->influence[arm]);
        parts_destroy(nmi->whole[arm]);
        if (nmi->is_measured[arm]) {
            measured_clear(&nmi->arms[arm]);
        }
    }
    memory_free(nmi);
}

/* ---- the contributions ----------------------------------------------------------------------- */

/*
 * What an arm's labels contribute to its bias correction is added to `corrections`: the way from
 * half the size, taken as often as makes up the gap by which the estimate was corrected.
 */
static enum serin_status arm_correct(const struct effects *effects, enum arm arm,
                                     const struct parts *at_size, uint64_t size,
                                     double *corrections)
{
    size_t labels = effects->counts->columns;
    double gap = effects->evidence->arms[arm].gap;
    double whole = 0.0;
    owned(parts) at_half = NULL;
    owned_memory double *ways = memory_allocate(labels + 1, sizeof(*ways));
    if (!ways) {
        return SERIN_NO_MEMORY;
    }
    TRY(parts_create(&effects->nmi->arms[arm], size / 2, &at_half));
    parts_attribute_sizes(at_half, at_size, 1.0, ways);
    for (size_t j = 0; j < labels; j++) {
        whole += ways[j];
    }
    double weight = whole != 0.0 ? gap / whole : 0.0;
    for (size_t j = 0; j < labels; j++) {
        corrections[j] += arm == ARM_CANARY ? -weight * ways[j] : weight * ways[j];
    }
    return SERIN_OK;
}

static enum serin_status contributions_fill(struct effects *effects)
{
    const struct measured *arms = effects->nmi->arms;
    uint64_t size = arms[ARM_CANARY].margins.total < arms[ARM_STABLE].margins.total
                        ? arms[ARM_CANARY].margins.total
                        : arms[ARM_STABLE].margins.total;
    owned(parts) canary = NULL;
    owned(parts) stable = NULL;
    TRY(parts_create(&arms[ARM_CANARY], size, &canary));
    TRY(parts_create(&arms[ARM_STABLE], size, &stable));
    TRY(arm_correct(effects, ARM_CANARY, canary, size, effects->doubts));
    TRY(arm_correct(effects, ARM_STABLE, stable, size, effects->doubts));
    memcpy(effects->values, effects->doubts, effects->counts->columns * sizeof(double));
    parts_attribute(stable, canary, 1.0, effects->values);
    for (size_t j = 0; j < effects->counts->columns; j++) {
        effects->doubts[j] = 0.5 * fabs(effects->doubts[j]);
    }
    return SERIN_OK;
}

static enum serin_status arms_measure(struct effects *effects)
{
    struct effects_nmi *nmi = effects->nmi;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct serin_table table = counts_table(effects->counts, (enum arm)arm);
        nmi->is_measured[arm] = true;
        TRY(measured_init_defined(&nmi->arms[arm], &table,
                                  effects->evidence->judgement->normalizer));
        TRY(parts_create(&nmi->arms[arm], nmi->arms[arm].margins.total, &nmi->whole[arm]));
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        TRY(part_influence_create(&nmi->arms[arm], arm == ARM_CANARY ? WAY_FINISH : WAY_START,
                                  nmi->whole[ARM_STABLE], nmi->whole[ARM_CANARY],
                                  &nmi->influence[arm]));
    }
    return SERIN_OK;
}

enum serin_status effects_nmi_fill(struct effects *effects, struct serin_error *err)
{
    effects->nmi = memory_allocate(1, sizeof(*effects->nmi));
    if (!effects->nmi) {
        return serin_fail(err, SERIN_NO_MEMORY, "the labels' contributions");
    }
    bool defined = false;
    TRY(measured(arms_measure(effects), "the parts of an arm", &defined, err));
    effects->defined = defined;
    return defined
               ? measured(contributions_fill(effects), "the labels' contributions", &defined, err)
               : SERIN_OK;
}

/* ---- their variances ------------------------------------------------------------------------- */

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

/* Takes what `single` holds as the influence of each of `events` events out of `total`. */
static void spread_observe(struct spread *spread, uint64_t events, double total)
{
    double share = (double)events / total;
    for (size_t k = 0; k < spread->count; k++) {
        spread->sums[k] += share * spread->single[k];
        spread->events[k] += share / total * spread->single[k] * spread->single[k];
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

static enum serin_status arm_variances(const struct effects *effects, enum arm arm,
                                       const size_t *columns, size_t count, double *out)
{
    const struct arm_counts *counts = &effects->counts->arms[arm];
    const struct part_influence *influence = effects->nmi->influence[arm];
    double total = (double)effects->nmi->arms[arm].margins.total;
    spread_scope spread = {0};
    TRY(spread_create(columns, count, &spread));
    bool has_events = false;
    for (size_t i = 0; i < counts->cell_count; i++) {
        const struct serin_block_cell *cell = &counts->cells[i];
        if (cell->row != SERIN_NO_REFERENCE && cell->count > 0) {
            part_influence_add(influence, cell->row, cell->column, 1.0, columns, count,
                               spread.single);
            spread_observe(&spread, cell->count, total);
            has_events = true;
        }
        bool is_last = i + 1 == counts->cell_count || cell[1].block != cell->block;
        if (is_last && has_events) {
            spread_end_block(&spread);
            has_events = false;
        }
    }
    spread_add(&spread, effects->evidence->blocks_known, &effects->evidence->arms[arm], out);
    return SERIN_OK;
}

/* Variance of two adverse keys not yet seen, as in serin/paired.h. */
static double unseen_keys_variance(const struct measured *stable)
{
    double total = (double)stable->margins.total;
    double move = (log(total) + 1.0) / (fmax(stable->mean, least_normalizer) * total);
    return 2.0 * move * move;
}

static void key_observe(const struct effects *effects, const struct serin_triple *key,
                        struct spread *spread)
{
    const struct effects_nmi *nmi = effects->nmi;
    size_t row = effects->evidence->is_agreement ? key->stable : key->row;
    part_influence_add(nmi->influence[ARM_CANARY], row, key->canary, 1.0, spread->columns,
                       spread->count, spread->single);
    part_influence_add(nmi->influence[ARM_STABLE], row, key->stable, 1.0, spread->columns,
                       spread->count, spread->single);
    spread_observe(spread, key->count, (double)nmi->arms[ARM_STABLE].margins.total);
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
    for (size_t k = 0; k < count; k++) {
        out[k] += unseen_keys_variance(&effects->nmi->arms[ARM_STABLE]);
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
