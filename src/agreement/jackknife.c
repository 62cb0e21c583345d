#include "agreement/jackknife.h"

#include "agreement/exact_sum.h"
#include "agreement/influence.h"
#include "agreement/ln.h"
#include "base/memory.h"
#include "serin/jackknife.h"

/* sum with one of its terms count · ln count replaced by that of count − 1. */
static struct wide less_one(struct wide sum, uint64_t count)
{
    return wide_add(wide_subtract(sum, count_ln_count(count)), count_ln_count(count - 1));
}

double nmi_without_one(const struct measured *measured, uint64_t cell, uint64_t row,
                       uint64_t column)
{
    const struct information *all = &measured->information;
    struct information rest = {
        .total = all->total - 1,
        .whole = count_ln_count(all->total - 1),
        .rows = less_one(all->rows, row),
        .columns = less_one(all->columns, column),
        .cells = less_one(all->cells, cell),
    };
    return information_nmi(&rest, measured->normalizer);
}

/*
 * (n−1) Σ p (θ₋ − mean)², with deviations taken from the plug-in score first, which lies so close
 * to the mean that shifting back loses nothing.
 */
static double delete_one_variance(const struct measured *measured)
{
    const struct serin_table *table = &measured->table;
    const struct margins *margins = &measured->margins;
    double total = (double)margins->total;
    struct exact_sum first = {0};
    struct exact_sum second = {0};
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            uint64_t cell = table->counts[i * table->columns + j];
            if (cell > 0) {
                double moved =
                    nmi_without_one(measured, cell, margins->rows[i], margins->columns[j]) -
                    measured->nmi;
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
        *out = delete_one_variance(measured);
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
