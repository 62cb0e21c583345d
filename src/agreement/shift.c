#include "serin/shift.h"

#include "agreement/blocks.h"
#include "agreement/chi_square.h"
#include "agreement/divergence.h"
#include "agreement/exact_sum.h"
#include "agreement/influence.h"
#include "agreement/measured.h"
#include "agreement/normal.h"
#include "agreement/student.h"
#include "agreement/welch.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The part of the bias correction that is kept as doubt on either side. */
static const double doubt = 0.25;

static bool is_effect(const struct serin_design_effect *effect)
{
    return isfinite(effect->deff) && effect->deff >= 1.0;
}

/* The two arms as a table of arm × label, its counts owned by the caller. */
static enum serin_status stack(const struct serin_shift_input *input, uint64_t **out)
{
    size_t cells = 0;
    if (__builtin_mul_overflow(input->labels, 2, &cells)) {
        return SERIN_INVALID;
    }
    uint64_t *counts = memory_allocate(cells, sizeof(*counts));
    if (!counts) {
        return SERIN_NO_MEMORY;
    }
    if (input->labels > 0) {
        memcpy(counts, input->canary, input->labels * sizeof(*counts));
        memcpy(counts + input->labels, input->stable, input->labels * sizeof(*counts));
    }
    *out = counts;
    return SERIN_OK;
}

/* Variances of the label shares, up to a common factor, and their sum beside independent events'.
 */
struct spread {
    double canary;
    double stable;
    double inflation;
};

static struct spread spread_of(const struct serin_shift_input *input,
                               const struct serin_shift *result)
{
    double canary = input->canary_effect.deff / (double)result->canary_samples;
    double stable = input->stable_effect.deff / (double)result->stable_samples;
    double independent =
        1.0 / (double)result->canary_samples + 1.0 / (double)result->stable_samples;
    return (struct spread){canary, stable, (canary + stable) / independent};
}

static enum serin_status choose_critical_value(const struct serin_shift_input *input,
                                               const struct spread *spread,
                                               struct serin_shift *result)
{
    result->size = 1.0 / (spread->canary + spread->stable);
    TRY(serin_critical_value(&input->confidence, result->size, &result->z));
    if (input->canary_effect.blocks >= 2 && input->stable_effect.blocks >= 2) {
        result->df = welch_df(spread->canary, design_effect_df(&input->canary_effect),
                              spread->stable, design_effect_df(&input->stable_effect));
        result->z = student_critical(result->z, result->df);
    }
    return SERIN_OK;
}

/* Arm and label at the traffic as it is: one look, independent events. */
static enum serin_status test_homogeneity(const struct measured *arms, double level,
                                          double inflation, struct serin_shift *result)
{
    double total = (double)arms->margins.total;
    double degrees = (double)(result->labels - 1);
    double half_alpha = (1.0 - level) / 2.0;
    double mutual = arms->entropies.mutual_information;
    double variance = 0.0;
    TRY(influence_variance(arms, &variance));
    result->mutual_information = mutual;
    result->corrected_mutual_information = fmax(0.0, mutual - degrees / (2.0 * total));
    result->nmi = arms->nmi;
    result->degrees = result->labels - 1;
    result->g = 2.0 * total * mutual;
    result->p_value = chi_square_upper(result->g, degrees);
    result->p_value_adjusted = chi_square_upper(result->g / inflation, degrees);
    result->noncentrality_upper = noncentrality_quantile(result->g, degrees, half_alpha);
    result->upper_mutual_information = result->noncentrality_upper / (2.0 * total);
    double wald = result->nmi + normal_upper_quantile(half_alpha) * sqrt(variance / total);
    double upper = fmax(result->upper_mutual_information / arms->mean, wald);
    result->nmi_upper = fmin(1.0, upper);
    return SERIN_OK;
}

/*
 * When the arms are nearly alike, 8 n J follows a noncentral chi-square law whose noncentrality is
 * 8 n times the true divergence; when they are far apart, the estimate is nearly normal. Each side
 * takes the wider of the two limits.
 */
static void set_divergence(const struct spread *spread, const struct divergence *divergence,
                           struct serin_shift *result)
{
    double scale = 8.0 * result->size;
    double null_bias = divergence->null_bias * spread->inflation;
    double bias = fmin(divergence->null_bias, divergence->bias) * spread->inflation;
    double se = sqrt(divergence->canary_variance * spread->canary +
                     divergence->stable_variance * spread->stable);
    double half_width = result->z * se;
    double local_variance = divergence->value / (2.0 * result->size);
    double excess = local_variance > 0.0 ? fmax(1.0, se * se / local_variance) : 1.0;
    double tail = normal_cdf(-result->z * sqrt(excess));
    double statistic = scale * divergence->value;
    double degrees = fmax(1.0, scale * null_bias);

    /* Beyond a double's resolution of 1 − tail nothing can be excluded from below. */
    double least =
        tail > DBL_EPSILON ? noncentrality_quantile(statistic, degrees, 1.0 - tail) / scale : 0.0;
    double most = noncentrality_quantile(fmax(statistic, degrees), degrees, tail) / scale;
    double lower = fmin(least, divergence->value - null_bias - half_width) - doubt * null_bias;
    double upper = fmax(most, divergence->value - (1.0 - doubt) * bias + half_width);
    result->js_bits = fmin(1.0, divergence->value / M_LN2);
    result->js_bits_corrected = fmax(0.0, divergence->value - bias) / M_LN2;
    result->js_bits_lower = fmax(0.0, lower) / M_LN2;
    result->js_bits_upper = fmin(1.0, upper / M_LN2);
    result->js_bits_se = se / M_LN2;
}

static enum serin_status measure(const struct serin_shift_input *input, const struct measured *arms,
                                 struct serin_shift *result)
{
    struct label_counts counts = {
        .canary = input->canary,
        .stable = input->stable,
        .labels = input->labels,
        .canary_total = result->canary_samples,
        .stable_total = result->stable_samples,
    };
    struct spread spread = spread_of(input, result);
    TRY(choose_critical_value(input, &spread, result));
    TRY(test_homogeneity(arms, input->confidence.level, spread.inflation, result));
    struct divergence divergence = divergence_of(&counts);
    set_divergence(&spread, &divergence, result);
    TRY(serin_kl_smoothed(input->canary, input->stable, input->labels, &result->kl_canary_stable));
    return serin_kl_smoothed(input->stable, input->canary, input->labels,
                             &result->kl_stable_canary);
}

enum serin_status serin_shift(const struct serin_shift_input *input, struct serin_shift *out)
{
    if (!is_effect(&input->canary_effect) || !is_effect(&input->stable_effect)) {
        return SERIN_INVALID;
    }
    owned_memory uint64_t *counts = NULL;
    TRY(stack(input, &counts));
    struct serin_table table = {counts, 2, input->labels};
    measured_scope arms;
    TRY(measured_init(&arms, &table, input->normalizer));
    struct serin_shift result = {
        .state = arms.state,
        .canary_samples = arms.margins.rows[0],
        .stable_samples = arms.margins.rows[1],
        .labels = arms.margins.occupied_columns,
        .js_bits_upper = 1.0,
        .nmi_upper = 1.0,
    };
    if (result.state == SERIN_TABLE_OK) {
        TRY(measure(input, &arms, &result));
    }
    *out = result;
    return SERIN_OK;
}

enum serin_status serin_kl_smoothed(const uint64_t *a, const uint64_t *b, size_t labels,
                                    double *out)
{
    uint128 total_a = 0;
    uint128 total_b = 0;
    size_t seen = 0;
    for (size_t i = 0; i < labels; i++) {
        total_a += a[i];
        total_b += b[i];
        seen += a[i] > 0 || b[i] > 0;
    }
    if (total_a > SERIN_TOTAL_MAX || total_b > SERIN_TOTAL_MAX) {
        return SERIN_RANGE;
    }
    double mass_a = (double)total_a + 0.5 * (double)seen;
    double mass_b = (double)total_b + 0.5 * (double)seen;
    struct exact_sum sum = {0};
    for (size_t i = 0; i < labels; i++) {
        if (a[i] > 0 || b[i] > 0) {
            double p = ((double)a[i] + 0.5) / mass_a;
            double q = ((double)b[i] + 0.5) / mass_b;
            exact_sum_add(&sum, p * log(p / q));
        }
    }
    *out = fmax(0.0, exact_sum_value(&sum));
    return SERIN_OK;
}
