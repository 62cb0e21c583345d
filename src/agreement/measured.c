#include "agreement/measured.h"

#include "agreement/ln.h"
#include "agreement/normalizer.h"
#include "base/memory.h"

#include <math.h>

struct wide sum_count_ln_count(const uint64_t *counts, size_t count)
{
    struct wide_sum sum = {0, 0};
    for (size_t k = 0; k < count; k++) {
        wide_sum_add(&sum, counts[k], ln_fixed(counts[k]));
    }
    return wide_sum_total(&sum);
}

static double nats(struct wide scaled, uint64_t total)
{
    return wide_to_double(scaled, LN_FRACTION_BITS) / (double)total;
}

struct serin_entropies information_entropies(const struct information *information)
{
    struct serin_entropies entropies = {0.0, 0.0, 0.0, 0.0};
    uint64_t total = information->total;
    if (total > 0) {
        struct wide reference = wide_subtract(information->whole, information->rows);
        struct wide label = wide_subtract(information->whole, information->columns);
        struct wide joint = wide_subtract(information->whole, information->cells);
        struct wide mutual = wide_subtract(wide_add(reference, label), joint);
        entropies.reference = nats(reference, total);
        entropies.label = nats(label, total);
        entropies.joint = nats(joint, total);
        entropies.mutual_information = fmax(0.0, nats(mutual, total));
    }
    return entropies;
}

double entropies_nmi(const struct serin_entropies *entropies, enum serin_normalizer normalizer)
{
    if (entropies->reference <= 0.0 || entropies->label <= 0.0) {
        return entropies->reference <= 0.0 && entropies->label <= 0.0 ? 1.0 : 0.0;
    }
    double mean = normalizer_mean(normalizer, entropies->reference, entropies->label);
    return fmin(1.0, entropies->mutual_information / mean);
}

double information_nmi(const struct information *information, enum serin_normalizer normalizer)
{
    struct serin_entropies entropies = information_entropies(information);
    return entropies_nmi(&entropies, normalizer);
}

enum serin_status measured_init(struct measured *measured, const struct serin_table *table,
                                enum serin_normalizer normalizer)
{
    struct margins *margins = &measured->margins;
    TRY(margins_init(margins, table));
    measured->table = *table;
    measured->state = margins_state(margins);
    measured->normalizer = normalizer;
    measured->information = (struct information){
        .total = margins->total,
        .whole = count_ln_count(margins->total),
        .rows = sum_count_ln_count(margins->rows, table->rows),
        .columns = sum_count_ln_count(margins->columns, table->columns),
        .cells = sum_count_ln_count(table->counts, table->rows * table->columns),
    };
    measured->entropies = information_entropies(&measured->information);
    measured->mean =
        normalizer_mean(normalizer, measured->entropies.reference, measured->entropies.label);
    measured->nmi = entropies_nmi(&measured->entropies, normalizer);
    return SERIN_OK;
}

enum serin_status measured_init_defined(struct measured *measured, const struct serin_table *table,
                                        enum serin_normalizer normalizer)
{
    TRY(measured_init(measured, table, normalizer));
    return measured->state == SERIN_TABLE_OK ? SERIN_OK : SERIN_UNDEFINED;
}

void measured_clear(struct measured *measured)
{
    margins_clear(&measured->margins);
}

size_t measured_cells(const struct measured *measured)
{
    size_t cells = 0;
    for (size_t k = 0; k < measured->table.rows * measured->table.columns; k++) {
        cells += measured->table.counts[k] > 0;
    }
    return cells;
}
