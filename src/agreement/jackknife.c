#include "agreement/jackknife.h"

#include "agreement/exact_sum.h"
#include "agreement/influence.h"
#include "agreement/ln.h"
#include "base/memory.h"
#include "serin/jackknife.h"

#include <math.h>

/* (c−1) ln(c−1) − c ln c */
static struct wide change_by_one(uint64_t count)
{
    return wide_subtract(count_ln_count(count - 1), count_ln_count(count));
}

static double per_event(struct wide scaled, uint64_t events)
{
    return wide_to_double(scaled, LN_FRACTION_BITS) / (double)events;
}

/* `entropy` is the scaled entropy of the side with one event less and no total changed yet. */
static void delete_from_labels(const uint64_t *totals, size_t count, struct wide entropy,
                               uint64_t events, struct deletion *out)
{
    for (size_t i = 0; i < count; i++) {
        if (totals[i] > 0) {
            out[i].change = change_by_one(totals[i]);
            out[i].entropy = per_event(wide_subtract(entropy, out[i].change), events);
        }
    }
}

enum serin_status deletions_init(struct deletions *deletions, const struct measured *measured)
{
    const struct information *all = &measured->information;
    const struct serin_table *table = &measured->table;
    scratch_init(&deletions->scratch);
    struct deletion *labels =
        scratch_take(&deletions->scratch, table->rows + table->columns, sizeof(*labels));
    if (!labels) {
        return SERIN_NO_MEMORY;
    }
    uint64_t events = all->total - 1;
    struct wide whole = count_ln_count(events);
    struct wide reference = wide_subtract(whole, all->rows);
    struct wide label = wide_subtract(whole, all->columns);
    deletions->measured = measured;
    deletions->mutual = wide_add(reference, wide_subtract(all->cells, all->columns));
    deletions->rows = labels;
    deletions->columns = labels + table->rows;
    delete_from_labels(measured->margins.rows, table->rows, reference, events, deletions->rows);
    delete_from_labels(measured->margins.columns, table->columns, label, events,
                       deletions->columns);
    return SERIN_OK;
}

void deletions_clear(struct deletions *deletions)
{
    scratch_clear(&deletions->scratch);
}

double deletions_move(const struct deletions *deletions, size_t row, size_t column)
{
    const struct measured *measured = deletions->measured;
    const struct deletion *of_row = &deletions->rows[row];
    const struct deletion *of_column = &deletions->columns[column];
    uint64_t cell = measured->table.counts[row * measured->table.columns + column];
    struct wide mutual = wide_subtract(wide_add(deletions->mutual, change_by_one(cell)),
                                       wide_add(of_row->change, of_column->change));
    struct serin_entropies rest = {
        .reference = of_row->entropy,
        .label = of_column->entropy,
        .mutual_information = fmax(0.0, per_event(mutual, measured->margins.total - 1)),
    };
    return entropies_nmi(&rest, measured->normalizer) - measured->nmi;
}

/*
 * (n−1) Σ p (θ₋ − mean)², with deviations taken from the plug-in score first, which lies so close
 * to the mean that shifting back loses nothing.
 */
static double delete_one_variance(const struct deletions *deletions)
{
    const struct serin_table *table = &deletions->measured->table;
    double total = (double)deletions->measured->margins.total;
    struct exact_sum first = {0};
    struct exact_sum second = {0};
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            uint64_t cell = table->counts[i * table->columns + j];
            if (cell > 0) {
                double moved = deletions_move(deletions, i, j);
                exact_sum_add(&first, (double)cell / total * moved);
                exact_sum_add(&second, (double)cell / total * moved * moved);
            }
        }
    }
    double mean = exact_sum_value(&first);
    double variance = (total - 1.0) * (exact_sum_value(&second) - mean * mean);
    return variance > 0.0 ? variance : 0.0;
}

enum serin_status jackknife_variance(const struct measured *measured, double *out)
{
    if (measured->margins.total < JACKKNIFE_EVENTS_MAX) {
        deletions_scope deletions;
        TRY(deletions_init(&deletions, measured));
        *out = delete_one_variance(&deletions);
        return SERIN_OK;
    }
    double variance = 0.0;
    TRY(influence_variance(measured, &variance));
    *out = variance / (double)measured->margins.total;
    return SERIN_OK;
}

enum serin_status serin_jackknife_variance(const struct serin_table *table,
                                           enum serin_normalizer normalizer, double *out)
{
    measured_scope measured;
    TRY(measured_init_defined(&measured, table, normalizer));
    return jackknife_variance(&measured, out);
}
