#include "serin/nmi.h"

#include "agreement/ln.h"
#include "agreement/measured.h"
#include "base/memory.h"

enum serin_status serin_entropy(const uint64_t *counts, size_t count, double *out)
{
    uint128 total = 0;
    for (size_t k = 0; k < count; k++) {
        total += counts[k];
    }
    if (total > SERIN_TOTAL_MAX) {
        return SERIN_RANGE;
    }
    struct information information = {
        .total = (uint64_t)total,
        .whole = count_ln_count((uint64_t)total),
        .rows = sum_count_ln_count(counts, count),
    };
    *out = information_entropies(&information).reference;
    return SERIN_OK;
}

enum serin_status serin_entropies(const struct serin_table *table, struct serin_entropies *out)
{
    measured_scope measured;
    TRY(measured_init(&measured, table, SERIN_GEOMETRIC));
    *out = measured.entropies;
    return SERIN_OK;
}

enum serin_status serin_nmi(const struct serin_table *table, enum serin_normalizer normalizer,
                            double *out)
{
    measured_scope measured;
    TRY(measured_init_defined(&measured, table, normalizer));
    *out = measured.nmi;
    return SERIN_OK;
}
