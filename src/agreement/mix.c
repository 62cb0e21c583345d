#include "agreement/anytime.h"
#include "agreement/exact_sum.h"
#include "base/memory.h"
#include "serin/sample_ratio.h"
#include "serin/table.h"

#include <math.h>

/* One kind of events in one arm. */
struct kind {
    uint64_t events;
    uint64_t block; /* of the block at hand */
    double squares; /* Σ over blocks x² */
    double cross;   /* Σ over blocks x m, m the block's events */
};

struct arm_mix {
    struct kind *kinds;
    uint64_t total;
    size_t blocks;
    double squares; /* Σ over blocks m² */
};

/* Adds the block that starts at `start`; returns where the next one does. */
static size_t add_block(const struct serin_blocks *blocks, size_t start, struct arm_mix *arm)
{
    const struct serin_block_cell *cells = blocks->cells;
    uint64_t total = 0;
    size_t end = start;
    for (; end < blocks->count && cells[end].block == cells[start].block; end++) {
        arm->kinds[cells[end].column].block += cells[end].count;
        total += cells[end].count;
    }
    for (size_t k = start; k < end; k++) {
        struct kind *kind = &arm->kinds[cells[k].column];
        double events = (double)kind->block;
        kind->events += kind->block;
        kind->squares += events * events;
        kind->cross += events * (double)total;
        kind->block = 0;
    }
    arm->total += total;
    arm->squares += (double)total * (double)total;
    arm->blocks += total > 0;
    return end;
}

static enum serin_status check(const struct serin_blocks *blocks)
{
    uint64_t total = 0;
    for (size_t k = 0; k < blocks->count; k++) {
        const struct serin_block_cell *cell = &blocks->cells[k];
        bool in_order = k == 0 || blocks->cells[k - 1].block <= cell->block;
        if (!in_order || cell->column >= blocks->columns) {
            return SERIN_INVALID;
        }
        if (cell->count > SERIN_TOTAL_MAX - total) {
            return SERIN_RANGE;
        }
        total += cell->count;
    }
    return total > 0 ? SERIN_OK : SERIN_UNDEFINED;
}

static enum serin_status arm_init(const struct serin_blocks *blocks, struct arm_mix *out)
{
    TRY(check(blocks));
    out->kinds = memory_allocate(blocks->columns, sizeof(*out->kinds));
    if (!out->kinds) {
        return SERIN_NO_MEMORY;
    }
    for (size_t k = 0; k < blocks->count;) {
        k = add_block(blocks, k, out);
    }
    return SERIN_OK;
}

/*
 * The design effect of a kind's share: Σ (x − p m)² between blocks against n p (1 − p), taken apart
 * so that blocks without the kind cost nothing.
 */
static double design_effect(const struct arm_mix *arm, const struct kind *kind)
{
    double total = (double)arm->total;
    double share = (double)kind->events / total;
    double independent = total * share * (1.0 - share);
    if (arm->blocks < 2 || independent <= 0.0) {
        return 1.0;
    }
    double spread = kind->squares - 2.0 * share * kind->cross + share * share * arm->squares;
    double blocks = (double)arm->blocks;
    return fmax(1.0, blocks / (blocks - 1.0) * spread / independent);
}

/* One kind's shares in both arms. */
struct contrast {
    double square; /* of their difference over its standard error, as a normal one */
    double weight; /* of what is known of the relative error against what is expected of it */
    double deff;
};

/* Satterthwaite's degrees of freedom; 0: no blocks, so nothing was estimated. */
static double freedom(const struct arm_mix arms[2], const double variances[2])
{
    double sum = 0.0;
    for (size_t arm = 0; arm < 2; arm++) {
        if (arms[arm].blocks >= 2) {
            sum += variances[arm] * variances[arm] / ((double)arms[arm].blocks - 1.0);
        }
    }
    double all = variances[0] + variances[1];
    return sum > 0.0 ? all * all / sum : 0.0;
}

/*
 * The larger of both arms' effects on a kind: bursts are the traffic's, and an arm that has met few
 * of a rare kind's has too few to tell how long they are, or none at all.
 */
static double common_effect(const struct arm_mix arms[2], size_t column)
{
    return fmax(design_effect(&arms[0], &arms[0].kinds[column]),
                design_effect(&arms[1], &arms[1].kinds[column]));
}

static bool contrast_of(const struct arm_mix arms[2], size_t column, struct contrast *out)
{
    double shares[2];
    double sizes[2];
    double variances[2];
    double deff = common_effect(arms, column);
    for (size_t arm = 0; arm < 2; arm++) {
        shares[arm] = (double)arms[arm].kinds[column].events / (double)arms[arm].total;
        sizes[arm] = (double)arms[arm].total / deff;
    }
    double share = (shares[0] * sizes[0] + shares[1] * sizes[1]) / (sizes[0] + sizes[1]);
    if (!(share > 0.0 && share < 1.0)) {
        return false;
    }
    variances[0] = share * (1.0 - share) / sizes[0];
    variances[1] = share * (1.0 - share) / sizes[1];
    double difference = shares[0] - shares[1];
    double square = difference * difference / (variances[0] + variances[1]);
    double df = freedom(arms, variances);
    double expected = anytime_relative_error * fmin(share, 1.0 - share);
    *out = (struct contrast){
        .square = df > 0.0 ? anytime_normal_square(square, df) : square,
        .weight = expected * expected / (variances[0] + variances[1]),
        .deff = deff,
    };
    return true;
}

/* ln of ∫ N(d; θ, v) N(θ; 0, w v) dθ / N(d; 0, v). */
static double log_mixture(const struct contrast *contrast)
{
    double weight = contrast->weight;
    return 0.5 * (contrast->square * weight / (1.0 + weight) - log1p(weight));
}

/* The mean of the kinds' ratios, taken at the largest so that nothing overflows. */
static void average(const struct arm_mix arms[2], size_t columns, double *logs,
                    struct serin_anytime_test *out)
{
    size_t kinds = 0;
    double largest = 0.0;
    double deff = 1.0;
    for (size_t j = 0; j < columns; j++) {
        struct contrast contrast;
        if (contrast_of(arms, j, &contrast)) {
            logs[kinds] = log_mixture(&contrast);
            if (kinds == 0 || logs[kinds] > largest) {
                largest = logs[kinds];
                deff = contrast.deff;
            }
            kinds++;
        }
    }
    struct exact_sum sum = {0};
    for (size_t i = 0; i < kinds; i++) {
        exact_sum_add(&sum, exp(logs[i] - largest));
    }
    double log_evidence = kinds > 0 ? largest + log(exact_sum_value(&sum) / (double)kinds) : 0.0;
    *out = (struct serin_anytime_test){
        .log_evidence = log_evidence,
        .p_value = anytime_p_value(log_evidence),
        .deff = deff,
    };
}

static enum serin_status compare(const struct serin_blocks *canary,
                                 const struct serin_blocks *stable, struct arm_mix arms[2],
                                 struct serin_anytime_test *out)
{
    TRY(arm_init(canary, &arms[0]));
    TRY(arm_init(stable, &arms[1]));
    owned_memory double *logs = memory_allocate(canary->columns, sizeof(*logs));
    if (!logs) {
        return SERIN_NO_MEMORY;
    }
    average(arms, canary->columns, logs, out);
    return SERIN_OK;
}

enum serin_status serin_mix_anytime(const struct serin_blocks *canary,
                                    const struct serin_blocks *stable,
                                    struct serin_anytime_test *out)
{
    struct arm_mix arms[2] = {{0}, {0}};
    if (canary->columns != stable->columns) {
        return SERIN_INVALID;
    }
    enum serin_status status = compare(canary, stable, arms, out);
    memory_free(arms[0].kinds);
    memory_free(arms[1].kinds);
    return status;
}
