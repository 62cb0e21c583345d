#include "serin/scores.h"

#include "agreement/adjusted.h"
#include "agreement/measured.h"
#include "agreement/pairs.h"
#include "base/memory.h"

static uint64_t commonest_reference(const struct serin_table *table, size_t column)
{
    uint64_t most = 0;
    for (size_t i = 0; i < table->rows; i++) {
        uint64_t count = table->counts[i * table->columns + column];
        most = count > most ? count : most;
    }
    return most;
}

static double purity(const struct serin_table *table, uint64_t total)
{
    uint64_t pure = 0;
    for (size_t j = 0; j < table->columns; j++) {
        pure += commonest_reference(table, j);
    }
    return total > 0 ? (double)pure / (double)total : 0.0;
}

enum serin_status serin_purity(const struct serin_table *table, double *out)
{
    margins_scope margins;
    TRY(margins_init(&margins, table));
    *out = purity(table, margins.total);
    return SERIN_OK;
}

static double share_of(double information, double entropy)
{
    return entropy > 0.0 ? information / entropy : 1.0;
}

static double harmonic_mean(double a, double b)
{
    return a + b > 0.0 ? 2.0 * a * b / (a + b) : 0.0;
}

enum serin_status serin_scores(const struct serin_table *table, enum serin_normalizer normalizer,
                               struct serin_scores *out)
{
    measured_scope measured;
    TRY(measured_init(&measured, table, normalizer));
    double expected = 0.0;
    TRY(expected_information(&measured, &expected));
    struct pair_scores pairs = pair_scores_of(table, &measured.margins);
    const struct serin_entropies *entropies = &measured.entropies;
    double homogeneity = share_of(entropies->mutual_information, entropies->reference);
    double completeness = share_of(entropies->mutual_information, entropies->label);
    *out = (struct serin_scores){
        .state = measured.state,
        .samples = measured.margins.total,
        .rows = measured.margins.occupied_rows,
        .columns = measured.margins.occupied_columns,
        .entropies = *entropies,
        .expected_mutual_information = expected,
        .nmi = measured.nmi,
        .adjusted_mutual_information = adjusted_information(&measured, expected),
        .adjusted_rand = pairs.adjusted_rand,
        .rand = pairs.rand,
        .homogeneity = homogeneity,
        .completeness = completeness,
        .v_measure = harmonic_mean(homogeneity, completeness),
        .purity = purity(table, measured.margins.total),
    };
    return SERIN_OK;
}
