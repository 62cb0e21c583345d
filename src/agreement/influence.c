#include "agreement/influence.h"

#include "agreement/ln.h"
#include "agreement/normalizer.h"
#include "base/memory.h"
#include "serin/influence.h"

#include <math.h>

/*
 * Influence times the normalizer, M ψ = ln x − r_i − c_j, is additive but for ln x. All three are
 * kept in the fixed point of ln_short (each below 2⁷ in size), so that subtracting is exact and the
 * squares add up in any order.
 */

static int64_t to_fixed(double nats)
{
    return (int64_t)(nats * 0x1p54);
}

static double to_nats(int64_t fixed)
{
    return (double)fixed * 0x1p-54;
}

struct influence {
    int64_t *rows;
    int64_t *columns;
    struct scratch scratch;
};

static void influence_clear(struct influence *influence)
{
    scratch_clear(&influence->scratch);
}

/* What a label adds by making the normalizer move: κ (−ln p − H), with −ln p in fixed point. */
static double entropy_term(double slope, int64_t surprise, double entropy)
{
    return slope * (to_nats(surprise) - entropy);
}

static enum serin_status influence_init(struct influence *influence,
                                        const struct measured *measured)
{
    const struct serin_table *table = &measured->table;
    const struct serin_entropies *entropies = &measured->entropies;
    scratch_init(&influence->scratch);
    int64_t *terms =
        scratch_take(&influence->scratch, table->rows + table->columns, sizeof(*terms));
    if (!terms) {
        return SERIN_NO_MEMORY;
    }
    influence->rows = terms;
    influence->columns = terms + table->rows;

    struct normalizer_gradient slope =
        normalizer_gradient(measured->normalizer, entropies->reference, entropies->label);
    double score = entropies->mutual_information / measured->mean;
    int64_t total = (int64_t)ln_short(measured->margins.total);
    for (size_t i = 0; i < table->rows; i++) {
        int64_t surprise = total - (int64_t)ln_short(measured->margins.rows[i]);
        influence->rows[i] =
            to_fixed(entropies->mutual_information +
                     entropy_term(score * slope.reference, surprise, entropies->reference)) -
            surprise;
    }
    for (size_t j = 0; j < table->columns; j++) {
        int64_t surprise = total - (int64_t)ln_short(measured->margins.columns[j]);
        influence->columns[j] =
            to_fixed(entropy_term(score * slope.label, surprise, entropies->label)) +
            (total - surprise);
    }
    return SERIN_OK;
}

static double mean_square(const struct influence *influence, const struct serin_table *table,
                          uint64_t total)
{
    struct wide_sum squares = {0, 0};
    for (size_t i = 0; i < table->rows; i++) {
        const uint64_t *row = table->counts + i * table->columns;
        for (size_t j = 0; j < table->columns; j++) {
            int64_t value = (int64_t)ln_short(row[j]) - influence->rows[i] - influence->columns[j];
            wide_sum_add(&squares, row[j], (uint128)((int128)value * value));
        }
    }
    return wide_to_double(wide_sum_total(&squares), 2 * LN_SHORT_BITS) / (double)total;
}

enum serin_status influence_variance(const struct measured *measured, double *out)
{
    __attribute__((cleanup(influence_clear))) struct influence influence;
    TRY(influence_init(&influence, measured));
    double square = mean_square(&influence, &measured->table, measured->margins.total);
    *out = square / measured->mean / measured->mean;
    return SERIN_OK;
}

enum serin_status serin_nmi_estimate(const struct serin_table *table,
                                     enum serin_normalizer normalizer,
                                     struct serin_nmi_estimate *out)
{
    measured_scope measured;
    TRY(measured_init_defined(&measured, table, normalizer));
    double variance = 0.0;
    TRY(influence_variance(&measured, &variance));
    *out = (struct serin_nmi_estimate){
        .nmi = measured.nmi,
        .variance = variance,
        .standard_error = sqrt(variance / (double)measured.margins.total),
    };
    return SERIN_OK;
}

enum serin_status serin_influence(const struct serin_table *table, enum serin_normalizer normalizer,
                                  double *out)
{
    measured_scope measured;
    TRY(measured_init_defined(&measured, table, normalizer));
    __attribute__((cleanup(influence_clear))) struct influence influence;
    TRY(influence_init(&influence, &measured));
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            size_t k = i * table->columns + j;
            int64_t value =
                (int64_t)ln_short(table->counts[k]) - influence.rows[i] - influence.columns[j];
            out[k] = table->counts[k] > 0 ? to_nats(value) / measured.mean : 0.0;
        }
    }
    return SERIN_OK;
}
