#include "agreement/arm.h"

#include "agreement/blocks.h"
#include "agreement/exact_sum.h"
#include "agreement/jackknife.h"
#include "agreement/rarefaction.h"
#include "agreement/smoothed.h"
#include "agreement/student.h"
#include "base/memory.h"

#include <math.h>

/* Where logit limits start from is kept this far off the ends, where their slope is infinite. */
static const double lowest_logit_start = 1e-4;
static const double highest_logit_start = 1.0 - 1e-9;

/* A normalizer below this would let a single unseen event cost more than the whole score. */
static const double least_normalizer = 0.1;

/* Expected number of cells seen exactly once among `size` events: Σ x q (1−q)^(x−1), q = size/n. */
static double expected_singletons(const struct measured *measured, uint64_t size)
{
    const struct serin_table *table = &measured->table;
    double share = (double)size / (double)measured->margins.total;
    double ln_missed = size < measured->margins.total ? log1p(-share) : -INFINITY;
    struct exact_sum sum = {0};
    for (size_t k = 0; k < table->rows * table->columns; k++) {
        uint64_t cell = table->counts[k];
        if (cell == 1) {
            exact_sum_add(&sum, share);
        } else if (cell > 1) {
            exact_sum_add(&sum, (double)cell * share * exp((double)(cell - 1) * ln_missed));
        }
    }
    return exact_sum_value(&sum);
}

static double clamp(double value, double lowest, double highest)
{
    return fmin(highest, fmax(lowest, value));
}

enum serin_status arm_describe(const struct measured *measured, uint64_t size,
                               const struct serin_design_effect *effect, struct serin_arm *out)
{
    uint64_t total = measured->margins.total;
    size = size == 0 || size > total ? total : size;
    if (size < 2) {
        return SERIN_UNDEFINED;
    }
    double deleted = 0.0;
    struct smoothed smoothed;
    TRY(jackknife_variance(measured, &deleted));
    TRY(smoothed_of(measured, &smoothed));
    double at_size = rarefied_nmi(measured, size);
    double at_half = rarefied_nmi(measured, size / 2);
    double dependence = 1.0 + (bias_deff_of(effect) - 1.0) * ((double)size / (double)total);
    double gap = (at_half - at_size) * dependence;
    *out = (struct serin_arm){
        .samples = total,
        .size = size,
        .plugin = measured->nmi,
        .at_size = at_size,
        .gap = gap,
        .nmi = clamp(at_size - gap, 0.0, 1.0),
        .shift = smoothed.nmi - measured->nmi,
        .se = sqrt(effect->deff) * fmax(sqrt(deleted), smoothed.standard_error),
        .deff = effect->deff,
        .singletons = expected_singletons(measured, size),
    };
    return SERIN_OK;
}

struct limits arm_logit_limits(const struct serin_arm *arm, double z)
{
    double start = clamp(arm->nmi + arm->shift, lowest_logit_start, highest_logit_start);
    double logit = log(start / (1.0 - start));
    double half_width = z * arm->se / (start * (1.0 - start));
    struct limits limits = {
        .lower = fmin(arm->nmi, 1.0 / (1.0 + exp(half_width - logit))),
        .upper = fmax(arm->nmi, 1.0 / (1.0 + exp(-half_width - logit))),
    };
    return limits;
}

double arm_divisor(const struct measured *measured)
{
    return fmax(measured->mean, least_normalizer);
}

double arm_unseen_cost(const struct measured *measured, size_t rows, size_t columns)
{
    double possible = (double)rows * (double)columns;
    double occupied = (double)measured_cells(measured);
    return log(possible / occupied) / arm_divisor(measured);
}

double arm_spread_cost(const struct measured *measured, size_t rows, size_t columns,
                       double singletons)
{
    double empty = (double)rows * (double)columns - (double)measured_cells(measured);
    return log1p(empty / fmax(1.0, singletons)) / arm_divisor(measured);
}

static enum serin_status check_deff(double deff)
{
    return isfinite(deff) && deff >= 1.0 ? SERIN_OK : SERIN_INVALID;
}

enum serin_status serin_arm(const struct serin_table *table, enum serin_normalizer normalizer,
                            uint64_t size, double deff, struct serin_arm *out)
{
    TRY(check_deff(deff));
    measured_scope measured;
    TRY(measured_init_defined(&measured, table, normalizer));
    const struct serin_design_effect effect = {.deff = deff};
    return arm_describe(&measured, size, &effect, out);
}

static struct limits wider(struct limits limits, double estimate, double half_width)
{
    limits.lower = fmin(limits.lower, estimate - half_width);
    limits.upper = fmax(limits.upper, estimate + half_width);
    return limits;
}

static enum serin_status choose_critical_value(const struct serin_confidence *confidence,
                                               const struct serin_design_effect *effect,
                                               struct serin_arm_interval *interval)
{
    double size = (double)interval->arm.samples / effect->deff;
    TRY(serin_critical_value(confidence, size, &interval->z));
    if (effect->blocks >= 2) {
        interval->df = design_effect_df(effect);
        interval->z = student_critical(interval->z, interval->df);
    }
    return SERIN_OK;
}

enum serin_status serin_arm_interval(const struct serin_table *table,
                                     enum serin_normalizer normalizer,
                                     const struct serin_confidence *confidence,
                                     const struct serin_design_effect *effect,
                                     struct serin_arm_interval *out)
{
    TRY(check_deff(effect->deff));
    measured_scope measured;
    TRY(measured_init_defined(&measured, table, normalizer));
    struct serin_arm_interval interval = {.df = 0.0};
    struct serin_arm *arm = &interval.arm;
    TRY(arm_describe(&measured, 0, effect, arm));
    TRY(choose_critical_value(confidence, effect, &interval));
    struct limits limits = wider(arm_logit_limits(arm, interval.z), arm->nmi, interval.z * arm->se);
    double unseen = arm_unseen_cost(&measured, measured.margins.occupied_rows,
                                    measured.margins.occupied_columns) *
                    arm->singletons / (double)arm->size;
    interval.lower = fmax(0.0, limits.lower - unseen);
    interval.upper = fmin(1.0, limits.upper);
    *out = interval;
    return SERIN_OK;
}
